//! Each content type, read.

use prost::Message as _;
use thiserror::Error;

use super::{
    compression::{Uninflated, inflated},
    fallback,
    id::MessageId,
    kind::Kind,
    reaction::Reaction,
};
use crate::wire::proto::content::{
    DeleteMessage, EditMessage, EncodedContent, MultiRemoteAttachment, RemoteAttachment,
};

/// A reply may hold a reply; nothing sensible goes deeper.
const MAX_DEPTH: u8 = 3;
/// The most files in one message that are read.
const MAX_ATTACHMENTS: usize = 32;

/// What a content says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    Text(String),
    Markdown(String),
    /// An answer. To nothing, if what it names is no message.
    Reply {
        to: Option<MessageId>,
        inner: Box<Self>,
    },
    Reaction(Reaction),
    ReadReceipt,
    Attachment(Attachment),
    RemoteAttachments(Vec<RemoteAttachment>),
    Delete(MessageId),
    Edit {
        target: MessageId,
        inner: Box<Self>,
    },
    /// Of no interest to people: a wish to leave, what clients make for themselves.
    Silent(Kind),
    /// Words that stand for what is not read here.
    Words(String),
}

/// A file inside its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attachment {
    pub(crate) media_type: String,
    pub(crate) filename: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

/// Why bytes are no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unread {
    #[error("what was said is not in the network's format")]
    Form,
    #[error(transparent)]
    Uninflated(#[from] Uninflated),
}

/// Reads an `EncodedContent`, with its parameters.
pub(crate) fn read(content: &[u8]) -> Result<(Body, EncodedContent), Unread> {
    let encoded = EncodedContent::decode(content).map_err(|_form| Unread::Form)?;
    let body = body(&encoded, 0)?;
    Ok((body, encoded))
}

/// Whether phones should be woken for these bytes.
pub(crate) fn should_push(content: &[u8]) -> bool {
    let encoded = EncodedContent::decode(content).ok();
    let kind = encoded.and_then(|encoded| encoded.r#type).as_ref().and_then(Kind::of);
    kind.is_none_or(Kind::should_push)
}

fn body(encoded: &EncodedContent, depth: u8) -> Result<Body, Unread> {
    let content = inflated(encoded)?;
    let kind = encoded.r#type.as_ref().and_then(Kind::of);
    let body = kind.and_then(|kind| known(kind, encoded, &content, depth));
    Ok(body.unwrap_or_else(|| Body::Words(fallback::shown(encoded, &content))))
}

/// The body of a known type; nothing if it is broken inside, or only words can stand for it.
fn known(kind: Kind, encoded: &EncodedContent, content: &[u8], depth: u8) -> Option<Body> {
    let inner = |encoded: &EncodedContent| {
        let inner = (depth < MAX_DEPTH).then(|| body(encoded, depth + 1))?.ok()?;
        Some(Box::new(inner))
    };
    Some(match kind {
        Kind::Text => Body::Text(text(encoded, content)?),
        Kind::Markdown => Body::Markdown(text(encoded, content)?),
        Kind::Reply => Body::Reply {
            to: encoded.parameters.get("reference").and_then(|id| MessageId::parse(id)),
            inner: inner(&EncodedContent::decode(content).ok()?)?,
        },
        Kind::Reaction | Kind::OldReaction => Body::Reaction(Reaction::read(kind, content)?),
        Kind::ReadReceipt => Body::ReadReceipt,
        Kind::Attachment => {
            let encoded = EncodedContent { content: content.to_vec(), ..encoded.clone() };
            Body::Attachment(Attachment::read(&encoded)?)
        }
        Kind::RemoteAttachment => Body::RemoteAttachments(vec![remote(encoded, content)?]),
        Kind::MultiRemoteAttachment => {
            let mut all = MultiRemoteAttachment::decode(content).ok()?.attachments;
            all.truncate(MAX_ATTACHMENTS);
            (!all.is_empty()).then_some(Body::RemoteAttachments(all))?
        }
        Kind::DeleteMessage => {
            Body::Delete(MessageId::parse(&DeleteMessage::decode(content).ok()?.message_id)?)
        }
        Kind::EditMessage => {
            let edit = EditMessage::decode(content).ok()?;
            Body::Edit {
                target: MessageId::parse(&edit.message_id)?,
                inner: inner(&edit.edited_content?)?,
            }
        }
        Kind::GroupUpdated | Kind::LeaveRequest | Kind::DeviceSync => Body::Silent(kind),
        Kind::TransactionReference | Kind::WalletSendCalls | Kind::Actions | Kind::Intent => {
            return None;
        }
    })
}

/// A text, unless it says that it is in an encoding of the past.
fn text(encoded: &EncodedContent, content: &[u8]) -> Option<String> {
    let encoding = encoded.parameters.get("encoding").map_or("UTF-8", String::as_str);
    let text = std::str::from_utf8(content).ok()?;
    (encoding.eq_ignore_ascii_case("UTF-8") && !text.is_empty()).then(|| text.to_owned())
}

fn remote(encoded: &EncodedContent, content: &[u8]) -> Option<RemoteAttachment> {
    let parameter = |name: &str| encoded.parameters.get(name).cloned();
    let bytes = |name: &str| hex::decode(parameter(name)?).ok();
    Some(RemoteAttachment {
        content_digest: parameter("contentDigest")?,
        secret: bytes("secret")?,
        nonce: bytes("nonce")?,
        salt: bytes("salt")?,
        scheme: parameter("scheme").unwrap_or_default(),
        url: std::str::from_utf8(content).ok()?.to_owned(),
        content_length: parameter("contentLength").and_then(|length| length.parse().ok()),
        filename: parameter("filename"),
    })
}

impl Attachment {
    /// Reads a content of its type that is not compressed.
    pub(crate) fn read(encoded: &EncodedContent) -> Option<Self> {
        let parameter = |name: &str| encoded.parameters.get(name).cloned();
        let media_type = parameter("mimeType").unwrap_or_default();
        let is_one = media_type.contains('/')
            && media_type.len() <= 127
            && media_type.bytes().all(|byte| byte.is_ascii_graphic());
        (!encoded.content.is_empty()).then(|| Self {
            media_type: if is_one { media_type } else { "application/octet-stream".to_owned() },
            filename: parameter("filename").filter(|name| !name.is_empty()),
            bytes: encoded.content.clone(),
        })
    }
}
