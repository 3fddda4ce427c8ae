//! Making signed messages.

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use prost::Message as _;

use super::{
    hash::MessageHash,
    message::SignedMessage,
    proto::{HashScheme, MessageData, SignatureScheme},
    verify::PublicKey,
};

/// A signer (app key) of a fid: whoever holds it speaks for that fid.
pub(crate) struct SignerKey(SigningKey);

impl SignerKey {
    /// Takes the 32-byte Ed25519 seed.
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// Reads 64 hexadecimal digits, with or without `0x`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut seed = zeroize::Zeroizing::new([0_u8; 32]);
        hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), seed.as_mut()).ok()?;
        Some(Self::from_seed(&seed))
    }

    /// The key that others verify with and that nodes list among the fid's signers.
    pub(crate) fn public(&self) -> PublicKey {
        PublicKey::from_bytes(self.0.verifying_key().to_bytes())
    }

    /// Encodes, hashes and signs. From here on the bytes stay as they are: every attempt to send
    /// carries the same ones, so a node recognizes a repetition.
    pub(crate) fn sign(&self, data: &MessageData) -> (MessageHash, SignedMessage) {
        self.sign_encoded(data.encode_to_vec())
    }

    /// Signs `MessageData` that some encoder has already written.
    pub(crate) fn sign_encoded(&self, data: Vec<u8>) -> (MessageHash, SignedMessage) {
        let hash = MessageHash::of(&data);
        let message = SignedMessage {
            data: None,
            hash: hash.as_bytes().to_vec(),
            hash_scheme: HashScheme::Blake3.into(),
            signature: self.0.sign(hash.as_bytes()).to_bytes().to_vec(),
            signature_scheme: SignatureScheme::Ed25519.into(),
            signer: self.public().as_bytes().to_vec(),
            data_bytes: Some(data),
        };
        (hash, message)
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey(of {:?})", self.public())
    }
}
