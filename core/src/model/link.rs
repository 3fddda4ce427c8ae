//! The owner's instructions: which legs are one conversation, and what may cross.

use std::collections::BTreeMap;

use super::id::Leg;

/// Legs that the owner joined into one conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What the owner calls it.
    pub name: String,
    /// Its legs with what each may hear and say; at least two.
    pub legs: BTreeMap<Leg, Direction>,
    /// Whether a message may go to a leg that protects it less than the one it came from.
    pub downgrade: Downgrade,
    /// How a speaker is named on a leg that another speaker's account writes to: a template with
    /// `{name}`, `{handle}`, `{network}` and `{proof}`.
    pub attribution: String,
}

/// Which way messages cross between a leg and the rest of its conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// What is said there is heard elsewhere; nothing is said there.
    From,
    /// What is said elsewhere is said there; nothing said there is carried on.
    To,
}

impl Direction {
    /// Whether what is said on such a leg is carried to the others.
    #[must_use]
    pub const fn is_heard(self) -> bool {
        matches!(self, Self::Both | Self::From)
    }

    /// Whether what is said on the others is carried to such a leg.
    #[must_use]
    pub const fn is_told(self) -> bool {
        matches!(self, Self::Both | Self::To)
    }
}

/// Whether a message may become less protected on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Downgrade {
    /// It stays away from such a leg, visibly.
    #[default]
    Refuse,
    /// It goes there, marked with the level that it had.
    Allow,
}
