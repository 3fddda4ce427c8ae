//! What must be readable before any key is known: the format and the locked store key.

use minicbor::{Decode, Decoder};
use thiserror::Error;

use crate::store::cipher::{SecretKey, Vault};
use crate::store::disk::{DiskError, View};
use crate::store::rows::{Changes, Rows};
use crate::store::secret::{Locked, RootSecret, UnlockError};
use crate::store::tables::META;

/// The format that this version writes. It grows when an old version could misread a new store;
/// another optional field in a value is no such case.
pub const FORMAT: u32 = 1;

const HEADER: &[u8] = b"header";
const COMMIT: &[u8] = b"commit";
const CHECKSUM_BYTES: usize = 16;

/// Why a file is not a store that can be opened.
#[derive(Debug, Error)]
pub(super) enum HeaderError {
    #[error("the store could not be read")]
    Disk(#[from] DiskError),
    #[error("the file is not a store")]
    NotAStore,
    #[error("the store's header is damaged")]
    Damaged,
    #[error("the store was written by a later version")]
    Newer { found: u32 },
    #[error("the store was written by an earlier version")]
    Older { found: u32 },
    #[error("the store could not be unlocked")]
    Unlock(#[from] UnlockError),
}

/// A store's header.
#[derive(Clone, Debug)]
pub(super) struct Header {
    pub(super) format: u32,
    locked: Locked,
}

impl Header {
    pub(super) fn lock(store_key: &SecretKey, secret: &RootSecret) -> Result<Self, UnlockError> {
        Ok(Self { format: FORMAT, locked: Locked::lock(store_key, secret)? })
    }

    /// Reads it, whichever format it is.
    pub(super) fn read(view: &View) -> Result<Self, HeaderError> {
        let bytes = view.get(META, HEADER)?.ok_or(HeaderError::NotAStore)?;
        let (fields, checksum) =
            bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(HeaderError::Damaged)?;
        if checksum_of(fields) != *checksum {
            return Err(HeaderError::Damaged);
        }
        let mut decoder = Decoder::new(fields);
        let format = decoder.u32().map_err(|_| HeaderError::Damaged)?;
        // What follows the number is only known up to our own format.
        if format > FORMAT {
            return Err(HeaderError::Newer { found: format });
        }
        let locked = Locked::decode(&mut decoder, &mut ()).map_err(|_| HeaderError::Damaged)?;
        Ok(Self { format, locked })
    }

    pub(super) fn unlock(&self, secret: &RootSecret) -> Result<SecretKey, UnlockError> {
        self.locked.unlock(secret)
    }

    /// Puts it among `changes`.
    pub(super) fn write(&self, changes: &mut Changes) -> Result<(), HeaderError> {
        put_bytes(changes, self.to_bytes()?);
        Ok(())
    }

    fn to_bytes(&self) -> Result<Vec<u8>, HeaderError> {
        let mut bytes = minicbor::to_vec(self.format).map_err(|_| HeaderError::Damaged)?;
        minicbor::encode(&self.locked, &mut bytes).map_err(|_| HeaderError::Damaged)?;
        bytes.extend_from_slice(&checksum_of(&bytes));
        Ok(bytes)
    }
}

impl Header {
    /// The same store key, locked with another secret.
    pub(super) fn relock(vault: &Vault, secret: &RootSecret) -> Result<Vec<u8>, HeaderError> {
        Self::lock(vault.store_key(), secret)?.to_bytes()
    }
}

pub(super) fn put_bytes(changes: &mut Changes, bytes: Vec<u8>) {
    changes.put(META, HEADER.to_vec(), bytes);
}

/// Unlocks a store of our own format.
pub(super) fn unlock(view: &View, secret: &RootSecret) -> Result<Vault, HeaderError> {
    let header = Header::read(view)?;
    if header.format < FORMAT {
        return Err(HeaderError::Older { found: header.format });
    }
    Ok(Vault::new(&header.unlock(secret)?))
}

/// The number of the last commit; 0 before the first.
pub(super) fn commit_number(view: &View) -> Result<u64, DiskError> {
    let bytes = view.get(META, COMMIT)?;
    Ok(bytes.and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes))
}

/// Puts the number of this commit among its changes.
pub(super) fn number_commit(changes: &mut Changes, number: u64) {
    changes.put(META, COMMIT.to_vec(), number.to_be_bytes().to_vec());
}

/// Finds flipped bits; the lock itself is what an attacker has to break.
fn checksum_of(fields: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let mut checksum = [0; CHECKSUM_BYTES];
    blake3::Hasher::new().update(fields).finalize_xof().fill(&mut checksum);
    checksum
}
