//! What a message says, in the shape of IETF MIMI content (draft-ietf-mimi-content-08).
//!
//! A [`Content`] is a few fields that say what the message does (whom it answers, what it
//! replaces, when it expires) around a tree of [`Part`]s. A reaction, an edit, a deletion and a
//! read receipt are messages too; [`Content::kind`] says which one a content is, so that nobody
//! guesses. The stored form is deterministic CBOR, and the id of a message is computed from it.
//!
//! What the draft has no place for travels in private extensions (text keys that begin with
//! `threadbridge.`) and private media types (`application/vnd.threadbridge.*`).

mod cbor;
pub mod codec;
pub mod compose;
pub mod extension;
pub mod kind;
pub mod mention;
pub mod part;
pub mod quote;
pub mod read;
pub mod receipt;
pub mod salt;
pub mod system;
mod tree;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::id::MessageId;
use crate::model::time::Timestamp;

pub use codec::MalformedContent;
pub use extension::{ExtensionKey, ExtensionValue};
pub use kind::{Kind, MediaKind};
pub use mention::Mention;
pub use part::{Body, Disposition, ExternalPart, MediaKey, Part, Semantics};
pub use quote::Quote;
pub use read::{Attachment, Link, Source, Text, TextFormat};
pub use receipt::{MessageStatus, Receipt};
pub use salt::Salt;
pub use system::{Actor, SystemEvent};

/// The most bytes that one encoded content may have. Larger media is external.
pub const MAX_CONTENT_BYTES: usize = 2 * 1024 * 1024;
/// The most parts in one content, nested ones included (draft, «General handling»).
pub const MAX_PARTS: usize = 1024;
/// The most levels of nested parts, and of containers in an extension (draft, «Depth restrictions»).
pub const MAX_DEPTH: usize = 4;
/// The longest topic in bytes (draft, «General handling»).
pub const MAX_TOPIC_BYTES: usize = 4096;

/// One message's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Makes the message's id its own, even if somebody says the same thing twice.
    pub salt: Salt,
    /// The *first* version of the message that this one edits, deletes or takes back.
    pub replaces: Option<MessageId>,
    /// Names the thread within the conversation that the message belongs to; empty for none.
    pub topic: Vec<u8>,
    /// When the message should disappear.
    pub expires: Option<Expiration>,
    /// The exact version of the message that this one answers.
    pub in_reply_to: Option<MessageId>,
    /// Registered (positive) and private (negative and text) extensions.
    pub extensions: BTreeMap<ExtensionKey, ExtensionValue>,
    /// What is said.
    pub body: Part,
}

/// When a message should disappear. A wish of its sender that not every client grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiration {
    /// This many seconds after it was read.
    AfterReading(u32),
    /// At this many seconds since the Unix epoch.
    At(u32),
}

impl Expiration {
    /// When that is for who read the message at `read_at`.
    #[must_use]
    pub fn ends(self, read_at: Timestamp) -> Timestamp {
        match self {
            Self::AfterReading(seconds) => read_at.plus(Duration::from_secs(u64::from(seconds))),
            Self::At(seconds) => Timestamp::from_secs(i64::from(seconds)),
        }
    }
}

impl Content {
    /// When the message disappears, read at `read_at`; nothing if it stays.
    #[must_use]
    pub fn ends(&self, read_at: Timestamp) -> Option<Timestamp> {
        self.expires.map(|expires| expires.ends(read_at))
    }
}

#[cfg(test)]
mod tests;
