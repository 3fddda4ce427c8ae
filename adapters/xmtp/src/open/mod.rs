//! Envelope → plaintext, and everything else that is learnt from what comes: logs of inboxes, key
//! packages, welcomes, commits. Nothing is believed but what is signed or opens with a group's keys;
//! whatever is refused leaves the keys as they were.

mod history;
pub(crate) mod leaving;
mod logs;
pub(crate) mod message;
mod sync;
mod upkeep;
mod welcome;

use std::collections::BTreeSet;

use threadbridge_core::adapter::{Envelope, Missing, Opened, Refusal};
use threadbridge_core::model::id::{Network, RemoteConversation};
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;

use crate::arrival::Arrival;
use crate::identity::inbox::InboxId;
use crate::identity::logs::Logs;
use crate::identity::wallet::WalletKey;
use crate::kept::{Kept, keys_unreadable};
use crate::mls::group::GroupError;
use crate::rows::Unread;
use crate::session::Session;

/// What opening stops at.
pub(crate) enum Stop {
    Missing(Missing),
    Refused(Refusal),
}

impl From<Missing> for Stop {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

impl From<Unread> for Stop {
    fn from(_unread: Unread) -> Self {
        Self::Missing(keys_unreadable())
    }
}

/// Refused for a reason without identifiers.
pub(crate) fn refused(reason: &str) -> Stop {
    Stop::Refused(Refusal::new(reason))
}

/// An envelope that is being opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) network: &'a Network,
    pub(crate) session: &'a Session,
    pub(crate) wallet: &'a WalletKey,
    pub(crate) keys: &'a Keys,
    pub(crate) linked: &'a BTreeSet<RemoteConversation>,
    /// The history server that the settings name.
    pub(crate) history: Option<&'a url::Url>,
}

impl<'a> Opening<'a> {
    /// Opens one envelope.
    pub(crate) fn open(&self, envelope: &Envelope) -> Opened {
        match self.arrived(envelope) {
            Ok(opened) => opened,
            Err(Stop::Missing(missing)) => Opened::Missing(missing),
            Err(Stop::Refused(refusal)) => {
                tracing::warn!(
                    envelope = envelope.id.as_str(), reason = %refusal.reason,
                    "something that came from XMTP was refused"
                );
                Opened::Refused(refusal)
            }
        }
    }

    fn arrived(&self, envelope: &Envelope) -> Result<Opened, Stop> {
        let arrival = Arrival::read(envelope)
            .ok_or_else(|| refused("the envelope is not of this adapter's making"))?;
        match arrival {
            Arrival::Beginning(beginning) => self.begins(&beginning)?,
            Arrival::Log(log) => return self.take_log(&log),
            Arrival::Inbox(inbox) => return self.take_inbox(&inbox),
            Arrival::Verdict(verdict) => self.logs().set_verdict(&verdict.claim, verdict.holds),
            Arrival::KeyPackages(packages) => self.take_key_packages(packages),
            Arrival::Welcome(bytes) => self.take_welcome(&bytes)?,
            Arrival::Message(bytes) => return self.take_message(&bytes),
            Arrival::Welcomed(welcomed) => self.welcomed(&welcomed)?,
            Arrival::Uploaded(uploaded) => self.uploaded(&uploaded)?,
            Arrival::Brought(brought) => self.kept().set_laid(&brought.name, &brought.laid),
            Arrival::Tend(now_ns) => self.tend(now_ns)?,
            Arrival::Published(parcel) => self.published(parcel)?,
            Arrival::Past(past) => return self.past(&past),
            Arrival::Consent(consent) => self.consent(&consent.0)?,
            Arrival::HistoryEnded(ended) => return self.history_ended(&ended),
            Arrival::Answered(answered) => return self.answered(&answered),
            Arrival::Thought(thoughts) => self.thought(&thoughts)?,
        }
        Ok(Opened::Learnt)
    }

    pub(super) const fn kept(&self) -> Kept<'a> {
        Kept::over(self.keys)
    }

    pub(super) const fn logs(&self) -> Logs<'a> {
        Logs::new(self.keys)
    }

    /// The owner's inbox.
    pub(super) fn own_inbox(&self) -> Result<InboxId, Stop> {
        Ok(self.kept().inbox()?.ok_or_else(not_begun)?)
    }
}

/// Nothing can be read before it is known who reads.
pub(crate) fn not_begun() -> Missing {
    Missing {
        what: "beginning".to_owned(),
        reason: "the account has not got into its inbox yet".to_owned(),
    }
}

/// Unix nanoseconds in the bridge's time.
pub(crate) fn timestamp(ns: u64) -> Timestamp {
    Timestamp::from_micros(i64::try_from(ns / 1000).unwrap_or(i64::MAX))
}

/// What cannot be read is tried again; what MLS refuses is over.
pub(super) fn unreadable_or_refused(error: &GroupError) -> Stop {
    match error {
        GroupError::Read(_)
        | GroupError::Storage(_)
        | GroupError::Record(_)
        | GroupError::Logs(_) => keys_unreadable().into(),
        GroupError::Terms(_) | GroupError::Removed | GroupError::Paused | GroupError::Mls(_) => {
            Stop::Refused(Refusal::new(error.to_string()))
        }
    }
}
