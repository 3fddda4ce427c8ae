//! What our own installations say to each other, and what follows from it: they are brought into a
//! group of their own and into each conversation that is linked here; history is asked for, taken and
//! given; what the owner thinks of people and conversations is noted.

use prost::Message as _;
use threadbridge_core::adapter::{Opened, Refusal};
use threadbridge_core::model::time::Timestamp;

use super::{Opening, Stop, refused, timestamp};
use crate::arrival::{Blob, Thought};
use crate::follow::follow;
use crate::kept::keys_unreadable;
use crate::mls::client::Client;
use crate::mls::group::Group;
use crate::mls::group::create::Founding;
use crate::mls::group::record::{GroupId, Kind, State};
use crate::mls::group::records::Records;
use crate::place::strangers;
use crate::seal::{Halt, SealingFor};
use crate::sync::consent::{About, Consent, Consents};
use crate::sync::kept::{Errand, Matters, OfferRow, WishRow};
use crate::sync::{hear, message, request};
use crate::wire::proto::sync::device_sync_content::Content;
use crate::wire::proto::sync::preference_update::Update;
use crate::wire::proto::sync::{PreferenceUpdate, PreferenceUpdates};

impl Opening<'_> {
    /// Does what is to be done next among our own installations.
    pub(super) fn tend(&self, now_ns: u64) -> Result<(), Stop> {
        let mut matters = Matters::load(self.keys)?;
        let (is_member, installations, own_log) = {
            let known = self.session.known();
            (known.is_member, known.installations, known.own_log)
        };
        if is_member && matters.outbox.is_empty() {
            let before = matters.clone();
            let done = self.step(&mut matters, (installations, own_log), timestamp(now_ns));
            if matters != before {
                matters.keep(self.keys);
            }
            self.session.matter(&matters);
            return done;
        }
        self.session.matter(&matters);
        Ok(())
    }

    fn step(
        &self,
        matters: &mut Matters,
        (installations, own_log): (usize, u64),
        now: Timestamp,
    ) -> Result<(), Stop> {
        let client = self.client()?;
        let sealing = SealingFor { session: self.session, keys: self.keys, now };
        if self.let_go(matters, sealing)? {
            return Ok(());
        }
        let Some(id) = self.sync_group(matters, &client, (installations, now))? else {
            return Ok(());
        };
        let mut groups = vec![id.clone()];
        if matters.followed != own_log {
            groups.extend(self.linked_groups());
        }
        for group in &groups {
            match sealing.tended(group) {
                Ok(()) => {}
                Err(Halt::Missing(missing)) => return Err(missing.into()),
                Err(Halt::First(sealed)) => {
                    matters.publish_first(Blob(sealed.bytes));
                    return Ok(());
                }
                Err(Halt::Refused(reason)) => {
                    tracing::warn!(reason, "a group cannot follow the inbox's installations");
                }
            }
        }
        matters.followed = own_log;
        if let (Some(server), false) = (self.history, matters.has_asked) {
            let asked = request::ask(self.keys, server.as_str());
            let asked = asked.map_err(|why| Stop::Refused(Refusal::new(why.to_string())))?;
            let content = message::write(Content::Request(asked));
            matters.want(Errand { group: None, content });
            matters.has_asked = true;
        }
        self.allow_linked(matters, now)?;
        self.run_errand(matters, &id, sealing)
    }

    /// Whoever links a conversation wants to hear from it: that is told to our other installations,
    /// unless something was said of it before.
    fn allow_linked(&self, matters: &mut Matters, now: Timestamp) -> Result<(), Stop> {
        let consents = Consents::new(self.keys);
        let at_ns = now.as_micros().saturating_mul(1_000);
        let mut updates = Vec::new();
        for group in self.linked_groups() {
            let name = hex::encode(group.as_bytes());
            let about = (About::Conversation, name.as_str());
            if consents.get(about.0, about.1)? == Consent::Unknown
                && consents.set(about, Consent::Allowed, at_ns)?
            {
                let consent = consents.save(about.0, about.1)?.map(Update::Consent);
                updates.push(PreferenceUpdate { update: consent });
            }
        }
        if !updates.is_empty() {
            let content = message::write(Content::PreferenceUpdates(PreferenceUpdates { updates }));
            matters.want(Errand { group: None, content });
        }
        Ok(())
    }

    /// What the owner said here of whom they want to hear from is told to our other installations:
    /// of people, and of the conversations of two with them, by which apps go.
    pub(super) fn thought(&self, thoughts: &[Thought]) -> Result<(), Stop> {
        let consents = Consents::new(self.keys);
        let mut updates = Vec::new();
        for Thought { inbox, is_wanted, at_ns } in thoughts {
            let consent = if *is_wanted { Consent::Allowed } else { Consent::Denied };
            let inbox = inbox.to_string();
            let dms = Records(self.keys).dms(&inbox).map_err(|_| keys_unreadable())?;
            let groups =
                dms.iter().map(|(id, _)| (About::Conversation, hex::encode(id.as_bytes())));
            for (about, name) in groups.chain([(About::Inbox, inbox.clone())]) {
                if consents.set((about, &name), consent, *at_ns)? {
                    let consent = consents.save(about, &name)?.map(Update::Consent);
                    updates.push(PreferenceUpdate { update: consent });
                }
            }
        }
        if !updates.is_empty() {
            let mut matters = Matters::load(self.keys)?;
            let content = message::write(Content::PreferenceUpdates(PreferenceUpdates { updates }));
            matters.want(Errand { group: None, content });
            matters.keep(self.keys);
            self.session.stir();
        }
        Ok(())
    }

    /// Whether something may wait for a change of a group to be read back.
    pub(super) fn is_tended(&self, id: &GroupId, kind: Kind) -> Result<bool, Stop> {
        let matters = Matters::load(self.keys)?;
        let is_behind = matters.group.is_some() && matters.followed != self.session.known().own_log;
        let is_left = self.kept().leaving()?.contains_key(id);
        Ok(kind == Kind::Sync || is_left || is_behind && self.linked_groups().contains(id))
    }

    fn run_errand(
        &self,
        matters: &mut Matters,
        id: &GroupId,
        sealing: SealingFor<'_>,
    ) -> Result<(), Stop> {
        let Some(errand) = matters.errands.first().cloned() else { return Ok(()) };
        let group = errand.group.as_ref().unwrap_or(id);
        match sealing.said_in(group, &errand.content) {
            Ok(sealed) => matters.outbox.push(Blob(sealed.bytes)),
            Err(Halt::Missing(missing)) => return Err(missing.into()),
            Err(Halt::First(sealed)) => {
                matters.publish_first(Blob(sealed.bytes));
                return Ok(());
            }
            Err(Halt::Refused(reason)) => {
                tracing::warn!(reason, "our other installations cannot be told something");
            }
        }
        matters.errands.remove(0);
        Ok(())
    }

    /// The group in which our installations talk; nothing while there is nobody to talk to.
    fn sync_group(
        &self,
        matters: &mut Matters,
        client: &Client,
        (installations, now): (usize, Timestamp),
    ) -> Result<Option<GroupId>, Stop> {
        if let Some(id) = &matters.group {
            let record = Records(self.keys).record(id).map_err(|_| keys_unreadable())?;
            if record.is_some_and(|record| record.state == State::Active) {
                return Ok(Some(id.clone()));
            }
        }
        if installations < 2 {
            return Ok(None);
        }
        let group = Group::create(self.keys, client, &Founding::Sync, now);
        let group = group.map_err(|error| refused(&error.to_string()))?;
        follow(self.session, self.keys, group.id(), (group.record(), group.epoch()))?;
        matters.group = Some(group.id().clone());
        Ok(matters.group.clone())
    }

    /// The groups of conversations that are linked here.
    pub(super) fn linked_groups(&self) -> Vec<GroupId> {
        let known = self.session.known();
        let is_linked = |names: &[_]| names.iter().any(|name| self.linked.contains(name));
        let linked = known.groups.iter().filter(|(_, it)| is_linked(&it.names));
        linked.filter_map(|(id, _)| GroupId::parse(id)).collect()
    }

    /// The groups of which other installations are told what was said: those of conversations that are
    /// linked here, and all of two where all of them are heard.
    pub(super) fn told_groups(&self) -> Vec<GroupId> {
        let mut groups = self.linked_groups();
        if strangers().is_some_and(|it| self.linked.contains(&it)) {
            let known = self.session.known();
            let direct = known.groups.iter().filter(|(_, it)| it.is_direct);
            groups.extend(direct.filter_map(|(id, _)| GroupId::parse(id)));
            groups.sort();
            groups.dedup();
        }
        groups
    }

    /// Another of our installations made a group for all of them.
    pub(super) fn join_sync_group(&self, id: &GroupId) -> Result<(), Stop> {
        let mut matters = Matters::load(self.keys)?;
        matters.group = Some(id.clone());
        matters.keep(self.keys);
        self.session.stir();
        Ok(())
    }

    /// What another of our installations said.
    pub(super) fn heard(&self, group: &GroupId, content: &[u8]) -> Result<Opened, Stop> {
        let refuse = |why: request::Refused| Stop::Refused(Refusal::new(why.to_string()));
        let mut matters = Matters::load(self.keys)?;
        match message::read(content) {
            Some(Content::Request(asked)) => {
                let server = self.history.ok_or(request::Refused::Nowhere).map_err(refuse)?;
                let wish = request::wished(asked, server.as_str()).map_err(refuse)?;
                let options = wish.options.encode_to_vec();
                matters.wish(WishRow { pin: wish.pin, group: group.clone(), options });
                self.describe()?;
            }
            Some(Content::Reply(reply)) => match request::offered(self.keys, &reply) {
                Ok(offer) => matters.offer(OfferRow {
                    pin: offer.pin,
                    url: offer.url,
                    key: offer.key.as_bytes().to_vec(),
                }),
                // Others are answered in the same group.
                Err(request::Refused::Unasked) => return Ok(Opened::Learnt),
                Err(why) => return Err(refuse(why)),
            },
            Some(Content::PreferenceUpdates(_) | Content::Acknowledge(_)) | None => {
                hear::hear(self.keys, content)?;
                return Ok(Opened::Learnt);
            }
        }
        matters.keep(self.keys);
        self.session.matter(&matters);
        Ok(Opened::Learnt)
    }

    /// Something sealed among our own installations was published.
    pub(super) fn published(&self, parcel: Blob) -> Result<(), Stop> {
        let mut matters = Matters::load(self.keys)?;
        matters.outbox.retain(|it| *it != parcel);
        matters.published = Some(parcel);
        matters.keep(self.keys);
        self.session.matter(&matters);
        self.session.stir();
        Ok(())
    }
}
