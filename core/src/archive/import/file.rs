//! An archive in a file.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use super::{Accounts, ImportError, Imported, import};
use crate::model::time::Timestamp;
use crate::store::{RootSecret, Store};

/// Takes in the archive at `path`. The file is opened once: what was verified is what is read.
pub async fn import_from(
    store: &Store,
    path: &Path,
    secret: &RootSecret,
    accounts: Accounts,
    now: Timestamp,
) -> Result<Imported, ImportError> {
    let file = BufReader::new(File::open(path)?);
    import(store, file, secret, accounts, now).await
}
