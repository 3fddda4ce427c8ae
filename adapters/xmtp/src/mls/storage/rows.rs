//! Rows in an account's keys, changed all together or not at all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use threadbridge_core::store::{Keys, ReadError};
use zeroize::Zeroizing;

type Value = Zeroizing<Vec<u8>>;
/// A proposal's reference, and the proposal.
type Queued = (Vec<u8>, Vec<u8>);
pub(super) type Done = Result<(), StorageError>;
pub(super) type Read<T> = Result<Option<T>, StorageError>;

/// Why a row could not be kept or read.
#[derive(Debug, Error)]
pub(crate) enum StorageError {
    #[error("the account's keys could not be read")]
    Read(#[from] ReadError),
    #[error("what MLS keeps could not be written down")]
    Encode,
    #[error("what MLS kept cannot be read any more")]
    Decode,
}

/// MLS's rows in an account's keys.
pub(crate) struct Rows<'a> {
    keys: &'a Keys,
    changes: RefCell<BTreeMap<Vec<u8>, Option<Value>>>,
}

impl<'a> Rows<'a> {
    /// Rows over `keys`, without a change yet.
    pub(crate) fn over(keys: &'a Keys) -> Self {
        Self { keys, changes: RefCell::default() }
    }

    /// The keys that lie under them.
    pub(crate) fn keys(&self) -> &'a Keys {
        self.keys
    }

    /// Hands over what was changed.
    pub(crate) fn keep(&self) {
        for (row, value) in self.changes.take() {
            match value {
                Some(value) => self.keys.put(&row, &value),
                None => self.keys.delete(&row),
            }
        }
    }

    fn get(&self, row: &[u8]) -> Result<Option<Value>, StorageError> {
        if let Some(change) = self.changes.borrow().get(row) {
            return Ok(change.clone());
        }
        Ok(self.keys.get(row)?)
    }

    fn put(&self, row: Vec<u8>, value: Vec<u8>) {
        self.changes.borrow_mut().insert(row, Some(Zeroizing::new(value)));
    }

    pub(super) fn write(&self, kind: &str, key: &impl Serialize, value: &impl Serialize) -> Done {
        self.put(row(kind, key)?, encode(value)?);
        Ok(())
    }

    /// For what is nearly always what it was: a read costs less than a write.
    pub(super) fn write_changed(
        &self,
        kind: &str,
        key: &impl Serialize,
        value: &impl Serialize,
    ) -> Done {
        let (row, value) = (row(kind, key)?, encode(value)?);
        if self.get(&row)?.is_none_or(|kept| *kept != value) {
            self.put(row, value);
        }
        Ok(())
    }

    pub(super) fn read<T: DeserializeOwned>(&self, kind: &str, key: &impl Serialize) -> Read<T> {
        self.get(&row(kind, key)?)?.map(|value| decode(&value)).transpose()
    }

    /// Deletes only what is there: each deletion is a write as well.
    pub(super) fn remove(&self, kind: &str, key: &impl Serialize) -> Done {
        let row = row(kind, key)?;
        if self.get(&row)?.is_some() {
            self.changes.borrow_mut().insert(row, None);
        }
        Ok(())
    }

    pub(super) fn proposals(&self, group: &impl Serialize) -> Result<Vec<Queued>, StorageError> {
        Ok(self.read("proposals", group)?.unwrap_or_default())
    }
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("keys", self.keys).finish_non_exhaustive()
    }
}

/// The row of what is named `key` among its kind.
fn row(kind: &str, key: &impl Serialize) -> Result<Vec<u8>, StorageError> {
    let mut row = format!("mls/{kind}/").into_bytes();
    row.extend(encode(key)?);
    Ok(row)
}

pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>, StorageError> {
    minicbor_serde::to_vec(value).map_err(|_| StorageError::Encode)
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StorageError> {
    minicbor_serde::from_slice(bytes).map_err(|_| StorageError::Decode)
}
