//! Messages of a shard by what they point at: a parent, a mentioned fid, a target.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::page::{Page, PageRequest};
use crate::farcaster::signed::{Signed, TimeHash};

/// Length of what follows the prefix in a key: time and hash.
const SUFFIX: usize = size_of::<TimeHash>();

/// Keys are a prefix of any length, then time and hash, with nothing between them.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: BTreeMap<Vec<u8>, Arc<Signed>>,
}

impl Index {
    pub(crate) fn insert(&mut self, prefix: &[u8], message: &Arc<Signed>) {
        self.entries.insert(key(prefix, message), Arc::clone(message));
    }

    pub(crate) fn remove(&mut self, prefix: &[u8], message: &Signed) {
        self.entries.remove(&key(prefix, message));
    }

    /// A page of what points at `prefix`.
    ///
    /// With `collides`, a longer prefix that begins with this one hides the page, as on the real
    /// node: its keys are read as if they were ours, the messages they seem to name do not
    /// exist, and the shard answers with nothing and no error.
    pub(crate) fn page(
        &self,
        prefix: &[u8],
        request: &PageRequest,
        collides: bool,
        keep: impl Fn(&Signed) -> bool,
    ) -> Page<Arc<Signed>> {
        let is_ours = |key: &[u8]| key.len() == prefix.len() + SUFFIX;
        let begun = self
            .entries
            .range(prefix.to_vec()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(key, message)| !is_ours(key) || keep(message));
        // The range's iterator cannot be reversed once it is cut short, so its keys are collected.
        let begun: Vec<_> = begun.collect();
        let scanned = begun
            .into_iter()
            .filter(|(key, _)| collides || is_ours(key))
            .map(|(key, message)| (key.clone(), (is_ours(key), Arc::clone(message))));
        let page = request.cut(scanned);
        if page.items.iter().any(|(ours, _)| !ours) {
            return Page { items: Vec::new(), next: None };
        }
        Page {
            items: page.items.into_iter().map(|(_, message)| message).collect(),
            next: page.next,
        }
    }
}

fn key(prefix: &[u8], message: &Signed) -> Vec<u8> {
    let mut key = prefix.to_vec();
    key.extend_from_slice(&message.time_hash());
    key
}
