//! The way in: bytes as received, and what becomes of them.

use thiserror::Error;

use crate::model::envelope::Missing;
use crate::model::event::{Event, Profile};
use crate::model::id::{Identity, RemoteId};
use crate::model::proof::Proof;

/// What is inside an envelope.
#[derive(Clone, Debug, PartialEq)]
pub enum Opened {
    /// A proven plaintext, for `parse`.
    Plaintext(Vec<u8>),
    /// Keys changed or facts were learnt; there is nothing to bridge.
    Learnt,
    /// It cannot be opened before something else is known. It is kept and tried again.
    Missing(Missing),
    /// It is none of our conversations' business. Forgotten.
    Elsewhere,
    /// It is forged or broken. Counted, with its reason, and forgotten.
    Refused(Refusal),
    /// The network has taken one of our own envelopes in for good.
    Confirmed(RemoteId),
    /// The network has thrown one of our own envelopes away after it had taken it.
    Rejected {
        /// Which.
        id: RemoteId,
        /// Its reason, with the network's own code.
        reason: String,
    },
}

/// Why an envelope was not believed: always the sender's or the network's fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct Refusal {
    /// One clause for people, without identifiers or content.
    pub reason: String,
}

impl Refusal {
    /// Refused for `reason`, one clause without identifiers or content.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// A plaintext that is not in its network's format.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{reason}")]
pub struct Malformed {
    /// One clause for people, without identifiers or content.
    pub reason: String,
}

impl Malformed {
    /// Malformed for `reason`, one clause without identifiers or content.
    #[must_use]
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// What a plaintext says.
#[derive(Clone, Debug, PartialEq)]
pub enum Parsed {
    /// Somebody did something in a conversation.
    Event(Box<Event>),
    /// Somebody shows themself differently.
    Profile(Identity, Profile),
    /// Two identities were shown to be one person, with the evidence; the bridge notes when. One
    /// whose state is lapsed says that they are so no longer: then every proof of its kind that
    /// joins the two lapses, for its reason.
    Proof(Box<Proof>),
}
