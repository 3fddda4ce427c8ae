//! The way out: final bytes, and what the network answered.

use thiserror::Error;

use crate::model::envelope::{Missing, Sealed};
use crate::model::id::{RemoteConversation, RemoteId};

/// What `seal` came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sealing {
    /// Ready to be sent.
    Ready(Sealed),
    /// Cannot be sealed before something else is known; the leg waits, in order.
    Missing(Missing),
    /// This must be sent, taken in by the network and read back first (a key change, a commit);
    /// then the plaintext is to be sealed again.
    First(Sealed),
    /// What was asked for is so; nothing is to be sent.
    Done,
    /// Can never be sealed for this conversation.
    Refused {
        /// One clause for people, without identifiers or content.
        reason: String,
    },
}

/// One attempt to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendRequest {
    /// Where to.
    pub conversation: RemoteConversation,
    /// What.
    pub sealed: Sealed,
    /// The same on each attempt, different for all else; for networks that take such a key.
    pub idempotency_key: [u8; 16],
}

/// What a network said to an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It has it for good, under this id. «Duplicate» is this too.
    Done(RemoteId),
    /// It has taken it but may still throw it away; [`Opened::Confirmed`](super::Opened::Confirmed),
    /// [`Opened::Rejected`](super::Opened::Rejected) or the message itself will come by `listen`.
    Taken(RemoteId),
}

/// Something that does not fit its conversation, though its capabilities say it does.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct Unrenderable {
    /// One clause for people, without identifiers or content.
    pub reason: String,
}

impl Unrenderable {
    /// Unrenderable for `reason`, one clause without identifiers or content.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}
