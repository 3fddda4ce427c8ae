//! Extensions: what a content says beyond the fields that all contents have.

use std::cmp::Ordering;

use super::cbor::{Reader, Writer};
use super::{Content, MalformedContent};

/// The registered key of the sender's URI.
pub const SENDER_URI: ExtensionKey = ExtensionKey::Int(1);
/// The registered key of the room's URI.
pub const ROOM_URI: ExtensionKey = ExtensionKey::Int(2);

/// Names an extension. Positive integers are IANA's; the others are anybody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtensionKey {
    /// Within ±(2^53 - 1).
    Int(i64),
    /// 1 to 255 bytes.
    Text(String),
}

impl ExtensionKey {
    /// One of Threadbridge's own, such as `threadbridge.mentions`.
    pub(super) fn own(name: &str) -> Self {
        Self::Text(format!("threadbridge.{name}"))
    }

    fn rank(&self) -> (u8, u64, &str) {
        match self {
            Self::Int(value @ 0..) => (0, value.unsigned_abs(), ""),
            Self::Int(value) => (1, value.unsigned_abs(), ""),
            Self::Text(text) => (3, text.len() as u64, text),
        }
    }
}

/// The order of the encoded keys (RFC 8949 §4.2.1): by kind, then by length or value.
impl Ord for ExtensionKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for ExtensionKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// An extension's value: deterministic CBOR that is kept as it came, known or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionValue(Vec<u8>);

impl ExtensionValue {
    /// Takes `bytes` if they are one value that a content may carry.
    pub fn from_cbor(bytes: &[u8]) -> Result<Self, MalformedContent> {
        let mut input = Reader::new(bytes);
        let value = Self::read(&mut input)?;
        input.end()?;
        Ok(value)
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, MalformedContent> {
        // The map of extensions is itself the first level.
        input.value(1).map(|value| Self(value.to_vec()))
    }

    pub(super) fn written(value: Writer) -> Self {
        Self(value.into_bytes())
    }

    /// A text.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let mut out = Writer::default();
        out.text(text);
        Self::written(out)
    }

    /// A byte string.
    #[must_use]
    pub fn bytes(bytes: &[u8]) -> Self {
        let mut out = Writer::default();
        out.bytes(bytes);
        Self::written(out)
    }

    /// The encoded value.
    #[must_use]
    pub fn as_cbor(&self) -> &[u8] {
        &self.0
    }

    /// The value if it is a text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        Reader::new(&self.0).text("a text").ok()
    }

    /// The value if it is a byte string.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        Reader::new(&self.0).bytes("bytes").ok()
    }
}

impl Content {
    /// Names the sender and the room inside the content, as the draft recommends.
    #[must_use]
    pub fn addressed(mut self, sender: &str, room: &str) -> Self {
        self.extensions.insert(SENDER_URI, ExtensionValue::text(sender));
        self.extensions.insert(ROOM_URI, ExtensionValue::text(room));
        self
    }

    /// The sender's URI, if the content names it. A claim of whoever made the content.
    #[must_use]
    pub fn sender_uri(&self) -> Option<&str> {
        self.extensions.get(&SENDER_URI)?.as_text()
    }

    /// The room's URI, if the content names it.
    #[must_use]
    pub fn room_uri(&self) -> Option<&str> {
        self.extensions.get(&ROOM_URI)?.as_text()
    }
}
