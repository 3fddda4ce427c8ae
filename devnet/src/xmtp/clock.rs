//! The node's clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in Unix nanoseconds.
#[expect(clippy::disallowed_methods, reason = "a node is a server of its own, with its own clock")]
pub(crate) fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}
