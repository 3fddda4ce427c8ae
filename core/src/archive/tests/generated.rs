//! Stores with something in every table, made from a plot.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::model::content::{Content, Salt};
use crate::model::copy::{Copy, MadeBy, Pointer};
use crate::model::envelope::{Cursor, Envelope, Missing, Sealed};
use crate::model::event::{Profile, ProfileRow};
use crate::model::id::{
    AccountName, ConversationId, Identity, Leg, MessageId, Network, RemoteAuthor,
    RemoteConversation, RemoteId, Seq,
};
use crate::model::journal::{
    Conversation, ExpiryRow, MessageRow, Note, Place, ReactionRow, Record, TombstoneRow,
};
use crate::model::level::Level;
use crate::model::mark::{Mark, Origin};
use crate::model::outbox::{
    BacklogRow, DeadLetter, OutboxKind, OutboxRow, RefusalCount, WaitingRow,
};
use crate::model::person::{Apart, Attitude, Parting, Standing};
use crate::model::proof::{Proof, ProofKind, ProofState};
use crate::model::register::{Class, Due, Terms};
use crate::model::time::Timestamp;
use crate::people::{LAST_PARTING, claim, join};
use crate::pipeline::{emoji_key, place};
use crate::register::{carried, thought};
use crate::store::span::Span;
use crate::store::tables::{
    APART, BACKLOG, CONVERSATIONS, COPIES, COUNTERS, CURSORS, DEAD_LETTERS, EXPIRIES, JOURNAL,
    LEGS, MESSAGES, NOTES, ORIGINS, OUTBOX, PARTINGS, PEOPLE, PROFILES, PROOFS, REACTED, REACTIONS,
    REFUSALS, REMOTE, SEALED, STANDINGS, Stream, TOMBSTONES, WAITING,
};
use crate::store::{ChangeError, Reads, Unit};

/// What happens in a store.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    pub(crate) said: Vec<Said>,
    pub(crate) extras: Vec<(u8, u8)>,
    pub(crate) erases: Option<u8>,
}

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) room: u8,
    pub(crate) by: u8,
    pub(crate) text: String,
    pub(crate) fate: Fate,
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Plain,
    Copied,
    Edited,
    Deleted,
    Reacted,
    OnItsWay,
    Refused,
    Disappears,
}

pub(crate) fn plots() -> impl Strategy<Value = Plot> {
    let fate = prop_oneof![
        Just(Fate::Plain),
        Just(Fate::Copied),
        Just(Fate::Edited),
        Just(Fate::Deleted),
        Just(Fate::Reacted),
        Just(Fate::OnItsWay),
        Just(Fate::Refused),
        Just(Fate::Disappears),
    ];
    let said = (0..4_u8, 0..5_u8, ".{0,60}", fate);
    let said = said.prop_map(|(room, by, text, fate)| Said { room, by, text, fate });
    let erases = proptest::option::of(0..4_u8);
    (vec(said, 0..24), vec((0..12_u8, any::<u8>()), 0..12), erases)
        .prop_map(|(said, extras, erases)| Plot { said, extras, erases })
}

pub(crate) fn room(n: u8) -> ConversationId {
    ConversationId::from_bytes([n + 1; 16])
}

pub(crate) fn leg(account: &str, n: u8) -> Leg {
    Leg {
        account: AccountName::parse(account).unwrap(),
        conversation: RemoteConversation::parse(format!("room/{n}")).unwrap(),
    }
}

pub(crate) fn person(n: u8) -> Identity {
    Identity {
        network: Network::parse("feeds").unwrap(),
        author: RemoteAuthor::parse(format!("author-{n}")).unwrap(),
    }
}

fn remote(text: String) -> RemoteId {
    RemoteId::parse(text).unwrap()
}

fn at(n: usize) -> Timestamp {
    Timestamp::from_secs(1_000 + i64::try_from(n).unwrap())
}

impl Plot {
    /// Everything that the plot says, in one unit.
    pub(crate) fn play(&self, unit: &mut Unit<'_>) -> Result<(), ChangeError> {
        for (n, said) in self.said.iter().enumerate() {
            begin(unit, said.room)?;
            said.play(unit, n)?;
        }
        for (n, (kind, seed)) in self.extras.iter().enumerate() {
            extra(unit, *kind, (n, *seed))?;
        }
        if let Some(n) = self.erases {
            unit.erase_conversation(room(n))?;
            while unit.sweep_conversation(room(n), 1000)? > 0 {}
            forget(unit, n, &self.said)?;
        }
        Ok(())
    }
}

