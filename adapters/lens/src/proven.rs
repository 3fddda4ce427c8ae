//! What stands between `open` and `parse`: news that was examined, with what `parse` cannot look up.

use serde::{Deserialize, Serialize};

use crate::{carried::Carried, wire::address::Address};

/// News that was examined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Proven {
    pub(crate) carried: Carried,
    /// Whether what it answers is the conversation itself (a thread's root) and not a message in it.
    pub(crate) answers_the_root: bool,
    /// Whether its author shows themself differently than before.
    pub(crate) has_new_profile: bool,
    /// Whose its author is, if that is new.
    #[serde(default)]
    pub(crate) owned: Option<Owned>,
}

/// Whose wallet an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owned {
    /// By the registry, as the API says it.
    pub(crate) by: Address,
    /// Whose it was before.
    pub(crate) before: Option<Address>,
}
