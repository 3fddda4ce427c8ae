//! Writing welcomes.
//!
//! A welcome holds the group's tree, and everybody who is added gets the same one. To a few it is
//! wrapped for each; to more it is kept once, under a key that each of them gets with a pointer.

use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use prost::Message as _;
use tls_codec::{Serialize as _, VLBytes};
use zeroize::Zeroizing;

use crate::mls::group::record::Owed;
use crate::mls::key_package::CHACHA20_POLY1305;
use crate::welcome::hpke::{HpkeError, sender};
use crate::welcome::kem::Kem;
use crate::welcome::{INFO, SealFor, Wrapping};
use crate::wire::proto::group::{WelcomeMetadata, WelcomePointer, welcome_pointer};
use crate::wire::proto::mls::{
    WelcomeMessageInput, WelcomeWrapperAlgorithm, welcome_message_input,
};

/// So many get the welcome itself, as the network's own clients have it.
const MAX_WITHOUT_POINTERS: usize = 2;

/// Wraps an owed welcome for all whom it is for. The bytes differ each time; whoever gets two joins
/// by the first.
pub(crate) fn wrap_all(owed: &Owed) -> Result<Vec<WelcomeMessageInput>, HpkeError> {
    let all = owed.targets.iter().map(SealFor::from);
    let (mut pointed, mut wrapped): (Vec<_>, Vec<_>) = all.partition(|it| it.follows_pointers);
    let mut messages = Vec::with_capacity(owed.targets.len().saturating_add(1));
    if pointed.len() > MAX_WITHOUT_POINTERS {
        let shared = Shared::new()?;
        // What is pointed to comes first: nobody should look for it in vain.
        messages.push(shared.welcome(owed)?);
        for to in &pointed {
            messages.push(shared.pointer(to)?);
        }
    } else {
        wrapped.append(&mut pointed);
    }
    for to in &wrapped {
        messages.push(wrap(&owed.welcome, owed.cursor, to)?);
    }
    Ok(messages)
}

/// Wraps MLS's welcome for one installation. `begins_after` is where on the server the commit
/// stands that added it.
pub(crate) fn wrap(
    welcome: &[u8],
    begins_after: u64,
    to: &SealFor,
) -> Result<WelcomeMessageInput, HpkeError> {
    wrap_with(to.wrapping.kem(), welcome, begins_after, to)
}

/// The same with any mechanism for the target's key.
pub(crate) fn wrap_with(
    kem: Kem,
    welcome: &[u8],
    begins_after: u64,
    to: &SealFor,
) -> Result<WelcomeMessageInput, HpkeError> {
    let (encapsulated, mut sequence) = sender(kem, &to.key, INFO)?;
    let data = ciphertext(encapsulated, sequence.seal(&[], welcome)?)?;
    let message = welcome_message_input::V1 {
        installation_key: to.installation.to_vec(),
        data,
        hpke_public_key: to.key.clone(),
        wrapper_algorithm: algorithm(to.wrapping).into(),
        welcome_metadata: sequence.seal(&[], &metadata(begins_after))?,
    };
    Ok(WelcomeMessageInput { version: Some(welcome_message_input::Version::V1(message)) })
}

const fn algorithm(wrapping: Wrapping) -> WelcomeWrapperAlgorithm {
    match wrapping {
        Wrapping::X25519 => WelcomeWrapperAlgorithm::Curve25519,
        Wrapping::XWing => WelcomeWrapperAlgorithm::XwingMlkem768Draft6,
    }
}

fn metadata(begins_after: u64) -> Vec<u8> {
    WelcomeMetadata { message_cursor: begins_after }.encode_to_vec()
}

/// RFC 9420 §6.1, `HPKECiphertext`.
fn ciphertext(encapsulated: Vec<u8>, sealed: Vec<u8>) -> Result<Vec<u8>, HpkeError> {
    let encoded = (VLBytes::new(encapsulated), VLBytes::new(sealed)).tls_serialize_detached();
    encoded.map_err(|_| HpkeError::Sealed)
}

/// A welcome that is kept once for many.
struct Shared {
    /// Where: as if it were an installation.
    destination: [u8; 32],
    key: Zeroizing<[u8; 32]>,
    data_nonce: [u8; 12],
    metadata_nonce: [u8; 12],
}

impl Shared {
    fn new() -> Result<Self, HpkeError> {
        let mut shared = Self {
            destination: [0; 32],
            key: Zeroizing::new([0; 32]),
            data_nonce: [0; 12],
            metadata_nonce: [0; 12],
        };
        let random: [&mut [u8]; 4] = [
            &mut shared.destination,
            shared.key.as_mut(),
            &mut shared.data_nonce,
            &mut shared.metadata_nonce,
        ];
        for bytes in random {
            getrandom::fill(bytes).map_err(|_| HpkeError::Derive)?;
        }
        Ok(shared)
    }

    fn welcome(&self, owed: &Owed) -> Result<WelcomeMessageInput, HpkeError> {
        let cipher = ChaCha20Poly1305::new((&*self.key).into());
        let seal = |nonce: [u8; 12], plain: &[u8]| {
            cipher.encrypt(&Nonce::from(nonce), plain).map_err(|_| HpkeError::Sealed)
        };
        let message = welcome_message_input::V1 {
            installation_key: self.destination.to_vec(),
            data: seal(self.data_nonce, &owed.welcome)?,
            hpke_public_key: Vec::new(),
            wrapper_algorithm: WelcomeWrapperAlgorithm::SymmetricKey.into(),
            welcome_metadata: seal(self.metadata_nonce, &metadata(owed.cursor))?,
        };
        Ok(WelcomeMessageInput { version: Some(welcome_message_input::Version::V1(message)) })
    }

    fn pointer(&self, to: &SealFor) -> Result<WelcomeMessageInput, HpkeError> {
        let said = welcome_pointer::V1 {
            destination: self.destination.to_vec(),
            aead_type: CHACHA20_POLY1305,
            encryption_key: self.key.to_vec(),
            data_nonce: self.data_nonce.to_vec(),
            welcome_metadata_nonce: self.metadata_nonce.to_vec(),
        };
        let version = welcome_pointer::Version::WelcomeV1Pointer(said);
        let plain = Zeroizing::new(WelcomePointer { version: Some(version) }.encode_to_vec());
        let (encapsulated, mut sequence) = sender(to.wrapping.kem(), &to.key, INFO)?;
        let message = welcome_message_input::WelcomePointer {
            installation_key: to.installation.to_vec(),
            welcome_pointer: ciphertext(encapsulated, sequence.seal(&[], &plain)?)?,
            hpke_public_key: to.key.clone(),
            wrapper_algorithm: algorithm(to.wrapping).into(),
        };
        let version = welcome_message_input::Version::WelcomePointer(message);
        Ok(WelcomeMessageInput { version: Some(version) })
    }
}
