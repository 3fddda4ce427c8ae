//! The stored form of a content, and the id that follows from it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use thiserror::Error;

use super::cbor::{MAX_KEY_INT, Reader, Writer, too_large};
use super::part::{Body, ExternalPart, MediaKey, Part, Semantics};
use super::{
    Content, Expiration, ExtensionKey, ExtensionValue, MAX_CONTENT_BYTES, MAX_DEPTH, MAX_PARTS,
    MAX_TOPIC_BYTES, Salt,
};
use crate::model::id::MessageId;

/// SHA-256 in IANA's registry of named hash algorithms.
const SHA_256: u8 = 1;

const NULL: u64 = 0;
const SINGLE: u64 = 1;
const EXTERNAL: u64 = 2;
const MULTI: u64 = 3;

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
        let mut parts = 0;
        part(&mut out, &self.body, Place { depth: 1, parts: &mut parts })?;
        match out.len() {
            size if too_large(size) => Err(MalformedContent::TooLarge { size }),
            _ => Ok(out.into_bytes()),
        }
    }

    /// Reads the stored form, and nothing that is nearly it.
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedContent> {
        if too_large(bytes.len()) {
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
        let mut parts = 0;
        let body = read_part(&mut input, Place { depth: 1, parts: &mut parts })?;
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

/// Where in the tree of parts a part stands, and how many came before it.
struct Place<'c> {
    depth: usize,
    parts: &'c mut usize,
}

impl Place<'_> {
    fn enter(&mut self) -> Result<(), MalformedContent> {
        *self.parts = self.parts.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err(MalformedContent::TooDeep);
        }
        if *self.parts > MAX_PARTS {
            return Err(MalformedContent::TooManyParts);
        }
        Ok(())
    }

    const fn below(&mut self) -> Place<'_> {
        Place { depth: self.depth.saturating_add(1), parts: self.parts }
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

fn read_u32(input: &mut Reader<'_>, what: &'static str) -> Result<u32, MalformedContent> {
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

fn part(out: &mut Writer, it: &Part, mut place: Place<'_>) -> Result<(), MalformedContent> {
    place.enter()?;
    let fields = match &it.body {
        Body::Null => 3,
        Body::Single { .. } | Body::Multi { .. } => 5,
        Body::External(_) => 15,
    };
    out.array(fields);
    out.uint(u64::from(u8::from(it.disposition)));
    out.text(&it.language);
    match &it.body {
        Body::Null => out.uint(NULL),
        Body::Single { content_type, content } => {
            out.uint(SINGLE);
            out.text(content_type);
            out.bytes(content);
        }
        Body::External(it) => external(out, it),
        Body::Multi { semantics, parts } => {
            if parts.len() < 2 {
                return Err(MalformedContent::TooFewParts);
            }
            out.uint(MULTI);
            out.uint(*semantics as u64);
            out.array(parts.len());
            for it in parts {
                part(out, it, place.below())?;
            }
        }
    }
    Ok(())
}

fn external(out: &mut Writer, it: &ExternalPart) {
    out.uint(EXTERNAL);
    out.text(&it.content_type);
    out.text(&it.url);
    out.uint(u64::from(it.expires_at));
    out.uint(it.size_bytes);
    out.uint(u64::from(it.aead));
    out.bytes(it.key.as_bytes());
    out.bytes(&it.nonce);
    out.bytes(&it.aad);
    out.uint(u64::from(it.hash_algorithm));
    out.bytes(&it.hash);
    out.text(&it.description);
    out.text(&it.filename);
}

fn read_part(input: &mut Reader<'_>, mut place: Place<'_>) -> Result<Part, MalformedContent> {
    place.enter()?;
    let at = input.position();
    let fields = input.array("a part")?;
    let disposition = input.uint(u64::from(u8::MAX), "a disposition from 0 to 255")?;
    let disposition = u8::try_from(disposition).unwrap_or_default().into();
    let language = input.text("a language")?.to_owned();
    let cardinality = input.uint(MULTI, "a cardinality from 0 to 3")?;
    let body = match (cardinality, fields) {
        (NULL, 3) => Body::Null,
        (SINGLE, 5) => Body::Single {
            content_type: input.text("a content type")?.to_owned(),
            content: input.bytes("a part's content")?.to_vec(),
        },
        (EXTERNAL, 15) => Body::External(Box::new(read_external(input)?)),
        (MULTI, 5) => read_multi(input, &mut place)?,
        _ => {
            let expected = "a part with as many fields as its cardinality has";
            return Err(MalformedContent::Unexpected { at, expected });
        }
    };
    Ok(Part { disposition, language, body })
}

fn read_multi(input: &mut Reader<'_>, place: &mut Place<'_>) -> Result<Body, MalformedContent> {
    let semantics = match input.uint(2, "part semantics from 0 to 2")? {
        0 => Semantics::ChooseOne,
        1 => Semantics::SingleUnit,
        _ => Semantics::ProcessAll,
    };
    let count = input.array("parts")?;
    if count < 2 {
        return Err(MalformedContent::TooFewParts);
    }
    let mut parts = Vec::new();
    for _ in 0..count {
        parts.push(read_part(input, place.below())?);
    }
    Ok(Body::Multi { semantics, parts })
}

fn read_external(input: &mut Reader<'_>) -> Result<ExternalPart, MalformedContent> {
    Ok(ExternalPart {
        content_type: input.text("a content type")?.to_owned(),
        url: input.text("a URL")?.to_owned(),
        expires_at: read_u32(input, "when an external part expires")?,
        size_bytes: input.uint(u64::MAX, "a size")?,
        aead: u16::try_from(input.uint(u64::from(u16::MAX), "an AEAD algorithm")?)
            .unwrap_or_default(),
        key: MediaKey::from(input.bytes("a key")?.to_vec()),
        nonce: input.bytes("a nonce")?.to_vec(),
        aad: input.bytes("additional data")?.to_vec(),
        hash_algorithm: u8::try_from(input.uint(u64::from(u8::MAX), "a hash algorithm")?)
            .unwrap_or_default(),
        hash: input.bytes("a hash")?.to_vec(),
        description: input.text("a description")?.to_owned(),
        filename: input.text("a file name")?.to_owned(),
    })
}
