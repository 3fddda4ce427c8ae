//! `[limits]`: bounds that an owner may want to move.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use threadbridge_core::pipeline::{Backoff, Limits};

/// Bounds of what the bridge takes in, keeps waiting and tries again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// After how many hours in vain a message becomes a dead letter.
    #[schemars(range(min = 1, max = 8760))]
    pub give_up_after_hours: u32,
    /// The wait after the first failed attempt; it doubles with each further one.
    #[schemars(range(min = 50, max = 60_000))]
    pub first_retry_after_ms: u32,
    /// No wait between attempts is longer.
    #[schemars(range(min = 1, max = 86_400))]
    pub longest_retry_after_seconds: u32,
    /// How long one call to a network may take.
    #[schemars(range(min = 1, max = 600))]
    pub call_timeout_seconds: u32,
    /// How long a network may keep a message without showing it before it is sent again.
    #[schemars(range(min = 1, max = 3600))]
    pub confirm_timeout_seconds: u32,
    /// How long stopping waits for calls that are under way.
    #[schemars(range(min = 1, max = 600))]
    pub stop_timeout_seconds: u32,
    /// How many received messages of one account may wait for what they lack.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub waiting_messages: u32,
    /// How many conversations of one account are sent to at the same time.
    #[schemars(range(min = 1, max = 1024))]
    pub legs_at_once: u32,
    /// After how many hours a proof of who is who is looked at again, at the latest.
    #[schemars(range(min = 1, max = 8760))]
    pub recheck_proofs_after_hours: u32,
    /// How many messages one transaction prepares at most.
    #[schemars(range(min = 1, max = 4096))]
    pub seal_batch: u32,
    /// How many messages of one conversation are sent in one call at most.
    #[schemars(range(min = 1, max = 1024))]
    pub send_batch: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            give_up_after_hours: 168,
            first_retry_after_ms: 500,
            longest_retry_after_seconds: 300,
            call_timeout_seconds: 30,
            confirm_timeout_seconds: 30,
            stop_timeout_seconds: 10,
            waiting_messages: 10_000,
            legs_at_once: 64,
            recheck_proofs_after_hours: 24,
            seal_batch: 128,
            send_batch: 32,
        }
    }
}

impl LimitSettings {
    /// The bounds as core takes them.
    #[must_use]
    pub fn limits(&self) -> Limits {
        let seconds = |seconds: u32| Duration::from_secs(seconds.into());
        let count = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        Limits {
            seal_batch: count(self.seal_batch),
            send_batch: count(self.send_batch),
            legs_at_once: count(self.legs_at_once),
            call_within: seconds(self.call_timeout_seconds),
            confirm_within: seconds(self.confirm_timeout_seconds),
            give_up_after: seconds(self.give_up_after_hours.saturating_mul(3600)),
            waiting: count(self.waiting_messages),
            stop_within: seconds(self.stop_timeout_seconds),
            recheck_after: seconds(self.recheck_proofs_after_hours.saturating_mul(3600)),
            backoff: Backoff {
                first: Duration::from_millis(self.first_retry_after_ms.into()),
                longest: seconds(self.longest_retry_after_seconds),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_set_is_as_core_has_it() {
        assert_eq!(LimitSettings::default().limits(), Limits::default());
    }
}
