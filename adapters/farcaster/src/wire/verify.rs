//! Checking messages that came from outside. No node is trusted: every message is hashed and its
//! signature checked here before anything in it is believed.

use std::fmt;

use ed25519_dalek::{Signature, VerifyingKey};
use prost::Message as _;
use thiserror::Error;

use super::{
    hash::MessageHash,
    limits,
    message::SignedMessage,
    proto::{HashScheme, MessageData, SignatureScheme},
};

/// An Ed25519 public key: a signer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PublicKey([u8; 32]);

impl PublicKey {
    /// Takes the 32 bytes; whether they are a curve point shows when a signature is checked.
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Takes exactly 32 bytes.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The 32 bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// A message whose hash and signature are right. Whether its signer speaks for its fid is a
/// question to the network, answered by the signer cache.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verified {
    /// Computed here, equal to what the message claims.
    pub hash: MessageHash,
    /// Who signed.
    pub signer: PublicKey,
    /// Decoded from the signed bytes only.
    pub data: MessageData,
}

/// Why a message from outside is not believed.
#[derive(Debug, Error)]
pub(crate) enum Refused {
    /// Neither `data_bytes` nor `data`.
    #[error("message has no data")]
    Empty,
    /// Larger than any message that a node accepts.
    #[error("message data exceeds {} bytes", limits::LARGEST_DATA_BYTES)]
    TooLarge,
    /// Not BLAKE3.
    #[error("hash scheme is not blake3")]
    HashScheme,
    /// Not Ed25519; EIP-712 messages carry no casts or reactions.
    #[error("signature scheme is not ed25519")]
    SignatureScheme,
    /// Altered, or encoded anew by a relay.
    #[error("hash does not match the data")]
    WrongHash,
    /// Not 32 bytes, or no curve point.
    #[error("signer is not an ed25519 key")]
    MalformedSigner,
    /// Not made by the signer over the hash.
    #[error("signature does not match hash and signer")]
    WrongSignature,
    /// Hashed and signed, but not `MessageData`.
    #[error("signed bytes are not message data")]
    Undecodable(#[from] prost::DecodeError),
}

/// Checks size, hash and signature (strictly: small-order keys and malleable signatures fail),
/// then decodes what was signed.
pub(crate) fn verify(message: &SignedMessage) -> Result<Verified, Refused> {
    let bytes = message.signed_bytes().ok_or(Refused::Empty)?;
    if bytes.len() > limits::LARGEST_DATA_BYTES {
        return Err(Refused::TooLarge);
    }
    if message.hash_scheme != i32::from(HashScheme::Blake3) {
        return Err(Refused::HashScheme);
    }
    if message.signature_scheme != i32::from(SignatureScheme::Ed25519) {
        return Err(Refused::SignatureScheme);
    }
    let hash = MessageHash::of(bytes);
    if message.hash != hash.as_bytes() {
        return Err(Refused::WrongHash);
    }
    let signer = PublicKey::from_slice(&message.signer).ok_or(Refused::MalformedSigner)?;
    let key = VerifyingKey::from_bytes(signer.as_bytes())
        .map_err(|_malformed| Refused::MalformedSigner)?;
    let signature =
        Signature::from_slice(&message.signature).map_err(|_malformed| Refused::WrongSignature)?;
    key.verify_strict(hash.as_bytes(), &signature).map_err(|_mismatch| Refused::WrongSignature)?;
    Ok(Verified { hash, signer, data: MessageData::decode(bytes)? })
}
