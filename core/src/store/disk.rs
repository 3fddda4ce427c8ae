//! The database under the store: the only file that knows redb.
//!
//! Each commit is durable when it returns, in two phases and with quick repair, so that a file is
//! open a millisecond after a kill. One process writes; others may read beside it. redb trusts its
//! own pages and may panic over damaged ones, so every call goes through [`guarded`].

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use redb::backends::InMemoryBackend;
use redb::{
    Builder, CommitError, ConcurrencyMode, Database, DatabaseError, Durability, ReadOnlyDatabase,
    ReadOnlyTable, ReadTransaction, ReadableDatabase, ReadableTable, StorageError, TableDefinition,
    TableError, TransactionError,
};
use thiserror::Error;

use crate::store::rows::{Changes, Rows, Visit};
use crate::store::span::{Order, Stretch};

/// Pages that are kept in memory by the daemon.
const CACHE_BYTES: usize = 16 * 1024 * 1024;
/// How every redb file begins.
const MAGIC: [u8; 9] = *b"redb\x1a\x0a\xa9\x0d\x0a";

/// Why the database could not do what it was asked for.
#[derive(Debug, Error)]
pub enum DiskError {
    /// Its bytes are not what was written: restore a backup.
    #[error("the store's file is damaged; restore it from a backup")]
    Damaged(#[source] Option<Box<redb::Error>>),
    /// Make room; the store goes on by itself.
    #[error("the disk under the store is full; make room")]
    Full(#[source] io::Error),
    /// The operating system refused.
    #[error("the store's file cannot be read or written")]
    Io(#[source] io::Error),
    /// The file is not a database of ours.
    #[error("the file is not a store")]
    NotAStore,
    /// Another process writes to it.
    #[error("another process has the store open")]
    InUse,
    /// It was closed, here or after a failed commit; what was read before is still good.
    #[error("the store was closed")]
    Closed,
}

/// Where a database lives.
#[derive(Clone, Debug)]
pub(super) enum Place {
    File(PathBuf),
    Memory,
}

/// One open database.
pub(super) struct Disk {
    place: Place,
    // Nothing after a failed commit, until it is opened again.
    open: RwLock<Option<Open>>,
}

enum Open {
    Writer(Database),
    Reader(ReadOnlyDatabase),
}

impl Disk {
    /// Begins a database in a place that is empty.
    pub(super) fn create(place: Place) -> Result<Self, DiskError> {
        let database = guarded(|| match &place {
            Place::File(path) => Ok(settings().create(path)?),
            Place::Memory => Ok(Builder::new().create_with_backend(InMemoryBackend::new())?),
        })?;
        Ok(Self { place, open: RwLock::new(Some(Open::Writer(database))) })
    }

    /// Opens one for writing.
    pub(super) fn open(path: &Path) -> Result<Self, DiskError> {
        recognize(path)?;
        let place = Place::File(path.to_path_buf());
        let database = place.reopen()?;
        Ok(Self { place, open: RwLock::new(Some(Open::Writer(database))) })
    }

    /// Opens one for reading, beside a process that writes. Changes nothing in the file.
    pub(super) fn read_only(path: &Path) -> Result<Self, DiskError> {
        recognize(path)?;
        let database = guarded(|| Ok(settings().open_read_only(path)?))?;
        let place = Place::File(path.to_path_buf());
        Ok(Self { place, open: RwLock::new(Some(Open::Reader(database))) })
    }

    /// What is committed now.
    pub(super) fn view(&self) -> Result<View, DiskError> {
        self.with_open(|open| {
            let reading = match open {
                Open::Writer(database) => database.begin_read()?,
                Open::Reader(database) => database.begin_read()?,
            };
            Ok(View { reading, tables: Mutex::new(BTreeMap::new()) })
        })
    }

    /// Makes all of `changes`, durably, or none.
    ///
    /// After a failure the database is opened anew with the next call, and only then is it certain
    /// which of the two it was.
    pub(super) fn commit(&self, changes: &Changes) -> Result<(), DiskError> {
        let made = self.with_open(|open| match open {
            Open::Writer(database) => write(database, changes),
            Open::Reader(_) => Err(DiskError::Closed),
        });
        if made.is_err() {
            *self.open.write().unwrap_or_else(PoisonError::into_inner) = None;
        }
        made
    }

    /// Ends the use of the file; views that are still there can no longer read.
    pub(super) fn close(&self) -> Result<(), DiskError> {
        let open = self.open.write().unwrap_or_else(PoisonError::into_inner).take();
        match open {
            Some(Open::Writer(database)) => guarded(|| Ok(database.close()?)),
            Some(Open::Reader(database)) => guarded(|| Ok(database.close()?)),
            None => Ok(()),
        }
    }

    fn with_open<T>(
        &self,
        work: impl FnOnce(&Open) -> Result<T, DiskError>,
    ) -> Result<T, DiskError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        match &*open {
            Some(open) => guarded(|| work(open)),
            None => Err(DiskError::Closed),
        }
    }

    /// Opens the database again if a commit failed. Views that are older can no longer read.
    pub(super) fn recover(&self) -> Result<(), DiskError> {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if open.is_none() {
            *open = Some(Open::Writer(self.place.reopen()?));
        }
        Ok(())
    }
}

impl Place {
    fn reopen(&self) -> Result<Database, DiskError> {
        guarded(|| match self {
            Self::File(path) => Ok(settings().open(path)?),
            Self::Memory => Err(DiskError::Closed),
        })
    }
}

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").field("place", &self.place).finish_non_exhaustive()
    }
}

