//! History: what an archive tells, and what is told of our groups to who asks for one.

use prost::Message as _;
use threadbridge_core::adapter::Opened;
use threadbridge_core::model::time::Timestamp;

use super::{Opening, Stop, refused};
use crate::arrival::{Answered, HistoryEnded, Past};
use crate::content::heard::Heard;
use crate::follow::names;
use crate::identity::inbox::InboxId;
use crate::kept::keys_unreadable;
use crate::mls::client::Client;
use crate::mls::extension::Terms;
use crate::mls::group::Group;
use crate::mls::group::record::{GroupId, Record};
use crate::place::{Place, strangers};
use crate::session::Wanted;
use crate::sync::consent::Consents;
use crate::sync::kept::{Errand, Matters};
use crate::sync::{history, request};
use crate::wire::proto::group::Inboxes;
use crate::wire::proto::sync::{
    ConsentSave, GroupMessageSave, GroupSave, ImmutableMetadataSave, MutableMetadataSave,
};

impl Opening<'_> {
    /// Tells those who cannot see the keys what an archive says of our groups.
    pub(super) fn describe(&self) -> Result<(), Stop> {
        let client = self.client()?;
        let mut all = Vec::new();
        for id in self.told_groups() {
            let group = Group::load(self.keys, &client, &id).map_err(|_| keys_unreadable())?;
            let Some(group) = group else { continue };
            let Ok(terms) = group.terms() else { continue };
            let record = group.record();
            let names = names(self.keys, &id, record)?;
            all.push((record.last_message_at, names, describe(&client, &id, record, &terms)));
        }
        all.sort_by_key(|(last, ..)| std::cmp::Reverse(*last));
        let consents = Consents::new(self.keys).all()?;
        let mut known = self.session.known();
        known.described = all.into_iter().map(|(_, names, save)| (names, save)).collect();
        known.consents = consents;
        Ok(())
    }

    /// A message of an archive, as something that was said before.
    pub(super) fn past(&self, past: &Past) -> Result<Opened, Stop> {
        let save = GroupMessageSave::decode(past.message.0.as_slice())
            .map_err(|_form| refused("a message of an archive is not in its form"))?;
        let mut names = vec![Place::Group(save.group_id.clone())];
        names.extend(past.peer.map(Place::Direct));
        let mut conversation =
            names.iter().filter_map(Place::name).find(|name| self.linked.contains(name));
        for name in self.linked.iter().filter(|_| conversation.is_none() && past.peer.is_some()) {
            let Some(Place::DirectAddress(address)) = Place::parse(name) else { continue };
            let Some(peer) = self.kept().peer(&address)? else {
                let what = format!("inbox/{address}");
                let reason = "it is not known yet whose address a link names";
                return Err(self.session.want(what, reason, Wanted::InboxOf(address)).into());
            };
            if Some(peer) == past.peer {
                conversation = Some(name.clone());
                break;
            }
        }
        // Where all conversations of two are heard, so is what was said in them before.
        let hears_all = strangers().is_some_and(|it| self.linked.contains(&it));
        let unnamed = past.peer.filter(|_| hears_all).map(Place::Direct);
        let conversation = conversation.or_else(|| unnamed.and_then(|it| it.name()));
        let Some(conversation) = conversation else { return Ok(Opened::Elsewhere) };
        let denied = self.is_denied(&save.group_id, past.peer)?;
        let heard = history::heard(&save, conversation.as_str()).filter(|_| !denied);
        Ok(heard.map_or(Opened::Elsewhere, |it: Heard| Opened::Plaintext(it.to_bytes())))
    }

    /// Whether the owner denied a conversation, or whom it is with, on any installation.
    pub(super) fn is_denied(&self, group: &[u8], peer: Option<InboxId>) -> Result<bool, Stop> {
        let peer = peer.map(|it| it.to_string());
        Ok(Consents::new(self.keys).is_denied(&hex::encode(group), peer.as_deref())?)
    }

    /// What an archive says of what the owner thinks.
    pub(super) fn consent(&self, bytes: &[u8]) -> Result<(), Stop> {
        let save = ConsentSave::decode(bytes)
            .map_err(|_form| refused("a consent of an archive is not in its form"))?;
        Consents::new(self.keys).take(&save)?;
        Ok(())
    }

    /// An archive was taken in, or could not be.
    pub(super) fn history_ended(&self, ended: &HistoryEnded) -> Result<Opened, Stop> {
        let mut matters = Matters::load(self.keys)?;
        if let Some(reason) = &ended.reason {
            matters.offers.retain(|it| it.url != ended.url);
            matters.keep(self.keys);
            self.session.matter(&matters);
            return Err(refused(reason));
        }
        matters.offers.retain(|it| it.pin != ended.pin);
        matters.keep(self.keys);
        self.session.matter(&matters);
        let taken = request::taken(self.keys, &ended.pin);
        taken.map_err(|_unread| keys_unreadable())?;
        Ok(Opened::Learnt)
    }

    /// An archive was laid down for another installation, or cannot be.
    pub(super) fn answered(&self, answered: &Answered) -> Result<Opened, Stop> {
        let mut matters = Matters::load(self.keys)?;
        let wish = matters.wishes.iter().position(|it| it.pin == answered.pin);
        let wish = wish.map(|at| matters.wishes.remove(at));
        if let (Some(wish), Ok(content)) = (wish, answered.outcome()) {
            matters.want(Errand { group: Some(wish.group), content: content.to_vec() });
        }
        matters.keep(self.keys);
        self.session.matter(&matters);
        self.session.stir();
        match answered.outcome() {
            Ok(_) => Ok(Opened::Learnt),
            Err(reason) => Err(refused(reason)),
        }
    }
}

/// A group, as an archive tells it.
fn describe(client: &Client, id: &GroupId, record: &Record, terms: &Terms) -> GroupSave {
    const ALLOWED: i32 = 1;
    let nanoseconds = |at: Timestamp| at.as_micros().saturating_mul(1_000);
    let dm_id = record.peer.as_ref().map(|peer| {
        let (one, other) = (client.inbox.as_str().min(peer), client.inbox.as_str().max(peer));
        format!("dm:{one}:{other}")
    });
    let listed = |it: &Option<Inboxes>| it.clone().unwrap_or_default().inbox_ids;
    GroupSave {
        id: id.as_bytes().to_vec(),
        created_at_ns: nanoseconds(record.joined_at),
        membership_state: ALLOWED,
        added_by_inbox_id: record.added_by.clone(),
        conversation_type: if dm_id.is_some() { 2 } else { 1 },
        dm_id,
        last_message_ns: Some(nanoseconds(record.last_message_at)),
        metadata: Some(ImmutableMetadataSave {
            creator_inbox_id: terms.metadata.creator_inbox_id.clone(),
        }),
        mutable_metadata: Some(MutableMetadataSave {
            attributes: terms.mutable.attributes.clone().into_iter().collect(),
            admin_list: listed(&terms.mutable.admin_list),
            super_admin_list: listed(&terms.mutable.super_admin_list),
        }),
        ..GroupSave::default()
    }
}
