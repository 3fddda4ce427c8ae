//! The only way in and out of a database: ordered byte keys in named tables.
//!
//! A database under this gives [`Rows`] (a view that stays as it is) and takes [`Changes`] (all or
//! none of them). Everything else in the store is written over these two.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::store::disk::DiskError;
use crate::store::span::{Order, Stretch};

/// Is shown keys and values.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// A consistent view of ordered rows.
pub trait Rows {
    /// The value at `key`; nothing if there is none, nor such a table.
    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, DiskError>;

    /// Shows the rows of a stretch in order until `visit` breaks off.
    fn range(&self, table: &str, stretch: &Stretch, visit: &mut Visit<'_>)
    -> Result<(), DiskError>;
}

/// What becomes of each row key of a table.
type ChangedRows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Puts and deletes that were not made yet, in order.
#[derive(Debug, Default)]
pub struct Changes {
    tables: BTreeMap<Cow<'static, str>, ChangedRows>,
    size_bytes: usize,
}

impl Changes {
    /// Puts `value` at `key`.
    pub fn put(&mut self, table: impl Into<Cow<'static, str>>, key: Vec<u8>, value: Vec<u8>) {
        self.change(table.into(), key, Some(value));
    }

    /// Deletes what is at `key`.
    pub fn delete(&mut self, table: impl Into<Cow<'static, str>>, key: Vec<u8>) {
        self.change(table.into(), key, None);
    }

    fn change(&mut self, table: Cow<'static, str>, key: Vec<u8>, value: Option<Vec<u8>>) {
        let size = key.len().saturating_add(value.as_ref().map_or(0, Vec::len));
        self.size_bytes = self.size_bytes.saturating_add(size);
        self.tables.entry(table).or_default().insert(key, value);
    }

    /// Puts `later` on top.
    pub fn append(&mut self, later: Self) {
        self.size_bytes = self.size_bytes.saturating_add(later.size_bytes);
        for (table, rows) in later.tables {
            self.tables.entry(table).or_default().extend(rows);
        }
    }

    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// How many rows change.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.tables.values().map(|rows| u64::try_from(rows.len()).unwrap_or(u64::MAX)).sum()
    }

    /// How many bytes of keys and values were put in; what was replaced counts as well.
    #[must_use]
    pub const fn size_bytes(&self) -> usize {
        self.size_bytes
    }

    /// The tables that change.
    pub fn tables(&self) -> impl Iterator<Item = (&str, &BTreeMap<Vec<u8>, Option<Vec<u8>>>)> {
        self.tables.iter().map(|(name, rows)| (name.as_ref(), rows))
    }

    pub(super) fn find(&self, table: &str, key: &[u8]) -> Option<Option<&[u8]>> {
        self.tables.get(table)?.get(key).map(Option::as_deref)
    }
}

/// Rows as they will be once `over` is made to `under`.
pub struct Layered<'a> {
    /// What changes.
    pub over: &'a Changes,
    /// What is changed.
    pub under: &'a dyn Rows,
}

impl std::fmt::Debug for Layered<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layered").finish_non_exhaustive()
    }
}

impl Rows for Layered<'_> {
    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, DiskError> {
        match self.over.find(table, key) {
            Some(change) => Ok(change.map(<[u8]>::to_vec)),
            None => self.under.get(table, key),
        }
    }

    fn range(
        &self,
        table: &str,
        stretch: &Stretch,
        visit: &mut Visit<'_>,
    ) -> Result<(), DiskError> {
        if stretch.is_empty() {
            return Ok(());
        }
        let Some(rows) = self.over.tables.get(table) else {
            return self.under.range(table, stretch, visit);
        };
        let mut changes = rows.range::<[u8], _>(stretch.bounds());
        let mut take = || match stretch.order {
            Order::Rising => changes.next(),
            Order::Falling => changes.next_back(),
        };
        let mut change = take();
        let mut is_broken = false;
        self.under.range(table, stretch, &mut |key, value| {
            while let Some((changed, new)) = change {
                let place = match stretch.order {
                    Order::Rising => changed.as_slice().cmp(key),
                    Order::Falling => key.cmp(changed.as_slice()),
                };
                if place == Ordering::Greater {
                    break;
                }
                change = take();
                if let Some(new) = new
                    && visit(changed, new).is_break()
                {
                    is_broken = true;
                    return ControlFlow::Break(());
                }
                if place == Ordering::Equal {
                    return ControlFlow::Continue(());
                }
            }
            let flow = visit(key, value);
            is_broken = flow.is_break();
            flow
        })?;
        while let (Some((key, new)), false) = (change, is_broken) {
            if let Some(new) = new {
                is_broken = visit(key, new).is_break();
            }
            change = take();
        }
        Ok(())
    }
}
