//! A set of messages that merges like a CRDT: whatever the order of arrival, the same remains.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::page::{Page, PageRequest};
use crate::farcaster::refusal::Refusal;
use crate::farcaster::signed::{Signed, TimeHash};

/// Which of two messages for the same slot remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A removal beats an addition at any time.
    RemoveWins,
    /// The later one, then the removal, then the higher hash.
    LastWrites,
}

/// A message that stays, and on which side.
#[derive(Clone, Debug)]
struct Held {
    message: Arc<Signed>,
    is_add: bool,
}

/// What one fid has of one kind: at most one message for each slot.
#[derive(Debug, Default)]
pub(crate) struct MessageSet {
    by_slot: BTreeMap<Vec<u8>, Held>,
    by_time: BTreeMap<TimeHash, Vec<u8>>,
}

impl MessageSet {
    pub(super) const fn empty() -> Self {
        Self { by_slot: BTreeMap::new(), by_time: BTreeMap::new() }
    }

    /// Whether a message may take its slot.
    pub(crate) fn admits(
        &self,
        slot: &[u8],
        message: &Signed,
        is_add: bool,
        rule: Rule,
    ) -> Result<(), Refusal> {
        let Some(held) = self.by_slot.get(slot) else { return Ok(()) };
        if held.message.hash == message.hash {
            return Err(Refusal::duplicate("message has already been merged"));
        }
        if outranks(message, is_add, held, rule) {
            return Ok(());
        }
        Err(Refusal::conflict(if held.is_add {
            "message conflicts with a more recent add"
        } else {
            "message conflicts with a more recent remove"
        }))
    }

    /// Takes a message that [`Self::admits`] let through; gives back what it displaced.
    pub(crate) fn insert(
        &mut self,
        slot: Vec<u8>,
        message: Arc<Signed>,
        is_add: bool,
    ) -> Option<Arc<Signed>> {
        self.by_time.insert(message.time_hash(), slot.clone());
        let held = self.by_slot.insert(slot, Held { message, is_add })?;
        self.by_time.remove(&held.message.time_hash());
        Some(held.message)
    }

    /// Takes the oldest messages out until no more than `max` remain.
    pub(crate) fn prune(&mut self, max: usize) -> Vec<Arc<Signed>> {
        let mut pruned = Vec::new();
        while self.by_time.len() > max {
            let Some((_, slot)) = self.by_time.pop_first() else { break };
            pruned.extend(self.by_slot.remove(&slot).map(|held| held.message));
        }
        pruned
    }

    /// Takes the message of a slot out.
    pub(crate) fn remove(&mut self, slot: &[u8]) -> Option<Arc<Signed>> {
        let held = self.by_slot.remove(slot)?;
        self.by_time.remove(&held.message.time_hash());
        Some(held.message)
    }

    /// The addition in a slot.
    pub(crate) fn get(&self, slot: &[u8]) -> Option<&Arc<Signed>> {
        self.by_slot.get(slot).filter(|held| held.is_add).map(|held| &held.message)
    }

    /// How many messages take up storage, removals included.
    pub(crate) fn len(&self) -> usize {
        self.by_time.len()
    }

    /// Every addition, oldest first.
    pub(crate) fn adds(&self) -> impl DoubleEndedIterator<Item = (&TimeHash, &Arc<Signed>)> {
        self.entries().filter(|(_, held)| held.is_add).map(|(key, held)| (key, &held.message))
    }

    fn entries(&self) -> impl DoubleEndedIterator<Item = (&TimeHash, &Held)> {
        self.by_time.iter().filter_map(|(key, slot)| self.by_slot.get(slot).map(|held| (key, held)))
    }

    /// A page of additions, or of everything, in order of time.
    pub(crate) fn page(
        &self,
        request: &PageRequest,
        with_removals: bool,
        keep: impl Fn(&Signed) -> bool,
    ) -> Page<Arc<Signed>> {
        let entries = self
            .entries()
            .filter(|(_, held)| (held.is_add || with_removals) && keep(&held.message))
            .map(|(key, held)| (key.to_vec(), Arc::clone(&held.message)));
        request.cut(entries)
    }
}

fn outranks(new: &Signed, is_add: bool, old: &Held, rule: Rule) -> bool {
    let time = new.data.timestamp.cmp(&old.message.data.timestamp);
    let side = old.is_add.cmp(&is_add);
    let hash = new.hash.cmp(&old.message.hash);
    let order = match rule {
        Rule::RemoveWins => side.then(time).then(hash),
        Rule::LastWrites => time.then(side).then(hash),
    };
    order == Ordering::Greater
}

#[cfg(test)]
mod tests;
