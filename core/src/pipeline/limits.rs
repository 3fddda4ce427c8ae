//! Everything that is bounded and that an owner may want to bound differently.

use std::time::Duration;

use super::backoff::Backoff;

/// The bridge's bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many events one transaction seals at most.
    pub seal_batch: usize,
    /// How many envelopes of one leg are sent in one call at most.
    pub send_batch: usize,
    /// How many legs of one account are sent to at the same time.
    pub legs_at_once: usize,
    /// How long one call to a network may take.
    pub call_within: Duration,
    /// How long the network may keep an envelope without showing it before it is sent again.
    pub confirm_within: Duration,
    /// After how long in vain an envelope becomes a dead letter.
    pub give_up_after: Duration,
    /// How many envelopes of one account may wait for what they lack.
    pub waiting: usize,
    /// How long stopping may wait for calls that are under way.
    pub stop_within: Duration,
    /// After how long a proof is looked at again, at the latest.
    pub recheck_after: Duration,
    /// The waits between attempts.
    pub backoff: Backoff,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            seal_batch: 128,
            send_batch: 32,
            legs_at_once: 64,
            call_within: Duration::from_secs(30),
            confirm_within: Duration::from_secs(30),
            give_up_after: Duration::from_secs(7 * 24 * 3600),
            waiting: 10_000,
            stop_within: Duration::from_secs(10),
            recheck_after: Duration::from_secs(24 * 3600),
            backoff: Backoff::default(),
        }
    }
}
