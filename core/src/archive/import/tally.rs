//! What became of an archive's items.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::id::{ConversationId, Identity, Leg, MessageId};

/// Conflicts that are kept; the rest are only counted.
const KEPT: usize = 100;

/// Something of an archive that the store has otherwise. The store's own stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A message of this id says something else here, or is in another conversation.
    Message(MessageId),
    /// The leg belongs to another conversation here.
    Leg(Leg),
    /// A network's id of this message stands for another message here.
    Name(MessageId),
    /// A copy of this message is recorded otherwise here.
    Copy(MessageId),
    /// Their profile is another one here.
    Profile(Identity),
    /// The conversation was erased here and stays so.
    Erased(ConversationId),
    /// The register begins otherwise here.
    Register,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message(id) => write!(f, "message {id} is otherwise here; this one stays"),
            Self::Leg(leg) => write!(f, "leg {leg} belongs to another conversation here"),
            Self::Name(id) => write!(f, "an id of message {id} stands for another message here"),
            Self::Copy(id) => write!(f, "a copy of message {id} is recorded otherwise here"),
            Self::Profile(who) => write!(f, "{} has another profile here; it stays", who.uri()),
            Self::Erased(id) => write!(f, "conversation {id} was erased here and stays so"),
            Self::Register => {
                f.write_str("this store has a register of its own; that one stays out")
            }
        }
    }
}

/// What became of an archive's items.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// How many were new, by number.
    pub came: BTreeMap<u8, u64>,
    /// How many were here already.
    pub known: u64,
    /// How many messages stay out because they were erased here.
    pub erased: u64,
    /// How many items of accounts were left out.
    pub left_out: u64,
    /// How many differ from what is here.
    pub conflict_count: u64,
    /// The first of them.
    pub conflicts: Vec<Conflict>,
}

impl Tally {
    pub(super) fn came(&mut self, number: u8) {
        let count = self.came.entry(number).or_default();
        *count = count.saturating_add(1);
    }

    pub(super) fn known(&mut self) {
        self.known = self.known.saturating_add(1);
    }

    pub(super) fn erased(&mut self) {
        self.erased = self.erased.saturating_add(1);
    }

    pub(super) fn left_out(&mut self) {
        self.left_out = self.left_out.saturating_add(1);
    }

    pub(super) fn conflict(&mut self, conflict: Conflict) {
        self.conflict_count = self.conflict_count.saturating_add(1);
        if self.conflicts.len() < KEPT && !self.conflicts.contains(&conflict) {
            self.conflicts.push(conflict);
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        for (number, count) in other.came {
            let sum = self.came.entry(number).or_default();
            *sum = sum.saturating_add(count);
        }
        self.known = self.known.saturating_add(other.known);
        self.erased = self.erased.saturating_add(other.erased);
        self.left_out = self.left_out.saturating_add(other.left_out);
        self.conflict_count = self.conflict_count.saturating_add(other.conflict_count);
        let room = KEPT.saturating_sub(self.conflicts.len());
        self.conflicts.extend(other.conflicts.into_iter().take(room));
    }
}
