//! The stored form of the tree of parts.

use super::cbor::{Reader, Writer};
use super::codec::read_u32;
use super::part::{Body, ExternalPart, MediaKey, Part, Semantics};
use super::{MAX_DEPTH, MAX_PARTS, MalformedContent};

const NULL: u64 = 0;
const SINGLE: u64 = 1;
const EXTERNAL: u64 = 2;
const MULTI: u64 = 3;

/// Writes a body and all that is in it.
pub(super) fn write(out: &mut Writer, body: &Part) -> Result<(), MalformedContent> {
    part(out, body, Place { depth: 1, parts: &mut 0 })
}

/// Reads a body and all that is in it.
pub(super) fn read(input: &mut Reader<'_>) -> Result<Part, MalformedContent> {
    read_part(input, Place { depth: 1, parts: &mut 0 })
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
