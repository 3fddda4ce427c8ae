//! A copy of the store, taken while it is written to.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use thiserror::Error;

use crate::store::disk::{Disk, DiskError, Place};
use crate::store::lock;
use crate::store::read::{ReadError, Reads};
use crate::store::rows::{Changes, Rows};
use crate::store::snapshot::Snapshot;
use crate::store::span::Stretch;
use crate::store::tables::ALL;

/// Bytes that are copied in one commit.
const CHUNK_BYTES: usize = 4 * 1024 * 1024;

/// Why there is no backup. Nothing is left behind.
#[derive(Debug, Error)]
pub enum BackupError {
    /// Something has that name.
    #[error("a file of this name exists already; choose another name")]
    Exists,
    /// A row of the store is damaged. A backup of it would look whole.
    #[error("the store is damaged; check it and restore an earlier backup")]
    Read(#[from] ReadError),
    /// The copy could not be written.
    #[error("the backup could not be written")]
    Disk(#[from] DiskError),
    /// The copy could not be put in its place.
    #[error("the backup could not be put in its place")]
    Io(#[from] io::Error),
}

impl Snapshot {
    /// Copies what this snapshot sees to a new store at `path`, which opens with the same secret.
    /// Every row's seal is checked on the way. The copy has nothing of what was erased or
    /// overwritten, unlike the store's own free pages. Says how many rows it has.
    pub fn backup_to(&self, path: impl AsRef<Path>) -> Result<u64, BackupError> {
        let path = path.as_ref();
        if path.symlink_metadata().is_ok() {
            return Err(BackupError::Exists);
        }
        let draft = lock::beside(path, "draft");
        drop(lock::private().create(true).truncate(true).open(&draft)?);
        let copied = self.copy_to(&draft).and_then(|rows| {
            fs::rename(&draft, path)?;
            lock::sync_folder(path)?;
            Ok(rows)
        });
        if copied.is_err() {
            // The error that led here says more than another about the draft would.
            drop(fs::remove_file(&draft));
        }
        copied
    }

    fn copy_to(&self, draft: &Path) -> Result<u64, BackupError> {
        let disk = Disk::create(Place::File(draft.to_path_buf()))?;
        let mut rows = 0_u64;
        for table in self.view().tables()? {
            let mut behind = Some(Stretch::all());
            while let Some(stretch) = behind.take() {
                let (chunk, last) = self.chunk(&table, &stretch)?;
                rows = rows.saturating_add(chunk.count());
                disk.commit(&chunk)?;
                behind = last.map(Stretch::behind);
            }
        }
        disk.close()?;
        Ok(rows)
    }

    /// The next rows of a table, and the last key if there are more.
    fn chunk(
        &self,
        name: &str,
        stretch: &Stretch,
    ) -> Result<(Changes, Option<Vec<u8>>), BackupError> {
        let known = ALL.iter().find(|table| table.name() == name);
        let (mut chunk, mut last, mut key, mut failed) = (Changes::default(), None, None, None);
        self.view().range(name, stretch, &mut |row, sealed| {
            let is_kept = match known {
                None => true,
                Some(table) => match self.access().open(*table, row, sealed, &mut key) {
                    Ok(plain) => plain.is_some(),
                    Err(error) => {
                        failed = Some(error);
                        return ControlFlow::Break(());
                    }
                },
            };
            if is_kept {
                chunk.put(name.to_owned(), row.to_vec(), sealed.to_vec());
            }
            if chunk.size_bytes() < CHUNK_BYTES {
                return ControlFlow::Continue(());
            }
            last = Some(row.to_vec());
            ControlFlow::Break(())
        })?;
        failed.map_or(Ok((chunk, last)), |error| Err(error.into()))
    }
}
