//! The stored form of a content, and the id that follows from it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::cbor::{MAX_KEY_INT, Reader, Writer};
use super::{
    Content, Expiration, ExtensionKey, ExtensionValue, MAX_CONTENT_BYTES, MAX_DEPTH, MAX_PARTS,
    MAX_TOPIC_BYTES, Salt, tree,
};
use crate::model::id::MessageId;

/// SHA-256 in IANA's registry of named hash algorithms.
const SHA_256: u8 = 1;

/// Bytes or fields that are no content. Places are counted in bytes from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MalformedContent {
    /// More than [`MAX_CONTENT_BYTES`].
    #[error("{size} bytes where a content has at most {MAX_CONTENT_BYTES}")]
    TooLarge {
        /// How many there are.
        size: usize,
    },
    /// The bytes end in the middle of an item.
    #[error("byte {at}: the content ends in the middle of an item")]
    Truncated {
        /// Where the bytes end.
        at: usize,
    },
    /// Something follows the content.
    #[error("byte {at}: more bytes follow where the content should end")]
    Trailing {
        /// Where the content ends.
        at: usize,
    },
    /// An item of another kind, or with a value out of range.
    #[error("byte {at}: expected {expected}")]
    Unexpected {
        /// Where the item begins.
        at: usize,
        /// What should be there.
        expected: &'static str,
    },
    /// A number or length in a longer form than needed (RFC 8949 §4.2.1).
    #[error("byte {at}: a number or length is not in its shortest form")]
    NotShortest {
        /// Where the item begins.
        at: usize,
    },
    /// A string, array or map without its length (RFC 8949 §4.2.1).
    #[error("byte {at}: an item of indefinite length where the length must be given")]
    Indefinite {
        /// Where the item begins.
        at: usize,
    },
    /// Keys of a map that are repeated or not in ascending order (RFC 8949 §4.2.1).
    #[error("byte {at}: map keys are repeated or not in ascending order")]
    KeyOrder {
        /// Where the second key begins.
        at: usize,
    },
    /// A text with bytes that are no text.
    #[error("byte {at}: a text is not UTF-8")]
    NotUtf8 {
        /// Where the text begins.
        at: usize,
    },
    /// More than [`MAX_DEPTH`] levels.
    #[error("parts or an extension are nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// More than [`MAX_PARTS`].
    #[error("a content has at most {MAX_PARTS} parts")]
    TooManyParts,
    /// A multipart with one part or none.
    #[error("a multipart has at least two parts")]
    TooFewParts,
    /// More than [`MAX_TOPIC_BYTES`].
    #[error("a topic has at most {MAX_TOPIC_BYTES} bytes")]
    TopicTooLong,
    /// An extension's key that is too long or too large.
    #[error("an extension's key is a text of 1 to 255 bytes or an integer within ±(2^53 - 1)")]
    ExtensionKey,
    /// The URI of a sender or a room that cannot take part in an id.
    #[error("the URI of a sender or a room has at most 65535 bytes")]
    UriTooLong,
}

impl Content {
    /// The stored form: deterministic CBOR. Fails where [`Content::decode`] would.
    pub fn encode(&self) -> Result<Vec<u8>, MalformedContent> {
        if self.topic.len() > MAX_TOPIC_BYTES {
            return Err(MalformedContent::TopicTooLong);
        }
        let mut out = Writer::default();
        out.array(7);
        out.bytes(self.salt.as_bytes());
        message_id(&mut out, self.replaces);
        out.bytes(&self.topic);
        expiration(&mut out, self.expires);
        message_id(&mut out, self.in_reply_to);
        out.map(self.extensions.len());
        for (key, value) in &self.extensions {
            extension_key(&mut out, key)?;
            out.encoded(value.as_cbor());
        }
        tree::write(&mut out, &self.body)?;
        match out.len() {
            size if size > MAX_CONTENT_BYTES => Err(MalformedContent::TooLarge { size }),
            _ => Ok(out.into_bytes()),
        }
    }

