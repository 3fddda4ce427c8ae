//! What is said, as parts.

use threadbridge_core::model::content::{Disposition, MediaKind, Part};

use crate::{
    content::{
        body::{Attachment, Body},
        fallback, remote,
    },
    wire::proto::content::{EncodedContent, RemoteAttachment},
};

const MAX_NAME_CHARACTERS: usize = 255;

/// The parts of what is said, at least one. What cannot be said beside a reply is said in the words
/// that its sender gave.
pub(super) fn parts(body: Body, encoded: &EncodedContent) -> Vec<Part> {
    match body {
        Body::Text(text) | Body::Words(text) => vec![Part::text(&text)],
        Body::Markdown(text) => vec![Part::markdown(&text)],
        Body::Reply { inner, .. } | Body::Edit { inner, .. } => parts(*inner, encoded),
        Body::Attachment(file) => vec![enclosed(file)],
        Body::RemoteAttachments(all) => elsewhere(&all, encoded),
        Body::Reaction(_) | Body::ReadReceipt | Body::Delete(_) | Body::Silent(_) => {
            vec![Part::text(&fallback::shown(encoded, &[]))]
        }
    }
}

/// Pictures, films and sound stand in the flow of the conversation, other files beside it.
fn disposition(media_type: &str) -> Disposition {
    match MediaKind::of(media_type, Disposition::Inline) {
        MediaKind::File => Disposition::Attachment,
        MediaKind::Image
        | MediaKind::Gif
        | MediaKind::Video
        | MediaKind::Voice
        | MediaKind::Audio => Disposition::Inline,
    }
}

fn enclosed(file: Attachment) -> Part {
    let named = file.media_type.to_ascii_lowercase();
    let bare = named.split(';').next().unwrap_or_default().trim();
    // Types by which the bridge itself tells something, which nobody else can.
    let is_ours = bare.starts_with("application/vnd.threadbridge.") || bare == Part::RECEIPT;
    let media_type = if is_ours { "application/octet-stream" } else { bare };
    let name = short(&file.filename.unwrap_or_default());
    Part::enclosed(disposition(media_type), media_type, &name, file.bytes)
}

fn elsewhere(all: &[RemoteAttachment], encoded: &EncodedContent) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut is_whole = true;
    for attachment in all {
        match remote::external(attachment) {
            Ok(mut external) => {
                external.filename = short(&external.filename);
                let media_type = external.content_type.split(';').next().unwrap_or_default();
                parts.push(if disposition(media_type) == Disposition::Attachment {
                    Part::attachment(external)
                } else {
                    Part::inline(external)
                });
            }
            Err(_unusable) => is_whole = false,
        }
    }
    if !is_whole {
        parts.push(Part::text(&fallback::shown(encoded, &[])));
    }
    parts
}

fn short(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARACTERS).collect()
}
