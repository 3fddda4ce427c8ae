//! What a store was given to write since it was opened, for benchmarks and for those who wonder what
//! wears their disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::store::rows::Changes;

/// What was committed since the store was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Commits, each with one sync of the disk.
    pub commits: u64,
    /// What each table took.
    pub tables: BTreeMap<String, TableTraffic>,
}

/// What one table took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableTraffic {
    /// Rows put, in place of others or new; a row put twice in a commit counts once.
    pub puts: u64,
    /// Rows deleted.
    pub deletes: u64,
    /// Bytes of the keys and sealed values put, without what the database adds.
    pub bytes: u64,
}

/// Counts commits.
#[derive(Debug, Default)]
pub(super) struct Meter(Mutex<Traffic>);

impl Meter {
    pub(super) fn count(&self, changes: &Changes) {
        let mut traffic = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        traffic.commits = traffic.commits.saturating_add(1);
        for (name, rows) in changes.tables() {
            let table = traffic.tables.entry(name.to_owned()).or_default();
            for (key, value) in rows {
                let Some(value) = value else {
                    table.deletes = table.deletes.saturating_add(1);
                    continue;
                };
                let size = u64::try_from(key.len().saturating_add(value.len())).unwrap_or(u64::MAX);
                table.puts = table.puts.saturating_add(1);
                table.bytes = table.bytes.saturating_add(size);
            }
        }
    }

    pub(super) fn read(&self) -> Traffic {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_and_deletes_are_counted_by_table() {
        let (meter, mut changes) = (Meter::default(), Changes::default());
        changes.put("copies", vec![1], vec![0; 9]);
        changes.put("copies", vec![1], vec![0; 4]);
        changes.put("copies", vec![2], vec![0; 5]);
        changes.delete("outbox", vec![3]);
        meter.count(&changes);

        let Traffic { commits, tables } = meter.read();
        assert_eq!(commits, 1);
        assert_eq!(tables["copies"], TableTraffic { puts: 2, deletes: 0, bytes: 11 });
        assert_eq!(tables["outbox"], TableTraffic { puts: 0, deletes: 1, bytes: 0 });
    }
}