    /// Reads the stored form, and nothing that is nearly it.
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedContent> {
        if bytes.len() > MAX_CONTENT_BYTES {
            return Err(MalformedContent::TooLarge { size: bytes.len() });
        }
        let mut input = Reader::new(bytes);
        input.array_with(7, "an array of 7")?;
        let salt = Salt::from_bytes(input.array_of("a salt of 16 bytes")?);
        let replaces = read_message_id(&mut input)?;
        let topic = input.bytes("a topic")?.to_vec();
        if topic.len() > MAX_TOPIC_BYTES {
            return Err(MalformedContent::TopicTooLong);
        }
        let expires = read_expiration(&mut input)?;
        let in_reply_to = read_message_id(&mut input)?;
        let extensions = read_extensions(&mut input)?;
        let body = tree::read(&mut input)?;
        input.end()?;
        Ok(Self { salt, replaces, topic, expires, in_reply_to, extensions, body })
    }

    /// The message's id when `sender` says this in `room`, both named by URI.
    pub fn message_id(&self, sender: &str, room: &str) -> Result<MessageId, MalformedContent> {
        let mut hash = Sha256::new();
        for uri in [sender, room] {
            let length = u16::try_from(uri.len()).map_err(|_| MalformedContent::UriTooLong)?;
            hash.update(length.to_be_bytes());
            hash.update(uri.as_bytes());
        }
        hash.update(self.encode()?);
        // The salt comes again so that a longer input cannot be built from the hash alone.
        hash.update(self.salt.as_bytes());
        let mut id = [0; 32];
        let bytes = std::iter::once(SHA_256).chain(hash.finalize());
        id.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        Ok(MessageId::from_bytes(id))
    }
}

fn message_id(out: &mut Writer, id: Option<MessageId>) {
    match id {
        Some(id) => out.bytes(id.as_bytes()),
        None => out.null(),
    }
}

fn read_message_id(input: &mut Reader<'_>) -> Result<Option<MessageId>, MalformedContent> {
    if input.null() {
        return Ok(None);
    }
    input.array_of("null or a message id of 32 bytes").map(|id| Some(MessageId::from_bytes(id)))
}

fn expiration(out: &mut Writer, expires: Option<Expiration>) {
    let (relative, seconds) = match expires {
        None => return out.null(),
        Some(Expiration::AfterReading(seconds)) => (true, seconds),
        Some(Expiration::At(seconds)) => (false, seconds),
    };
    out.array(2);
    out.bool(relative);
    out.uint(u64::from(seconds));
}

fn read_expiration(input: &mut Reader<'_>) -> Result<Option<Expiration>, MalformedContent> {
    if input.null() {
        return Ok(None);
    }
    input.array_with(2, "null or an expiration")?;
    let relative = input.bool("whether the expiration is relative")?;
    let seconds = read_u32(input, "seconds of an expiration")?;
    Ok(Some(if relative { Expiration::AfterReading(seconds) } else { Expiration::At(seconds) }))
}

pub(super) fn read_u32(
    input: &mut Reader<'_>,
    what: &'static str,
) -> Result<u32, MalformedContent> {
    let at = input.position();
    let value = input.uint(u64::from(u32::MAX), what)?;
    u32::try_from(value).map_err(|_| MalformedContent::Unexpected { at, expected: what })
}

fn extension_key(out: &mut Writer, key: &ExtensionKey) -> Result<(), MalformedContent> {
    match key {
        ExtensionKey::Int(value) if value.unsigned_abs() <= MAX_KEY_INT => out.int(*value),
        ExtensionKey::Text(text) if (1..=255).contains(&text.len()) => out.text(text),
        ExtensionKey::Int(_) | ExtensionKey::Text(_) => return Err(MalformedContent::ExtensionKey),
    }
    Ok(())
}

fn read_extensions(
    input: &mut Reader<'_>,
) -> Result<BTreeMap<ExtensionKey, ExtensionValue>, MalformedContent> {
    let mut extensions = BTreeMap::new();
    for _ in 0..input.map("a map of extensions")? {
        let at = input.position();
        let key = if input.is_text() {
            match input.text("an extension's key")? {
                text if (1..=255).contains(&text.len()) => ExtensionKey::Text(text.to_owned()),
                _ => return Err(MalformedContent::ExtensionKey),
            }
        } else {
            ExtensionKey::Int(input.key_int()?)
        };
        if extensions.last_key_value().is_some_and(|(last, _)| *last >= key) {
            return Err(MalformedContent::KeyOrder { at });
        }
        let value = ExtensionValue::read(input)?;
        extensions.insert(key, value);
    }
    Ok(extensions)
}
