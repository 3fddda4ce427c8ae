//! What is said in a group, and how it changes, strictly in the order in which the servers keep it.
//! While one message waits for the log of somebody it changes, all behind it wait too.

use prost::Message as _;
use sha2::{Digest as _, Sha256};
use threadbridge_core::adapter::{Missing, Opened, Refusal};
use threadbridge_core::model::id::{RemoteConversation, RemoteId};

use super::{Opening, Stop, refused, timestamp, unreadable_or_refused};
use crate::api::Since;
use crate::content::envelope::unwrap;
use crate::content::heard::{Heard, Place};
use crate::content::id::MessageId;
use crate::follow::{follow, names};
use crate::identity::inbox::InboxId;
use crate::kept::{Held, Progress, keys_unreadable};
use crate::mls::attribute::GROUP_NAME;
use crate::mls::group::Group;
use crate::mls::group::process::{Application, Processed, Whose};
use crate::mls::group::record::{GroupId, Kind, Record, State};
use crate::mls::group::records::Records;
use crate::mls::roster::Unknown;
use crate::mls::validate::Change;
use crate::place::strangers;
use crate::seal::commit_name;
use crate::session::Wanted;
use crate::wire::proto::mls::group_message;

/// What nobody can mend but another member.
pub(crate) const LEFT_BEHIND: &str = "the group's other members went on without this account; one \
     of them must take it out of the group and in again";

