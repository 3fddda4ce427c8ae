//! What was sent, by topic, in the order of ids that grow over all topics.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use crate::xmtp::wire::mls::{PagingInfo, SortDirection};

/// How much a page holds at the most.
const PAGE: usize = 100;

/// One thing that was sent.
#[derive(Debug)]
pub(crate) struct Entry<M> {
    pub(crate) id: u64,
    pub(crate) created_ns: u64,
    pub(crate) topic: Vec<u8>,
    pub(crate) message: M,
}

/// Messages of all topics.
#[derive(Debug)]
pub(crate) struct Log<M> {
    all: Vec<Arc<Entry<M>>>,
    topics: BTreeMap<Vec<u8>, Vec<Arc<Entry<M>>>>,
    hashes: BTreeSet<[u8; 32]>,
    newest: watch::Sender<u64>,
}

impl<M> Default for Log<M> {
    fn default() -> Self {
        Self {
            all: Vec::new(),
            topics: BTreeMap::new(),
            hashes: BTreeSet::new(),
            newest: watch::Sender::new(0),
        }
    }
}

/// A page of one topic, with what the answer says of it.
#[derive(Debug)]
pub(crate) struct Page<M> {
    pub(crate) entries: Vec<Arc<Entry<M>>>,
    pub(crate) paging_info: PagingInfo,
}

impl<M> Log<M> {
    /// Takes a message, unless the same bytes are in the topic.
    pub(crate) fn push(&mut self, topic: Vec<u8>, bytes: &[u8], message: M, created_ns: u64) {
        let hash = Sha256::new_with_prefix(&topic).chain_update(bytes).finalize();
        if !self.hashes.insert(hash.into()) {
            return;
        }
        let id = self.newest().saturating_add(1);
        let entry = Arc::new(Entry { id, created_ns, topic: topic.clone(), message });
        self.topics.entry(topic).or_default().push(Arc::clone(&entry));
        self.all.push(entry);
        self.newest.send_replace(id);
    }

    /// Keeps only what is picked. What is gone is not taken again either.
    pub(crate) fn retain(&mut self, is_kept: impl Fn(&Entry<M>) -> bool) {
        self.all.retain(|entry| is_kept(entry));
        for entries in self.topics.values_mut() {
            entries.retain(|entry| is_kept(entry));
        }
    }

    /// The newest id.
    pub(crate) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Tells of each new id.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The newest message of a topic.
    pub(crate) fn last(&self, topic: &[u8]) -> Option<&Arc<Entry<M>>> {
        self.topics.get(topic)?.last()
    }

    /// All topics, with what was sent there, in order.
    pub(crate) fn topics(&self) -> impl Iterator<Item = (&Vec<u8>, &[Arc<Entry<M>>])> {
        self.topics.iter().map(|(topic, entries)| (topic, entries.as_slice()))
    }

    /// Up to `limit` messages of a topic behind `cursor`, oldest first.
    pub(crate) fn behind(&self, topic: &[u8], cursor: u64, limit: usize) -> Vec<Arc<Entry<M>>> {
        let entries = self.topics.get(topic).map(Vec::as_slice).unwrap_or_default();
        let from = entries.partition_point(|entry| entry.id <= cursor);
        entries.iter().skip(from).take(limit).cloned().collect()
    }

    /// Up to `limit` messages of all topics behind `cursor`, oldest first.
    pub(crate) fn all_behind(&self, cursor: u64, limit: usize) -> Vec<Arc<Entry<M>>> {
        let from = self.all.partition_point(|entry| entry.id <= cursor);
        self.all.iter().skip(from).take(limit).cloned().collect()
    }

    /// A page of a topic, as the network pages: descending, unless it is asked otherwise.
    pub(crate) fn page(&self, topic: &[u8], asked: Option<PagingInfo>) -> Page<M> {
        let asked = asked.unwrap_or_default();
        let limit = page_size(asked.limit);
        let is_ascending = asked.direction == i32::from(SortDirection::Ascending);
        let (direction, entries) = if is_ascending {
            (SortDirection::Ascending, self.behind(topic, asked.id_cursor, limit))
        } else {
            let entries = self.topics.get(topic).map(Vec::as_slice).unwrap_or_default();
            let bound = if asked.id_cursor == 0 { u64::MAX } else { asked.id_cursor };
            let before = entries.partition_point(|entry| entry.id < bound);
            let before = entries.iter().take(before).rev();
            (SortDirection::Descending, before.take(limit).cloned().collect())
        };
        // Only a full page has a cursor; there may be nothing behind it.
        let last = entries.last().filter(|_| entries.len() >= limit);
        let paging_info = PagingInfo {
            direction: direction.into(),
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
            id_cursor: last.map_or(0, |entry| entry.id),
        };
        Page { entries, paging_info }
    }
}

/// A limit that is 0 or too large counts as none.
pub(crate) fn page_size(asked: u32) -> usize {
    usize::try_from(asked).ok().filter(|size| (1..=PAGE).contains(size)).unwrap_or(PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Log<()> {
        let mut log = Log::default();
        for number in 0..5_u64 {
            log.push(b"a".to_vec(), &number.to_be_bytes(), (), number);
            log.push(b"b".to_vec(), &number.to_be_bytes(), (), number);
        }
        log
    }

    fn ids(log: &Log<()>, direction: i32, limit: u32, id_cursor: u64) -> (Vec<u64>, u64) {
        let page = log.page(b"b", Some(PagingInfo { direction, limit, id_cursor }));
        (page.entries.iter().map(|entry| entry.id).collect(), page.paging_info.id_cursor)
    }

    #[test]
    fn pages_go_down_unless_they_are_asked_to_go_up() {
        let log = log();
        assert_eq!(ids(&log, 0, 2, 0), (vec![10, 8], 8));
        assert_eq!(ids(&log, 2, 2, 8), (vec![6, 4], 4));
        assert_eq!(ids(&log, 2, 2, 4), (vec![2], 0));
        assert_eq!(ids(&log, 1, 2, 0), (vec![2, 4], 4));
        assert_eq!(ids(&log, 1, 101, 4), (vec![6, 8, 10], 0));
        assert!(log.page(b"c", None).entries.is_empty());
    }

    #[test]
    fn the_same_bytes_are_in_a_topic_once() {
        let mut log = log();
        log.push(b"a".to_vec(), &0_u64.to_be_bytes(), (), 9);
        assert_eq!(log.newest(), 10);
        log.push(b"c".to_vec(), &0_u64.to_be_bytes(), (), 9);
        assert_eq!(log.last(b"c").unwrap().id, 11);
        let ids = log.all_behind(8, 9).iter().map(|entry| entry.id).collect::<Vec<_>>();
        assert_eq!(ids, [9, 10, 11]);
    }
}
