//! Reading a store from another process while the daemon writes to it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::store::cipher::Vault;
use crate::store::disk::Disk;
use crate::store::open::{self, OpenError};
use crate::store::read::ReadError;
use crate::store::secret::RootSecret;
use crate::store::snapshot::Snapshot;

/// A store that is open for reading only. Changes nothing in the file, holds nobody up.
pub struct Reader {
    path: PathBuf,
    disk: Disk,
    vault: Arc<Vault>,
}

impl Reader {
    /// Opens the store at `path`, whether or not a daemon has it open.
    pub fn open(path: impl AsRef<Path>, secret: &RootSecret) -> Result<Self, OpenError> {
        let path = path.as_ref().to_path_buf();
        let (disk, vault) = open::open_read_only(&path, secret)?;
        Ok(Self { path, disk, vault })
    }

    /// What is committed now.
    pub fn snapshot(&self) -> Result<Snapshot, ReadError> {
        Snapshot::from_outside(&self.disk, &self.vault)
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).finish_non_exhaustive()
    }
}
