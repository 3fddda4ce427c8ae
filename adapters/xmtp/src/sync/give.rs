//! An archive of what this bridge knows, for another installation that asked for it.

use prost::Message as _;
use threadbridge_core::adapter::Told;
use threadbridge_core::model::time::Timestamp;

use super::archive::write::ArchiveWriter;
use super::archive::{ArchiveKey, Unwritable};
use super::history::{Kept, save};
use super::kept::WishRow;
use super::request;
use crate::content::id::MessageId;
use crate::identity::inbox::InboxId;
use crate::media::Enclosure;
use crate::render::render;
use crate::wire::proto::content::EncodedContent;
use crate::wire::proto::sync::backup_element::Element;
use crate::wire::proto::sync::{
    ArchiveOptions, BackupElementSelection, BackupMetadataSave, ConsentSave, GroupMessageSave,
    GroupSave,
};

/// What goes into an archive.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    pub(crate) groups: Vec<GroupSave>,
    pub(crate) messages: Vec<GroupMessageSave>,
    pub(crate) consents: Vec<ConsentSave>,
}

/// Writes what a wish asks for, under a fresh key.
pub(crate) fn archive(
    wish: &WishRow,
    contents: Contents,
    now: Timestamp,
) -> Result<(Vec<u8>, ArchiveKey, BackupMetadataSave), Unwritable> {
    let options = ArchiveOptions::decode(wish.options.as_slice()).unwrap_or_default();
    let key = ArchiveKey::fresh().ok_or(Unwritable::Random)?;
    let metadata = request::metadata(&options, now);
    let wants = |what: BackupElementSelection| options.elements.contains(&what.into());
    let is_within = |it: &GroupMessageSave| {
        options.start_ns.is_none_or(|start| it.sent_at_ns >= start)
            && options.end_ns.is_none_or(|end| it.sent_at_ns < end)
    };
    let mut archive = ArchiveWriter::begin(Vec::new(), &key, metadata.clone())?;
    if wants(BackupElementSelection::Messages) {
        for group in contents.groups {
            archive.write(Element::Group(group))?;
        }
        for message in contents.messages.into_iter().filter(is_within) {
            archive.write(Element::GroupMessage(message))?;
        }
    }
    if wants(BackupElementSelection::Consent) {
        for consent in contents.consents {
            archive.write(Element::Consent(consent))?;
        }
    }
    Ok((archive.finish()?, key, metadata))
}

/// A message that stands in a group, for an archive; nothing for what is none to other clients.
pub(crate) fn saved(told: &Told, group: &[u8]) -> Option<GroupMessageSave> {
    let content = render(&told.outgoing).ok()?;
    let encoded = EncodedContent::decode(content.as_slice()).ok()?;
    let content = match Enclosure::read(&encoded) {
        Some(enclosure) => enclosure.kept().encode_to_vec(),
        None => content,
    };
    save(&Kept {
        id: MessageId::parse(told.id.as_str())?,
        group: group.to_vec(),
        content,
        at_ns: told.at.as_micros().saturating_mul(1_000),
        sender: InboxId::parse(told.author.author.as_str())?,
        installation: None,
        sequence_id: None,
    })
}
