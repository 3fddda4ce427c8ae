//! What the owner does by hand: say something, try again, give up.

use std::collections::BTreeSet;

use super::bridge::{Bridge, NotDone};
use super::erase::erase;
use super::head::grow;
use super::journal::{conversation_of, identified, place, will_end};
use crate::model::content::Content;
use crate::model::copy::Copy;
use crate::model::erasure::Erase;
use crate::model::id::{ConversationId, Identity, Leg, MessageId, Seq};
use crate::model::journal::{Conversation, Record};
use crate::model::level::Level;
use crate::model::mark::{Mark, Origin};
use crate::model::outbox::{OutboxKind, OutboxRow};
use crate::model::person::Attitude;
use crate::model::time::Timestamp;
use crate::people;
use crate::store::tables::{CONVERSATIONS, COPIES, DEAD_LETTERS, DIRECTS, OUTBOX};
use crate::store::{ChangeError, Reads, Store, Unit};

/// Where the owner says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// In a conversation: on all legs that its links tell, or on its only one.
    Conversation(ConversationId),
    /// On one leg, and on all that are linked with it.
    Leg(Leg),
}

/// Journals what the owner says, as if it had come in. A running bridge seals and sends it; without
/// one it goes out at the next start.
pub async fn say(
    store: &Store,
    target: Target,
    content: Content,
    now: Timestamp,
) -> Result<(MessageId, Seq), NotDone> {
    let said = store.write(move |unit| say_in(unit, &target, &content, now)).await?;
    said.ok_or(NotDone::NoSuch("conversation"))
}

fn say_in(
    unit: &mut Unit<'_>,
    target: &Target,
    content: &Content,
    now: Timestamp,
) -> Result<Option<(MessageId, Seq)>, ChangeError> {
    let conversation = match target {
        Target::Leg(leg) => conversation_of(unit, leg, now)?,
        Target::Conversation(id) => match unit.get(&CONVERSATIONS, id)? {
            Some(it) => it.id,
            None => return Ok(None),
        },
    };
    let to = match (unit.get(&DIRECTS, &conversation)?, target) {
        (Some(_), Target::Leg(leg)) => Some(leg.clone()),
        (Some(direct), Target::Conversation(_)) => {
            let way = direct.way_out().ok().or_else(|| direct.wanted());
            way.map(|it| it.leg.clone())
        }
        (None, _) => None,
    };
    journal_own(unit, (conversation, to), content, now).map(Some)
}

/// Journals the owner's words: for one leg, or for all that the conversation tells.
pub(super) fn journal_own(
    unit: &mut Unit<'_>,
    (conversation, to): (ConversationId, Option<Leg>),
    content: &Content,
    now: Timestamp,
) -> Result<(MessageId, Seq), ChangeError> {
    let (message, bytes) = identified(content, OWNER_URI, conversation)?;
    let record = Record {
        message,
        author: None,
        leg: None,
        remote_id: None,
        sent_at: now,
        received_at: now,
        // The owner said where it may go by saying it.
        level: Level::Public,
        content: bytes,
        mark: Some(Mark { origin: Origin::of_owner(&message), rooms: Vec::new() }),
        raw: Vec::new(),
        reply_to_unseen: None,
        is_expiry: false,
        is_history: false,
        to,
        is_erasure: false,
    };
    let seq = place(unit, conversation, &record)?;
    will_end(unit, content, (conversation, message), now)?;
    Ok((message, seq))
}

/// The owner's name in message ids.
const OWNER_URI: &str = "threadbridge:owner";

/// Puts dead letters back into the outbox: one, or all.
pub async fn replay(store: &Store, id: Option<u64>) -> Result<Vec<Leg>, NotDone> {
    let legs = store.write(move |unit| take_up(unit, id)).await?;
    match (id, legs.is_empty()) {
        (Some(_), true) => Err(NotDone::NoSuch("dead letter")),
        (Some(_), false) | (None, _) => Ok(legs.into_iter().collect()),
    }
}

fn take_up(unit: &mut Unit<'_>, id: Option<u64>) -> Result<BTreeSet<Leg>, ChangeError> {
    let mut legs = BTreeSet::new();
    for letter in letters(unit, id)? {
        unit.delete(&DEAD_LETTERS, &letter.id)?;
        let row = OutboxRow { attempts: 0, taken_at: None, last_error: None, ..letter.row };
        let key = (row.leg.clone(), row.seq, row.part);
        unit.put(&OUTBOX, &key, &row)?;
        if row.kind != OutboxKind::Control {
            let key = (row.conversation, row.message, row.leg.clone(), row.part);
            unit.put(&COPIES, &key, &Copy::ours(&row))?;
        }
        legs.insert(row.leg);
    }
    Ok(legs)
}

