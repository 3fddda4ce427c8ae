//! From the owner's secret to the store's key.
//!
//! The secret gives a root key (Argon2id for a passphrase, BLAKE3 for 32 random bytes), and the
//! root key only wraps a random store key. So another passphrase means one new row, nothing else.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::{Decode, Encode};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::store::cipher::{SealError, SecretKey};

/// Where a store's root key comes from. Cleared from memory when it is dropped.
#[derive(Clone)]
pub enum RootSecret {
    /// What the owner types. Stretched with Argon2id.
    Passphrase(Zeroizing<String>),
    /// 32 random bytes from a key file or the operating system's keyring.
    KeyFile(Zeroizing<[u8; 32]>),
}

impl RootSecret {
    /// What the owner types, exactly as typed.
    #[must_use]
    pub fn passphrase(text: impl Into<String>) -> Self {
        Self::Passphrase(Zeroizing::new(text.into()))
    }

    /// 32 random bytes.
    #[must_use]
    pub fn key_file(bytes: [u8; 32]) -> Self {
        Self::KeyFile(Zeroizing::new(bytes))
    }

    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Self::Passphrase(text) => text.is_empty(),
            Self::KeyFile(_) => false,
        }
    }

    /// Fresh random bytes for a new key file.
    pub fn random() -> Result<Self, SealError> {
        Ok(Self::key_file(*SecretKey::random()?.as_bytes()))
    }
}

impl fmt::Debug for RootSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase(..)",
            Self::KeyFile(_) => "KeyFile(..)",
        })
    }
}

/// Why a secret does not open a header.
#[derive(Debug, Error)]
pub(crate) enum UnlockError {
    #[error("the secret is another one than this store was locked with")]
    Wrong,
    #[error("the store was locked with a secret of another kind")]
    OtherKind,
    #[error("the parameters of the passphrase are beyond any that were ever written")]
    Absurd,
    #[error("the store's key could not be sealed")]
    Seal(#[from] SealError),
}

/// How a secret becomes a root key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Kdf {
    #[n(0)]
    Random,
    #[n(1)]
    Argon2id {
        #[n(0)]
        memory_kib: u32,
        #[n(1)]
        passes: u32,
    },
}

/// RFC 9106 and OWASP's floor; 30 ms on a small machine.
const FOR_PASSPHRASES: Kdf = Kdf::Argon2id { memory_kib: 19 * 1024, passes: 2 };
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 64;

/// The locked store key, and what else the secret needs to unlock it.
#[derive(Clone, Debug, Encode, Decode)]
pub(super) struct Locked {
    #[n(0)]
    kdf: Kdf,
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; 16],
    #[cbor(n(2), with = "minicbor::bytes")]
    store_key: Vec<u8>,
}

impl Locked {
    pub(super) fn lock(store_key: &SecretKey, secret: &RootSecret) -> Result<Self, UnlockError> {
        let kdf = match secret {
            RootSecret::Passphrase(_) => FOR_PASSPHRASES,
            RootSecret::KeyFile(_) => Kdf::Random,
        };
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|_| SealError::NoRandomness)?;
        let mut locked = Self { kdf, salt, store_key: Vec::new() };
        let root = locked.root(secret)?;
        locked.store_key = root.seal("header", &locked.salt, store_key.as_bytes())?;
        Ok(locked)
    }

    pub(super) fn unlock(&self, secret: &RootSecret) -> Result<SecretKey, UnlockError> {
        let plain = self
            .root(secret)?
            .open("header", &self.salt, &self.store_key)
            .ok_or(UnlockError::Wrong)?;
        SecretKey::from_bytes(&plain).ok_or(UnlockError::Wrong)
    }

    fn root(&self, secret: &RootSecret) -> Result<SecretKey, UnlockError> {
        self.kdf.stretch(secret, &self.salt, "threadbridge 2026 store: root")
    }
}

impl Kdf {
    /// The key that a secret gives with a salt, for one purpose.
    pub(crate) fn stretch(
        self,
        secret: &RootSecret,
        salt: &[u8; 16],
        purpose: &str,
    ) -> Result<SecretKey, UnlockError> {
        let key = match (secret, self) {
            (RootSecret::Passphrase(text), Self::Argon2id { memory_kib, passes }) => {
                if memory_kib > MOST_MEMORY_KIB || passes > MOST_PASSES {
                    return Err(UnlockError::Absurd);
                }
                let params = Params::new(memory_kib, passes, 1, Some(32))
                    .map_err(|_| UnlockError::Absurd)?;
                let mut key = Zeroizing::new([0; 32]);
                Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
                    .hash_password_into(text.as_bytes(), salt, key.as_mut())
                    .map_err(|_| UnlockError::Absurd)?;
                SecretKey::from_bytes(key.as_slice())
            }
            (RootSecret::KeyFile(bytes), Self::Random) => SecretKey::from_bytes(bytes.as_slice()),
            (RootSecret::Passphrase(_), Self::Random)
            | (RootSecret::KeyFile(_), Self::Argon2id { .. }) => {
                return Err(UnlockError::OtherKind);
            }
        };
        Ok(key.ok_or(UnlockError::Absurd)?.derive(purpose))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_secret_unlocks() {
        let store_key = SecretKey::random().unwrap();
        let locked = Locked::lock(&store_key, &RootSecret::passphrase("tide pool")).unwrap();
        let opened = locked.unlock(&RootSecret::passphrase("tide pool")).unwrap();
        assert_eq!(opened.as_bytes(), store_key.as_bytes());
        let wrong = locked.unlock(&RootSecret::passphrase("tide pooL")).unwrap_err();
        assert!(matches!(wrong, UnlockError::Wrong));
        let other = locked.unlock(&RootSecret::key_file([7; 32])).unwrap_err();
        assert!(matches!(other, UnlockError::OtherKind));
    }

    #[test]
    fn parameters_that_would_exhaust_the_machine_are_refused() {
        let store_key = SecretKey::random().unwrap();
        let secret = RootSecret::passphrase("tide pool");
        let mut locked = Locked::lock(&store_key, &secret).unwrap();
        for (memory_kib, passes) in [(u32::MAX, 2), (19 * 1024, u32::MAX), (0, 0)] {
            locked.kdf = Kdf::Argon2id { memory_kib, passes };
            assert!(matches!(locked.unlock(&secret).unwrap_err(), UnlockError::Absurd));
        }
    }

    #[test]
    fn secrets_do_not_print() {
        let printed = format!("{:?}", RootSecret::passphrase("tide pool"));
        assert_eq!(printed, "Passphrase(..)");
        assert_eq!(format!("{:?}", RootSecret::key_file([7; 32])), "KeyFile(..)");
    }
}
