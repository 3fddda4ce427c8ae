//! What happens to a group without anybody saying it: people come and go, and its name changes.

use serde::{Deserialize, Serialize};
use threadbridge_core::{
    adapter::{Envelope, Parsed},
    model::{
        content::{Actor, Content, Salt, SystemEvent},
        event::{Action, Event, Said},
        id::{InvalidId, Network, RemoteConversation, RemoteId},
        mark::Origin,
        time::Timestamp,
    },
};

use crate::{
    form::Form,
    known::Called,
    name::{NETWORK, identity, presentable, version},
    wire::{address::Address, post::Account},
};

/// The largest envelope.
const MAX_BYTES: usize = 64 * 1024;
const FORM: Form = Form { domain: "threadbridge 2026 lens group envelope", most: MAX_BYTES };

/// Something that happened to a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moved {
    /// The group's conversation.
    pub(crate) conversation: String,
    /// Microseconds since the Unix epoch: when somebody came, by the network; else when it was noticed.
    pub(crate) at: i64,
    pub(crate) how: How,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum How {
    /// Somebody came.
    Came(Box<Account>),
    /// Somebody went, or was sent away: the network does not tell which.
    Went(Address),
    /// It is called otherwise, by the owner of this account.
    Renamed {
        /// Under whose hand it is said: the group itself.
        group: Address,
        title: String,
    },
}

/// What stands between `open` and `parse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) moved: Moved,
    /// How who came or went is called.
    pub(crate) name: Option<String>,
}

impl Moved {
    fn id(&self) -> Result<RemoteId, InvalidId> {
        RemoteId::parse(match &self.how {
            How::Came(who) => format!("group/came/{}/{}", who.address, self.at),
            How::Went(who) => format!("group/went/{who}/{}", self.at),
            How::Renamed { group, title } => {
                let title = hex::encode(version(title));
                format!("group/renamed/{group}/{title}/{}", self.at)
            }
        })
    }

    /// Whose doing it is.
    pub(crate) fn who(&self) -> Address {
        match &self.how {
            How::Came(who) => who.address,
            How::Went(who) => *who,
            How::Renamed { group, .. } => *group,
        }
    }

    /// Puts it into an envelope; nothing if it has no usable name or is too large.
    pub(crate) fn into_envelope(self) -> Option<Envelope> {
        FORM.put(self.id().ok()?, &self)
    }

    /// Takes it out of one; nothing if it is none, or not what was put in.
    pub(crate) fn from_envelope(envelope: &Envelope) -> Option<Self> {
        let moved: Self = FORM.take(envelope)?;
        (moved.id().ok().as_ref() == Some(&envelope.id)).then_some(moved)
    }
}

impl Told {
    /// What it says in the bridge's words.
    pub(crate) fn read(self) -> Result<Vec<Parsed>, InvalidId> {
        let id = self.moved.id()?;
        let who = identity(self.moved.who())?;
        let actor = || Actor { identity: who.clone(), name: self.name.clone() };
        let event = match &self.moved.how {
            How::Came(_) => SystemEvent::Joined { who: vec![actor()], by: None },
            How::Went(_) => SystemEvent::Left { who: vec![actor()], by: None },
            How::Renamed { title, .. } => {
                SystemEvent::Renamed { title: presentable(title), by: None }
            }
        };
        let origin = Origin::of(&Network::parse(NETWORK)?, &id);
        let content = Content::telling(Salt::of(origin), &event);
        Ok(vec![Parsed::Event(Box::new(Event {
            conversation: RemoteConversation::parse(self.moved.conversation.clone())?,
            id,
            author: who.clone(),
            sent_at: Timestamp::from_micros(self.moved.at),
            action: Action::Say(Said::new(content)),
            is_history: false,
        }))])
    }
}

/// The name that is shown of somebody.
pub(crate) fn shown(called: &Called) -> Option<String> {
    called.display_name.clone().or_else(|| called.handle.clone())
}
