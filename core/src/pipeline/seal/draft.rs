//! What one batch of sealing will write, and what it can already see of that.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Placed;
use crate::adapter::{Adapter, Missing};
use crate::fit::Speaker;
use crate::model::content::{Content, Kind};
use crate::model::copy::{Copy, MadeBy, Pointer};
use crate::model::id::{AccountName, ConversationId, Identity, Leg, MessageId, RemoteId, Seq};
use crate::model::journal::Note;
use crate::model::outbox::{BacklogRow, OutboxKind, OutboxRow};
use crate::model::person::Attitude;
use crate::model::time::Timestamp;
use crate::people::{self, Kin};
use crate::pipeline::account::Account;
use crate::pipeline::refusals::count_refusal;
use crate::pipeline::route::{Decision, Destination, decide};
use crate::store::span::Span;
use crate::store::tables::{
    BACKLOG, CONVERSATIONS, COPIES, DIRECTS, MESSAGES, NOTES, OUTBOX, REACTED, REMOTE, STANDINGS,
};
use crate::store::{ChangeError, Keys, ReadError, Reads, Snapshot, Unit};

/// A reaction's place in the ledger: conversation, message, leg, emoji.
pub(super) type ReactedKey = (ConversationId, MessageId, Leg, [u8; 8]);

/// A batch in the making.
pub(super) struct Draft<'a> {
    pub(super) account: &'a Account,
    pub(super) snapshot: &'a Snapshot,
    pub(super) now: Timestamp,
    pub(super) people: BTreeMap<ConversationId, Vec<Speaker>>,
    /// Who is one person with whom, as far as it was asked.
    kin: RefCell<BTreeMap<Identity, Arc<Kin>>>,
    keys: Keys,
    /// The keys of the accounts that people speak by.
    voice_keys: BTreeMap<AccountName, Keys>,
    backlogged: BTreeSet<Leg>,
    changes: Changes,
}

/// What a batch will write.
#[derive(Default)]
pub(super) struct Changes {
    rows: Vec<OutboxRow>,
    copies: BTreeMap<(ConversationId, MessageId, Leg), Vec<(u16, Copy)>>,
    pointers: Vec<(RemoteId, Pointer)>,
    notes: Vec<(ConversationId, Seq, Note)>,
    /// What the rules kept away, by account and reason.
    refusals: Vec<(AccountName, String, Timestamp)>,
    backlog: Vec<BacklogRow>,
    wanted: Vec<Missing>,
    out_of_backlog: Vec<(Leg, Seq)>,
    reacted: BTreeMap<ReactedKey, Vec<MessageId>>,
}

impl<'a> Draft<'a> {
    pub(super) fn new(
        account: &'a Account,
        snapshot: &'a Snapshot,
        backlogged: BTreeSet<Leg>,
    ) -> Result<Self, ReadError> {
        let now = account.clock.now();
        let keys_of = |name: &AccountName| Ok((name.clone(), account.store.keys(name)?));
        Ok(Self {
            account,
            snapshot,
            now,
            people: BTreeMap::new(),
            kin: RefCell::default(),
            keys: account.store.keys(&account.name)?,
            voice_keys: account.voices.keys().map(keys_of).collect::<Result<_, ReadError>>()?,
            backlogged,
            changes: Changes::default(),
        })
    }

    /// All that is the same person as an identity.
    pub(super) fn kin(&self, of: &Identity) -> Result<Arc<Kin>, ReadError> {
        if let Some(known) = self.kin.borrow().get(of) {
            return Ok(Arc::clone(known));
        }
        let kin = Arc::new(people::kin(self.snapshot, of)?);
        self.kin.borrow_mut().insert(of.clone(), Arc::clone(&kin));
        Ok(kin)
    }

    /// Whether the owner says who somebody is, or has somebody's proof that they are one of those.
    pub(super) fn is_known(&self, who: &Identity) -> Result<bool, ReadError> {
        let kin = self.kin(who)?;
        let routes = self.account.routes.borrow();
        Ok(kin.is_vouched_for() || kin.identities.iter().any(|it| routes.people.knows(it)))
    }

    /// Whether the owner does not want to see an event elsewhere. What is taken back is taken back.
    fn is_muted(&self, event: &Placed) -> Result<bool, ReadError> {
        let Some(author) = &event.record.author else { return Ok(false) };
        let mut attitude = None;
        for identity in &self.kin(author)?.identities {
            attitude = attitude.max(self.snapshot.get(&STANDINGS, identity)?.map(|it| it.attitude));
        }
        if attitude < Some(Attitude::Muted) {
            return Ok(false);
        }
        let content = Content::decode(&event.record.content).ok();
        Ok(content.is_none_or(|it| it.kind() != Kind::Delete))
    }

