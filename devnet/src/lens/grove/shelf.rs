//! What Grove keeps: files by keys that nobody can guess.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;

use super::acl::Acl;

/// What all files may have together: twice the largest, and room for many small ones.
const MAX_BYTES: usize = 1 << 29;

/// A file that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: String,
    pub(crate) acl: Acl,
    pub(crate) kept_ms: u64,
    /// When it is everywhere: until then, its status is pending.
    pub(crate) done_ms: u64,
}

/// What may be done to a file that does not allow it to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Act {
    Edit,
    Delete,
}

/// A question that whoever would change a file must sign.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) key: String,
    pub(crate) act: Act,
    pub(crate) message: String,
    /// Who signed it.
    pub(crate) signer: Option<alloy_primitives::Address>,
    /// What the signer was told to bring.
    pub(crate) ticket: Option<String>,
    pub(crate) until_ms: u64,
}

/// All files; clones are the same shelf.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shelf(Arc<Mutex<Files>>);

#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) gateway: String,
    pub(crate) kept: BTreeMap<String, Kept>,
    /// How many bytes the files have together.
    bytes: usize,
    /// Keys that were given out, and not yet used.
    pub(crate) allocated: BTreeMap<String, u64>,
    /// By the secret that came with them.
    pub(crate) questions: BTreeMap<String, Question>,
    /// Keys whose file was taken away.
    pub(crate) deleted: BTreeSet<String>,
    /// How many times several files came together.
    pub(crate) folders: usize,
}

impl Shelf {
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut Files) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The file of a key.
    pub(crate) fn read(&self, key: &str) -> Option<Kept> {
        // A file in a folder is read by the folder's key, too; the first part is what counts.
        let key = key.split('/').next().unwrap_or_default();
        self.with(|files| files.kept.get(key).cloned())
    }

    /// Where a browser would find what a URI names.
    pub(crate) fn gateway_url(&self, uri: &str) -> String {
        match uri.strip_prefix("lens://") {
            Some(key) => self.with(|files| format!("{}/{key}", files.gateway)),
            None => uri.to_owned(),
        }
    }

    /// Forgets the oldest files until `left` are left, as a testnet does.
    pub(crate) fn forget_all_but(&self, left: usize) {
        self.with(|files| while files.kept.len() > left && files.forget_oldest() {});
    }
}

impl Files {
    /// Keeps a file, and forgets the oldest where there is no room left.
    pub(crate) fn keep(&mut self, key: &str, kept: Kept) {
        self.bytes = self.bytes.saturating_add(kept.bytes.len());
        if let Some(before) = self.kept.insert(key.to_owned(), kept) {
            self.bytes = self.bytes.saturating_sub(before.bytes.len());
        }
        while self.bytes > MAX_BYTES && self.kept.len() > 1 && self.forget_oldest() {}
    }

    /// Takes a file away.
    pub(crate) fn forget(&mut self, key: &str) -> bool {
        let forgotten = self.kept.remove(key);
        let size = forgotten.as_ref().map_or(0, |kept| kept.bytes.len());
        self.bytes = self.bytes.saturating_sub(size);
        forgotten.is_some()
    }

    fn forget_oldest(&mut self) -> bool {
        let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.kept_ms);
        oldest.map(|(key, _)| key.clone()).is_some_and(|key| self.forget(&key))
    }
}

/// A key: 32 bytes in hex.
pub(crate) fn key() -> String {
    let mut bytes = [0_u8; 32];
    if getrandom::fill(&mut bytes).is_err() {
        tracing::error!("the system has no randomness");
    }
    hex::encode(bytes)
}
