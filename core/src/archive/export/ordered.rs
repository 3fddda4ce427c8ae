//! Rows in an order that does not depend on the store's key.
//!
//! Row keys that are hashes lie in another order in each store. A table of them is gone through
//! several times, each time for the next rows by what the hashes stand for, so that memory stays
//! flat however many there are.

use std::collections::BTreeMap;
use std::io::Write;

use super::{ExportError, Out};
use crate::invariants::each;
use crate::store::Snapshot;
use crate::store::key::Key;
use crate::store::table::{Record, Table};

/// How many rows are held at once.
const HELD: usize = 16 * 1024;

impl<W: Write> Out<'_, W> {
    /// Shows all rows of a table that have a name, in the order of their names.
    pub(super) fn in_order<K: Key, V: Record, N: Ord>(
        &mut self,
        table: &Table<K, V>,
        name: impl Fn(&Snapshot, &V) -> Result<Option<N>, ExportError>,
        mut show: impl FnMut(&mut Self, V) -> Result<(), ExportError>,
    ) -> Result<(), ExportError> {
        let mut last = None;
        loop {
            let mut held = next_of(self.snapshot, table, last.as_ref(), &name)?;
            let is_full = held.len() >= HELD;
            while let Some((name, value)) = held.pop_first() {
                show(self, value)?;
                last = Some(name);
            }
            if !is_full {
                return Ok(());
            }
        }
    }
}

/// The next rows behind `last`.
fn next_of<K: Key, V: Record, N: Ord>(
    snapshot: &Snapshot,
    table: &Table<K, V>,
    last: Option<&N>,
    name: impl Fn(&Snapshot, &V) -> Result<Option<N>, ExportError>,
) -> Result<BTreeMap<N, V>, ExportError> {
    let mut held = BTreeMap::new();
    let mut failed = None;
    each(snapshot, table, |_, value| {
        if failed.is_some() {
            return Ok(());
        }
        match name(snapshot, &value) {
            Ok(Some(name)) if last.is_none_or(|last| *last < name) => {
                held.insert(name, value);
                if held.len() > HELD {
                    held.pop_last();
                }
            }
            Ok(_) => {}
            Err(error) => failed = Some(error),
        }
        Ok(())
    })?;
    failed.map_or(Ok(held), Err)
}
