//! The hub's clock and the network's epoch.

use std::time::{SystemTime, UNIX_EPOCH};

/// 2021-01-01T00:00:00Z, from which the network counts its seconds.
pub(crate) const EPOCH_UNIX_S: u64 = 1_609_459_200;

/// Now, in Unix milliseconds.
#[expect(clippy::disallowed_methods, reason = "a hub is a server of its own, with its own clock")]
pub(crate) fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Unix milliseconds as the network's seconds.
pub(crate) const fn network_s(unix_ms: u64) -> u64 {
    (unix_ms / 1000).saturating_sub(EPOCH_UNIX_S)
}
