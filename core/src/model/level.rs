//! How well a leg protects what is said there.

use std::fmt;

use minicbor::{Decode, Encode};

/// How well a leg protects what is said there; a greater one protects better.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Level {
    /// L0: public.
    #[default]
    #[n(0)]
    Public,
    /// L1: the operator of the network can read it.
    #[n(1)]
    Operator,
    /// L2: decrypted on the owner's daemon and encrypted anew for the next network.
    #[n(2)]
    Relayed,
    /// L3: encrypted end to end; keys that leak later open what was said before.
    #[n(3)]
    EndToEnd,
    /// L4: encrypted end to end with forward secrecy and healing (MLS).
    #[n(4)]
    Healing,
}

impl Level {
    /// All of them, the least protecting first.
    pub const ALL: [Self; 5] =
        [Self::Public, Self::Operator, Self::Relayed, Self::EndToEnd, Self::Healing];

    /// The short name, `L0` to `L4`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Public => "L0",
            Self::Operator => "L1",
            Self::Relayed => "L2",
            Self::EndToEnd => "L3",
            Self::Healing => "L4",
        }
    }

    /// Who can read what is said there, as the end of a sentence that begins «It can be read by».
    #[must_use]
    pub const fn readers(self) -> &'static str {
        match self {
            Self::Public => "everybody",
            Self::Operator => "the people in the conversation and the network's operator",
            Self::Relayed => "the people in the conversation and the owner's daemon",
            Self::EndToEnd => {
                "the people in the conversation, and later by whoever gets hold of their keys"
            }
            Self::Healing => "the people in the conversation only",
        }
    }

    /// The level as the short name or its number, `L2` or `2`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix(['L', 'l']).unwrap_or(text);
        Self::ALL.into_iter().find(|level| level.code().strip_prefix('L') == Some(number))
    }

    /// The level that is left of a message that came from a leg of this level and went to one of
    /// level `to`. The bridge reads what it carries, so that no two legs make more than L2.
    #[must_use]
    pub fn carried_to(self, to: Self) -> Self {
        self.min(to).min(Self::Relayed)
    }

    /// Whether a message from a leg of this level would be less protected on one of level `to`.
    #[must_use]
    pub fn falls_to(self, to: Self) -> bool {
        to < self
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_ascend_and_read_what_they_print() {
        assert!(Level::ALL.is_sorted());
        for level in Level::ALL {
            assert_eq!(Level::parse(level.code()), Some(level));
            assert_eq!(Level::parse(level.code().trim_start_matches('L')), Some(level));
        }
        for wrong in ["", "L", "L5", "L01", "end to end"] {
            assert_eq!(Level::parse(wrong), None);
        }
    }

    #[test]
    fn a_message_that_crosses_is_no_better_than_the_daemon_or_either_leg() {
        for from in Level::ALL {
            for to in Level::ALL {
                let carried = from.carried_to(to);
                assert!(carried <= from && carried <= to && carried <= Level::Relayed);
                assert_eq!(from.falls_to(to), to < from);
            }
        }
        assert_eq!(Level::Healing.carried_to(Level::Healing), Level::Relayed);
        assert_eq!(Level::Healing.carried_to(Level::Public), Level::Public);
    }
}
