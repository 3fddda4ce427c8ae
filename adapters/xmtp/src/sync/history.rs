//! Messages of an archive, from and to what the bridge has of them.

use prost::Message as _;

use crate::{
    content::{
        heard::{Heard, Place},
        id::MessageId,
        kind::Kind,
        reaction::Reaction,
    },
    identity::{inbox::InboxId, member::Installation},
    wire::proto::{
        content::{ContentTypeId, DeleteMessage, EncodedContent},
        sync::GroupMessageSave,
    },
};

const APPLICATION: i32 = 1;
const PUBLISHED: i32 = 2;
/// Where the server numbers application messages from, as official clients note it.
const ORIGINATOR: i64 = 10;

/// A message that the bridge has, for an archive.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Kept {
    pub(crate) id: MessageId,
    pub(crate) group: Vec<u8>,
    /// As it was received or sent.
    pub(crate) content: Vec<u8>,
    pub(crate) at_ns: i64,
    pub(crate) sender: InboxId,
    /// By which installation, if that is known.
    pub(crate) installation: Option<Installation>,
    /// The server's number, if it is known.
    pub(crate) sequence_id: Option<u64>,
}

/// A message of an archive as if it were heard now, in the conversation that is called
/// `conversation`; nothing for what was not said by anybody, or is no message.
pub(crate) fn heard(save: &GroupMessageSave, conversation: &str) -> Option<Heard> {
    if save.kind != APPLICATION {
        return None;
    }
    let id = MessageId::from_bytes(save.id.as_slice().try_into().ok()?);
    let place = Place {
        conversation: conversation.to_owned(),
        sender: InboxId::parse(&save.sender_inbox_id)?,
        at_ns: u64::try_from(save.sent_at_ns).ok()?,
        // Whom one talks to is learnt from what is said, not from what is told of it.
        peer: None,
    };
    let content = save.decrypted_message_bytes.clone();
    Some(Heard::Past { place, id, content })
}

/// A message for an archive; nothing if it is no content.
pub(crate) fn save(kept: &Kept) -> Option<GroupMessageSave> {
    let encoded = EncodedContent::decode(kept.content.as_slice()).ok()?;
    let name = encoded.r#type.clone().unwrap_or_default();
    let version = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
    Some(GroupMessageSave {
        id: kept.id.as_bytes().to_vec(),
        group_id: kept.group.clone(),
        decrypted_message_bytes: kept.content.clone(),
        sent_at_ns: kept.at_ns,
        kind: APPLICATION,
        sender_installation_id: kept.installation.map_or(vec![0; 32], |it| it.as_bytes().to_vec()),
        sender_inbox_id: kept.sender.to_string(),
        delivery_status: PUBLISHED,
        content_type_save: 0,
        version_major: version(name.version_major),
        version_minor: version(name.version_minor),
        reference_id: referred(&name, &encoded).map(|id| id.as_bytes().to_vec()),
        authority_id: name.authority_id.clone(),
        sequence_id: kept.sequence_id.and_then(|id| i64::try_from(id).ok()),
        originator_id: kept.sequence_id.map(|_| ORIGINATOR),
        content_type: if Kind::of(&name).is_some() { name.type_id } else { "unknown".to_owned() },
    })
}

/// The message that a content is about.
fn referred(name: &ContentTypeId, encoded: &EncodedContent) -> Option<MessageId> {
    match Kind::of(name)? {
        Kind::Reply => MessageId::parse(encoded.parameters.get("reference")?),
        kind @ (Kind::Reaction | Kind::OldReaction) => {
            Reaction::read(kind, &encoded.content).map(|reaction| reaction.to)
        }
        Kind::DeleteMessage => {
            MessageId::parse(&DeleteMessage::decode(encoded.content.as_slice()).ok()?.message_id)
        }
        Kind::Text
        | Kind::Markdown
        | Kind::ReadReceipt
        | Kind::Attachment
        | Kind::RemoteAttachment
        | Kind::MultiRemoteAttachment
        | Kind::TransactionReference
        | Kind::WalletSendCalls
        | Kind::GroupUpdated
        | Kind::EditMessage
        | Kind::LeaveRequest
        | Kind::Actions
        | Kind::Intent
        | Kind::DeviceSync => None,
    }
}
