//! The logs that an account knows, kept in its keys.
//!
//! Under `identity/`: each inbox's head (which entries are known, which signatures were seen), each
//! entry with the state behind it, when an inbox was last asked for, and the verdicts of chains.

use std::collections::BTreeSet;

use minicbor::{Decode, Encode, bytes::ByteArray};
use prost::Message as _;
use thiserror::Error;
use threadbridge_core::{model::time::Timestamp, store::Keys};

use super::{
    contract::{Claim, Verdicts},
    examine::{Unexamined, examine},
    inbox::InboxId,
    refused::Refused,
    state::{Replay, State},
};
use crate::{
    rows,
    wire::proto::identity::{IdentityUpdate, get_identity_updates_response::IdentityUpdateLog},
};

pub(crate) use crate::rows::Unread;

/// What the network keeps of one inbox at most.
const MAX_ENTRIES: usize = 256;

/// What taking entries came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Learnt {
    /// The newest entry that is known; 0 if there is none.
    pub(crate) newest: u64,
    /// Whether any was new.
    pub(crate) is_news: bool,
}

/// Why not all entries were taken. Those before the one that failed are.
#[derive(Debug, Error)]
pub(crate) enum Untaken {
    #[error("entry {sequence_id} of an identity log is refused")]
    Refused {
        sequence_id: u64,
        #[source]
        why: Refused,
    },
    #[error("contracts signed an identity update, and their chains were not asked")]
    NeedsVerdict(Vec<Claim>),
    #[error(transparent)]
    Unread(#[from] Unread),
}

#[derive(Debug, Default, Encode, Decode)]
struct Head {
    #[n(0)]
    entries: BTreeSet<u64>,
    #[n(1)]
    seen: BTreeSet<ByteArray<32>>,
}

#[derive(Debug, Encode, Decode)]
struct Entry {
    #[n(0)]
    state: State,
    /// The update itself: the evidence of who is who.
    #[cbor(n(1), with = "minicbor::bytes")]
    update: Vec<u8>,
}

/// The identity logs in an account's keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Logs<'a> {
    keys: &'a Keys,
}

impl<'a> Logs<'a> {
    pub(crate) const fn new(keys: &'a Keys) -> Self {
        Self { keys }
    }

    /// Verifies entries that stand behind the newest one known, and appends them; others are known
    /// already and left alone. `entries` is what the network answers from there on, in any order.
    pub(crate) fn take(
        self,
        inbox: InboxId,
        mut entries: Vec<IdentityUpdateLog>,
    ) -> Result<Learnt, Untaken> {
        let mut head = self.head(inbox)?;
        let known = head.entries.last().copied().unwrap_or(0);
        entries.retain(|entry| entry.sequence_id > known);
        entries.sort_by_key(|entry| entry.sequence_id);
        entries.dedup_by_key(|entry| entry.sequence_id);
        let state = if known == 0 { None } else { self.state(inbox, known)? };
        let mut replay = Replay { state, seen: std::mem::take(&mut head.seen) };
        let mut outcome = Ok(());
        for entry in &entries {
            outcome = self.append(inbox, &mut head, &mut replay, entry);
            if outcome.is_err() {
                break;
            }
        }
        head.seen = replay.seen;
        let newest = head.entries.last().copied().unwrap_or(0);
        let is_news = newest > known;
        if is_news {
            rows::put(self.keys, &row(inbox, "head"), &head);
        }
        outcome.map(|()| Learnt { newest, is_news })
    }

    fn append(
        self,
        inbox: InboxId,
        head: &mut Head,
        replay: &mut Replay,
        entry: &IdentityUpdateLog,
    ) -> Result<(), Untaken> {
        let sequence_id = entry.sequence_id;
        let refuse = |why| Untaken::Refused { sequence_id, why };
        if head.entries.len() >= MAX_ENTRIES {
            return Err(refuse(Refused::TooLong));
        }
        let update = entry.update.as_ref().ok_or_else(|| refuse(Refused::Incomplete))?;
        if update.inbox_id != inbox.to_string() {
            return Err(refuse(Refused::OtherInbox));
        }
        let examined = examine(update, &self).map_err(|unexamined| match unexamined {
            Unexamined::Refused(why) => refuse(why),
            Unexamined::NeedsVerdict(claims) => Untaken::NeedsVerdict(claims),
        })?;
        replay.follow(&examined).map_err(refuse)?;
        let state = replay.state.clone().ok_or_else(|| refuse(Refused::NotMade))?;
        head.entries.insert(sequence_id);
        let kept = Entry { state, update: update.encode_to_vec() };
        rows::put(self.keys, &entry_row(inbox, sequence_id), &kept);
        Ok(())
    }

