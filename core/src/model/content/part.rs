//! The tree of parts that a message's body is.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// One part: what it is for, its language, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What a client should do with it.
    pub disposition: Disposition,
    /// Language tags (RFC 5646) with commas between them; empty if unknown.
    pub language: String,
    /// What is in it.
    pub body: Body,
}

impl Part {
    /// A part in no particular language.
    #[must_use]
    pub const fn new(disposition: Disposition, body: Body) -> Self {
        Self { disposition, language: String::new(), body }
    }
}

/// What is in a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing: what the message replaces is deleted or taken back.
    Null,
    /// Content that travels with the message.
    Single {
        /// Media type with its parameters.
        content_type: String,
        /// The bytes.
        content: Vec<u8>,
    },
    /// Content that is fetched from elsewhere.
    External(Box<ExternalPart>),
    /// Two parts or more.
    Multi {
        /// How they belong together.
        semantics: Semantics,
        /// The parts in their order.
        parts: Vec<Part>,
    },
}

/// How the parts of a multipart belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Semantics {
    /// The receiver takes exactly one.
    ChooseOne = 0,
    /// All of them or nothing.
    SingleUnit = 1,
    /// As many as the receiver can.
    ProcessAll = 2,
}

/// Content that is fetched from elsewhere, and what is needed to open it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExternalPart {
    /// Media type with its parameters; empty if unknown.
    pub content_type: String,
    /// Where it is.
    pub url: String,
    /// Seconds since the Unix epoch after which it is gone; 0 for never.
    pub expires_at: u32,
    /// Its size in bytes; 0 if unknown.
    pub size_bytes: u64,
    /// IANA's number of the AEAD algorithm that it is encrypted with; 0 if it is not.
    pub aead: u16,
    /// The key it is encrypted under.
    pub key: MediaKey,
    /// The nonce it is encrypted with.
    pub nonce: Vec<u8>,
    /// The additional data it is encrypted with.
    pub aad: Vec<u8>,
    /// IANA's number of the hash algorithm; 0 if there is no hash.
    pub hash_algorithm: u8,
    /// The hash of what is at the URL.
    pub hash: Vec<u8>,
    /// What it shows, for those who cannot see it; a link's title.
    pub description: String,
    /// What to call it when it is saved.
    pub filename: String,
}

/// The key of external content. Its bytes are neither printed nor left in memory.
#[derive(Clone, Default, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct MediaKey(Vec<u8>);

impl MediaKey {
    /// The key's bytes; none if the content is not encrypted.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for MediaKey {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for MediaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MediaKey({} bytes)", self.0.len())
    }
}

/// What a client should do with a part (draft, «MIMI Content Disposition registry»).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// No hint.
    Unspecified,
    /// Show it by the client's own rules.
    Render,
    /// A reaction to the message that is answered.
    Reaction,
    /// A profile of a participant or a room.
    Profile,
    /// Show it right there, in the flow of the conversation. For sound: a voice note.
    Inline,
    /// A small picture, such as an avatar.
    Icon,
    /// Offer it for download.
    Attachment,
    /// A call, or the way to join one.
    Session,
    /// A preview of something else, such as what is behind a link.
    Preview,
    /// One that this version does not know; treated as [`Disposition::Render`].
    Other(u8),
}

impl From<u8> for Disposition {
    fn from(value: u8) -> Self {
        match value {
            0 => Self::Unspecified,
            1 => Self::Render,
            2 => Self::Reaction,
            3 => Self::Profile,
            4 => Self::Inline,
            5 => Self::Icon,
            6 => Self::Attachment,
            7 => Self::Session,
            8 => Self::Preview,
            other => Self::Other(other),
        }
    }
}

impl From<Disposition> for u8 {
    fn from(value: Disposition) -> Self {
        match value {
            Disposition::Unspecified => 0,
            Disposition::Render => 1,
            Disposition::Reaction => 2,
            Disposition::Profile => 3,
            Disposition::Inline => 4,
            Disposition::Icon => 5,
            Disposition::Attachment => 6,
            Disposition::Session => 7,
            Disposition::Preview => 8,
            Disposition::Other(other) => other,
        }
    }
}