fn begin(unit: &mut Unit<'_>, n: u8) -> Result<(), ChangeError> {
    let (id, legs) = (room(n), vec![leg("here", n), leg("there", n)]);
    for leg in &legs {
        unit.put(&LEGS, leg, &id)?;
    }
    let name = n.is_multiple_of(2).then(|| format!("room {n}"));
    unit.put(
        &CONVERSATIONS,
        &id,
        &Conversation { id, name, legs, created_at: at(0), is_begun: false },
    )
}

/// What an erased conversation leaves nothing of.
fn forget(unit: &mut Unit<'_>, n: u8, said: &[Said]) -> Result<(), ChangeError> {
    for (key, place) in unit.scan(&JOURNAL, Span::all(), usize::MAX)? {
        if place.conversation == room(n) {
            let seq = Seq(u64::from_be_bytes(key.part(0).unwrap()));
            unit.put(&JOURNAL, &seq, &Place { is_erased: true, ..place })?;
        }
    }
    unit.delete(&CONVERSATIONS, &room(n))?;
    for account in ["here", "there"] {
        unit.delete(&LEGS, &leg(account, n))?;
    }
    for (at_place, it) in said.iter().enumerate().filter(|(_, it)| it.room == n) {
        let here = leg("here", n).account;
        for id in it.messages(at_place) {
            unit.delete(&MESSAGES, &id)?;
            unit.delete(&EXPIRIES, &(at(at_place + 500), id))?;
        }
        for name in [format!("m{at_place}"), format!("x{at_place}")] {
            unit.delete(&REMOTE, &(here.clone(), remote(name)))?;
        }
        let there = leg("there", n);
        unit.delete(&REMOTE, &(there.account.clone(), remote(format!("c{at_place}"))))?;
        let rows = unit.scan(&OUTBOX, Span::under(&there), usize::MAX)?;
        for (_, row) in rows {
            unit.delete(&OUTBOX, &(row.leg.clone(), row.seq, row.part))?;
        }
    }
    Ok(())
}

impl Said {
    fn content(&self, n: usize) -> Content {
        Content::plain(Salt::from_bytes([u8::try_from(n).unwrap(); 16]), &self.text)
    }

    fn id(&self, content: &Content) -> MessageId {
        content
            .message_id(&person(self.by).uri(), &format!("threadbridge:{}", room(self.room)))
            .unwrap()
    }

    /// The message and what was done to it.
    fn messages(&self, n: usize) -> Vec<MessageId> {
        let id = self.id(&self.content(n));
        let acted = self.act(n, id).map(|content| self.id(&content));
        std::iter::once(id).chain(acted).collect()
    }

    fn act(&self, n: usize, id: MessageId) -> Option<Content> {
        let salt = Salt::from_bytes([u8::try_from(n + 100).unwrap(); 16]);
        match self.fate {
            Fate::Edited => Some(Content::plain(salt, "otherwise").replacing(id)),
            Fate::Deleted => Some(Content::deleting(salt, id)),
            Fate::Reacted => Some(Content::reacting(salt, id, "👍")),
            Fate::Plain | Fate::Copied | Fate::OnItsWay | Fate::Refused | Fate::Disappears => None,
        }
    }

    fn event(
        &self,
        unit: &mut Unit<'_>,
        content: &Content,
        (n, name): (usize, String),
    ) -> Result<(MessageId, Seq), ChangeError> {
        let (conversation, message, here) =
            (room(self.room), self.id(content), leg("here", self.room));
        let author = person(self.by);
        let remote_id = remote(name);
        let origin = Origin::of(&author.network, &remote_id);
        let record = Record {
            message,
            author: Some(author.clone()),
            leg: Some(here.clone()),
            remote_id: Some(remote_id.clone()),
            sent_at: at(n),
            received_at: at(n + 1),
            level: Level::Public,
            content: content.encode().unwrap(),
            mark: Some(Mark { origin, rooms: Vec::new() }),
            raw: vec![u8::try_from(n).unwrap(); n],
            reply_to_unseen: None,
            is_expiry: false,
            is_history: false,
            to: None,
            is_erasure: false,
        };
        let seq = place(unit, conversation, &record)?;
        if content.replaces.is_none() {
            unit.put(&ORIGINS, &(conversation, origin), &message)?;
        }
        unit.put(&PEOPLE, &(conversation, author.clone()), &author)?;
        let copy = Copy {
            leg: here.clone(),
            part: 0,
            remote_id: Some(remote_id.clone()),
            made_by: MadeBy::Author,
            at: at(n),
            is_shown: true,
            voice: None,
        };
        unit.put(&COPIES, &(conversation, message, here.clone(), 0), &copy)?;
        let pointer = Pointer {
            conversation,
            message,
            leg: here.clone(),
            seq,
            part: 0,
            made_by: MadeBy::Author,
            remote_id: Some(remote_id.clone()),
        };
        unit.put(&REMOTE, &(here.account, remote_id), &pointer)?;
        Ok((message, seq))
    }

