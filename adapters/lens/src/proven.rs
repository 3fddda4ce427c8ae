//! What stands between `open` and `parse`: news that was examined, with what `parse` cannot look up.

use serde::{Deserialize, Serialize};

use crate::carried::Carried;

/// News that was examined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Proven {
    pub(crate) carried: Carried,
    /// Whether what it answers is the conversation itself (a thread's root) and not a message in it.
    pub(crate) answers_the_root: bool,
    /// Whether its author shows themself differently than before.
    pub(crate) has_new_profile: bool,
}
