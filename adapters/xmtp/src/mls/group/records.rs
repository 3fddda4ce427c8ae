//! What an account knows of its groups beside MLS, and which it is in.

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use threadbridge_core::store::{Keys, ReadError};

use crate::mls::group::record::{Echo, GroupId, Kind, Owed, Pending, Record, State};
use crate::mls::patience::Patience;

/// The most groups that fall into one part of the list.
const MAX_LISTED: usize = 400;
/// The most direct conversations with one peer that are told apart.
const MAX_DMS: usize = 64;

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
        let record: Option<Record> = self.get(&id.row("record"))?;
        Ok(record.map(|record| Record { state: record.state.clone().resumed(), ..record }))
    }

    pub(super) fn keep(self, id: &GroupId, record: &Record) -> Result<(), RecordError> {
        self.put(&id.row("record"), record)
    }

    /// Keeps what is known of a new group, and lists it.
    pub(super) fn begin(self, id: &GroupId, record: &Record) -> Result<(), RecordError> {
        let mut lists = vec![(part_row(part(id)), MAX_LISTED)];
        if let (Kind::Dm, Some(peer)) = (record.kind, &record.peer) {
            lists.push((dm_row(peer), MAX_DMS));
        }
        let mut changed = Vec::new();
        for (row, max) in lists {
            let mut listed: Vec<GroupId> = self.get(&row)?.unwrap_or_default();
            if listed.contains(id) {
                continue;
            }
            if listed.len() >= max {
                return Err(RecordError::Full);
            }
            listed.push(id.clone());
            changed.push((row, listed));
        }
        // Nothing is listed where there is no room in one of them.
        for (row, listed) in changed {
            self.put(&row, &listed)?;
        }
        self.keep(id, record)
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

    /// How long a welcome has waited for logs.
    pub(crate) fn patience(self, of: &[u8]) -> Result<Option<Patience>, RecordError> {
        self.get(&patience_row(of))
    }

    pub(crate) fn keep_patience(self, of: &[u8], it: &Patience) -> Result<(), RecordError> {
        self.put(&patience_row(of), it)
    }

    pub(crate) fn forget_patience(self, of: &[u8]) -> Result<(), RecordError> {
        self.remove(&patience_row(of))
    }

    /// What we had sent, if these bytes are it.
    pub(super) fn echo(self, bytes: &[u8]) -> Result<Option<Echo>, RecordError> {
        self.get(&echo_row(bytes))
    }

    /// It came back, and will not again.
    pub(super) fn heard(self, bytes: &[u8]) {
        self.0.delete(&echo_row(bytes));
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

fn patience_row(of: &[u8]) -> Vec<u8> {
    [b"mls/patience/".as_slice(), of].concat()
}

fn echo_row(bytes: &[u8]) -> Vec<u8> {
    [b"mls/echo/".as_slice(), &Sha256::digest(bytes)].concat()
}

/// SHA-256 of what goes over the network.
pub(crate) fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}
