//! The keys of an open store, and the sealing of single values.
//!
//! A random store key gives two others (BLAKE3 `derive_key`): one seals values and the keys of
//! conversations, the other hashes the parts of row keys that the file must not show. Values are
//! sealed with XChaCha20-Poly1305 under a random nonce of 24 bytes. Table and row key are
//! authenticated with them, so a value that was moved to another row does not open.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::model::id::ConversationId;
use crate::store::cache::KeyCache;
use crate::store::key::HASHED_BYTES;

/// Marks how a value is sealed; the first byte of each.
const SEALED_AS: u8 = 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// Conversation keys that are kept in memory, a hundred bytes each.
const CACHED_KEYS: usize = 1024;

/// Why a value could not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SealError {
    /// The machine gave no random bytes.
    #[error("the operating system gives no random bytes")]
    NoRandomness,
    /// Beyond what the cipher takes (256 GiB).
    #[error("the value is too large to seal")]
    TooLarge,
}

/// A key of 32 bytes, cleared from memory when it is dropped.
#[derive(Clone)]
pub(crate) struct SecretKey(Zeroizing<[u8; 32]>);

impl SecretKey {
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return None;
        }
        key.copy_from_slice(bytes);
        Some(Self(key))
    }

    pub(crate) fn random() -> Result<Self, SealError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut()).map_err(|_| SealError::NoRandomness)?;
        Ok(Self(key))
    }

    /// The key that `purpose` gives with this one.
    pub(crate) fn derive(&self, purpose: &str) -> Self {
        Self(Zeroizing::new(blake3::derive_key(purpose, self.0.as_slice())))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals `plain` for one row of one table.
    pub(super) fn seal(&self, table: &str, row: &[u8], plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let head = 1_usize.saturating_add(NONCE_BYTES);
        let mut sealed =
            Vec::with_capacity(head.saturating_add(plain.len()).saturating_add(TAG_BYTES));
        sealed.push(SEALED_AS);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let body = sealed.get_mut(head..).unwrap_or_default();
        let tag = XChaCha20Poly1305::new(self.as_bytes().into())
            .encrypt_inout_detached(&XNonce::from(nonce), &place(table, row), body.into())
            .map_err(|_| SealError::TooLarge)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what [`SecretKey::seal`] made for the same row of the same table; else nothing.
    pub(super) fn open(
        &self,
        table: &str,
        row: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (version, rest) = sealed.split_first()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_BYTES>()?;
        let (body, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
        if *version != SEALED_AS {
            return None;
        }
        let mut plain = Zeroizing::new(body.to_vec());
        XChaCha20Poly1305::new(self.as_bytes().into())
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                &place(table, row),
                plain.as_mut_slice().into(),
                &(*tag).into(),
            )
            .ok()?;
        Some(plain)
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(..)")
    }
}

/// What a value is bound to: how it is sealed, its table and its row.
fn place(table: &str, row: &[u8]) -> Vec<u8> {
    let mut place =
        Vec::with_capacity(2_usize.saturating_add(table.len()).saturating_add(row.len()));
    place.push(SEALED_AS);
    place.extend_from_slice(table.as_bytes());
    // Names of tables have no zero byte, so no two places read alike.
    place.push(0);
    place.extend_from_slice(row);
    place
}

/// The keys of an open store.
pub(super) struct Vault {
    store_key: SecretKey,
    values: SecretKey,
    parts: SecretKey,
    conversations: Mutex<KeyCache<ConversationId>>,
}

impl Vault {
    pub(super) fn new(store_key: &SecretKey) -> Self {
        Self {
            store_key: store_key.clone(),
            values: store_key.derive("threadbridge 2026 store: values"),
            parts: store_key.derive("threadbridge 2026 store: parts of row keys"),
            conversations: Mutex::new(KeyCache::new(CACHED_KEYS)),
        }
    }

    /// The key that all others come from; only to lock it with another secret.
    pub(super) const fn store_key(&self) -> &SecretKey {
        &self.store_key
    }

    /// The key that seals what belongs to the store as a whole.
    pub(super) const fn values(&self) -> &SecretKey {
        &self.values
    }

    pub(super) fn hash(&self, table: &str, part: &[u8]) -> [u8; HASHED_BYTES] {
        let mut hasher = blake3::Hasher::new_keyed(self.parts.as_bytes());
        hasher.update(table.as_bytes()).update(&[0]).update(part);
        let mut hash = [0; HASHED_BYTES];
        hasher.finalize_xof().fill(&mut hash);
        hash
    }

    /// The keys of conversations that were used last.
    pub(super) fn cached<T>(&self, look: impl FnOnce(&mut KeyCache<ConversationId>) -> T) -> T {
        look(&mut self.conversations.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_in_its_own_row_and_unaltered() {
        let key = SecretKey::random().unwrap();
        let sealed = key.seal("journal", b"row", b"said").unwrap();
        assert_eq!(key.open("journal", b"row", &sealed).unwrap().as_slice(), b"said");
        assert!(key.open("journal", b"raw", &sealed).is_none());
        assert!(key.open("outbox", b"row", &sealed).is_none());
        assert!(SecretKey::random().unwrap().open("journal", b"row", &sealed).is_none());
        for at in 0..sealed.len() {
            for bit in 0..8 {
                let mut altered = sealed.clone();
                altered[at] ^= 1 << bit;
                assert!(key.open("journal", b"row", &altered).is_none(), "byte {at}, bit {bit}");
            }
        }
        for short in 0..sealed.len() {
            assert!(key.open("journal", b"row", &sealed[..short]).is_none(), "{short} bytes");
        }
    }

    #[test]
    fn the_same_value_is_never_sealed_to_the_same_bytes() {
        let key = SecretKey::random().unwrap();
        assert_ne!(key.seal("t", b"r", b"said").unwrap(), key.seal("t", b"r", b"said").unwrap());
    }

    #[test]
    fn parts_hash_differently_in_each_table_and_store() {
        let one = Vault::new(&SecretKey::random().unwrap());
        let other = Vault::new(&SecretKey::random().unwrap());
        assert_eq!(one.hash("journal", b"casts"), one.hash("journal", b"casts"));
        assert_ne!(one.hash("journal", b"casts"), one.hash("outbox", b"casts"));
        assert_ne!(one.hash("journal", b"casts"), other.hash("journal", b"casts"));
    }
}
