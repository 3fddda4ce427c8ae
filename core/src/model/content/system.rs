//! What happened in a conversation without anybody saying it.

use minicbor::{Decode, Encode};

use super::{Content, Part};
use crate::model::group::Rank;
use crate::model::id::Identity;

/// Something that happened in a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum SystemEvent {
    /// People came.
    #[n(0)]
    Joined {
        /// Who came.
        #[n(0)]
        who: Vec<Actor>,
        /// Who let them in, if that was somebody else.
        #[n(1)]
        by: Option<Actor>,
    },
    /// People went.
    #[n(1)]
    Left {
        /// Who went.
        #[n(0)]
        who: Vec<Actor>,
        /// Who sent them away, if that was somebody else.
        #[n(1)]
        by: Option<Actor>,
    },
    /// The conversation has another name.
    #[n(2)]
    Renamed {
        /// The name it has from then on.
        #[n(0)]
        title: String,
        /// Who named it.
        #[n(1)]
        by: Option<Actor>,
    },
    /// A call began.
    #[n(3)]
    CallStarted {
        /// Who called.
        #[n(0)]
        by: Option<Actor>,
        /// Where it can be joined.
        #[n(1)]
        url: Option<String>,
    },
    /// A call rang and nobody took it.
    #[n(4)]
    CallMissed {
        /// Who called.
        #[n(0)]
        by: Option<Actor>,
    },
    /// The conversation began as a group.
    #[n(5)]
    Founded {
        /// The name it has.
        #[n(0)]
        title: String,
        /// Whom it began with.
        #[n(1)]
        who: Vec<Actor>,
        /// Who made it.
        #[n(2)]
        by: Option<Actor>,
    },
    /// People may do more or less in it than before.
    #[n(6)]
    Ranked {
        /// Who.
        #[n(0)]
        who: Vec<Actor>,
        /// What they may do from then on.
        #[n(1)]
        rank: Rank,
        /// Who says so.
        #[n(2)]
        by: Option<Actor>,
    },
}

/// Somebody who does something, by identity and by name.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Actor {
    /// Who.
    #[n(0)]
    pub identity: Identity,
    /// The name that was shown at the time.
    #[n(1)]
    pub name: Option<String>,
}

impl Content {
    /// What happened, if the content tells of an event.
    #[must_use]
    pub fn system(&self) -> Option<SystemEvent> {
        self.body.leaves().into_iter().find_map(|part| {
            let content = part.single(Part::SYSTEM)?;
            minicbor::decode(content).ok()
        })
    }
}
