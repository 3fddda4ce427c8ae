//! A unit of work: what is put and deleted together, or not at all.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use thiserror::Error;

use crate::model::id::{AccountName, ConversationId};
use crate::store::cipher::{SealError, SecretKey, Vault};
use crate::store::disk::View;
use crate::store::header;
use crate::store::key::{Key, RowKey};
use crate::store::keys::Keys;
use crate::store::read::{Access, KeyState, ReadError, Reads, Source, leading_conversation};
use crate::store::rows::Changes;
use crate::store::span::{Span, Stretch};
use crate::store::table::{Record, Scope, Table};
use crate::store::tables::{
    ACCOUNT_KEYS, ALL, AccountKey, AccountValue, CONVERSATION_KEYS, ConversationSecret,
};

/// The largest value, in bytes; media belong elsewhere.
pub const MAX_VALUE_BYTES: usize = 16 * 1024 * 1024;

/// Why a unit could not change something. What it changed before is undone if it fails for that.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// What the change builds on could not be read.
    #[error("what a change builds on could not be read")]
    Read(#[from] ReadError),
    /// The value could not be sealed.
    #[error("a value could not be sealed")]
    Seal(#[from] SealError),
    /// The value is larger than [`MAX_VALUE_BYTES`], or refuses to be encoded.
    #[error(
        "a value for table `{table}` is larger than {MAX_VALUE_BYTES} bytes or has no encoding"
    )]
    Unfit {
        /// Where it was to go.
        table: &'static str,
    },
    /// The conversation was erased and takes nothing any more.
    #[error("the conversation was erased")]
    Erased,
    /// Other changes to the account's keys were committed since these were read; read again.
    #[error("the account's keys have changed since they were read; start again from new ones")]
    Outdated,
}

/// No account's keys were applied yet.
static NONE_APPLIED: BTreeMap<RowKey, u64> = BTreeMap::new();

/// The units that share a commit, and what they have in common.
#[derive(Debug)]
pub(super) struct Group<'w> {
    pub(super) base: &'w View,
    pub(super) vault: &'w Vault,
    pub(super) changes: Changes,
    pub(super) facts: Facts,
    /// Commit by which an account's keys were applied last, by its hash.
    pub(super) applied: &'w BTreeMap<RowKey, u64>,
}

/// What the writer must remember of a unit once it is committed.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) accounts: Vec<RowKey>,
    pub(super) has_erased: bool,
}

impl<'w> Group<'w> {
    pub(super) fn new(
        base: &'w View,
        vault: &'w Vault,
        applied: &'w BTreeMap<RowKey, u64>,
    ) -> Self {
        Self { base, vault, changes: Changes::default(), facts: Facts::default(), applied }
    }

    /// For a unit that nobody can have applied keys before.
    pub(super) fn alone(base: &'w View, vault: &'w Vault) -> Self {
        Self::new(base, vault, &NONE_APPLIED)
    }
}

impl Facts {
    pub(super) fn append(&mut self, later: Self) {
        self.accounts.extend(later.accounts);
        self.has_erased |= later.has_erased;
    }
}

/// What one unit of work reads and changes. It sees the changes of the units before it.
#[derive(Debug)]
pub struct Unit<'g> {
    group: &'g Group<'g>,
    changes: Changes,
    facts: Facts,
}

impl<'g> Unit<'g> {
    pub(super) fn new(group: &'g Group<'g>) -> Self {
        Self { group, changes: Changes::default(), facts: Facts::default() }
    }

    pub(super) fn finish(self) -> (Changes, Facts) {
        (self.changes, self.facts)
    }

    /// Puts `value` at `key`, in place of what is there.
    pub fn put<K: Key, V: Record>(
        &mut self,
        table: &Table<K, V>,
        key: &K,
        value: &V,
    ) -> Result<(), ChangeError> {
        let name = table.name();
        let unfit = ChangeError::Unfit { table: name };
        let Some(plain) = value.to_stored() else { return Err(unfit) };
        if plain.len() > MAX_VALUE_BYTES {
            return Err(unfit);
        }
        let row = RowKey::of(key, self.group.vault, name).into_bytes();
        let sealed = match table.scope() {
            Scope::Store => self.group.vault.values().seal(name, &row, &plain)?,
            Scope::Conversation => {
                let id = leading_conversation(&row).ok_or(ChangeError::Unfit { table: name })?;
                self.sealing_key(id)?.seal(name, &row, &plain)?
            }
        };
        self.changes.put(name, row, sealed);
        Ok(())
    }