    fn play(&self, unit: &mut Unit<'_>, n: usize) -> Result<(), ChangeError> {
        let content = self.content(n);
        let (message, seq) = self.event(unit, &content, (n, format!("m{n}")))?;
        let conversation = room(self.room);
        let there = leg("there", self.room);
        if let Some(act) = self.act(n, message) {
            let (acted, _) = self.event(unit, &act, (n, format!("x{n}")))?;
            let mut row = MessageRow { conversation, seq, deleted: false, edits: Vec::new() };
            match self.fate {
                Fate::Edited => row.edits.push(acted),
                Fate::Deleted => row.deleted = true,
                Fate::Reacted => {
                    let key = (conversation, message, person(self.by), emoji_key("👍"));
                    let row = ReactionRow { message: acted, emoji: "👍".to_owned() };
                    unit.put(&REACTIONS, &key, &row)?;
                    let key = (conversation, message, there, emoji_key("👍"));
                    unit.put(&REACTED, &key, &vec![acted])?;
                }
                Fate::Plain | Fate::Copied | Fate::OnItsWay | Fate::Refused | Fate::Disappears => {}
            }
            return unit.put(&MESSAGES, &message, &row);
        }
        match self.fate {
            Fate::Refused => {
                let note = Note { leg: there.clone(), refused: true, reason: "no".to_owned() };
                unit.put(&NOTES, &(conversation, seq, there), &note)
            }
            Fate::Disappears => {
                let row = ExpiryRow { at: at(n + 500), conversation, message };
                unit.put(&EXPIRIES, &(row.at, message), &row)
            }
            Fate::Copied | Fate::OnItsWay => self.goes(unit, n, (message, seq)),
            Fate::Plain | Fate::Edited | Fate::Deleted | Fate::Reacted => Ok(()),
        }
    }

    fn goes(
        &self,
        unit: &mut Unit<'_>,
        n: usize,
        (message, seq): (MessageId, Seq),
    ) -> Result<(), ChangeError> {
        let there = leg("there", self.room);
        let id = remote(format!("c{n}"));
        let row = OutboxRow {
            leg: there.clone(),
            seq,
            part: 1,
            conversation: room(self.room),
            message,
            sealed: Sealed { bytes: vec![7; n], remote_id: Some(id.clone()) },
            kind: OutboxKind::Message,
            sealed_at: at(n),
            attempts: 1,
            taken_at: None,
            last_error: None,
            voice: None,
            due: Some(Due {
                network: Network::parse("feeds").unwrap(),
                class: Class::Words,
                terms: Terms::LINK,
                link: Some(format!("room {}", self.room)),
            }),
        };
        if self.fate == Fate::Copied {
            let day = Timestamp::from_secs(86_400 * i64::try_from(n).unwrap());
            carried(unit, &row, day)?;
        }
        let copy = Copy::ours(&row);
        unit.put(&COPIES, &(room(self.room), message, there.clone(), 1), &copy)?;
        let pointer = Pointer {
            conversation: room(self.room),
            message,
            leg: there.clone(),
            seq,
            part: 1,
            made_by: MadeBy::Us,
            remote_id: Some(id.clone()),
        };
        unit.put(&REMOTE, &(there.account.clone(), id), &pointer)?;
        if self.fate == Fate::OnItsWay {
            unit.put(&OUTBOX, &(there, seq, 1), &row)?;
        }
        Ok(())
    }
}

