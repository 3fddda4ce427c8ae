//! What can go wrong with a database, and where each of redb's errors belongs.

use std::io;

use redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};
use thiserror::Error;

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
    /// Its writer died, and it was not opened for writing since.
    #[error("the store was not closed in order; open it for writing once")]
    NotRecovered,
    /// Another process writes to it.
    #[error("another process has the store open")]
    InUse,
    /// It was closed, here or after a failed commit; what was read before is still good.
    #[error("the store was closed")]
    Closed,
}

pub(super) fn damaged(error: redb::Error) -> DiskError {
    DiskError::Damaged(Some(Box::new(error)))
}

impl DiskError {
    pub(in crate::store) fn from_io(error: io::Error) -> Self {
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
        if matches!(error, redb::Error::RepairAborted) {
            return Self::NotRecovered;
        }
        let is_closed = matches!(error, redb::Error::DatabaseClosed | redb::Error::PreviousIo);
        match (is_in_use, is_closed) {
            (true, _) => Self::InUse,
            (_, true) => Self::Closed,
            (false, false) => damaged(error),
        }
    }
}
