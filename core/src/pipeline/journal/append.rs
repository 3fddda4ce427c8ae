//! Appending one event.

use super::claim::{claimed, itself, mark, may_appear_as, onward};
use super::end::will_end;
use super::resolve::{Referred, content_of, conversation_of, referred};
use super::settle::{awaits_a_name, confirm, missing_receipt};
use super::{Source, missing_message, missing_name};
use crate::adapter::Missing;
use crate::model::content::{Content, Part, Quote};
use crate::model::copy::{Copy, MadeBy, Pointer};
use crate::model::event::{Action, Event};
use crate::model::id::{ConversationId, Identity, Leg, MessageId, Seq};
use crate::model::journal::{MessageRow, Place, ReactionRow, Record};
use crate::model::person::Attitude;
use crate::people;
use crate::pipeline::head::last_place;
use crate::store::tables::{
    COPIES, DIRECTS, EVENTS, FORGOTTEN, JOURNAL, MESSAGES, ORIGINS, PEOPLE, REACTIONS, REMOTE,
    TOMBSTONES,
};
use crate::store::{ChangeError, Reads, Unit};

/// An event with the bytes that it came in.
#[derive(Clone, Debug)]
pub(crate) struct Arrival {
    pub(crate) event: Event,
    pub(crate) raw: Vec<u8>,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Accepted {
    /// It is in the journal.
    New(Seq),
    /// It was there before, or it changes nothing.
    Known,
    /// It is our own, and its row in the outbox is done.
    Settled(Leg),
    /// It refers to something that we do not have yet.
    Waits(Missing),
    /// Its author may not do that.
    Refused(&'static str),
}

/// Appends `arrival`, if it is new.
pub(crate) fn append(
    unit: &mut Unit<'_>,
    source: &Source,
    arrival: Arrival,
) -> Result<Accepted, ChangeError> {
    let Arrival { event, raw } = arrival;
    let key = (source.account.clone(), event.id.clone());
    if let Some(known) = known(unit, source, &event)? {
        return Ok(known);
    }
    let leg = Leg { account: source.account.clone(), conversation: event.conversation.clone() };
    let is_own = source.own.contains(&event.author);
    if is_own && !source.names_known && awaits_a_name(unit, &leg, source.came_at)? {
        return Ok(Accepted::Waits(missing_receipt()));
    }
    if points_at_a_nameless(unit, source, &event, &leg)? {
        let reason = "it may point at our own, whose receipt has not come yet".to_owned();
        return Ok(Accepted::Waits(Missing { what: missing_name(&leg.conversation), reason }));
    }
    if let Some(stopped) = unwelcome(unit, source, &event, is_own)? {
        return Ok(stopped);
    }
    let conversation = conversation_of(unit, &leg, source.now)?;
    let mut origin = claimed(source, &event);
    if let Some(first) = unit.get(&ORIGINS, &(conversation, origin))? {
        if may_appear_as(unit, &event, &first)? {
            return another_copy(unit, source, &event, &leg, (conversation, first));
        }
        origin = itself(source, &event);
    }
    let referred = match referred(unit, source, &event, conversation)? {
        Referred::Known(referred) => referred,
        Referred::NotYet(id) => {
            let reason = "the message that it refers to has not arrived".to_owned();
            return Ok(Accepted::Waits(Missing { what: missing_message(&id), reason }));
        }
        Referred::Nothing => return Ok(Accepted::Known),
        Referred::SoAlready(pointer) => {
            unit.put(&REMOTE, &key, &pointer)?;
            return Ok(Accepted::Known);
        }
        Referred::Forbidden(why) => return Ok(Accepted::Refused(why)),
    };
    let content = with_quotes(unit, source, content_of(&event.action, &referred)?, &event)?;
    let (message, bytes) = identified(&content, &event.author.uri(), conversation)?;
    let record = Record {
        message,
        author: Some(event.author.clone()),
        leg: Some(leg.clone()),
        remote_id: Some(event.id.clone()),
        sent_at: event.sent_at,
        received_at: source.now,
        level: source.level,
        content: bytes,
        mark: Some(onward(source, &event, origin)),
        raw,
        reply_to_unseen: referred.reply_to_unseen.clone(),
        is_expiry: false,
        is_history: event.is_history,
        to: None,
        is_erasure: false,
    };
    let seq = place(unit, conversation, &record)?;
    will_end(unit, &content, (conversation, message), source.now)?;
    takes_part(unit, conversation, &event.author)?;
    if source.peer.as_ref() == Some(&event.author) && !event.is_history {
        speaks_on(unit, conversation, &leg)?;
    }
    if let Action::Say(_) = &event.action {
        unit.put(&ORIGINS, &(conversation, origin), &message)?;
    }
    appears(unit, source, &event, &leg, (conversation, message, seq))?;
    takes_effect(unit, source, &event, &referred, (conversation, message))?;
    Ok(Accepted::New(seq))
}

/// What becomes of an event whose author the owner blocked, or does not know. Taking back what was
/// said is open to everybody. Who is answered by the owner's own hand is known from then on.
fn unwelcome(
    unit: &mut Unit<'_>,
    source: &Source,
    event: &Event,
    is_own: bool,
) -> Result<Option<Accepted>, ChangeError> {
    if is_own {
        if let Some(peer) = &source.peer
            && matches!(event.action, Action::Say(_))
            && people::is_stranger(unit, peer)?
        {
            people::think(unit, peer, Some(Attitude::Accepted), source.now)?;
        }
        return Ok(None);
    }
    let attitude = people::attitude(unit, &event.author)?;
    let takes_back = matches!(event.action, Action::Delete { .. });
    if attitude == Some(Attitude::Blocked) && !takes_back {
        return Ok(Some(Accepted::Refused("its author is blocked")));
    }
    if source.peer.is_none() || attitude.is_some() || !people::is_stranger(unit, &event.author)? {
        return Ok(None);
    }
    Ok(Some(Accepted::Waits(people::missing_acceptance(&event.author))))
}

/// Whether an event is here already, or was and is to be forgotten.
fn known(
    unit: &mut Unit<'_>,
    source: &Source,
    event: &Event,
) -> Result<Option<Accepted>, ChangeError> {
    let key = (source.account.clone(), event.id.clone());
    if unit.get(&REMOTE, &key)?.is_some() {
        let settled = confirm(unit, &source.account, (&event.id, source.now))?;
        return Ok(Some(settled.map_or(Accepted::Known, |row| Accepted::Settled(row.leg))));
    }
    Ok(unit.get(&FORGOTTEN, &key)?.map(|_| Accepted::Known))
}

/// Whether an event answers or quotes something that may be our own, people having been faster than
/// the receipt.
fn points_at_a_nameless(
    unit: &Unit<'_>,
    source: &Source,
    event: &Event,
    leg: &Leg,
) -> Result<bool, ChangeError> {
    let (Action::Say(said) | Action::Edit { said, .. }) = &event.action else { return Ok(false) };
    if source.names_known || source.now.since(source.came_at) >= source.name_within {
        return Ok(false);
    }
    for id in said.reply_to.iter().chain(&said.quotes) {
        if unit.get(&REMOTE, &(source.account.clone(), id.clone()))?.is_none() {
            return awaits_a_name(unit, leg, source.came_at);
        }
    }
    Ok(false)
}

/// Puts a record at the journal's end.
pub(crate) fn place(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    record: &Record,
) -> Result<Seq, ChangeError> {
    let seq = last_place(unit)?.next();
    unit.put(&JOURNAL, &seq, &Place { conversation, is_erased: false })?;
    unit.put(&EVENTS, &(conversation, seq), record)?;
    let row = MessageRow { conversation, seq, deleted: false, edits: Vec::new() };
    unit.put(&MESSAGES, &record.message, &row)?;
    Ok(seq)
}

/// A content's message id in its conversation, and its canonical bytes.
pub(crate) fn identified(
    content: &Content,
    sender_uri: &str,
    conversation: ConversationId,
) -> Result<(MessageId, Vec<u8>), ChangeError> {
    let unfit = |_| ChangeError::Unfit { table: EVENTS.name() };
    let bytes = content.encode().map_err(unfit)?;
    let room_uri = format!("threadbridge:{conversation}");
    Ok((content.message_id(sender_uri, &room_uri).map_err(unfit)?, bytes))
}

/// The message is ours already: this is one more place where it appears.
fn another_copy(
    unit: &mut Unit<'_>,
    source: &Source,
    event: &Event,
    leg: &Leg,
    (conversation, message): (ConversationId, MessageId),
) -> Result<Accepted, ChangeError> {
    let Some(row) = unit.get(&MESSAGES, &message)? else { return Ok(Accepted::Known) };
    let made_by = if mark(event).is_some() { MadeBy::OtherBridge } else { MadeBy::Author };
    let copy = Copy {
        leg: leg.clone(),
        part: 0,
        remote_id: Some(event.id.clone()),
        made_by,
        at: source.now,
        is_shown: true,
        voice: None,
    };
    let key = (conversation, message, leg.clone(), 0_u16);
    if unit.get(&COPIES, &key)?.is_none() {
        unit.put(&COPIES, &key, &copy)?;
    }
    let (leg, seq, remote_id) = (leg.clone(), row.seq, Some(event.id.clone()));
    let pointer = Pointer { conversation, message, leg, seq, part: 0, made_by, remote_id };
    unit.put(&REMOTE, &(source.account.clone(), event.id.clone()), &pointer)?;
    Ok(Accepted::Known)
}

/// The other one of a direct conversation spoke on a leg: it works, and is the one to answer on.
fn speaks_on(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    leg: &Leg,
) -> Result<(), ChangeError> {
    let Some(mut direct) = unit.get(&DIRECTS, &conversation)? else { return Ok(()) };
    let before = direct.clone();
    direct.closed.remove(leg);
    direct.moved_to = None;
    direct.last_used = Some(leg.clone());
    if direct == before { Ok(()) } else { unit.put(&DIRECTS, &conversation, &direct) }
}

/// Remembers who speaks in a conversation.
fn takes_part(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    who: &Identity,
) -> Result<(), ChangeError> {
    let key = (conversation, who.clone());
    if unit.get(&PEOPLE, &key)?.is_none() {
        unit.put(&PEOPLE, &key, who)?;
    }
    Ok(())
}

/// The original is a copy like all others.
fn appears(
    unit: &mut Unit<'_>,
    source: &Source,
    event: &Event,
    leg: &Leg,
    (conversation, message, seq): (ConversationId, MessageId, Seq),
) -> Result<(), ChangeError> {
    let copy = Copy {
        leg: leg.clone(),
        part: 0,
        remote_id: Some(event.id.clone()),
        made_by: MadeBy::Author,
        at: source.now,
        is_shown: matches!(event.action, Action::Say(_)),
        voice: None,
    };
    unit.put(&COPIES, &(conversation, message, leg.clone(), 0_u16), &copy)?;
    let (made_by, remote_id) = (MadeBy::Author, Some(event.id.clone()));
    let leg = leg.clone();
    let pointer = Pointer { conversation, message, leg, seq, part: 0, made_by, remote_id };
    unit.put(&REMOTE, &(source.account.clone(), event.id.clone()), &pointer)
}

/// Puts what the event quotes into its content, as far as we have it.
fn with_quotes(
    unit: &Unit<'_>,
    source: &Source,
    mut content: Content,
    event: &Event,
) -> Result<Content, ChangeError> {
    let (Action::Say(said) | Action::Edit { said, .. }) = &event.action else {
        return Ok(content);
    };
    for id in &said.quotes {
        let found = unit.get(&REMOTE, &(source.account.clone(), id.clone()))?;
        let part = Part::quote(&Quote {
            message: found.map(|it| it.message),
            network: Some(source.network.clone()),
            remote: Some(id.clone()),
            ..Quote::default()
        });
        content = content.and(part);
    }
    Ok(content)
}

/// What the event does to the message that it is about.
fn takes_effect(
    unit: &mut Unit<'_>,
    source: &Source,
    event: &Event,
    referred: &super::resolve::Referents,
    (conversation, message): (ConversationId, MessageId),
) -> Result<(), ChangeError> {
    match (&event.action, &referred.target) {
        (Action::Say(_), _) => {
            let key = (source.account.clone(), event.id.clone(), event.author.clone());
            if unit.get(&TOMBSTONES, &key)?.is_some() {
                change(unit, &message, |row| row.deleted = true)?;
            }
        }
        (Action::Edit { .. }, Some(target)) => {
            change(unit, target, |row| row.edits.push(message))?;
        }
        (Action::Delete { .. }, Some(target)) => change(unit, target, |row| row.deleted = true)?,
        (Action::React { emoji, .. }, Some(target)) => {
            let key = (conversation, *target, event.author.clone(), emoji_key(emoji));
            unit.put(&REACTIONS, &key, &ReactionRow { message, emoji: emoji.clone() })?;
        }
        (Action::Unreact { emoji, .. }, Some(target)) => {
            let key = (conversation, *target, event.author.clone(), emoji_key(emoji));
            unit.delete(&REACTIONS, &key)?;
        }
        (Action::Read { .. }, _) | (_, None) => {}
    }
    Ok(())
}

pub(crate) fn change(
    unit: &mut Unit<'_>,
    message: &MessageId,
    change: impl FnOnce(&mut MessageRow),
) -> Result<(), ChangeError> {
    if let Some(mut row) = unit.get(&MESSAGES, message)? {
        change(&mut row);
        unit.put(&MESSAGES, message, &row)?;
    }
    Ok(())
}

/// An emoji as a part of a row key.
pub(crate) fn emoji_key(emoji: &str) -> [u8; 8] {
    let mut key = [0; 8];
    blake3::Hasher::new().update(emoji.as_bytes()).finalize_xof().fill(&mut key);
    key
}
