//! All that the node keeps. Whatever is written is seen by the next one who reads, whole or not at
//! all: everything happens under one lock.

mod log;

pub(crate) use self::log::{Entry, Log, page_size};

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::clock::unix_ns;
use super::identity::Directory;
use super::wire::mls::{CommitLogEntry, CommitLogSignature, welcome_message_input};

/// A group message as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) data: Vec<u8>,
    pub(crate) sender_hmac: Vec<u8>,
    pub(crate) should_push: bool,
    pub(crate) is_commit: bool,
}

/// A welcome or a pointer to one, as it was sent.
pub(crate) type Welcome = welcome_message_input::Version;

/// What is kept, in one place.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) directory: Directory,
    /// The newest key package of each installation, with the time at which it was uploaded.
    pub(crate) key_packages: BTreeMap<Vec<u8>, (u64, Vec<u8>)>,
    pub(crate) messages: Log<Sent>,
    pub(crate) welcomes: Log<Welcome>,
    commit_log: BTreeMap<Vec<u8>, Vec<CommitLogEntry>>,
    newest_commit: u64,
    last_ns: u64,
    /// From when on nothing is published any more, in Unix nanoseconds.
    pub(crate) cutover_ns: Option<u64>,
}

impl State {
    /// Now, later than ever before by a microsecond at least: clients sort by it.
    pub(crate) fn tick_ns(&mut self) -> u64 {
        self.last_ns = unix_ns().max(self.last_ns.saturating_add(1000));
        self.last_ns
    }

    /// Whether the network has moved on to its fourth version.
    pub(crate) fn is_over(&self) -> bool {
        self.cutover_ns.is_some_and(|cutover| unix_ns() >= cutover)
    }

    pub(crate) fn log_commit(
        &mut self,
        group_id: Vec<u8>,
        serialized_commit_log_entry: Vec<u8>,
        signature: CommitLogSignature,
    ) {
        self.newest_commit = self.newest_commit.saturating_add(1);
        self.commit_log.entry(group_id).or_default().push(CommitLogEntry {
            sequence_id: self.newest_commit,
            serialized_commit_log_entry,
            signature: Some(signature),
        });
    }

    /// Up to `limit` entries of a group's commit log behind `cursor`.
    pub(crate) fn commits(&self, group: &[u8], cursor: u64, limit: usize) -> Vec<CommitLogEntry> {
        let entries = self.commit_log.get(group).map(Vec::as_slice).unwrap_or_default();
        let behind = entries.iter().filter(|entry| entry.sequence_id > cursor);
        behind.take(limit).cloned().collect()
    }
}

/// The node's state; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Store(Arc<Mutex<State>>);

impl Store {
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