/// Something that belongs to no message.
fn extra(unit: &mut Unit<'_>, kind: u8, (n, seed): (usize, u8)) -> Result<(), ChangeError> {
    let account = AccountName::parse(if seed % 2 == 0 { "here" } else { "voice" }).unwrap();
    let missing = Missing { what: format!("k{seed}"), reason: "a key".to_owned() };
    match kind {
        0 => {
            let profile = Profile { display_name: Some(format!("N{n}")), ..Profile::default() };
            unit.put(&PROFILES, &person(seed), &ProfileRow::new(person(seed), profile))
        }
        1 => {
            let proof = Proof {
                one: person(seed),
                other: person(seed.wrapping_add(1)),
                kind: ProofKind::MutualClaim,
                evidence: vec![seed; 4],
                checker: "test 1".to_owned(),
                checked_at: at(n),
                block: None,
                state: ProofState::Valid,
            };
            unit.put(&PROOFS, &(proof.one.clone(), proof.id()), &proof)?;
            claim(unit, &proof)
        }
        2 => {
            let row = TombstoneRow {
                at: at(n),
                account: Some(account.clone()),
                remote_id: Some(remote(format!("t{seed}"))),
                author: Some(person(seed)),
            };
            unit.put(&TOMBSTONES, &(account, remote(format!("t{seed}")), person(seed)), &row)
        }
        3 => {
            unit.put(&SEALED, &account, &Seq(0))?;
            let cursor = Cursor { stream: format!("s{seed}"), position: vec![seed] };
            let stream = Stream { account: account.clone(), name: cursor.stream.clone() };
            unit.put(&CURSORS, &stream, &cursor)?;
            unit.put_account_value(&account, &[seed, 1], &[seed; 9])
        }
        4 => {
            let envelope = Envelope { id: remote(format!("w{seed}")), bytes: vec![seed; 5] };
            let row = WaitingRow {
                envelope,
                missing,
                since: at(n),
                tries: 0,
                order: u64::try_from(n).unwrap(),
                plaintext: Some(vec![seed]),
            };
            unit.put(&SEALED, &account, &Seq(0))?;
            unit.put(&WAITING, &(account, row.envelope.id.clone()), &row)?;
            unit.put(&COUNTERS, b"dead", &u64::from(seed))
        }
        5 => {
            let row = RefusalCount { reason: format!("r{seed}"), count: 3, last_at: at(n) };
            let stream = Stream { account, name: row.reason.clone() };
            unit.put(&SEALED, &stream.account, &Seq(0))?;
            unit.put(&REFUSALS, &stream, &row)
        }
        6 => {
            let row = BacklogRow {
                leg: leg("far", seed),
                seq: Seq(u64::from(seed)),
                missing: Some(missing),
                since: at(n),
                parts: vec![1],
            };
            unit.put(&BACKLOG, &(row.leg.clone(), row.seq), &row)
        }
        7 => dead_letter(unit, (n, seed)),
        _ => word(unit, kind, (n, seed)),
    }
}

/// Something that the owner said of people.
fn word(unit: &mut Unit<'_>, kind: u8, (n, seed): (usize, u8)) -> Result<(), ChangeError> {
    match kind {
        8 => join(unit, &person(seed), &person(seed.wrapping_add(2)), at(n)).map(drop),
        11 => {
            let attitude = Attitude::Muted;
            let it = Standing { identity: person(seed), attitude, since: at(n) };
            thought(unit, &person(seed), (None, Some(attitude)), at(n))?;
            unit.put(&STANDINGS, &person(seed), &it)
        }
        9 => {
            let apart = Apart { identity: person(seed), since: at(n) };
            unit.put(&APART, &person(seed), &apart)
        }
        _ => {
            let parted = vec![person(seed)];
            let from = person(seed.wrapping_add(3));
            let parting = Parting { at: at(n), from, parted, reason: "lapsed".to_owned() };
            unit.put(&COUNTERS, LAST_PARTING, &u64::from(seed))?;
            unit.put(&PARTINGS, &u64::from(seed), &parting)
        }
    }
}

fn dead_letter(unit: &mut Unit<'_>, (n, seed): (usize, u8)) -> Result<(), ChangeError> {
    let row = OutboxRow {
        leg: leg("far", seed),
        seq: Seq(u64::from(seed)),
        part: 1,
        conversation: room(9),
        message: MessageId::from_bytes([seed; 32]),
        sealed: Sealed { bytes: vec![seed], remote_id: None },
        kind: OutboxKind::Action,
        sealed_at: at(n),
        attempts: 9,
        taken_at: None,
        last_error: Some("no".to_owned()),
        voice: None,
        due: None,
    };
    let id = u64::from(seed);
    let pointer = Pointer {
        conversation: row.conversation,
        message: row.message,
        leg: row.leg.clone(),
        seq: row.seq,
        part: 1,
        made_by: MadeBy::Us,
        remote_id: Some(remote(format!("d{seed}"))),
    };
    unit.put(&REMOTE, &(row.leg.account.clone(), remote(format!("d{seed}"))), &pointer)?;
    unit.put(&DEAD_LETTERS, &id, &DeadLetter { id, row, reason: "no".to_owned(), at: at(n) })
}
