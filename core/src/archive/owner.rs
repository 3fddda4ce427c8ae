//! The owner's own key, by which archives and reports are signed.

use std::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::store::Snapshot;

/// The owner's signing key. It comes from the store's key, so a store signs by the same one for
/// ever, and a copy under another key signs by another.
pub struct OwnerKey(SigningKey);

impl OwnerKey {
    /// The key of the store that a snapshot is of.
    #[must_use]
    pub fn of(snapshot: &Snapshot) -> Self {
        Self(SigningKey::from_bytes(&snapshot.owner_seed()))
    }

    /// The half that everybody may know.
    #[must_use]
    pub fn public(&self) -> OwnerId {
        OwnerId(self.0.verifying_key().to_bytes())
    }

    /// Signs `bytes` for one purpose.
    #[must_use]
    pub fn sign(&self, purpose: &str, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(&signed(purpose, bytes)).to_bytes()
    }
}

impl fmt::Debug for OwnerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnerKey(..)")
    }
}

/// An owner's public key: 32 bytes of Ed25519, shown in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerId([u8; 32]);

impl OwnerId {
    /// The one with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `signature` is this owner's over `bytes`, made for `purpose` (RFC 8032, strictly).
    #[must_use]
    pub fn has_signed(&self, purpose: &str, bytes: &[u8], signature: &[u8; 64]) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&self.0) else { return false };
        let signature = Signature::from_bytes(signature);
        key.verify_strict(&signed(purpose, bytes), &signature).is_ok()
    }
}

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What is signed: the purpose keeps a signature from being shown for something else.
fn signed(purpose: &str, bytes: &[u8]) -> Vec<u8> {
    [purpose.as_bytes(), &[0], bytes].concat()
}