    /// What a person speaks by, or the leg's own account; nothing if that person's account is gone.
    pub(super) fn speaker(&self, voice: Option<&AccountName>) -> Option<(&dyn Adapter, &Keys)> {
        let keys = voice.map_or(Some(&self.keys), |voice| self.voice_keys.get(voice));
        Some((&**self.account.adapter_of(voice)?, keys?))
    }

    /// The account's legs that an event goes to. Refusals are noted.
    pub(super) fn legs_of(&mut self, event: &Placed) -> Result<Vec<Leg>, ReadError> {
        if event.record.is_expiry || event.record.is_erasure {
            return self.legs_that_show(event);
        }
        if let Some(to) = &event.record.to {
            return self.one_leg(event, to);
        }
        let routes = self.account.routes.borrow().clone();
        let Some(route) = routes.get(event.conversation) else {
            return self.own_words(event);
        };
        if route.ways().is_some() {
            // In a direct conversation nothing is carried from leg to leg.
            return Ok(Vec::new());
        }
        let network = self.account.adapter.network();
        let is_muted = self.is_muted(event)?;
        let mut legs = Vec::new();
        for leg in route.legs().filter(|leg| leg.account == self.account.name) {
            let level = self.account.adapter.capabilities(&leg.conversation).level;
            match decide(route, &event.record, Destination { leg, network, level }) {
                Decision::Go if is_muted => {
                    self.note(event, leg, true, "its author is muted".to_owned());
                }
                Decision::Go => legs.push(leg.clone()),
                Decision::Stay => {}
                Decision::Refused(reason) => {
                    self.changes.refusals.push((leg.account.clone(), reason.clone(), self.now));
                    self.note(event, leg, true, reason);
                }
            }
        }
        Ok(legs)
    }

    /// What is meant for one leg goes there, or, if that was closed meanwhile, where its
    /// conversation went on.
    fn one_leg(&mut self, event: &Placed, to: &Leg) -> Result<Vec<Leg>, ReadError> {
        if to.account != self.account.name {
            return Ok(Vec::new());
        }
        let direct = self.snapshot.get(&DIRECTS, &event.conversation)?;
        let direct = direct.filter(|it| it.closed.contains_key(to));
        let instead = direct.as_ref().and_then(|it| it.way_out().ok());
        match instead.map(|it| it.leg.clone()) {
            Some(leg) if leg.account == self.account.name => Ok(vec![leg]),
            Some(leg) => {
                let (seq, since) = (event.seq, self.now);
                let row = BacklogRow { leg, seq, missing: None, since, parts: Vec::new() };
                self.changes.backlog.push(row);
                Ok(Vec::new())
            }
            None => Ok(vec![to.clone()]),
        }
    }

    /// What the owner says in a conversation without links goes to its leg.
    fn own_words(&self, event: &Placed) -> Result<Vec<Leg>, ReadError> {
        if event.record.leg.is_some() {
            return Ok(Vec::new());
        }
        let conversation = self.snapshot.get(&CONVERSATIONS, &event.conversation)?;
        let legs = conversation.map(|it| it.legs).unwrap_or_default();
        Ok(legs.into_iter().filter(|leg| leg.account == self.account.name).collect())
    }

    /// What is over is over wherever we have said it, whatever the links say by now.
    fn legs_that_show(&self, event: &Placed) -> Result<Vec<Leg>, ReadError> {
        let content = Content::decode(&event.record.content).ok();
        let Some(first) = content.and_then(|it| it.replaces) else { return Ok(Vec::new()) };
        let edits = self.snapshot.get(&MESSAGES, &first)?.map(|row| row.edits);
        let mut legs = BTreeSet::new();
        for message in edits.unwrap_or_default().into_iter().chain([first]) {
            let under = (event.conversation, message);
            let copies = self.snapshot.scan(&COPIES, Span::under(&under), usize::MAX)?;
            let ours = copies.into_iter().filter(|(_, copy)| {
                copy.made_by == MadeBy::Us && copy.leg.account == self.account.name
            });
            legs.extend(ours.map(|(_, copy)| copy.leg));
        }
        Ok(legs.into_iter().collect())
    }

    pub(super) fn is_backlogged(&self, leg: &Leg) -> bool {
        self.backlogged.contains(leg)
    }

    /// Puts an event behind what a leg cannot take yet.
    pub(super) fn postpone(&mut self, event: &Placed, leg: &Leg, missing: Option<Missing>) {
        self.backlogged.insert(leg.clone());
        let (leg, seq) = (leg.clone(), event.seq);
        let (since, parts) = (self.now, Vec::new());
        self.changes.backlog.push(BacklogRow { leg, seq, missing, since, parts });
    }

