//! The first commit: an event with all that must be known of it later, in one transaction.
//!
//! Whatever is decided here is decided for good, and under the store's one writer: whether an event
//! is new, which conversation it belongs to, which message its references mean, and whether its
//! author may do what it asks. Two accounts that see the same event, two copies that two bridges
//! made of one message, and an event that is received a hundred times all end here as one record.

mod append;
mod claim;
mod end;
mod resolve;
mod settle;

pub(crate) use self::append::{Accepted, Arrival, append, change, emoji_key, identified, place};
pub(crate) use self::end::{end_due, forget_letters, will_end};
pub(crate) use self::resolve::conversation_of;
pub(crate) use self::settle::{Settled, bury, settled, unappear};

use std::collections::BTreeSet;
use std::time::Duration;

use crate::model::id::{AccountName, Identity, Network, RemoteConversation, RemoteId};
use crate::model::level::Level;
use crate::model::time::Timestamp;

/// The account that events come in by.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) account: AccountName,
    pub(crate) network: Network,
    /// Who the account is there, and who else speaks by it.
    pub(crate) own: BTreeSet<Identity>,
    /// With whom the conversation is direct, if it is.
    pub(crate) peer: Option<Identity>,
    /// How well what is said there is protected there.
    pub(crate) level: Level,
    /// Whether its ids are known before anything is sent.
    pub(crate) names_known: bool,
    pub(crate) now: Timestamp,
    /// When the event came; earlier than now if it had to wait.
    pub(crate) came_at: Timestamp,
    /// How long an answer waits for the name of what it may answer.
    pub(crate) name_within: Duration,
}

/// What an event refers to and we do not have: the name under which an envelope waits for it.
pub(crate) fn missing_message(id: &RemoteId) -> String {
    format!("{MESSAGE}{id}")
}

/// The message that is missing, by that name.
pub(crate) fn message_missing(what: &str) -> Option<RemoteId> {
    RemoteId::parse(what.strip_prefix(MESSAGE)?).ok()
}

/// How the names of missing messages begin.
const MESSAGE: &str = "\0message ";

/// What an envelope waits for that may be our own.
pub(crate) const RECEIPT: &str = "\0receipt";

/// What an answer in a conversation waits for, and all that is said there after it.
pub(crate) fn missing_name(conversation: &RemoteConversation) -> String {
    format!("\0name {conversation}")
}
