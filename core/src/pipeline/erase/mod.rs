//! What the owner wants gone: taken back wherever the bridge put it, then deleted here.
//!
//! It goes through the journal twice. First a tombstone of the bridge's own is set for each message
//! of which it made copies; that is a record like all others, so it is sealed, sent and tried again
//! as any delete is, whatever dies meanwhile. When no account has anything more to tell its network
//! about, or a week has passed, the second time deletes every row of it. Each step is a transaction
//! that notes how far it came.

mod mark;
mod purge;

pub(super) use self::purge::forget;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::model::content::{Content, Kind};
use crate::model::erasure::{Erase, ErasurePhase, ErasureRow};
use crate::model::id::{ConversationId, Seq};
use crate::model::journal::Record;
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::tables::{
    BACKLOG, CONVERSATIONS, COUNTERS, ERASED, ERASURES, JOURNAL, MESSAGES, OUTBOX, PEOPLE, SEALED,
};
use crate::store::{ChangeError, Reads, Store, Unit, WriteError};

use super::bridge::NotDone;
use super::direct::is_handover;

/// How many places of the journal one transaction looks at.
const AT_ONCE: usize = 64;
/// How long it is waited for networks that cannot be told.
const TOLD_WITHIN: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Begins an erasure; a running bridge goes on with it. Returns its number.
pub async fn erase(store: &Store, what: Erase, now: Timestamp) -> Result<u64, NotDone> {
    let begin = move |unit: &mut Unit<'_>| {
        let id = unit.get(&COUNTERS, b"eras")?.unwrap_or(0).saturating_add(1);
        unit.put(&COUNTERS, b"eras", &id)?;
        let row = ErasureRow {
            id,
            what: Some(what),
            begun_at: now,
            phase: ErasurePhase::TakesBack,
            place: Seq(0),
            taken_back_at: Seq(0),
            accounts: Vec::new(),
            erased: 0,
            taken_back: 0,
            stays: Vec::new(),
            done_at: None,
        };
        unit.put(&ERASURES, &id, &row)?;
        Ok::<_, ChangeError>(id)
    };
    Ok(store.write(begin).await?)
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// There is more to do at once.
    On,
    /// Networks have to be told first; the journal ends here then.
    Waits(Seq),
    /// Nothing is to be erased.
    Nothing,
}

/// Goes on with the first erasure that is not done.
pub async fn step(store: &Store, now: Timestamp) -> Result<Stepped, WriteError<ChangeError>> {
    store.write(move |unit| step_in(unit, now)).await
}

fn step_in(unit: &mut Unit<'_>, now: Timestamp) -> Result<Stepped, ChangeError> {
    let rows = unit.scan(&ERASURES, Span::all(), usize::MAX)?;
    let mut waits = None;
    for (_, mut row) in rows.into_iter().filter(|(_, row)| row.phase != ErasurePhase::Done) {
        let Some(what) = row.what.clone() else { continue };
        match row.phase {
            ErasurePhase::TakesBack => mark::some(unit, &what, &mut row, now)?,
            ErasurePhase::Waits if is_told(unit, &row, now)? => {
                (row.phase, row.place) = (ErasurePhase::Deletes, Seq(0));
            }
            ErasurePhase::Waits => {
                waits = Some(row.taken_back_at);
                continue;
            }
            ErasurePhase::Deletes => purge::some(unit, &what, &mut row, now)?,
            ErasurePhase::Done => continue,
        }
        unit.put(&ERASURES, &row.id.clone(), &row)?;
        return Ok(Stepped::On);
    }
    Ok(waits.map_or(Stepped::Nothing, Stepped::Waits))
}

/// Whether the accounts have told their networks all that was to be taken back.
fn is_told(unit: &Unit<'_>, row: &ErasureRow, now: Timestamp) -> Result<bool, ChangeError> {
    if now.since(row.begun_at) >= TOLD_WITHIN {
        return Ok(true);
    }
    for account in &row.accounts {
        if unit.get(&SEALED, account)?.unwrap_or_default() < row.taken_back_at {
            return Ok(false);
        }
        let before = |seq: Seq| seq <= row.taken_back_at;
        let outbox = unit.scan(&OUTBOX, Span::under(account), usize::MAX)?;
        let backlog = unit.scan(&BACKLOG, Span::under(account), usize::MAX)?;
        if outbox.iter().any(|(_, it)| before(it.seq))
            || backlog.iter().any(|(_, it)| before(it.seq))
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The next places of the journal behind one.
fn places(unit: &Unit<'_>, behind: Seq) -> Result<Vec<(Seq, ConversationId)>, ChangeError> {
    let rows = unit.scan(&JOURNAL, Span::all().after(&behind), AT_ONCE)?;
    let place = |key: &crate::store::key::RowKey| key.part(0).map(u64::from_be_bytes);
    Ok(rows.iter().filter_map(|(key, it)| Some((Seq(place(key)?), it.conversation))).collect())
}

/// Whether a history that was handed over may have something of it. It goes as a whole.
fn has_it(
    unit: &Unit<'_>,
    what: &Erase,
    record: &Record,
    conversation: ConversationId,
) -> Result<bool, ChangeError> {
    // The first way through the journal has set its tombstone, before the message went.
    if unit.get(&MESSAGES, &record.message)?.is_some_and(|it| it.deleted) {
        return Ok(true);
    }
    match what {
        Erase::Message(id) => {
            Ok(unit.get(&MESSAGES, id)?.is_some_and(|it| it.conversation == conversation))
        }
        Erase::Person(who) => {
            for it in who {
                if unit.get(&PEOPLE, &(conversation, it.clone()))?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Erase::Account(name) => {
            let row = unit.get(&CONVERSATIONS, &conversation)?;
            Ok(row.is_some_and(|it| it.legs.iter().any(|leg| leg.account == *name)))
        }
        Erase::Conversation(_) => Ok(false),
    }
}

/// Whether an event is of what is to be erased.
fn concerns(
    unit: &Unit<'_>,
    what: &Erase,
    record: &Record,
    conversation: ConversationId,
) -> Result<bool, ChangeError> {
    let is_its = match what {
        Erase::Message(id) => record.message == *id,
        Erase::Conversation(id) => conversation == *id,
        Erase::Person(who) => record.author.as_ref().is_some_and(|it| who.contains(it)),
        Erase::Account(name) => record.leg.as_ref().is_some_and(|it| it.account == *name),
    };
    if is_its {
        return Ok(true);
    }
    // What only says something about a message goes with it.
    let Ok(content) = Content::decode(&record.content) else { return Ok(false) };
    if is_handover(record, &content) {
        return has_it(unit, what, record, conversation);
    }
    let about = match content.kind() {
        Kind::Edit | Kind::Delete => content.replaces,
        Kind::Reaction | Kind::Unreaction => content.in_reply_to,
        Kind::Text
        | Kind::Media
        | Kind::Link
        | Kind::Quote
        | Kind::System
        | Kind::Receipt
        | Kind::Empty
        | Kind::Unknown => None,
    };
    let Some(about) = about else { return Ok(false) };
    let is_gone = unit.get(&ERASED, &about)?.is_some();
    Ok(is_gone || matches!(what, Erase::Message(id) if *id == about))
}
