//! The store as one commit left it.

use std::sync::Arc;

use crate::store::cipher::Vault;
use crate::store::disk::{Disk, View};
use crate::store::header;
use crate::store::read::{Access, ReadError, Reads, Source};

/// A consistent, ordered view beside the writer. Cheap to take, safe to keep for a while: pages
/// that it can see are not reused, so the file grows under a snapshot that is kept for long.
#[derive(Debug)]
pub struct Snapshot {
    view: View,
    vault: Arc<Vault>,
    erasures: Option<u64>,
}

impl Snapshot {
    /// In the process that writes: the vault hears of everything that is erased.
    pub(super) fn beside_writer(disk: &Disk, vault: &Arc<Vault>) -> Result<Self, ReadError> {
        // Counted before the view is taken: what is erased in between makes the cache unusable
        // for this snapshot, never wrong.
        let erasures = vault.cached(|cache| cache.erasures());
        Ok(Self { view: disk.view()?, vault: Arc::clone(vault), erasures: Some(erasures) })
    }

    /// In another process, which does not.
    pub(super) fn from_outside(disk: &Disk, vault: &Arc<Vault>) -> Result<Self, ReadError> {
        Ok(Self { view: disk.view()?, vault: Arc::clone(vault), erasures: None })
    }

    /// The number of the last commit that it sees; the first one is 1.
    pub fn commit(&self) -> Result<u64, ReadError> {
        Ok(header::commit_number(&self.view)?)
    }

    pub(super) const fn view(&self) -> &View {
        &self.view
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }
}

impl Reads for Snapshot {
    fn access(&self) -> Access<'_> {
        Access { source: Source::Snapshot(&self.view), vault: &self.vault, erasures: self.erasures }
    }
}
