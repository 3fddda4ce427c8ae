//! Reading welcomes.
//!
//! A welcome to many is kept once, under a key that each of them gets: their own message is a
//! pointer to it. What a pointer says is kept until what it points to was fetched.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use minicbor::{Decode, Encode};
use prost::Message as _;
use thiserror::Error;
use threadbridge_core::store::{Keys, ReadError};
use tls_codec::{Deserialize, VLBytes};
use zeroize::Zeroizing;

use crate::mls::key_package::{CHACHA20_POLY1305, KeyPackageError, KeyPackages};
use crate::welcome::hpke::{Sequence, receiver};
use crate::welcome::kem::Kem;
use crate::welcome::{INFO, Wrapping};
use crate::wire::proto::group::{WelcomeMetadata, WelcomePointer, welcome_pointer};
use crate::wire::proto::mls::{WelcomeMessage, WelcomeWrapperAlgorithm, welcome_message};

/// The most bytes of a wrapped welcome.
const MAX_WELCOME_BYTES: usize = 9 * 1024 * 1024;
const MAX_METADATA_BYTES: usize = 1024;
const MAX_POINTER_BYTES: usize = 4096;

/// Why a wrapped welcome cannot be read.
#[derive(Debug, Error)]
pub(crate) enum Unreadable {
    #[error("the welcome is too large")]
    TooLarge,
    #[error("the welcome is not in the network's format")]
    Malformed,
    #[error("the welcome is wrapped for a key that this installation does not have any more")]
    NoKey,
    #[error("the welcome does not open with the key that it is wrapped for")]
    Sealed,
    #[error("the account's key packages could not be read")]
    KeyPackages(#[from] KeyPackageError),
    #[error("the account's keys could not be read")]
    Read(#[from] ReadError),
}

/// What a welcome message holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unwrapped {
    Welcome {
        /// MLS's welcome.
        bytes: Vec<u8>,
        /// Where on the server the commit stands that added this installation; 0 if not said.
        begins_after: u64,
        /// The public key that it was wrapped for; none behind a pointer.
        wrapped_for: Option<Vec<u8>>,
    },
    /// The welcome is to be asked for as if this were an installation.
    At { destination: Vec<u8>, wrapped_for: Vec<u8> },
}

/// What a pointer says.
#[derive(Encode, Decode)]
struct Pointer {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    key: [u8; 32],
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    data_nonce: [u8; 12],
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    metadata_nonce: [u8; 12],
}

/// Opens a welcome message for this installation.
pub(crate) fn unwrap(keys: &Keys, message: &WelcomeMessage) -> Result<Unwrapped, Unreadable> {
    match message.version.as_ref().ok_or(Unreadable::Malformed)? {
        welcome_message::Version::V1(message) => {
            if message.data.len() > MAX_WELCOME_BYTES
                || message.welcome_metadata.len() > MAX_METADATA_BYTES
            {
                return Err(Unreadable::TooLarge);
            }
            match wrapping(message.wrapper_algorithm)? {
                Some(wrapping) => unwrap_own(keys, wrapping, message),
                None => unwrap_shared(keys, message),
            }
        }
        welcome_message::Version::WelcomePointer(message) => unwrap_pointer(keys, message),
    }
}

/// The kind of key that a welcome is wrapped for; none where a pointer has the key.
fn wrapping(algorithm: i32) -> Result<Option<Wrapping>, Unreadable> {
    match WelcomeWrapperAlgorithm::try_from(algorithm) {
        // Messages from before there was a choice say nothing.
        Ok(WelcomeWrapperAlgorithm::Curve25519 | WelcomeWrapperAlgorithm::Unspecified) => {
            Ok(Some(Wrapping::X25519))
        }
        Ok(WelcomeWrapperAlgorithm::XwingMlkem768Draft6) => Ok(Some(Wrapping::XWing)),
        Ok(WelcomeWrapperAlgorithm::SymmetricKey) => Ok(None),
        Err(_) => Err(Unreadable::Malformed),
    }
}

fn unwrap_own(
    keys: &Keys,
    wrapping: Wrapping,
    message: &welcome_message::V1,
) -> Result<Unwrapped, Unreadable> {
    let wrapped_for = message.hpke_public_key.clone();
    let (bytes, mut sequence) = open(keys, wrapping, &wrapped_for, &message.data)?;
    let begins_after = match message.welcome_metadata.as_slice() {
        [] => 0,
        sealed => cursor(&sequence.open(&[], sealed).map_err(|_| Unreadable::Sealed)?)?,
    };
    Ok(Unwrapped::Welcome { bytes, begins_after, wrapped_for: Some(wrapped_for) })
}

/// Opens the first seal of a message, and gives what opens the second.
fn open(
    keys: &Keys,
    wrapping: Wrapping,
    public: &[u8],
    data: &[u8],
) -> Result<(Vec<u8>, Sequence), Unreadable> {
    let (encapsulated, sealed): (VLBytes, VLBytes) =
        Deserialize::tls_deserialize_exact(data).map_err(|_| Unreadable::Malformed)?;
    let private = KeyPackages::load(keys)?.wrapping_key(wrapping, public)?;
    let private = private.ok_or(Unreadable::NoKey)?;
    let kems: &[Kem] = match wrapping {
        Wrapping::X25519 => &[Kem::X25519],
        // Clients seal with the old code point, and will one day with the assigned one.
        Wrapping::XWing => &[Kem::XWING_OLD, Kem::XWING],
    };
    for kem in kems {
        let Ok(mut sequence) = receiver(*kem, &private, encapsulated.as_slice(), INFO) else {
            return Err(Unreadable::Malformed);
        };
        if let Ok(bytes) = sequence.open(&[], sealed.as_slice()) {
            return Ok((bytes, sequence));
        }
    }
    Err(Unreadable::Sealed)
}

fn cursor(metadata: &[u8]) -> Result<u64, Unreadable> {
    let metadata = WelcomeMetadata::decode(metadata).map_err(|_| Unreadable::Malformed)?;
    Ok(metadata.message_cursor)
}

fn unwrap_pointer(
    keys: &Keys,
    message: &welcome_message::WelcomePointer,
) -> Result<Unwrapped, Unreadable> {
    if message.welcome_pointer.len() > MAX_POINTER_BYTES {
        return Err(Unreadable::TooLarge);
    }
    let wrapping = wrapping(message.wrapper_algorithm)?.ok_or(Unreadable::Malformed)?;
    let wrapped_for = message.hpke_public_key.clone();
    let (bytes, _) = open(keys, wrapping, &wrapped_for, &message.welcome_pointer)?;
    let bytes = Zeroizing::new(bytes);
    let pointer = WelcomePointer::decode(bytes.as_slice()).map_err(|_| Unreadable::Malformed)?;
    let welcome_pointer::Version::WelcomeV1Pointer(said) =
        pointer.version.ok_or(Unreadable::Malformed)?;
    if said.aead_type != CHACHA20_POLY1305 || said.destination.len() != 32 {
        return Err(Unreadable::Malformed);
    }
    let pointer = Pointer {
        key: said.encryption_key.try_into().map_err(|_| Unreadable::Malformed)?,
        data_nonce: said.data_nonce.try_into().map_err(|_| Unreadable::Malformed)?,
        metadata_nonce: said
            .welcome_metadata_nonce
            .try_into()
            .map_err(|_| Unreadable::Malformed)?,
    };
    let kept = minicbor::to_vec(&pointer).map_err(|_| Unreadable::Malformed)?;
    keys.put(&pointer_row(&said.destination), &Zeroizing::new(kept));
    Ok(Unwrapped::At { destination: said.destination, wrapped_for })
}

/// Opens what a pointer led to.
fn unwrap_shared(keys: &Keys, message: &welcome_message::V1) -> Result<Unwrapped, Unreadable> {
    let row = pointer_row(&message.installation_key);
    let kept = keys.get(&row)?.ok_or(Unreadable::NoKey)?;
    let pointer: Pointer = minicbor::decode(&kept).map_err(|_| Unreadable::NoKey)?;
    let cipher = ChaCha20Poly1305::new((&pointer.key).into());
    let open = |nonce: [u8; 12], sealed: &[u8]| {
        cipher.decrypt(&Nonce::from(nonce), sealed).map_err(|_| Unreadable::Sealed)
    };
    let bytes = open(pointer.data_nonce, &message.data)?;
    let begins_after = match message.welcome_metadata.as_slice() {
        [] => 0,
        sealed => cursor(&open(pointer.metadata_nonce, sealed)?)?,
    };
    Ok(Unwrapped::Welcome { bytes, begins_after, wrapped_for: None })
}

/// The welcome behind a pointer was used.
pub(crate) fn forget_pointer(keys: &Keys, destination: &[u8]) -> Result<(), ReadError> {
    let row = pointer_row(destination);
    if keys.get(&row)?.is_some() {
        keys.delete(&row);
    }
    Ok(())
}

fn pointer_row(destination: &[u8]) -> Vec<u8> {
    let mut row = b"mls/pointer/".to_vec();
    row.extend(destination);
    row
}
