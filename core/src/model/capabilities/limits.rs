//! How much, how large and how often.

use std::time::Duration;

use crate::model::content::MediaKind;

/// What a network counts when it says how long something may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of UTF-8.
    Bytes,
    /// Unicode scalar values.
    Characters,
    /// UTF-16 code units.
    Utf16,
    /// Extended grapheme clusters (UAX #29): what people see as one character.
    Graphemes,
}

impl Unit {
    /// The word for several of them.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Characters => "characters",
            Self::Utf16 => "UTF-16 units",
            Self::Graphemes => "graphemes",
        }
    }
}

/// How long something may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The most of them.
    pub max: usize,
    /// Of what.
    pub unit: Unit,
}

/// How much a message may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest text.
    pub text: Limit,
    /// The most things beside the text.
    pub embeds: usize,
    /// The longest address beside the text, in bytes.
    pub url_bytes: usize,
    /// The most people named.
    pub mentions: usize,
    /// The largest message on the wire; nothing if the other limits are all.
    pub payload: Option<Payload>,
}

/// How large a message may be on the wire, and what its pieces take there beside their own bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The most bytes of the whole.
    pub max_bytes: usize,
    /// What every message takes.
    pub fixed_bytes: usize,
    /// What each thing beside the text takes more than its address.
    pub embed_bytes: usize,
    /// What each person named takes.
    pub mention_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text: Limit { max: 280, unit: Unit::Bytes },
            embeds: 0,
            url_bytes: 256,
            mentions: 0,
            payload: None,
        }
    }
}

/// How media of one sort gets there. The first rule that matches decides; behind a
/// [`Carry::Upload`] that cannot be made, the next one that matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRule {
    /// The sort; nothing for every sort.
    pub kind: Option<MediaKind>,
    /// The media type, `image/png` or `image/*`; nothing for every type.
    pub media_type: Option<String>,
    /// How it can be carried.
    pub carry: Carry,
    /// The largest that is taken, in bytes; nothing for no limit.
    pub max_bytes: Option<u64>,
}

/// How media can be carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carry {
    /// As external content, encrypted or not.
    External,
    /// As an address that everybody can open, shown as the media.
    PublicUrl,
    /// As a file that the adapter brings there itself, by its
    /// [`Porter`](crate::media::Porter): a picture that can be stripped, in its message or, encrypted
    /// or not, on one of the [`media_hosts`](super::Capabilities::media_hosts). Otherwise the next
    /// rule that matches decides; without one its address is said, if others can open it.
    Upload {
        /// The largest that is brought, in bytes.
        max_bytes: u64,
    },
    /// As an address in the text.
    Link,
    /// Not at all.
    Refuse,
}

/// How often something may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// This many messages
    pub messages: u32,
    /// in each span of this length.
    pub per: Duration,
}
