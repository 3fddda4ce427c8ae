//! The file beside the store that says which process writes to it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use thiserror::Error;

/// Why a process may not write to a store.
#[derive(Debug, Error)]
pub(super) enum LockError {
    #[error("another process holds the lock")]
    Held { pid: Option<u32> },
    #[error("the lock file cannot be used")]
    Io(#[from] io::Error),
}

/// Held as long as this process may write. The kernel gives it back if the process dies; the file
/// itself stays, since taking it away would let two processes lock two files of one name.
#[derive(Debug)]
pub(super) struct LockFile {
    // Closing it unlocks.
    _file: File,
}

impl LockFile {
    pub(super) fn take(store: &Path) -> Result<Self, LockError> {
        let mut file =
            private().read(true).truncate(false).create(true).open(beside(store, "lock"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LockError::Held { pid: holder(&file) }),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
    }
}

fn holder(file: &File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

/// The path of a file that accompanies the store.
pub(crate) fn beside(store: &Path, ending: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

/// Options for a file that only its owner may read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes what was created, renamed or removed beside `path` durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
