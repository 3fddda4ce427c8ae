//! What is carried out of a store besides its rows: whom it belongs to, and the keys of its accounts.

use zeroize::Zeroizing;

use crate::model::id::{AccountName, ConversationId};
use crate::store::disk::DiskError;
use crate::store::key::RowKey;
use crate::store::read::{ReadError, Reads};
use crate::store::snapshot::Snapshot;
use crate::store::span::Span;
use crate::store::table::AnyTable;
use crate::store::tables::{ACCOUNT_KEYS, AccountKey, CONVERSATION_KEYS};

/// How many rows are held at once.
const PAGE: usize = 256;

/// A key and the value that an account has under it.
pub(crate) type HeldKey = (Vec<u8>, Zeroizing<Vec<u8>>);

impl Snapshot {
    /// The seed of the key by which the owner of this store signs.
    pub(crate) fn owner_seed(&self) -> Zeroizing<[u8; 32]> {
        let key = self.vault().store_key().derive("threadbridge 2026 store: owner's signature");
        Zeroizing::new(*key.as_bytes())
    }

    /// How many rows a table has, those of erased conversations included.
    pub(crate) fn count(&self, table: &dyn AnyTable) -> Result<u64, DiskError> {
        self.view().count(table.name())
    }

    /// How many keys all accounts have together.
    pub(crate) fn count_account_keys(&self) -> Result<u64, DiskError> {
        self.count(&ACCOUNT_KEYS)
    }

    /// The conversations whose keys were thrown away, in order.
    pub(crate) fn erased_conversations(&self) -> Result<Vec<ConversationId>, ReadError> {
        let mut erased = Vec::new();
        let mut last: Option<RowKey> = None;
        loop {
            let page = match &last {
                None => self.scan(&CONVERSATION_KEYS, Span::all(), PAGE)?,
                Some(last) => self.scan(&CONVERSATION_KEYS, Span::all().after(last), PAGE)?,
            };
            let Some((key, _)) = page.last() else { return Ok(erased) };
            last = Some(key.clone());
            let gone = page.iter().filter(|(_, secret)| secret.key.is_none());
            erased.extend(gone.filter_map(|(key, _)| key.part(0).map(ConversationId::from_bytes)));
        }
    }

    /// The keys of an account's values, in order.
    pub(crate) fn account_keys(&self, account: &AccountName) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut keys = Vec::new();
        let mut page = self.scan(&ACCOUNT_KEYS, Span::under(account), PAGE)?;
        while let Some((last, _)) = page.last().cloned() {
            keys.extend(page.iter().map(|(_, stored)| stored.key.clone()));
            page = self.scan(&ACCOUNT_KEYS, Span::under(account).after(&last), PAGE)?;
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// One value of an account.
    pub(crate) fn account_value(
        &self,
        account: &AccountName,
        key: Vec<u8>,
    ) -> Result<Option<HeldKey>, ReadError> {
        let row = AccountKey { account: account.clone(), key };
        let stored = self.get(&ACCOUNT_KEYS, &row)?;
        Ok(stored.map(|stored| (row.key, Zeroizing::new(stored.value.clone()))))
    }
}

#[cfg(test)]
impl Snapshot {
    /// All values of all tables, opened, each table's in an order of their own.
    pub(crate) fn all_values(&self) -> std::collections::BTreeMap<&'static str, Vec<Vec<u8>>> {
        let mut tables = std::collections::BTreeMap::new();
        for table in crate::store::tables::ALL {
            let mut values = Vec::new();
            let all = crate::store::span::Stretch::all();
            self.access()
                .visit(*table, &all, &mut |_, plain| {
                    values.push(plain.to_vec());
                    Ok(std::ops::ControlFlow::Continue(()))
                })
                .unwrap();
            values.sort();
            tables.insert(table.name(), values);
        }
        tables
    }
}
