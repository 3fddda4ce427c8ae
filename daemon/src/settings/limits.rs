//! `[limits]`: bounds that an owner may want to move.

use schemars::JsonSchema;
use serde::Deserialize;

/// Bounds of what the bridge takes in, keeps waiting and tries again.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitSettings {
    /// After how many hours a message that a network did not take becomes a dead letter.
    #[schemars(range(min = 1, max = 8760))]
    pub give_up_after_hours: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self { give_up_after_hours: 72 }
    }
}
