//! One account's own keys and values, for the protocol code of an adapter.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::model::id::AccountName;
use crate::store::read::{ReadError, Reads};
use crate::store::snapshot::Snapshot;
use crate::store::tables::{ACCOUNT_KEYS, AccountKey};

type KeyChanges = BTreeMap<Vec<u8>, Option<Zeroizing<Vec<u8>>>>;

/// So many values that were read are kept for the unit of work: with each message of it an adapter
/// asks for the same few again.
const REMEMBERED: usize = 1024;
/// Larger ones are not; they are rarely asked for twice.
const REMEMBERED_BYTES: usize = 2048;

/// An account's keys over a snapshot: what is written here is read back here, and nowhere else
/// until [`Unit::apply`](crate::store::Unit::apply) takes it over.
///
/// Drop it, and whatever was made with it, if anything fails before that commit.
pub struct Keys {
    account: AccountName,
    commit: u64,
    snapshot: Snapshot,
    changes: Mutex<KeyChanges>,
    /// What stands under them, as far as it was read.
    read: Mutex<KeyChanges>,
}

impl Keys {
    pub(super) fn new(account: AccountName, snapshot: Snapshot) -> Result<Self, ReadError> {
        let commit = snapshot.commit()?;
        let (changes, read) = (Mutex::default(), Mutex::default());
        Ok(Self { account, commit, snapshot, changes, read })
    }

    /// The value at `key`, cleared from memory when it is dropped.
    pub fn get(&self, key: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, ReadError> {
        if let Some(change) = self.change(|changes| changes.get(key).cloned()) {
            return Ok(change);
        }
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(stored) = read.get(key) {
            return Ok(stored.clone());
        }
        let row = AccountKey { account: self.account.clone(), key: key.to_vec() };
        let stored = self.snapshot.get(&ACCOUNT_KEYS, &row)?;
        let stored = stored.map(|stored| Zeroizing::new(stored.value.clone()));
        let is_small = stored.as_ref().is_none_or(|it| it.len() <= REMEMBERED_BYTES);
        if is_small && read.len() < REMEMBERED {
            read.insert(key.to_vec(), stored.clone());
        }
        Ok(stored)
    }

    /// Puts `value` at `key`, in place of what is there.
    pub fn put(&self, key: &[u8], value: &[u8]) {
        let value = Zeroizing::new(value.to_vec());
        self.change(|changes| changes.insert(key.to_vec(), Some(value)));
    }

    /// Deletes what is at `key`, if anything is.
    pub fn delete(&self, key: &[u8]) {
        self.change(|changes| changes.insert(key.to_vec(), None));
    }

    /// Every key that has a value, in order. Reads all of them: for export and for erasing.
    pub fn list(&self) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut keys = self.snapshot.account_keys(&self.account)?;
        self.change(|changes| {
            keys.retain(|key| !changes.contains_key(key));
            keys.extend(
                changes.iter().filter(|(_, new)| new.is_some()).map(|(key, _)| key.clone()),
            );
        });
        keys.sort_unstable();
        Ok(keys)
    }

    /// The account that they belong to.
    #[must_use]
    pub const fn account(&self) -> &AccountName {
        &self.account
    }

    pub(super) fn into_changes(self) -> (AccountName, u64, KeyChanges) {
        let changes = self.changes.into_inner().unwrap_or_else(PoisonError::into_inner);
        (self.account, self.commit, changes)
    }

    fn change<T>(&self, work: impl FnOnce(&mut KeyChanges) -> T) -> T {
        work(&mut self.changes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("account", &self.account.as_str()).finish_non_exhaustive()
    }
}
