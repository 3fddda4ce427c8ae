//! An archive as a file: there is a complete one, or none.

use std::fs;
use std::io::{self, BufWriter};
use std::path::Path;

use thiserror::Error;

use super::{ExportError, Exported, Selection, export};
use crate::model::time::Timestamp;
use crate::store::lock::{beside, private, sync_folder};
use crate::store::{RootSecret, Snapshot};

/// Why there is no archive. Nothing is left behind but what an earlier run was killed over, which
/// the next one writes over.
#[derive(Debug, Error)]
pub enum FileError {
    /// Something has that name.
    #[error("a file of this name exists already; choose another name")]
    Exists,
    /// It could not be made.
    #[error("the archive could not be made")]
    Export(#[from] ExportError),
    /// It could not be put in its place.
    #[error("the archive could not be put in its place")]
    Io(#[from] io::Error),
}

/// Writes an archive to a new file that only its owner can read. It is written under another name
/// first, so that whoever interrupts it finds no half of one, and can do it again.
pub fn export_to(
    snapshot: &Snapshot,
    path: &Path,
    secret: &RootSecret,
    selection: &Selection,
    now: Timestamp,
) -> Result<Exported, FileError> {
    if path.symlink_metadata().is_ok() {
        return Err(FileError::Exists);
    }
    let draft = beside(path, "draft");
    let made = write(snapshot, &draft, secret, selection, now).and_then(|exported| {
        fs::rename(&draft, path)?;
        sync_folder(path)?;
        Ok(exported)
    });
    if made.is_err() {
        // The error that led here says more than another about the draft would.
        drop(fs::remove_file(&draft));
    }
    made
}

fn write(
    snapshot: &Snapshot,
    draft: &Path,
    secret: &RootSecret,
    selection: &Selection,
    now: Timestamp,
) -> Result<Exported, FileError> {
    let file = private().create(true).truncate(true).open(draft)?;
    let (out, exported) = export(snapshot, BufWriter::new(file), secret, selection, now)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(exported)
}
