//! The settings of `[accounts.NAME]` with `network = "loopback"`.

use std::num::NonZeroU64;
use std::time::Duration;

use serde::Deserialize;

/// What the owner can set. All of it has a default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How long the network may take to answer, in milliseconds.
    pub answer_within_ms: NonZeroU64,
    /// How long it may be quiet before the bridge looks whether it has become deaf, in
    /// milliseconds.
    pub quiet_for_ms: NonZeroU64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            answer_within_ms: const { NonZeroU64::new(5_000).unwrap() },
            quiet_for_ms: const { NonZeroU64::new(1_000).unwrap() },
        }
    }
}

impl Config {
    pub(crate) const fn answer_within(&self) -> Duration {
        Duration::from_millis(self.answer_within_ms.get())
    }

    pub(crate) const fn quiet_for(&self) -> Duration {
        Duration::from_millis(self.quiet_for_ms.get())
    }
}
