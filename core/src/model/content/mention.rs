//! Who is spoken to by name, and where in the text the name stands.

use std::ops::Range;

use super::cbor::{Reader, Writer};
use super::{Content, ExtensionKey, ExtensionValue, MalformedContent};
use crate::model::id::{Identity, Network, RemoteAuthor};

/// The most mentions that are read from one message.
pub const MAX_MENTIONS: u64 = 1024;

/// A name in the text that stands for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// The name's place in the text that [`Content::text`] returns, in bytes, sign included.
    pub range: Range<usize>,
    /// Who is meant.
    pub identity: Identity,
    /// The name as its network had it, without a sign before it.
    pub label: String,
}

impl Content {
    /// Says who is spoken to. The ranges are kept in ascending order.
    #[must_use]
    pub fn mentioning(mut self, mut mentions: Vec<Mention>) -> Self {
        if mentions.is_empty() {
            self.extensions.remove(&key());
            return self;
        }
        mentions.sort_by_key(|mention| (mention.range.start, mention.range.end));
        let mut out = Writer::default();
        out.array(mentions.len());
        for mention in &mentions {
            out.array(5);
            out.uint(mention.range.start as u64);
            out.uint(mention.range.end as u64);
            out.text(mention.identity.network.as_str());
            out.text(mention.identity.author.as_str());
            out.text(&mention.label);
        }
        self.extensions.insert(key(), ExtensionValue::written(out));
        self
    }

    /// Who is spoken to, in the order of the text. A range that does not fit the text, cuts a
    /// character or reaches into the one before it is left out.
    #[must_use]
    pub fn mentions(&self) -> Vec<Mention> {
        let Some(value) = self.extensions.get(&key()) else { return Vec::new() };
        let text = self.text().map_or("", |text| text.as_str);
        let mut mentions = read(value).unwrap_or_default();
        let mut free_from = 0;
        mentions.retain(|it| {
            let fits = free_from <= it.range.start && text.get(it.range.clone()).is_some();
            if fits {
                free_from = it.range.end;
            }
            fits
        });
        mentions
    }
}

fn key() -> ExtensionKey {
    ExtensionKey::own("mentions")
}

fn read(value: &ExtensionValue) -> Result<Vec<Mention>, MalformedContent> {
    let mut input = Reader::new(value.as_cbor());
    let mut mentions = Vec::new();
    for _ in 0..input.array("mentions")?.min(MAX_MENTIONS) {
        input.array_with(5, "a mention")?;
        let start = input.uint(u64::from(u32::MAX), "a range")?;
        let end = input.uint(u64::from(u32::MAX), "a range")?;
        let network = Network::parse(input.text("a network")?);
        let author = RemoteAuthor::parse(input.text("an author")?);
        let label = input.text("a name")?.to_owned();
        let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
        if let (Ok(network), Ok(author), Some((start, end))) = (network, author, range) {
            let identity = Identity { network, author };
            mentions.push(Mention { range: start..end, identity, label });
        }
    }
    Ok(mentions)
}
