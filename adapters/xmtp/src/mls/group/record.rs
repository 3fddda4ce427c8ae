//! What an account knows of a group beside MLS.

use minicbor::{Decode, Encode};
use threadbridge_core::model::time::Timestamp;

use crate::mls::attribute::follows;
use crate::mls::client::InstallationKey;
use crate::mls::patience::Patience;
use crate::mls::shelf::Revision;
use crate::welcome::{SealFor, Wrapping};

const MAX_GROUP_ID_BYTES: usize = 64;
/// So many messages in a row of epochs to come mean that the others went on without us.
const LEFT_BEHIND_AFTER: u32 = 8;

/// A group's name on the network: random, and chosen by whoever made the group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct GroupId(
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    Vec<u8>,
);

impl GroupId {
    /// Reads one; nothing if it is none.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        (!bytes.is_empty() && bytes.len() <= MAX_GROUP_ID_BYTES).then(|| Self(bytes.to_vec()))
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn to_mls(&self) -> openmls::prelude::GroupId {
        openmls::prelude::GroupId::from_slice(&self.0)
    }

    pub(super) fn row(&self, kind: &str) -> Vec<u8> {
        [b"mls/", kind.as_bytes(), b"/", &self.0].concat()
    }
}

/// What a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Kind {
    #[n(0)]
    Group,
    #[n(1)]
    Dm,
    /// The installations of one inbox among themselves.
    #[n(2)]
    Sync,
}

/// Whether a group goes on here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum State {
    #[n(0)]
    Active,
    /// It asks for a newer client, of at least this version.
    #[n(1)]
    Paused(#[n(0)] String),
    /// The account was removed from it.
    #[n(2)]
    Removed,
}

impl State {
    /// A client that has become new enough goes on.
    pub(super) fn resumed(self) -> Self {
        match self {
            Self::Paused(version) if follows(&version) => Self::Active,
            Self::Paused(_) | Self::Active | Self::Removed => self,
        }
    }
}

/// What an account knows of a group beside MLS.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Record {
    #[n(0)]
    pub(crate) kind: Kind,
    /// With whom a direct conversation is.
    #[n(1)]
    pub(crate) peer: Option<String>,
    /// Who added this account; the account itself if it made the group.
    #[n(2)]
    pub(crate) added_by: String,
    /// Where on the server the first message stands that can be read, less one.
    #[n(3)]
    pub(crate) begins_after: u64,
    #[n(4)]
    pub(crate) joined_at: Timestamp,
    /// When the own leaf last got new keys; not since it joined, if never.
    #[n(5)]
    pub(crate) renewed_at: Option<Timestamp>,
    #[n(6)]
    pub(crate) last_message_at: Timestamp,
    #[n(7)]
    pub(crate) state: State,
    /// How many messages came since the last that could be read, from epochs that are not known
    /// here. More than a few mean that the others went on without this account.
    #[n(8)]
    pub(crate) ahead: u32,
    /// How often its keys have changed.
    #[n(9)]
    pub(crate) epoch: u64,
    /// With the message that waits for logs.
    #[n(10)]
    pub(crate) patience: Option<Patience>,
    /// The same for all who are in the same epoch of the same group, and for nobody else (RFC 9420
    /// §8.7).
    #[n(11)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) authenticator: Option<Vec<u8>>,
    /// The state of what MLS keeps of it.
    #[n(12)]
    pub(crate) revision: Option<Revision>,
}

impl Record {
    /// Whether the others went on without this account, by a commit that does not count here.
    pub(crate) fn is_left_behind(&self) -> bool {
        self.ahead >= LEFT_BEHIND_AFTER
    }
}

/// A commit of our own that was not read back yet.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Pending {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) digest: Vec<u8>,
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) bytes: Vec<u8>,
    #[n(2)]
    pub(crate) epoch: u64,
    #[n(3)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) welcome: Vec<u8>,
    #[n(4)]
    pub(crate) targets: Vec<Target>,
    #[n(5)]
    pub(crate) made_at: Timestamp,
}

/// A welcome that is owed to those whom a commit of our own has added.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Owed {
    /// MLS's message.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub(crate) welcome: Vec<u8>,
    /// Where on the server the commit stands.
    #[n(1)]
    pub(crate) cursor: u64,
    #[n(2)]
    pub(crate) targets: Vec<Target>,
}

/// [`SealFor`] as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Target {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    installation: InstallationKey,
    #[n(1)]
    is_xwing: bool,
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    key: Vec<u8>,
    #[n(3)]
    follows_pointers: bool,
}

impl From<&SealFor> for Target {
    fn from(seal_for: &SealFor) -> Self {
        let SealFor { installation, wrapping, key, follows_pointers } = seal_for;
        Self {
            installation: *installation,
            is_xwing: *wrapping == Wrapping::XWing,
            key: key.clone(),
            follows_pointers: *follows_pointers,
        }
    }
}

impl From<&Target> for SealFor {
    fn from(target: &Target) -> Self {
        Self {
            installation: target.installation,
            wrapping: if target.is_xwing { Wrapping::XWing } else { Wrapping::X25519 },
            key: target.key.clone(),
            follows_pointers: target.follows_pointers,
        }
    }
}

/// What came back from the network as we had sent it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Echo {
    /// A message, with what the sealer wanted to know it by.
    #[n(0)]
    Message(
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        Vec<u8>,
    ),
    #[n(1)]
    Commit,
}
