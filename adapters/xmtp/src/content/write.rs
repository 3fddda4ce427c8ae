//! Each content type, written as the official clients write it.

use std::collections::BTreeMap;

use prost::Message as _;

use super::{
    body::Attachment,
    fallback,
    id::MessageId,
    kind::{Kind, spelled},
    reaction::Reaction,
};
use crate::wire::proto::content::{
    ContentTypeId, DeleteMessage, EncodedContent, LeaveRequest, MultiRemoteAttachment,
    RemoteAttachment,
};

/// A content of this type with nothing beside it.
pub(crate) fn plain(kind: Kind, content: Vec<u8>) -> EncodedContent {
    EncodedContent {
        r#type: Some(kind.id()),
        parameters: BTreeMap::new(),
        fallback: None,
        content,
        compression: None,
    }
}

fn parameters<const N: usize>(all: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

pub(crate) fn text(text: &str) -> EncodedContent {
    EncodedContent {
        parameters: parameters([("encoding", Some("UTF-8".to_owned()))]),
        ..plain(Kind::Text, text.as_bytes().to_vec())
    }
}

pub(crate) fn markdown(text: &str) -> EncodedContent {
    EncodedContent { r#type: Some(Kind::Markdown.id()), ..self::text(text) }
}

/// An answer to a message, and to its author if they are known.
pub(crate) fn reply(to: MessageId, author: Option<&str>, inner: &EncodedContent) -> EncodedContent {
    let is_text = inner.r#type.as_ref().is_some_and(is_text);
    let text = is_text.then(|| std::str::from_utf8(&inner.content).ok()).flatten();
    EncodedContent {
        parameters: parameters([
            ("reference", Some(to.to_string())),
            ("contentType", inner.r#type.as_ref().map(spelled)),
            ("referenceInboxId", author.map(str::to_owned)),
        ]),
        fallback: Some(fallback::reply(text)),
        ..plain(Kind::Reply, inner.encode_to_vec())
    }
}

fn is_text(id: &ContentTypeId) -> bool {
    Kind::of(id) == Some(Kind::Text)
}

pub(crate) fn reaction(reaction: &Reaction) -> EncodedContent {
    EncodedContent {
        fallback: Some(fallback::reaction(&reaction.emoji, reaction.is_taken_back)),
        ..plain(Kind::Reaction, reaction.to_bytes())
    }
}

pub(crate) fn read_receipt() -> EncodedContent {
    plain(Kind::ReadReceipt, Vec::new())
}

pub(crate) fn delete(target: MessageId) -> EncodedContent {
    let delete = DeleteMessage { message_id: target.to_string() };
    plain(Kind::DeleteMessage, delete.encode_to_vec())
}

pub(crate) fn leave_request() -> EncodedContent {
    plain(Kind::LeaveRequest, LeaveRequest { authenticated_note: None }.encode_to_vec())
}

impl Attachment {
    pub(crate) fn into_encoded(self) -> EncodedContent {
        EncodedContent {
            fallback: Some(fallback::attachment(self.filename.as_deref())),
            parameters: parameters([
                ("mimeType", Some(self.media_type)),
                ("filename", self.filename),
            ]),
            ..plain(Kind::Attachment, self.bytes)
        }
    }
}

pub(crate) fn remote_attachment(attachment: &RemoteAttachment) -> EncodedContent {
    EncodedContent {
        parameters: parameters([
            ("contentDigest", Some(attachment.content_digest.clone())),
            ("salt", Some(hex::encode(&attachment.salt))),
            ("nonce", Some(hex::encode(&attachment.nonce))),
            ("secret", Some(hex::encode(&attachment.secret))),
            ("scheme", Some(attachment.scheme.clone())),
            ("contentLength", attachment.content_length.map(|length| length.to_string())),
            ("filename", attachment.filename.clone()),
        ]),
        fallback: Some(fallback::remote_attachment(attachment.filename.as_deref())),
        ..plain(Kind::RemoteAttachment, attachment.url.as_bytes().to_vec())
    }
}

pub(crate) fn multi_remote_attachment(attachments: Vec<RemoteAttachment>) -> EncodedContent {
    EncodedContent {
        fallback: Some(fallback::MULTI_REMOTE_ATTACHMENT.to_owned()),
        ..plain(Kind::MultiRemoteAttachment, MultiRemoteAttachment { attachments }.encode_to_vec())
    }
}
