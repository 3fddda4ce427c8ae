//! What a post says, whatever the kind of its metadata.

use std::ops::Range;

use serde_json::Value;
use threadbridge_core::model::content::{ExternalPart, Part};

use crate::{
    name::{TEXT_BYTES, bounded, presentable},
    wire::{
        address::Address,
        metadata::{Media, Metadata},
        post::{Mention, Post},
    },
};

/// The most names that are looked for in one text.
const NAMES: usize = 50;
/// The most media and links that are taken from one post.
const BESIDE: usize = 20;
const UNKNOWN: &str = "(a post of a kind that is not known here)";

/// What a post says.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) parts: Vec<Part>,
    pub(super) mentions: Vec<Named>,
}

/// Somebody named in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) range: Range<usize>,
    pub(super) who: Address,
    pub(super) label: String,
}

/// Reads a post. What lies on Grove can be opened at `gateway`.
pub(super) fn read(post: &Post, gateway: &str) -> Read {
    let metadata = &post.metadata;
    let (text, mentions) = with_names(&text(metadata), &post.mentions);
    let mut parts = Vec::new();
    if !text.is_empty() {
        parts.push(Part::text(&text));
    }
    let own = [&metadata.image, &metadata.video, &metadata.audio, &metadata.asset];
    let media = own.into_iter().flatten().chain(&metadata.attachments);
    let mut seen: Vec<&str> = Vec::new();
    for media in media.take(BESIDE) {
        // An app may name the main picture among the attachments again.
        if !media.item.is_empty() && !seen.contains(&media.item.as_str()) {
            seen.push(&media.item);
            parts.push(shown(media, gateway));
        }
    }
    let links = [
        &metadata.sharing_link,
        &metadata.embed,
        &metadata.live_url,
        &metadata.mint_link,
        &metadata.link,
    ];
    let links = links.into_iter().flatten().chain(&metadata.links);
    let links = links.filter(|link| !link.is_empty() && !text.contains(link.as_str()));
    parts.extend(links.take(BESIDE).map(|link| Part::link(link, "")));
    if parts.is_empty() && post.quote_of.is_none() {
        parts.push(Part::text(UNKNOWN));
    }
    Read { parts, mentions }
}

fn text(metadata: &Metadata) -> String {
    let raw = || {
        let raw: Value = serde_json::from_str(metadata.raw.as_deref()?).ok()?;
        Some(raw.get("lens")?.get("content")?.as_str()?.to_owned())
    };
    let content = metadata.content.clone().or_else(raw).unwrap_or_default();
    let content = bounded(&content, TEXT_BYTES);
    let title = metadata.title.as_deref().map(presentable).unwrap_or_default();
    match (title.as_str(), content) {
        ("", content) => content.to_owned(),
        (title, "") => title.to_owned(),
        (title, content) => format!("{title}\n\n{content}"),
    }
}

/// The text with people called as Lens shows them, and where they are.
fn with_names(text: &str, mentions: &[Mention]) -> (String, Vec<Named>) {
    let mut found: Vec<(Range<usize>, &str, Option<Address>)> = Vec::new();
    for mention in mentions.iter().take(NAMES) {
        let (replace, who) = match mention {
            Mention::Account { account, replace, .. } => (replace, Some(*account)),
            Mention::Group { replace, .. } => (replace, None),
            Mention::Other => continue,
        };
        if replace.from.is_empty() {
            continue;
        }
        let places = text.match_indices(replace.from.as_str()).take(NAMES);
        for (start, from) in places {
            let end = start.saturating_add(from.len());
            let is_whole = text
                .get(end..)
                .and_then(|rest| rest.chars().next())
                .is_none_or(|next| !next.is_alphanumeric() && next != '_');
            if is_whole {
                found.push((start..end, &replace.to, who));
            }
        }
    }
    found.sort_by_key(|(range, _, _)| (range.start, std::cmp::Reverse(range.end)));
    let (mut shown, mut named, mut from) = (String::new(), Vec::new(), 0);
    for (range, to, who) in found {
        let Some(before) = text.get(from..range.start) else { continue };
        shown.push_str(before);
        let start = shown.len();
        let to = presentable(to);
        if to.is_empty() {
            shown.push_str(text.get(range.clone()).unwrap_or_default());
        } else {
            shown.push_str(&to);
        }
        if let Some(who) = who {
            let label = shown.get(start..).unwrap_or_default().trim_start_matches('@').to_owned();
            named.push(Named { range: start..shown.len(), who, label });
        }
        from = range.end;
    }
    shown.push_str(text.get(from..).unwrap_or_default());
    (shown, named)
}

fn shown(media: &Media, gateway: &str) -> Part {
    let url = match media.item.strip_prefix("lens://") {
        Some(key) => format!("{}/{key}", gateway.trim_end_matches('/')),
        None => media.item.clone(),
    };
    let description = media.alt_tag.as_ref().or(media.audio_title.as_ref());
    let description = description.map(|text| presentable(text)).unwrap_or_default();
    let Some(media_type) = media.media_type() else { return Part::link(&url, &description) };
    let is_sound = media_type.starts_with("audio/");
    let external = ExternalPart {
        content_type: media_type.to_owned(),
        url,
        description,
        ..ExternalPart::default()
    };
    if is_sound { Part::attachment(external) } else { Part::inline(external) }
}
