//! Opening a store's file. Whatever is refused here, the file stays as it was.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use thiserror::Error;

use crate::store::cipher::Vault;
use crate::store::disk::{Disk, DiskError, Place};
use crate::store::header::{self, HeaderError};
use crate::store::lock::{LockError, LockFile};
use crate::store::secret::{RootSecret, UnlockError};

/// Why a store was not opened. It stays as it was.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Nothing has that name.
    #[error("there is no store; create one with `threadbridge init`")]
    Missing,
    /// The file is something else.
    #[error("the file is not a store; check its path")]
    NotAStore,
    /// Its bytes are not what was written.
    #[error("the store's file is damaged; restore it from a backup")]
    Damaged(#[source] Option<DiskError>),
    /// The passphrase or key file is another one.
    #[error("the store does not open with this passphrase or key file; check it")]
    WrongSecret,
    /// A passphrase was given for a key file, or the other way round.
    #[error("the store is locked with the other kind of secret; check `[store]` in the settings")]
    OtherKind,
    /// A later version wrote it.
    #[error("the store has format {found}, this version knows {known}; install a later version")]
    Newer {
        /// The store's format.
        found: u32,
        /// The last one that this version knows.
        known: u32,
    },
    /// An earlier version wrote it.
    #[error("the store has format {found}, this version needs {known}; migrate it first")]
    Older {
        /// The store's format.
        found: u32,
        /// The one that this version writes.
        known: u32,
    },
    /// Another process writes to it.
    #[error("another process has the store open; stop it first")]
    InUse {
        /// Which, if it wrote that down.
        pid: Option<u32>,
    },
    /// Its writer died, and another process that has its lock does not recover it.
    #[error("the store was not closed in order and is not recovered; stop what holds its lock")]
    NotRecovered,
    /// The operating system denies it.
    #[error("no permission to use the store; check the owner and mode of its file and folder")]
    NoPermission(#[source] io::Error),
    /// No room.
    #[error("the disk under the store is full; make room")]
    Full(#[source] io::Error),
    /// Something else.
    #[error("the store's file cannot be read or written")]
    Io(#[source] io::Error),
}

/// An open database with its keys, and the lock that goes with it.
pub(super) struct Opened {
    pub(super) disk: Arc<Disk>,
    pub(super) vault: Arc<Vault>,
    pub(super) lock: Option<LockFile>,
}

/// Opens a store for writing. A reader that recovers it after its writer's death has the lock for a
/// moment, and is waited for: nobody who looks at a store may keep its daemon from starting.
pub(super) fn open(path: &Path, secret: &RootSecret) -> Result<Opened, OpenError> {
    for _ in 0..RECOVERY_TRIES {
        match open_at_once(path, secret) {
            Err(OpenError::InUse { .. }) => thread::sleep(RECOVERY_PAUSE),
            opened => return opened,
        }
    }
    open_at_once(path, secret)
}

fn open_at_once(path: &Path, secret: &RootSecret) -> Result<Opened, OpenError> {
    path.metadata()?;
    let lock = LockFile::take(path)?;
    // Opening for writing marks the file and may recover it; that must wait until the key fits.
    let vault = match open_beside_writer(path, secret) {
        Ok((_, vault)) => vault,
        Err(OpenError::NotRecovered) => {
            let trial = Disk::trial(&Place::File(path.to_path_buf()))?;
            Arc::new(header::unlock(&trial.view()?, secret)?)
        }
        Err(error) => return Err(error),
    };
    let disk = Disk::open(path)?;
    Ok(Opened { disk: Arc::new(disk), vault, lock: Some(lock) })
}

/// Opens a store that is no file.
#[cfg(test)]
pub(super) fn open_in(place: Place, secret: &RootSecret) -> Result<Opened, OpenError> {
    let disk = Disk::open_in(place)?;
    let vault = header::unlock(&disk.view()?, secret)?;
    Ok(Opened { disk: Arc::new(disk), vault: Arc::new(vault), lock: None })
}

/// Opens a store for reading, beside a process that may write.
pub(super) fn open_read_only(
    path: &Path,
    secret: &RootSecret,
) -> Result<(Disk, Arc<Vault>), OpenError> {
    let mut opened = open_beside_writer(path, secret);
    for _ in 0..RECOVERY_TRIES {
        if !matches!(opened, Err(OpenError::NotRecovered)) {
            return opened;
        }
        // Its writer died. Whoever opens it next for writing recovers it; if nobody is about to,
        // that is us.
        match open_at_once(path, secret) {
            Ok(Opened { disk, .. }) => disk.close()?,
            Err(OpenError::InUse { .. }) => thread::sleep(RECOVERY_PAUSE),
            Err(error) => return Err(error),
        }
        opened = open_beside_writer(path, secret);
    }
    opened
}

/// How often it is looked whether another process has recovered the store, and how long is waited
/// in between.
const RECOVERY_TRIES: u32 = 100;
const RECOVERY_PAUSE: Duration = Duration::from_millis(20);

fn open_beside_writer(path: &Path, secret: &RootSecret) -> Result<(Disk, Arc<Vault>), OpenError> {
    let disk = Disk::read_only(path)?;
    let vault = header::unlock(&disk.view()?, secret)?;
    Ok((disk, Arc::new(vault)))
}

pub(super) fn is_denied(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem)
}

impl From<LockError> for OpenError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held { pid } => Self::InUse { pid },
            LockError::Io(error) => error.into(),
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        DiskError::from_io(error).into()
    }
}

impl From<DiskError> for OpenError {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::NotAStore => Self::NotAStore,
            DiskError::NotRecovered => Self::NotRecovered,
            DiskError::InUse => Self::InUse { pid: None },
            DiskError::Full(error) => Self::Full(error),
            DiskError::Damaged(_) | DiskError::Closed => Self::Damaged(Some(error)),
            DiskError::Io(error) if error.kind() == io::ErrorKind::NotFound => Self::Missing,
            DiskError::Io(error) if error.kind() == io::ErrorKind::IsADirectory => Self::NotAStore,
            DiskError::Io(error) if is_denied(&error) => Self::NoPermission(error),
            DiskError::Io(error) => Self::Io(error),
        }
    }
}

impl From<HeaderError> for OpenError {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::Disk(error) => error.into(),
            HeaderError::NotAStore => Self::NotAStore,
            HeaderError::Newer { found } => Self::Newer { found, known: header::FORMAT },
            HeaderError::Older { found } => Self::Older { found, known: header::FORMAT },
            HeaderError::Unlock(UnlockError::Wrong) => Self::WrongSecret,
            HeaderError::Unlock(UnlockError::OtherKind) => Self::OtherKind,
            HeaderError::Damaged
            | HeaderError::Unlock(UnlockError::Absurd | UnlockError::Seal(_)) => {
                Self::Damaged(None)
            }
        }
    }
}