fn settings() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_concurrency_mode(ConcurrencyMode::SingleWriter);
    builder
}

/// Refuses what redb would take for a file to be filled, or would call corrupted.
fn recognize(path: &Path) -> Result<(), DiskError> {
    let mut begins = Vec::new();
    let magic_bytes = u64::try_from(MAGIC.len()).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(magic_bytes).read_to_end(&mut begins))
        .map_err(DiskError::Io)?;
    if begins == MAGIC { Ok(()) } else { Err(DiskError::NotAStore) }
}

const fn definition(name: &str) -> TableDefinition<'_, &'static [u8], &'static [u8]> {
    TableDefinition::new(name)
}

fn write(database: &Database, changes: &Changes) -> Result<(), DiskError> {
    let mut writing = database.begin_write()?;
    writing.set_durability(Durability::Immediate).map_err(|error| damaged(error.into()))?;
    writing.set_two_phase_commit(true);
    writing.set_quick_repair(true);
    for (name, rows) in changes.tables() {
        let mut table = writing.open_table(definition(name))?;
        for (key, change) in rows {
            match change {
                Some(value) => drop(table.insert(key.as_slice(), value.as_slice())?),
                None => drop(table.remove(key.as_slice())?),
            }
        }
    }
    Ok(writing.commit()?)
}

type Opened = Arc<ReadOnlyTable<&'static [u8], &'static [u8]>>;

/// The rows as one commit left them.
pub(super) struct View {
    reading: ReadTransaction,
    tables: Mutex<BTreeMap<String, Opened>>,
}

impl View {
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

/// Runs `work` and turns a panic over damaged pages into an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, DiskError>) -> Result<T, DiskError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(DiskError::Damaged(None)))
}

fn damaged(error: redb::Error) -> DiskError {
    DiskError::Damaged(Some(Box::new(error)))
}

impl DiskError {
    pub(super) fn from_io(error: io::Error) -> Self {
        let kind = error.kind();
        let is_full = matches!(
            kind,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        );
        if is_full {
            Self::Full(error)
        } else if kind == io::ErrorKind::UnexpectedEof {
            // Something lies behind the end of the file: it was cut off.
            damaged(redb::Error::Io(error))
        } else {
            Self::Io(error)
        }
    }
}

impl From<StorageError> for DiskError {
    fn from(error: StorageError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<TableError> for DiskError {
    fn from(error: TableError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<TransactionError> for DiskError {
    fn from(error: TransactionError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<CommitError> for DiskError {
    fn from(error: CommitError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<DatabaseError> for DiskError {
    fn from(error: DatabaseError) -> Self {
        redb::Error::from(error).into()
    }
}

impl From<redb::Error> for DiskError {
    fn from(error: redb::Error) -> Self {
        if let redb::Error::Io(error) = error {
            return Self::from_io(error);
        }
        let is_in_use = matches!(
            error,
            redb::Error::DatabaseAlreadyOpen
                | redb::Error::LockProtocolMismatch
                | redb::Error::TransactionInProgress
        );
        let is_closed = matches!(error, redb::Error::DatabaseClosed | redb::Error::PreviousIo);
        match (is_in_use, is_closed) {
            (true, _) => Self::InUse,
            (_, true) => Self::Closed,
            (false, false) => damaged(error),
        }
    }
}
