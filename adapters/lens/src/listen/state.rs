//! What is remembered of a conversation: its newest posts, as they were handed over last. It is kept
//! as the conversation's cursor, in the same transaction as what was handed over, so that edits,
//! deletes and upvotes are noticed across restarts and long absences.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode};
use threadbridge_core::{
    adapter::Cursor,
    model::{id::RemoteConversation, time::Timestamp},
};

use crate::wire::address::Address;

/// How many posts of a conversation are looked at again and again. Older ones are archived.
pub(crate) const WINDOW: usize = 300;
/// How far what shows late may lie before what was heard last.
const OVERLAP_US: i64 = 10 * 60 * 1_000_000;

/// How far a conversation was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct LegState {
    /// Whether it was ever read.
    #[n(0)]
    pub(super) has_begun: bool,
    /// What is older was there before anybody listened: microseconds since the Unix epoch.
    #[n(1)]
    pub(super) floor: i64,
    /// The time of the newest post that was handed over.
    #[n(2)]
    pub(super) newest: i64,
    /// The time of the newest post that is no longer remembered.
    #[n(3)]
    pub(super) forgotten: i64,
    /// The newest posts, in the order in which they were handed over.
    #[n(4)]
    pub(super) entries: Vec<Entry>,
    /// Those that are to be archived when this is kept.
    #[cbor(skip)]
    pub(super) forgone: Vec<Entry>,
}

/// A post as it was handed over last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Entry {
    #[n(0)]
    pub(super) id: String,
    #[n(1)]
    pub(super) at: i64,
    /// Which version of it.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) version: [u8; 8],
    #[n(3)]
    pub(super) standing: Standing,
    /// How many upvotes it was said to have when they were listed.
    #[n(4)]
    pub(super) upvotes: u32,
    /// How many answers it was said to have when they were listed.
    #[n(5)]
    pub(super) comments: u32,
    /// Who had given it an upvote.
    #[n(6)]
    pub(super) votes: Vec<Vote>,
}

/// What a remembered post is to the bridge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Standing {
    /// It was handed over.
    #[default]
    #[n(0)]
    Told,
    /// A repost that was handed over.
    #[n(1)]
    Reposted,
    /// It was there before anybody listened, or is none of the conversation's business.
    #[n(2)]
    Silent,
    /// It was deleted.
    #[n(3)]
    Gone,
}

/// An upvote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Vote {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub(super) by: [u8; 20],
    #[n(1)]
    pub(super) at: i64,
}

impl Vote {
    pub(super) fn account(&self) -> Address {
        Address::from_bytes(self.by)
    }

    pub(super) fn given_at(&self) -> Timestamp {
        Timestamp::from_micros(self.at)
    }
}

impl LegState {
    /// The stream of a conversation.
    pub(super) fn stream(conversation: &RemoteConversation) -> String {
        conversation.as_str().to_owned()
    }

    /// Reads a cursor; one that cannot be read is that of a conversation that was never read.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        minicbor::decode(bytes).ok()
    }

    /// The cursor.
    pub(super) fn to_cursor(&self, conversation: &RemoteConversation) -> Cursor {
        let mut position = Vec::new();
        match minicbor::encode(self, &mut position) {
            Ok(()) => {}
            // Writing to memory cannot fail.
            Err(_infallible) => tracing::error!("a cursor could not be written"),
        }
        Cursor { stream: Self::stream(conversation), position }
    }

    /// Whether a post was not heard of before.
    pub(super) fn is_new(&self, id: &str, at: i64) -> bool {
        at >= self.floor && at >= self.forgotten && !self.has(id)
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.entry(id).is_some()
    }

    pub(super) fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().rev().find(|entry| entry.id == id)
    }

    pub(super) fn entry_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().rev().find(|entry| entry.id == id)
    }

    /// What is older than this was all heard, whatever the network lists.
    pub(super) fn heard_until(&self) -> i64 {
        self.floor.max(self.newest.saturating_sub(OVERLAP_US))
    }

    /// Remembers a post.
    pub(super) fn remember(&mut self, entry: Entry) {
        if entry.standing != Standing::Silent {
            self.newest = self.newest.max(entry.at);
        }
        self.entries.push(entry);
        let surplus = self.entries.len().saturating_sub(WINDOW);
        for forgotten in self.entries.drain(..surplus) {
            self.forgotten = self.forgotten.max(forgotten.at);
            self.forgone.push(forgotten);
        }
    }

    /// The posts whose standing may still change, the newest first; silent ones too where what
    /// answers them counts.
    pub(super) fn watched(&self, with_silent: bool) -> Vec<String> {
        let watched = self.entries.iter().rev().filter(|entry| entry.is_watched(with_silent));
        let mut seen = BTreeSet::new();
        watched.filter(|it| seen.insert(it.id.clone())).map(|it| it.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: i64) -> Entry {
        Entry { id: number.to_string(), at: number, ..Entry::default() }
    }

    #[test]
    fn a_state_reads_what_it_wrote() {
        let mut state = LegState { has_begun: true, ..LegState::default() };
        let vote = Vote { by: [7; 20], at: 5 };
        state.remember(Entry { votes: vec![vote], version: [1; 8], ..entry(4) });
        let conversation = RemoteConversation::parse("thread/1").unwrap();
        let cursor = state.to_cursor(&conversation);
        assert_eq!(LegState::from_bytes(&cursor.position), Some(state));
        assert_eq!(LegState::from_bytes(b"other"), None);
    }

    #[test]
    fn what_is_forgotten_is_not_new_again() {
        let mut state = LegState::default();
        let all = i64::try_from(WINDOW).unwrap() + 10;
        for number in 0..all {
            assert!(state.is_new(&number.to_string(), number));
            state.remember(entry(number));
        }
        for number in 0..all {
            let is_borderline = number == state.forgotten;
            assert_eq!(state.is_new(&number.to_string(), number), is_borderline, "{number}");
        }
        assert_eq!((state.entries.len(), state.forgone.len()), (WINDOW, 10));
        assert_eq!(state.newest, all - 1);
    }
}
