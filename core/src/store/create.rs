//! Creating a store's file: there is a complete one, or none.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use crate::store::cipher::{SealError, SecretKey, Vault};
use crate::store::disk::{Disk, DiskError, Place};
use crate::store::header::{self, Header, HeaderError};
use crate::store::lock::{self, LockError, LockFile};
use crate::store::open::{Opened, is_denied};
use crate::store::rows::Changes;
use crate::store::secret::{RootSecret, UnlockError};

/// Why no store was created. Nothing is left behind.
#[derive(Debug, Error)]
pub enum CreateError {
    /// Something has that name.
    #[error("a file of this name exists already; open it, or choose another name")]
    Exists,
    /// The folder is not there.
    #[error("the folder for the store does not exist; create it first")]
    NoFolder,
    /// The passphrase is empty.
    #[error("a store cannot be locked with an empty passphrase; choose one")]
    EmptyPassphrase,
    /// Another process is about to create it, or holds its lock.
    #[error("another process uses a store of this name; stop it first")]
    InUse {
        /// Which, if it wrote that down.
        pid: Option<u32>,
    },
    /// The operating system denies it.
    #[error("no permission to create the store; check the owner and mode of its folder")]
    NoPermission(#[source] io::Error),
    /// No room.
    #[error("the disk is full; make room for the store")]
    Full(#[source] io::Error),
    /// The machine gave no random bytes, or sealing failed.
    #[error("the keys of the store could not be made")]
    Keys(#[from] SealError),
    /// Something else.
    #[error("the store could not be created")]
    Disk(#[source] DiskError),
}

/// Begins a store in a new file.
pub(super) fn create(path: &Path, secret: &RootSecret) -> Result<Opened, CreateError> {
    if secret.is_empty() {
        return Err(CreateError::EmptyPassphrase);
    }
    let lock = LockFile::take(path)?;
    if path.symlink_metadata().is_ok() {
        return Err(CreateError::Exists);
    }
    // Made under another name, so that a store is there completely or not at all.
    let draft = lock::beside(path, "draft");
    let made = draft_file(&draft, secret).and_then(|vault| {
        fs::rename(&draft, path)
            .and_then(|()| lock::sync_folder(path))
            .map_err(CreateError::from)?;
        Ok(vault)
    });
    let vault = match made {
        Ok(vault) => vault,
        Err(error) => {
            // The error that led here says more than another about the draft would.
            drop(fs::remove_file(&draft));
            return Err(error);
        }
    };
    let disk = Disk::open(path)?;
    Ok(Opened { disk: Arc::new(disk), vault: Arc::new(vault), lock: Some(lock) })
}

fn draft_file(draft: &Path, secret: &RootSecret) -> Result<Vault, CreateError> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        Ok(()) | Err(_) => {}
    }
    drop(lock::private().create_new(true).open(draft)?);
    let disk = Disk::create(Place::File(draft.to_path_buf()))?;
    let vault = begin(&disk, secret)?;
    disk.close()?;
    Ok(vault)
}

/// Begins a store in a place that is empty.
pub(super) fn create_in(place: Place, secret: &RootSecret) -> Result<Opened, CreateError> {
    if secret.is_empty() {
        return Err(CreateError::EmptyPassphrase);
    }
    let disk = Disk::create(place)?;
    let vault = begin(&disk, secret)?;
    Ok(Opened { disk: Arc::new(disk), vault: Arc::new(vault), lock: None })
}

fn begin(disk: &Disk, secret: &RootSecret) -> Result<Vault, CreateError> {
    let store_key = SecretKey::random()?;
    let mut changes = Changes::default();
    Header::lock(&store_key, secret)
        .map_err(HeaderError::from)
        .and_then(|header| header.write(&mut changes))?;
    header::number_commit(&mut changes, 1);
    disk.commit(&changes)?;
    Ok(Vault::new(&store_key))
}

impl From<LockError> for CreateError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Held { pid } => Self::InUse { pid },
            LockError::Io(error) => error.into(),
        }
    }
}

impl From<io::Error> for CreateError {
    fn from(error: io::Error) -> Self {
        DiskError::from_io(error).into()
    }
}

impl From<DiskError> for CreateError {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::Full(error) => Self::Full(error),
            DiskError::Io(error) if error.kind() == io::ErrorKind::NotFound => Self::NoFolder,
            DiskError::Io(error) if is_denied(&error) => Self::NoPermission(error),
            DiskError::Io(error) => Self::Disk(DiskError::Io(error)),
            DiskError::InUse => Self::InUse { pid: None },
            DiskError::Damaged(_)
            | DiskError::NotAStore
            | DiskError::NotRecovered
            | DiskError::Closed => Self::Disk(error),
        }
    }
}

impl From<HeaderError> for CreateError {
    fn from(error: HeaderError) -> Self {
        match error {
            HeaderError::Unlock(UnlockError::Seal(error)) => Self::Keys(error),
            HeaderError::Disk(error) => error.into(),
            HeaderError::NotAStore
            | HeaderError::Damaged
            | HeaderError::Newer { .. }
            | HeaderError::Older { .. }
            | HeaderError::Unlock(_) => Self::Keys(SealError::TooLarge),
        }
    }
}
