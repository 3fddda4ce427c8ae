//! The first commit: an event with all that must be known of it later, in one transaction.
//!
//! Whatever is decided here is decided for good, and under the store's one writer: whether an event
//! is new, which conversation it belongs to, which message its references mean, and whether its
//! author may do what it asks. Two accounts that see the same event, two copies that two bridges
//! made of one message, and an event that is received a hundred times all end here as one record.

mod append;
mod claim;
mod resolve;
mod settle;

pub(crate) use self::append::{Accepted, Arrival, append, emoji_key, identified, place};
pub(crate) use self::resolve::conversation_of;
pub(crate) use self::settle::{bury, confirm, reject};

use crate::adapter::Missing;
use crate::model::id::{AccountName, Identity, Network, RemoteId};
use crate::model::level::Level;
use crate::model::time::Timestamp;

/// The account that events come in by.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) account: AccountName,
    pub(crate) network: Network,
    /// Who the account is there.
    pub(crate) own: Option<Identity>,
    /// How well what is said there is protected there.
    pub(crate) level: Level,
    pub(crate) now: Timestamp,
}

/// What an event refers to and we do not have: the name under which an envelope waits for it.
pub(crate) fn missing_message(id: &RemoteId) -> String {
    format!("{}message {id}", Missing::JOURNAL)
}
