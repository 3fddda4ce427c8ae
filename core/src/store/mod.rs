//! The encrypted store: everything that must survive, in one file with one writer.
//!
//! [`Store::write`] runs a unit of work on the writer's thread; units that wait are committed
//! together. [`Store::snapshot`] reads beside it, and [`Keys`] is one account's protocol state over
//! a snapshot. Every value is sealed, and row keys hash what would tell who talks to whom. Nothing
//! here but `disk` knows the database underneath.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

pub mod fsck;
pub mod key;
pub mod migrate;
pub mod span;
pub mod table;
pub mod tables;
pub mod rows;

mod backup;
mod cache;
mod carry;
mod cipher;
mod create;
mod disk;
mod header;
mod keys;
pub(crate) mod lock;
mod open;
mod read;
mod reader;
mod secret;
mod snapshot;
mod traffic;
mod unit;
mod writer;

pub use backup::BackupError;
pub use cipher::SealError;
pub(crate) use cipher::SecretKey;
pub use create::CreateError;
pub use disk::DiskError;
pub use header::FORMAT;
pub use keys::Keys;
pub use open::OpenError;
pub use read::{ReadError, Reads};
pub use reader::Reader;
pub use secret::RootSecret;
pub(crate) use secret::{Kdf, UnlockError};
pub use snapshot::Snapshot;
pub use traffic::{TableTraffic, Traffic};
pub use unit::{ChangeError, MAX_VALUE_BYTES, Unit};
pub use writer::WriteError;

use crate::model::id::{AccountName, ConversationId};
use cipher::Vault;
use disk::{Disk, Place};
use header::Header;
use open::Opened;
use writer::{Job, Sent};

/// Why a store keeps the secret that it has.
#[derive(Debug, Error)]
pub enum ChangeSecretError {
    /// The passphrase is empty.
    #[error("a store cannot be locked with an empty passphrase; choose one")]
    EmptyPassphrase,
    /// The new lock could not be made.
    #[error("the store's key could not be locked with the new secret")]
    Keys(#[from] SealError),
    /// It could not be written.
    #[error("the new lock could not be written")]
    Write(#[from] WriteError<ChangeError>),
}

/// Rows of an erased conversation that are deleted in one unit.
const SWEEP: usize = 1000;

/// An open store, and the right to write to it. Clones are the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: Option<PathBuf>,
    disk: Arc<Disk>,
    vault: Arc<Vault>,
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl Store {
    /// Begins a store in a new file that only its owner can read, locked with `secret`.
    pub fn create(path: impl AsRef<Path>, secret: &RootSecret) -> Result<Self, CreateError> {
        let path = path.as_ref();
        let opened = create::create(path, secret)?;
        Ok(Self::start(Some(path.to_path_buf()), opened)?)
    }

    /// Opens a store for writing. One process at a time can; see [`OpenError`] for the reasons
    /// why not. Takes a few milliseconds, after a crash as well, and Argon2's 30 for a passphrase.
    pub fn open(path: impl AsRef<Path>, secret: &RootSecret) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let opened = open::open(path, secret)?;
        Ok(Self::start(Some(path.to_path_buf()), opened)?)
    }

    /// Begins a store that lives in memory, under a random key.
    pub fn in_memory() -> Result<Self, CreateError> {
        let opened = create::create_in(Place::Memory, &RootSecret::random()?)?;
        Ok(Self::start(None, opened)?)
    }

    fn start(path: Option<PathBuf>, opened: Opened) -> std::io::Result<Self> {
        let Opened { disk, vault, lock } = opened;
        let (jobs, thread) = writer::start(Arc::clone(&disk), Arc::clone(&vault), lock)?;
        let inner = Inner { path, disk, vault, jobs: Some(jobs), writer: Some(thread) };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What is committed now.
    pub fn snapshot(&self) -> Result<Snapshot, ReadError> {
        Snapshot::beside_writer(&self.inner.disk, &self.inner.vault)
    }

    /// What was committed since the store was opened.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.inner.disk.traffic()
    }

    /// An account's keys, over what is committed now.
    pub fn keys(&self, account: &AccountName) -> Result<Keys, ReadError> {
        Keys::new(account.clone(), self.snapshot()?)
    }

    /// Runs `unit` on the writer's thread and resolves when what it changed is durable.
    ///
    /// Units run one after another in the order in which they were sent; each sees what those
    /// before it changed. A unit that returns an error or panics leaves nothing behind and does
    /// not disturb the others of its commit. It must not wait for anything: all others wait for
    /// it. If the future is dropped while it waits, the unit may still be run.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, WriteError<E>>
    where
        T: Send + 'static,
        E: Send + 'static,
        F: FnOnce(&mut Unit<'_>) -> Result<T, E> + Send + 'static,
    {
        let Some(jobs) = &self.inner.jobs else { return Err(WriteError::Closed) };
        let (reply, answer) = oneshot::channel();
        let job = Job::Work(Box::new(Sent::new(unit, reply)));
        jobs.send(job).await.map_err(|_| WriteError::Closed)?;
        answer.await.unwrap_or(Err(WriteError::Closed))
    }

    /// Throws a conversation's key away, which makes its rows unreadable, and deletes them.
    /// Interrupted, it may be called again. The conversation takes nothing any more.
    ///
    /// Pages that were freed stay in the file until they are used again, the one with the key
    /// among them, sealed under the store's key. A backup has none of them: to be rid of them at
    /// once, put a [backup](Snapshot::backup_to) in the store's place.
    pub async fn erase_conversation(
        &self,
        id: ConversationId,
    ) -> Result<(), WriteError<ChangeError>> {
        self.write(move |unit| unit.erase_conversation(id)).await?;
        while self.write(move |unit| unit.sweep_conversation(id, SWEEP)).await? == SWEEP {}
        Ok(())
    }

    /// Locks the store with another secret. Nothing but the locked store key is written anew.
    /// Backups keep the secret that they were made with. Freed pages can still be opened with the
    /// old one until they are used again: if it leaked, put a [backup](Snapshot::backup_to) that
    /// was made after the change in the store's place.
    pub async fn change_secret(&self, secret: &RootSecret) -> Result<(), ChangeSecretError> {
        if secret.is_empty() {
            return Err(ChangeSecretError::EmptyPassphrase);
        }
        let header =
            Header::relock(&self.inner.vault, secret).map_err(|_| SealError::NoRandomness)?;
        let put = |unit: &mut Unit<'_>| {
            unit.put_header(header);
            Ok(())
        };
        Ok(self.write(put).await?)
    }

    /// Writes what was sent so far, and gives the file back. Other clones can no longer be used.
    pub async fn close(self) -> Result<(), DiskError> {
        let Some(jobs) = &self.inner.jobs else { return Err(DiskError::Closed) };
        let (reply, answer) = oneshot::channel();
        jobs.send(Job::Close(reply)).await.map_err(|_| DiskError::Closed)?;
        answer.await.unwrap_or(Err(DiskError::Closed))
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Without a sender the writer ends, after what it was sent.
        self.jobs = None;
        if let Some(writer) = self.writer.take()
            && writer.thread().id() != thread::current().id()
        {
            // The file is free when the last clone is gone. A panic there has nobody left to tell.
            drop(writer.join());
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
