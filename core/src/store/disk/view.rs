//! The rows of a database as one commit left them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use redb::{
    ReadOnlyTable, ReadTransaction, ReadableTable, ReadableTableMetadata, TableError, TableHandle,
};

use super::{DiskError, definition, guarded};
use crate::store::rows::{Rows, Visit};
use crate::store::span::{Order, Stretch};

type Opened = Arc<ReadOnlyTable<&'static [u8], &'static [u8]>>;

/// The rows as one commit left them.
pub(in crate::store) struct View {
    reading: ReadTransaction,
    tables: Mutex<BTreeMap<String, Opened>>,
}

impl View {
    pub(super) const fn new(reading: ReadTransaction) -> Self {
        Self { reading, tables: Mutex::new(BTreeMap::new()) }
    }

    /// The names of all tables.
    pub(in crate::store) fn tables(&self) -> Result<Vec<String>, DiskError> {
        guarded(|| Ok(self.reading.list_tables()?.map(|table| table.name().to_owned()).collect()))
    }

    /// How many rows the database believes a table has.
    pub(in crate::store) fn count(&self, table: &str) -> Result<u64, DiskError> {
        guarded(|| match self.table(table)? {
            Some(table) => Ok(table.len()?),
            None => Ok(0),
        })
    }

    fn table(&self, name: &str) -> Result<Option<Opened>, DiskError> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(table) = tables.get(name) {
            return Ok(Some(Arc::clone(table)));
        }
        match self.reading.open_table(definition(name)) {
            Ok(table) => {
                let table = Arc::new(table);
                tables.insert(name.to_owned(), Arc::clone(&table));
                Ok(Some(table))
            }
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Rows for View {
    fn get(&self, table: &str, key: &[u8]) -> Result<Option<Vec<u8>>, DiskError> {
        guarded(|| match self.table(table)? {
            Some(table) => {
                Ok(ReadableTable::get(&*table, key)?.map(|value| value.value().to_vec()))
            }
            None => Ok(None),
        })
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
        guarded(|| {
            let Some(table) = self.table(table)? else { return Ok(()) };
            let mut rows = ReadableTable::range::<&[u8]>(&*table, stretch.bounds())?;
            loop {
                let row = match stretch.order {
                    Order::Rising => rows.next(),
                    Order::Falling => rows.next_back(),
                };
                let Some(row) = row else { return Ok(()) };
                let (key, value) = row?;
                if visit(key.value(), value.value()).is_break() {
                    return Ok(());
                }
            }
        })
    }
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("View")
    }
}
