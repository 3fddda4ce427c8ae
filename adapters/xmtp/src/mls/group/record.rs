//! What an account knows of its groups beside MLS, and which it is in.

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::{Keys, ReadError};

use crate::mls::client::InstallationKey;
use crate::welcome::{SealFor, Wrapping};

/// The most groups that fall into one part of the list.
const MAX_LISTED: usize = 400;
/// The most direct conversations with one peer that are told apart.
const MAX_DMS: usize = 64;
const MAX_GROUP_ID_BYTES: usize = 64;

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

    fn row(&self, kind: &str) -> Vec<u8> {
        let mut row = format!("mls/{kind}/").into_bytes();
        row.extend(&self.0);
        row
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
}

impl From<&SealFor> for Target {
    fn from(seal_for: &SealFor) -> Self {
        let SealFor { installation, wrapping, key } = seal_for;
        let is_xwing = *wrapping == Wrapping::XWing;
        Self { installation: *installation, is_xwing, key: key.clone() }
    }
}

impl From<&Target> for SealFor {
    fn from(target: &Target) -> Self {
        let wrapping = if target.is_xwing { Wrapping::XWing } else { Wrapping::X25519 };
        Self { installation: target.installation, wrapping, key: target.key.clone() }
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

/// Why a row could not be read or kept.
#[derive(Debug, Error)]
pub(crate) enum RecordError {
    #[error("the account's keys could not be read")]
    Read(#[from] ReadError),
    #[error("what is kept of a group cannot be read any more")]
    Broken,
    #[error("the account is in too many groups")]
    Full,
}

/// Reads, keeps and lists what is known of groups.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Records<'a>(pub(crate) &'a Keys);

impl Records<'_> {
    pub(crate) fn record(self, id: &GroupId) -> Result<Option<Record>, RecordError> {
        self.get(&id.row("record"))
    }

    pub(super) fn keep(self, id: &GroupId, record: &Record) -> Result<(), RecordError> {
        self.put(&id.row("record"), record)
    }

    /// Keeps what is known of a new group, and lists it.
    pub(super) fn begin(self, id: &GroupId, record: &Record) -> Result<(), RecordError> {
        if let (Kind::Dm, Some(peer)) = (record.kind, &record.peer) {
            self.list_in(&dm_row(peer), id, MAX_DMS)?;
        }
        self.list_in(&part_row(part(id)), id, MAX_LISTED)?;
        self.keep(id, record)
    }

    fn list_in(self, row: &[u8], id: &GroupId, max: usize) -> Result<(), RecordError> {
        let mut listed: Vec<GroupId> = self.get(row)?.unwrap_or_default();
        if listed.contains(id) {
            return Ok(());
        }
        if listed.len() >= max {
            return Err(RecordError::Full);
        }
        listed.push(id.clone());
        self.put(row, &listed)
    }

    /// Every group that the account is or was in.
    pub(crate) fn groups(self) -> Result<Vec<GroupId>, RecordError> {
        let mut groups = Vec::new();
        for part in 0..=u8::MAX {
            groups.extend(self.get::<Vec<GroupId>>(&part_row(part))?.unwrap_or_default());
        }
        Ok(groups)
    }

    /// The direct conversations with a peer, the one with the newest message first: two people
    /// have as many as they have begun, and speak in the one that was used last.
    pub(crate) fn dms(self, peer: &str) -> Result<Vec<(GroupId, Record)>, RecordError> {
        let mut dms = Vec::new();
        for id in self.get::<Vec<GroupId>>(&dm_row(peer))?.unwrap_or_default() {
            if let Some(record) = self.record(&id)? {
                dms.push((id, record));
            }
        }
        let is_over = |record: &Record| record.state == State::Removed;
        dms.sort_by_key(|(id, record)| {
            (is_over(record), std::cmp::Reverse((record.last_message_at, id.clone())))
        });
        Ok(dms)
    }

    pub(crate) fn pending(self, id: &GroupId) -> Result<Option<Pending>, RecordError> {
        self.get(&id.row("pending"))
    }

    pub(super) fn keep_pending(self, id: &GroupId, it: &Pending) -> Result<(), RecordError> {
        self.put(&id.row("pending"), it)
    }

    pub(super) fn forget_pending(self, id: &GroupId) -> Result<(), RecordError> {
        self.remove(&id.row("pending"))
    }

    /// Welcomes that are still to be sent.
    pub(crate) fn owed(self, id: &GroupId) -> Result<Vec<Owed>, RecordError> {
        Ok(self.get(&id.row("owed"))?.unwrap_or_default())
    }

    pub(super) fn owe(self, id: &GroupId, owed: Owed) -> Result<(), RecordError> {
        let mut all = self.owed(id)?;
        all.push(owed);
        self.put(&id.row("owed"), &all)
    }

    /// The welcomes of the commits up to `cursor` were sent.
    pub(crate) fn welcomed(self, id: &GroupId, cursor: u64) -> Result<(), RecordError> {
        let mut owed = self.owed(id)?;
        owed.retain(|owed| owed.cursor > cursor);
        if owed.is_empty() {
            return self.remove(&id.row("owed"));
        }
        self.put(&id.row("owed"), &owed)
    }

    pub(super) fn expect(self, bytes: &[u8], echo: &Echo) -> Result<(), RecordError> {
        self.put(&echo_row(bytes), echo)
    }

    /// What we had sent, if these bytes are it. It is known once.
    pub(super) fn echo(self, bytes: &[u8]) -> Result<Option<Echo>, RecordError> {
        let row = echo_row(bytes);
        let echo = self.get(&row)?;
        if echo.is_some() {
            self.0.delete(&row);
        }
        Ok(echo)
    }

    fn get<T: for<'b> Decode<'b, ()>>(self, row: &[u8]) -> Result<Option<T>, RecordError> {
        let Some(bytes) = self.0.get(row)? else { return Ok(None) };
        minicbor::decode(&bytes).map(Some).map_err(|_| RecordError::Broken)
    }

    fn put(self, row: &[u8], value: &impl Encode<()>) -> Result<(), RecordError> {
        let bytes = minicbor::to_vec(value).map_err(|_| RecordError::Broken)?;
        self.0.put(row, &bytes);
        Ok(())
    }

    fn remove(self, row: &[u8]) -> Result<(), RecordError> {
        if self.0.get(row)?.is_some() {
            self.0.delete(row);
        }
        Ok(())
    }
}

/// One row for all groups would be written anew at each join: there are 256.
fn part(id: &GroupId) -> u8 {
    Sha256::digest(id.as_bytes()).first().copied().unwrap_or(0)
}

fn part_row(part: u8) -> Vec<u8> {
    format!("mls/groups/{part:02x}").into_bytes()
}

fn dm_row(peer: &str) -> Vec<u8> {
    format!("mls/dm/{peer}").into_bytes()
}

fn echo_row(bytes: &[u8]) -> Vec<u8> {
    let mut row = b"mls/echo/".to_vec();
    row.extend(Sha256::digest(bytes));
    row
}

/// SHA-256 of what goes over the network.
pub(super) fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}
