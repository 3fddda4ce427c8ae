//! Who belongs to whom, as the inboxes' logs have it.

use std::collections::BTreeSet;

use threadbridge_core::store::ReadError;

use crate::mls::client::InstallationKey;

/// The inboxes' logs, as far as they were fetched and proven.
pub(crate) trait Roster {
    /// The installations of an inbox after the entry `sequence_id` of its log; none before the
    /// first entry, whose number is greater than 0. `None` if the log is not known that far.
    fn installations(
        &self,
        inbox: &str,
        sequence_id: u64,
    ) -> Result<Option<BTreeSet<InstallationKey>>, ReadError>;

    /// The last known entry of an inbox's log, and the installations after it.
    fn newest(&self, inbox: &str) -> Result<Option<(u64, BTreeSet<InstallationKey>)>, ReadError>;
}

/// A place in an inbox's log that is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unknown {
    pub(crate) inbox: String,
    pub(crate) sequence_id: u64,
}