    /// Deletes what is at `key`, if anything is.
    pub fn delete<K: Key, V: Record>(
        &mut self,
        table: &Table<K, V>,
        key: &K,
    ) -> Result<(), ChangeError> {
        let row = RowKey::of(key, self.group.vault, table.name()).into_bytes();
        self.changes.delete(table.name(), row);
        Ok(())
    }

    /// Deletes the row that a scan showed under this key.
    pub(crate) fn delete_row<K: Key, V: Record>(&mut self, table: &Table<K, V>, row: &RowKey) {
        self.changes.delete(table.name(), row.as_bytes().to_vec());
    }

    /// Deletes all that an account's protocol keeps.
    pub(crate) fn delete_account_keys(&mut self, account: &AccountName) -> Result<(), ChangeError> {
        let rows = self.scan(&ACCOUNT_KEYS, Span::under(account), usize::MAX)?;
        rows.iter().for_each(|(row, _)| self.delete_row(&ACCOUNT_KEYS, row));
        Ok(())
    }

    /// Takes over what was changed in an account's keys.
    pub fn apply(&mut self, keys: Keys) -> Result<(), ChangeError> {
        let (account, read_at, changes) = keys.into_changes();
        let row = RowKey::of(&account, self.group.vault, ACCOUNT_KEYS.name());
        let earlier = self.group.facts.accounts.contains(&row)
            || self.facts.accounts.contains(&row)
            || self.group.applied.get(&row).is_some_and(|commit| *commit > read_at);
        if earlier {
            return Err(ChangeError::Outdated);
        }
        if changes.is_empty() {
            return Ok(());
        }
        for (key, change) in changes {
            let at = AccountKey { account: account.clone(), key };
            match change {
                Some(value) => {
                    let value = AccountValue { key: at.key.clone(), value: value.to_vec() };
                    self.put(&ACCOUNT_KEYS, &at, &value)?;
                }
                None => self.delete(&ACCOUNT_KEYS, &at)?,
            }
        }
        self.facts.accounts.push(row);
        Ok(())
    }

    /// Puts an account's value at `key`, past [`Keys`]: for an account that does not run here yet.
    pub(crate) fn put_account_value(
        &mut self,
        account: &AccountName,
        key: &[u8],
        value: &[u8],
    ) -> Result<(), ChangeError> {
        let at = AccountKey { account: account.clone(), key: key.to_vec() };
        let value = AccountValue { key: key.to_vec(), value: value.to_vec() };
        self.put(&ACCOUNT_KEYS, &at, &value)
    }

    /// Throws a conversation's key away. From then on its rows are not there, and nothing can be
    /// put in their place. [`Unit::sweep_conversation`] deletes them.
    pub fn erase_conversation(&mut self, id: ConversationId) -> Result<(), ChangeError> {
        self.facts.has_erased = true;
        self.put(&CONVERSATION_KEYS, &id, &ConversationSecret { key: None })
    }

    /// Deletes up to `limit` rows of an erased conversation; says how many there were.
    pub fn sweep_conversation(
        &mut self,
        id: ConversationId,
        limit: usize,
    ) -> Result<usize, ChangeError> {
        let mut rows = Vec::new();
        let stretch = Stretch::under(id.as_bytes().to_vec());
        for table in ALL.iter().filter(|table| table.scope() == Scope::Conversation) {
            self.access().rows_of(table.name(), &stretch, &mut |row| {
                if rows.len() >= limit {
                    return ControlFlow::Break(());
                }
                rows.push((table.name(), row.to_vec()));
                ControlFlow::Continue(())
            })?;
        }
        let count = rows.len();
        for (table, row) in rows {
            self.changes.delete(table, row);
        }
        Ok(count)
    }

    /// Puts another header in the place of the store's.
    pub(super) fn put_header(&mut self, bytes: Vec<u8>) {
        header::put_bytes(&mut self.changes, bytes);
    }

    /// The key of a conversation, made with its first row.
    fn sealing_key(&mut self, id: ConversationId) -> Result<SecretKey, ChangeError> {
        match self.access().conversation_key(id)? {
            KeyState::Live(key) => Ok(key),
            KeyState::Erased => Err(ChangeError::Erased),
            KeyState::None => {
                let key = SecretKey::random()?;
                let secret = ConversationSecret { key: Some(*key.as_bytes()) };
                self.put(&CONVERSATION_KEYS, &id, &secret)?;
                Ok(key)
            }
        }
    }
}

impl Reads for Unit<'_> {
    fn access(&self) -> Access<'_> {
        Access {
            source: Source::Unit {
                own: &self.changes,
                group: &self.group.changes,
                base: self.group.base,
            },
            vault: self.group.vault,
            // Only the writer erases, and it is busy here.
            erasures: Some(self.group.vault.cached(|cache| cache.erasures())),
        }
    }
}