    /// An event that was postponed just now was so before: the row stays as it is, but for its
    /// reason.
    pub(super) fn stays_in_backlog(&mut self, row: BacklogRow) {
        let Some(again) = self.changes.backlog.pop() else { return };
        self.changes.wanted.extend(again.missing.clone());
        if again.missing != row.missing {
            self.changes.backlog.push(BacklogRow { missing: again.missing, ..row });
        }
    }

    pub(super) fn leaves_backlog(&mut self, leg: Leg, seq: Seq) {
        self.changes.out_of_backlog.push((leg, seq));
    }

    pub(super) fn note(&mut self, event: &Placed, leg: &Leg, refused: bool, reason: String) {
        let note = Note { leg: leg.clone(), refused, reason };
        self.changes.notes.push((event.conversation, event.seq, note));
    }

    /// A message's appearances on a leg, those that this batch makes included, in order.
    pub(super) fn copies(
        &self,
        conversation: ConversationId,
        message: MessageId,
        leg: &Leg,
    ) -> Result<Vec<Copy>, ReadError> {
        let key = (conversation, message, leg.clone());
        if let Some(made) = self.changes.copies.get(&key) {
            return Ok(made.iter().map(|(_, copy)| copy.clone()).collect());
        }
        let found = self.snapshot.scan(&COPIES, Span::under(&key), usize::MAX)?;
        Ok(found.into_iter().map(|(_, copy)| copy).collect())
    }

    /// The people for whom our account's reaction stands.
    pub(super) fn reacted(&self, key: &ReactedKey) -> Result<Vec<MessageId>, ReadError> {
        match self.changes.reacted.get(key) {
            Some(people) => Ok(people.clone()),
            None => Ok(self.snapshot.get(&REACTED, key)?.unwrap_or_default()),
        }
    }

    pub(super) fn set_reacted(&mut self, key: ReactedKey, people: Vec<MessageId>) {
        self.changes.reacted.insert(key, people);
    }

    /// Puts sealed envelopes of one event into the outbox, with their rows in the ledger.
    pub(super) fn enqueue(&mut self, rows: Vec<OutboxRow>) {
        for row in rows {
            if let Some(id) = &row.sealed.remote_id {
                let pointer = Pointer {
                    conversation: row.conversation,
                    message: row.message,
                    leg: row.leg.clone(),
                    seq: row.seq,
                    part: row.part,
                    made_by: MadeBy::Us,
                    remote_id: Some(id.clone()),
                };
                self.changes.pointers.push((id.clone(), pointer));
            }
            if row.kind != OutboxKind::Control {
                let key = (row.conversation, row.message, row.leg.clone());
                self.changes.copies.entry(key).or_default().push((row.part, Copy::ours(&row)));
            }
            self.changes.rows.push(row);
        }
    }

    pub(super) fn finish(self) -> (Changes, Vec<Keys>) {
        (self.changes, std::iter::once(self.keys).chain(self.voice_keys.into_values()).collect())
    }
}

impl Changes {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.notes.is_empty()
            && self.backlog.is_empty()
            && self.out_of_backlog.is_empty()
            && self.reacted.is_empty()
    }

    /// The legs that get something to send.
    pub(super) fn legs(&self) -> Vec<Leg> {
        let legs: BTreeSet<_> = self.rows.iter().map(|row| row.leg.clone()).collect();
        legs.into_iter().collect()
    }

    pub(super) fn wanted(&self) -> Vec<Missing> {
        let backlog = self.backlog.iter().filter_map(|row| row.missing.clone());
        backlog.chain(self.wanted.iter().cloned()).collect()
    }

    pub(super) fn write(self, unit: &mut Unit<'_>) -> Result<(), ChangeError> {
        for row in &self.rows {
            unit.put(&OUTBOX, &(row.leg.clone(), row.seq, row.part), row)?;
        }
        for ((conversation, message, leg), copies) in self.copies {
            for (part, copy) in copies {
                unit.put(&COPIES, &(conversation, message, leg.clone(), part), &copy)?;
            }
        }
        for (id, pointer) in self.pointers {
            unit.put(&REMOTE, &(pointer.leg.account.clone(), id), &pointer)?;
        }
        for (conversation, seq, note) in self.notes {
            unit.put(&NOTES, &(conversation, seq, note.leg.clone()), &note)?;
        }
        for (account, reason, now) in self.refusals {
            count_refusal(unit, &account, reason, now)?;
        }
        for (key, people) in self.reacted {
            if people.is_empty() {
                unit.delete(&REACTED, &key)?;
            } else {
                unit.put(&REACTED, &key, &people)?;
            }
        }
        for (leg, seq) in self.out_of_backlog {
            unit.delete(&BACKLOG, &(leg, seq))?;
        }
        for row in self.backlog {
            unit.put(&BACKLOG, &(row.leg.clone(), row.seq), &row)?;
        }
        Ok(())
    }
}
