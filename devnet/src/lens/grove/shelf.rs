//! What Grove keeps: files by keys that nobody can guess.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;

use super::acl::Acl;

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
    /// Keys that were given out, and not yet used.
    pub(crate) allocated: BTreeMap<String, u64>,
    /// By the secret that came with them.
    pub(crate) questions: BTreeMap<String, Question>,
    /// Keys whose file was taken away.
    pub(crate) deleted: std::collections::BTreeSet<String>,
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
        self.with(|files| {
            while files.kept.len() > left {
                let oldest = files.kept.iter().min_by_key(|(_, kept)| kept.kept_ms);
                let Some(key) = oldest.map(|(key, _)| key.clone()) else { break };
                files.kept.remove(&key);
            }
        });
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
