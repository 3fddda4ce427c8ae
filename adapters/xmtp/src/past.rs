//! An archive file of an official client, read by itself: what its owner takes along.

use std::collections::BTreeSet;

use thiserror::Error;
use threadbridge_core::adapter::Parsed;
use threadbridge_core::model::event::Event;
use threadbridge_core::model::id::{Identity, Network};
use threadbridge_core::secret::Secret;

use crate::identity::inbox::InboxId;
use crate::parse::read_heard;
use crate::place::Place;
use crate::session::identity;
use crate::sync::archive::read::Archive;
use crate::sync::archive::{ArchiveKey, Unreadable};
use crate::sync::history::heard;
use crate::wire::proto::sync::backup_element::Element;
use crate::wire::proto::sync::{GroupMessageSave, GroupSave};

/// The most of an archive that is held at once, inflated.
const MAX_HELD_BYTES: usize = 256 << 20;

/// Why an archive cannot be read. Nothing of it is believed then.
#[derive(Debug, Error)]
pub enum PastError {
    /// The key is none.
    #[error("the key of an archive of XMTP has 64 hexadecimal digits")]
    Key,
    /// It is no whole archive, or another key locks it.
    #[error("it is no archive of XMTP that this key opens")]
    Archive(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<Unreadable> for PastError {
    fn from(error: Unreadable) -> Self {
        Self::Archive(Box::new(error))
    }
}

/// What an archive tells.
#[derive(Debug)]
pub struct PastTold {
    /// Whose it is, as far as its conversations of two tell: who is in all of them.
    pub own: BTreeSet<Identity>,
    /// What was said, the earliest first. Each conversation is called by its group.
    pub events: Vec<Event>,
    /// How many of its messages are of no interest to people.
    pub passed: u64,
}

/// Reads a whole archive with its key of 64 hexadecimal digits.
pub fn past(network: &Network, archive: &[u8], key: &Secret) -> Result<PastTold, PastError> {
    let key = hex::decode(key.expose().trim().trim_start_matches("0x")).ok();
    let key = key.and_then(|it| ArchiveKey::from_slice(&it)).ok_or(PastError::Key)?;
    let (mut groups, mut messages, mut held) = (Vec::new(), Vec::new(), 0_usize);
    for element in Archive::open(archive, &key)? {
        match element? {
            Element::Group(group) => groups.push(group),
            Element::GroupMessage(message) => {
                held = held.saturating_add(message.decrypted_message_bytes.len());
                if held > MAX_HELD_BYTES {
                    return Err(Unreadable::TooLarge.into());
                }
                messages.push(message);
            }
            Element::Consent(_) | Element::Metadata(_) => {}
        }
    }
    messages.sort_by_key(|it| (it.sent_at_ns, it.sequence_id));
    let mut told = PastTold { own: own(network, &groups), events: Vec::new(), passed: 0 };
    for message in &messages {
        let events = said(network, message);
        if events.is_empty() {
            told.passed = told.passed.saturating_add(1);
        }
        told.events.extend(events);
    }
    Ok(told)
}

fn said(network: &Network, message: &GroupMessageSave) -> Vec<Event> {
    let place = Place::Group(message.group_id.clone()).name();
    let heard = place.and_then(|it| heard(message, it.as_str()));
    let parsed = heard.and_then(|it| read_heard(network, it).ok()).unwrap_or_default();
    let event = |it: Parsed| if let Parsed::Event(event) = it { Some(*event) } else { None };
    parsed.into_iter().filter_map(event).collect()
}

/// Who is in all conversations of two; nobody if that does not tell one from another.
fn own(network: &Network, groups: &[GroupSave]) -> BTreeSet<Identity> {
    let pair = |group: &GroupSave| -> Option<BTreeSet<InboxId>> {
        let members = group.dm_id.as_deref()?.strip_prefix("dm:")?.split(':');
        Some(members.filter_map(InboxId::parse).collect())
    };
    let common = groups.iter().filter_map(pair).reduce(|all, pair| &all & &pair);
    let common = common.filter(|it| it.len() == 1).unwrap_or_default();
    common.into_iter().filter_map(|it| identity(network, it)).collect()
}
