//! Who belongs to whom, as the inboxes' logs have it.

use std::collections::BTreeSet;

use threadbridge_core::model::time::Timestamp;

use crate::identity::inbox::InboxId;
use crate::identity::logs::{Logs, Unread};
use crate::identity::state::State;
use crate::mls::client::InstallationKey;

/// The inboxes' logs, as far as they were fetched and proven.
pub(crate) trait Roster {
    /// The installations of an inbox after the entry `sequence_id` of its log; none before the
    /// first entry, whose number is greater than 0. `None` if the log is not known that far.
    fn installations(
        &self,
        inbox: &str,
        sequence_id: u64,
    ) -> Result<Option<BTreeSet<InstallationKey>>, Unread>;

    /// The last known entry of an inbox's log, and the installations after it.
    fn newest(&self, inbox: &str) -> Result<Option<(u64, BTreeSet<InstallationKey>)>, Unread>;

    /// Whether there is no such entry, and never will be.
    fn lacks(&self, inbox: &str, sequence_id: u64) -> Result<bool, Unread>;

    /// When the network was last asked for an inbox's log.
    fn asked_at(&self, inbox: &str) -> Result<Option<Timestamp>, Unread>;
}

/// A place in an inbox's log that is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unknown {
    pub(crate) inbox: String,
    pub(crate) sequence_id: u64,
}

impl Roster for Logs<'_> {
    fn installations(
        &self,
        inbox: &str,
        sequence_id: u64,
    ) -> Result<Option<BTreeSet<InstallationKey>>, Unread> {
        let Some(inbox) = InboxId::parse(inbox) else { return Ok(None) };
        Ok(self.state(inbox, sequence_id)?.as_ref().map(keys))
    }

    fn newest(&self, inbox: &str) -> Result<Option<(u64, BTreeSet<InstallationKey>)>, Unread> {
        let Some(inbox) = InboxId::parse(inbox) else { return Ok(None) };
        let newest = Logs::newest(*self, inbox)?;
        Ok(newest.map(|(sequence_id, state)| (sequence_id, keys(&state))))
    }

    fn lacks(&self, inbox: &str, sequence_id: u64) -> Result<bool, Unread> {
        InboxId::parse(inbox).map_or(Ok(true), |inbox| Logs::lacks(*self, inbox, sequence_id))
    }

    fn asked_at(&self, inbox: &str) -> Result<Option<Timestamp>, Unread> {
        InboxId::parse(inbox).map_or(Ok(None), |inbox| self.checked_at(inbox))
    }
}

fn keys(state: &State) -> BTreeSet<InstallationKey> {
    state.installations().iter().map(|installation| *installation.as_bytes()).collect()
}