impl Opening<'_> {
    /// Takes the next message of a group.
    pub(super) fn take_message(&self, bytes: &[u8]) -> Result<Opened, Stop> {
        let message = group_message::V1::decode(bytes)
            .map_err(|_form| refused("a group's message is not in its form"))?;
        let Some(id) = GroupId::parse(&message.group_id) else {
            return Err(refused("a group's message names no group"));
        };
        let client = self.client()?;
        let group = Group::load(self.keys, &client, &id).map_err(|_| keys_unreadable())?;
        let Some(group) = group else { return Ok(Opened::Elsewhere) };
        let mut progress = self.kept().progress(id.as_bytes())?;
        if message.id <= progress.done {
            return Ok(Opened::Elsewhere);
        }
        if let Some(held) = progress.held.as_ref().filter(|it| it.id < message.id) {
            return Ok(Opened::Missing(held.missing.clone()));
        }
        let opened = self.take_in(group, &message, &mut progress);
        if let Err(Stop::Missing(missing)) = &opened {
            progress.held = Some(Held { id: message.id, missing: missing.clone() });
        } else {
            // What is refused is over; the next one is looked at.
            (progress.done, progress.held) = (message.id, None);
        }
        self.kept().set_progress(id.as_bytes(), &progress);
        opened
    }

    /// Tells those who cannot see the keys where the group stands now.
    pub(super) fn tell(&self, id: &GroupId) -> Result<(), Stop> {
        let record = Records(self.keys).record(id).map_err(|_| keys_unreadable())?;
        if let Some(record) = record.filter(|record| record.state != State::Removed) {
            follow(self.session, self.keys, id, (&record, record.epoch))?;
        }
        Ok(())
    }

    fn take_in(
        &self,
        group: Group<'_>,
        message: &group_message::V1,
        progress: &mut Progress,
    ) -> Result<Opened, Stop> {
        let (id, record) = (group.id().clone(), group.record().clone());
        let at = timestamp(message.created_ns);
        let processed = group.process(message.id, &message.data, at, &self.logs());
        match processed.map_err(|error| unreadable_or_refused(&error))? {
            Processed::Application(said) => self.said((&id, &record), message, &said, progress),
            Processed::Own(tag) if record.kind == Kind::Sync => {
                drop(tag);
                self.session.stir();
                Ok(Opened::Learnt)
            }
            Processed::Own(tag) => {
                let said = tag.and_then(|it| Some(MessageId::from_bytes(it.try_into().ok()?)));
                progress.said = said.or(progress.said);
                let id = said.and_then(|it| RemoteId::parse(it.to_string()).ok());
                Ok(id.map_or(Opened::Learnt, Opened::Confirmed))
            }
            Processed::Applied(applied) => {
                self.tell(&id)?;
                if applied.is_removed {
                    tracing::warn!("the account was taken out of a group on XMTP");
                }
                if self.is_tended(&id, record.kind)? {
                    self.session.stir();
                }
                match applied.whose {
                    Whose::Own => Ok(commit_ended(&message.data)),
                    Whose::Others => self.changed((&id, &record), message, &applied.change),
                }
            }
            Processed::Stale(Whose::Own) => Ok(commit_ended(&message.data)),
            Processed::Stale(Whose::Others) => Ok(Opened::Learnt),
            Processed::Missing(unknown) => {
                Err(self.ask_for(&hex::encode(id.as_bytes()), &unknown)?.into())
            }
            Processed::Paused(version) => {
                self.tell(&id)?;
                tracing::warn!(
                    version,
                    "a group on XMTP asks for a newer client; nothing more of it can be read"
                );
                let reason = "the group asks for a newer client".to_owned();
                Err(Missing { what: format!("client/{version}"), reason }.into())
            }
            Processed::TooLate => {
                // It is not confirmed, so it is offered again, and then sealed anew.
                tracing::warn!("what was said in a group on XMTP came too late to be read there");
                Ok(Opened::Learnt)
            }
            Processed::Ahead => {
                let record = Records(self.keys).record(&id).map_err(|_| keys_unreadable())?;
                Err(refused(match record.is_some_and(|it| it.is_left_behind()) {
                    true => LEFT_BEHIND,
                    false => "the message is of an epoch that the group has not reached",
                }))
            }
            Processed::Refused(reason) => Err(Stop::Refused(Refusal::new(reason.to_string()))),
        }
    }

    /// What somebody's change of the group is to those who read along.
    fn changed(
        &self,
        (group, record): (&GroupId, &Record),
        message: &group_message::V1,
        change: &Change,
    ) -> Result<Opened, Stop> {
        let name = change.attributes.iter().find(|it| it.key == GROUP_NAME);
        let renamed = name.and_then(|it| it.after.clone());
        let inboxes =
            |listed: &[String]| listed.iter().filter_map(|it| InboxId::parse(it)).collect();
        let joined: Vec<_> = inboxes(&change.members.added);
        let left: Vec<_> = inboxes(&change.members.removed);
        let is_told = renamed.is_some() || !joined.is_empty() || !left.is_empty();
        let sender = InboxId::parse(&change.by.inbox);
        let (Some(sender), true, true) = (sender, is_told, record.kind != Kind::Sync) else {
            return Ok(Opened::Learnt);
        };
        let Some(place) = self.place((group, record), sender, message)? else {
            return Ok(Opened::Learnt);
        };
        let id = format!("change/{}", hex::encode(Sha256::digest(&message.data)));
        Ok(Opened::Plaintext(Heard::Changed { place, id, joined, left, renamed }.to_bytes()))
    }

    fn said(
        &self,
        (group, record): (&GroupId, &Record),
        message: &group_message::V1,
        said: &Application,
        progress: &mut Progress,
    ) -> Result<Opened, Stop> {
        let (content, idempotency_key) =
            unwrap(&said.plain).ok_or_else(|| refused("a message's content is not in its form"))?;
        if record.kind == Kind::Sync {
            // Whoever made the group: the inbox's own installations are believed, and nobody else.
            if self.own_inbox()?.to_string() == said.inbox {
                return self.heard(group, &content);
            }
            return Ok(Opened::Learnt);
        }
        let sender = InboxId::parse(&said.inbox);
        let sender = sender.ok_or_else(|| refused("a message's author is no inbox"))?;
        self.hear_leaving((group, record.kind), sender, &content)?;
        let id = MessageId::of(group.as_bytes(), &idempotency_key, &content);
        let before = progress.said.replace(id);
        let Some(place) = self.place((group, record), sender, message)? else {
            return Ok(Opened::Elsewhere);
        };
        Ok(Opened::Plaintext(Heard::Said { place, id, content, before }.to_bytes()))
    }

    /// Where and by whom; nothing if no link names the group.
    fn place(
        &self,
        (group, record): (&GroupId, &Record),
        sender: InboxId,
        message: &group_message::V1,
    ) -> Result<Option<Place>, Stop> {
        let is_linked = |name: &&RemoteConversation| self.linked.contains(*name);
        let peer = record.peer.as_deref().and_then(InboxId::parse);
        let hears_all = || strangers().is_some_and(|it| self.linked.contains(&it));
        let told = self
            .session
            .known()
            .groups
            .get(group.as_bytes())
            .map(|it| it.names.iter().find(is_linked).cloned());
        let named = match told {
            Some(told) => told,
            // What waited when the bridge stopped is tried before listening begins.
            None => names(self.keys, group, record)?.iter().find(is_linked).cloned(),
        };
        let conversation = match named {
            None if record.kind == Kind::Dm && hears_all() => {
                peer.map(crate::place::Place::Direct).and_then(|it| it.name())
            }
            named => named,
        };
        if conversation.is_some() && self.is_denied(group.as_bytes(), peer)? {
            return Ok(None);
        }
        let at_ns = message.created_ns;
        Ok(conversation.map(|it| {
            let conversation = it.as_str().to_owned();
            Place { conversation, sender, at_ns, peer }
        }))
    }

    /// Asks for logs before anything can be said of something.
    pub(super) fn ask_for(&self, of: &str, unknown: &[Unknown]) -> Result<Missing, Stop> {
        let mut since = Vec::with_capacity(unknown.len());
        for inbox in unknown.iter().filter_map(|it| InboxId::parse(&it.inbox)) {
            let newest = self.logs().newest(inbox)?;
            since.push(Since { of: inbox, id: newest.map_or(0, |(newest, _)| newest) });
        }
        let what = format!("logs/{of}/commit");
        let reason = "it is not known who uses the apps that a change of the group names";
        Ok(self.session.want(what, reason, Wanted::Logs(since)))
    }
}

/// A commit of ours took effect, or came too late. Either way it is not sent again.
fn commit_ended(data: &[u8]) -> Opened {
    commit_name(data).map_or(Opened::Learnt, Opened::Confirmed)
}