    /// The inbox as of `sequence_id`, empty before its first entry, which 0 is; nothing while that
    /// entry is not known.
    pub(crate) fn state(self, inbox: InboxId, sequence_id: u64) -> Result<Option<State>, Unread> {
        if sequence_id == 0 {
            return Ok(Some(State::empty(inbox)));
        }
        let entry: Option<Entry> = rows::get(self.keys, &entry_row(inbox, sequence_id))?;
        match entry.map(|entry| entry.state) {
            Some(state) if state.inbox() != inbox => Err(Unread::Form),
            state => Ok(state),
        }
    }

    /// Whether the log is known beyond `sequence_id` without having it: then it never will.
    pub(crate) fn lacks(self, inbox: InboxId, sequence_id: u64) -> Result<bool, Unread> {
        let entries = self.head(inbox)?.entries;
        let is_behind = entries.last().is_some_and(|newest| *newest > sequence_id);
        Ok(sequence_id != 0 && is_behind && !entries.contains(&sequence_id))
    }

    /// The newest entry that is known, and the inbox as of it.
    pub(crate) fn newest(self, inbox: InboxId) -> Result<Option<(u64, State)>, Unread> {
        let Some(newest) = self.head(inbox)?.entries.last().copied() else { return Ok(None) };
        Ok(self.state(inbox, newest)?.map(|state| (newest, state)))
    }

    /// The updates themselves, oldest first: evidence of who is who.
    pub(crate) fn evidence(self, inbox: InboxId) -> Result<Vec<(u64, IdentityUpdate)>, Unread> {
        let mut updates = Vec::new();
        for sequence_id in self.head(inbox)?.entries {
            let entry: Option<Entry> = rows::get(self.keys, &entry_row(inbox, sequence_id))?;
            let update = entry.ok_or(Unread::Form)?.update;
            let update = IdentityUpdate::decode(update.as_slice()).map_err(|_form| Unread::Form)?;
            updates.push((sequence_id, update));
        }
        Ok(updates)
    }

    /// When the network was last asked for the inbox's log.
    pub(crate) fn checked_at(self, inbox: InboxId) -> Result<Option<Timestamp>, Unread> {
        rows::get(self.keys, &row(inbox, "checked"))
    }

    pub(crate) fn set_checked_at(self, inbox: InboxId, at: Timestamp) {
        rows::put(self.keys, &row(inbox, "checked"), &at);
    }

    /// Keeps what a chain said about a claim.
    pub(crate) fn set_verdict(self, claim: &Claim, holds: bool) {
        self.keys.put(&verdict_row(&claim.digest()), &[u8::from(holds)]);
    }

    fn head(self, inbox: InboxId) -> Result<Head, Unread> {
        Ok(rows::get(self.keys, &row(inbox, "head"))?.unwrap_or_default())
    }
}

impl Verdicts for Logs<'_> {
    fn verdict(&self, digest: &[u8; 32]) -> Option<bool> {
        // A verdict that cannot be read is asked for again.
        let kept = self.keys.get(&verdict_row(digest)).ok()??;
        Some(kept.as_slice() == [1])
    }
}

fn row(inbox: InboxId, what: &str) -> Vec<u8> {
    format!("identity/{inbox}/{what}").into_bytes()
}

fn entry_row(inbox: InboxId, sequence_id: u64) -> Vec<u8> {
    row(inbox, &format!("{sequence_id:016x}"))
}

fn verdict_row(digest: &[u8; 32]) -> Vec<u8> {
    format!("identity/verdict/{}", hex::encode(digest)).into_bytes()
}