/// Drops dead letters for good: one, or all. Returns how many.
pub async fn discard(store: &Store, id: Option<u64>) -> Result<usize, NotDone> {
    let drop_them = move |unit: &mut Unit<'_>| -> Result<usize, ChangeError> {
        let letters = letters(unit, id)?;
        letters.iter().try_for_each(|letter| unit.delete(&DEAD_LETTERS, &letter.id))?;
        Ok(letters.len())
    };
    match (id, store.write(drop_them).await?) {
        (Some(_), 0) => Err(NotDone::NoSuch("dead letter")),
        (_, count) => Ok(count),
    }
}

fn letters(
    unit: &Unit<'_>,
    id: Option<u64>,
) -> Result<Vec<crate::model::outbox::DeadLetter>, ChangeError> {
    Ok(match id {
        Some(id) => unit.get(&DEAD_LETTERS, &id)?.into_iter().collect(),
        None => unit
            .scan(&DEAD_LETTERS, crate::store::span::Span::all(), usize::MAX)?
            .into_iter()
            .map(|(_, letter)| letter)
            .collect(),
    })
}

/// What the owner begins by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Where.
    pub leg: Leg,
    /// What the conversation is called; nothing for one between two.
    pub title: Option<String>,
    /// With whom, if it is between two: who is written to may answer.
    pub peer: Option<Identity>,
}

/// Begins a conversation, or goes on in the one that is there, by saying something in it. It is
/// listened to from then on.
pub async fn begin(
    store: &Store,
    begun: Begun,
    content: Content,
    now: Timestamp,
) -> Result<(MessageId, Seq), NotDone> {
    Ok(store.write(move |unit| begin_in(unit, &begun, &content, now)).await?)
}

fn begin_in(
    unit: &mut Unit<'_>,
    begun: &Begun,
    content: &Content,
    now: Timestamp,
) -> Result<(MessageId, Seq), ChangeError> {
    let id = conversation_of(unit, &begun.leg, now)?;
    if let Some(before) = unit.get(&CONVERSATIONS, &id)? {
        let name = before.name.clone().or_else(|| begun.title.clone());
        let row = Conversation { is_begun: true, name, ..before };
        unit.put(&CONVERSATIONS, &id, &row)?;
    }
    if let Some(peer) = &begun.peer
        && people::is_stranger(unit, peer)?
    {
        people::think(unit, peer, Some(Attitude::Accepted), now)?;
    }
    let is_direct = unit.get(&DIRECTS, &id)?.is_some();
    let to = (is_direct || begun.title.is_some()).then(|| begun.leg.clone());
    journal_own(unit, (id, to), content, now)
}

/// Journals what is to become of a group. A running bridge sees to it, whatever happens meanwhile.
pub async fn regroup(
    store: &Store,
    leg: Leg,
    content: Content,
    now: Timestamp,
) -> Result<(MessageId, Seq), NotDone> {
    let journal = move |unit: &mut Unit<'_>| -> Result<_, ChangeError> {
        let conversation = conversation_of(unit, &leg, now)?;
        journal_own(unit, (conversation, Some(leg)), &content, now)
    };
    Ok(store.write(journal).await?)
}

impl Bridge {
    /// Begins a conversation, or goes on in the one that is there.
    pub async fn begin(&self, begun: Begun, content: Content) -> Result<MessageId, NotDone> {
        let (message, seq) = begin(&self.store, begun, content, self.clock.now()).await?;
        // Who answers at once is heard.
        self.tending.gather().await;
        grow(&self.head, seq);
        Ok(message)
    }

    /// Sees to it that a group becomes what the owner wants.
    pub async fn regroup(&self, leg: Leg, content: Content) -> Result<MessageId, NotDone> {
        let (message, seq) = regroup(&self.store, leg, content, self.clock.now()).await?;
        grow(&self.head, seq);
        Ok(message)
    }

    /// Says something as the owner.
    pub async fn say(&self, target: Target, content: Content) -> Result<MessageId, NotDone> {
        let (message, seq) = say(&self.store, target, content, self.clock.now()).await?;
        grow(&self.head, seq);
        Ok(message)
    }

    /// Puts dead letters back into the outbox: one, or all. Returns how many legs they are for.
    pub async fn replay(&self, id: Option<u64>) -> Result<usize, NotDone> {
        let legs = replay(&self.store, id).await?;
        self.hurry().await;
        Ok(legs.len())
    }

    /// Begins an erasure, and goes on with it until it is done. Returns its number.
    pub async fn erase(&self, what: Erase) -> Result<u64, NotDone> {
        let id = erase(&self.store, what, self.clock.now()).await?;
        // Whoever sees to it looks when the journal may have grown.
        self.head.send_if_modified(|_| true);
        Ok(id)
    }

    /// Drops dead letters for good: one, or all. Returns how many.
    pub async fn discard(&self, id: Option<u64>) -> Result<usize, NotDone> {
        discard(&self.store, id).await
    }
}
