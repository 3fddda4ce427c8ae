//! Moving a direct conversation from one leg to another, with what is on its way.
//!
//! A move is one transaction: the leg is closed, what it still had to say is put in line for the
//! other, and a word about it is journaled. What the network has taken stays where it is.

use thiserror::Error;

use crate::model::content::{Content, Salt};
use crate::model::direct::{Closed, Direct, ReplyOn, Way};
use crate::model::id::{AccountName, ConversationId, Leg, Seq};
use crate::model::outbox::{BacklogRow, DeadLetter, OutboxKind, OutboxRow};
use crate::model::time::Timestamp;
use crate::pipeline::journal::unappear;
use crate::pipeline::owner::journal_own;
use crate::store::span::Span;
use crate::store::tables::{
    BACKLOG, COPIES, DEAD_LETTERS, DIRECTS, EVENTS, JOURNAL, OUTBOX, SEALED,
};
use crate::store::{ChangeError, ReadError, Reads, SealError, Store, Unit, WriteError};

/// How many rows are looked at when it is asked how long something waits.
const LOOK: usize = 64;

/// Why a conversation was not moved. Nothing was changed.
#[derive(Debug, Error)]
pub enum NotMoved {
    /// It is no direct conversation with somebody whom the owner knows.
    #[error(
        "it is no direct conversation of `[direct]`; what links join goes on on all of their legs"
    )]
    NotDirect,
    /// The account has no way to the other one.
    #[error("nobody has proven to be that person on this account")]
    NoWay,
    /// It would be less protected there.
    #[error(
        "it would be less protected there; allow that with `downgrade = \"allow\"` in `[direct]`"
    )]
    LessProtected,
    /// What was said before would be less protected there.
    #[error(
        "what was said before was better protected than that leg is; allow that with \
         `downgrade = \"allow\"` in `[direct]`, or move without the history"
    )]
    HistoryLessProtected,
    /// The store could not be written.
    #[error("the store could not be written")]
    Write(#[from] WriteError<ChangeError>),
}

/// Whether something waits on a leg.
pub(in crate::pipeline) fn is_pending(store: &impl Reads, leg: &Leg) -> Result<bool, ReadError> {
    Ok(pending_since(store, leg)?.is_some())
}

/// Since when something waits on a leg that the network has not taken.
pub(in crate::pipeline) fn pending_since(
    store: &impl Reads,
    leg: &Leg,
) -> Result<Option<Timestamp>, ReadError> {
    let rows = store.scan(&OUTBOX, Span::under(leg), LOOK)?;
    let is_left = |row: &OutboxRow| row.taken_at.is_none() && row.kind != OutboxKind::Control;
    let rows = rows.into_iter().filter(|(_, row)| is_left(row));
    let backlog = store.scan(&BACKLOG, Span::under(leg), LOOK)?;
    let since = rows.map(|(_, row)| row.sealed_at);
    Ok(since.chain(backlog.into_iter().map(|(_, row)| row.since)).min())
}

/// The dead letters of a leg, which the network would not take there.
pub(in crate::pipeline) fn unsendable(
    store: &impl Reads,
    leg: &Leg,
) -> Result<Vec<DeadLetter>, ReadError> {
    let letters = store.scan(&DEAD_LETTERS, Span::all(), usize::MAX)?;
    let letters = letters.into_iter().map(|(_, it)| it);
    Ok(letters.filter(|it| it.row.leg == *leg && it.row.kind == OutboxKind::Message).collect())
}

/// Closes a leg for a reason and has its conversation go on over the next; over which, or why not.
/// What the leg still has to say follows when the bridge has seen that nobody is sending it.
pub(in crate::pipeline) fn close(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    leg: &Leg,
    (reason, now): (&str, Timestamp),
) -> Result<Result<Leg, &'static str>, ChangeError> {
    let Some(mut direct) = unit.get(&DIRECTS, &conversation)? else {
        return Ok(Err("it is no direct conversation any more"));
    };
    let by = Way { leg: leg.clone(), level: direct.level_of(leg) };
    let to = match direct.next_to(&by) {
        Ok(way) => way.leg.clone(),
        Err(why) => return Ok(Err(why)),
    };
    let waits = is_pending(unit, leg)?;
    if !direct.closed.contains_key(leg) {
        let closed = Closed { reason: reason.to_owned(), since: now };
        direct.closed.insert(leg.clone(), closed);
        unit.put(&DIRECTS, &conversation, &direct)?;
        if waits {
            let text = format!("(This conversation goes on here: {reason} on {}.)", leg.account);
            say_there(unit, conversation, (&to, &text), now)?;
        }
    }
    Ok(Ok(to))
}

/// The same, and has all that the leg still had to say go there too. Nobody may be sending on it.
pub(in crate::pipeline) fn empty(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    leg: &Leg,
    (reason, now): (&str, Timestamp),
) -> Result<Result<Leg, &'static str>, ChangeError> {
    let went_on = close(unit, conversation, leg, (reason, now))?;
    if let Ok(to) = &went_on {
        move_pending(unit, conversation, (leg, to), now)?;
    }
    Ok(went_on)
}

fn say_there(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    (to, text): (&Leg, &str),
    now: Timestamp,
) -> Result<(), ChangeError> {
    let salt = Salt::random().map_err(|_| ChangeError::Seal(SealError::NoRandomness))?;
    let to = Some(to.clone());
    journal_own(unit, (conversation, to), &Content::plain(salt, text), now).map(drop)
}

/// Puts what a leg still has to say in line for another.
fn move_pending(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    (from, to): (&Leg, &Leg),
    now: Timestamp,
) -> Result<(), ChangeError> {
    let mut seqs = Vec::new();
    for (_, row) in unit.scan(&OUTBOX, Span::under(from), usize::MAX)? {
        let is_here = row.conversation == conversation && row.kind != OutboxKind::Control;
        if is_here && row.taken_at.is_none() {
            let OutboxRow { seq, part, .. } = row;
            unit.delete(&OUTBOX, &(from.clone(), seq, part))?;
            unappear(unit, &row)?;
            seqs.push(seq);
        }
    }
    for (_, row) in unit.scan(&BACKLOG, Span::under(from), usize::MAX)? {
        let place = unit.get(&JOURNAL, &row.seq)?;
        if place.is_some_and(|it| it.conversation == conversation) {
            unit.delete(&BACKLOG, &(from.clone(), row.seq))?;
            seqs.push(row.seq);
        }
    }
    // What the leg's account has not looked at yet, if it never will.
    let sealed = unit.get(&SEALED, &from.account)?.unwrap_or_default();
    let unseen = Span::under(&conversation);
    for (key, record) in unit.scan(&EVENTS, unseen.after(&(conversation, sealed)), usize::MAX)? {
        let seq = key.part(conversation.as_bytes().len()).map(|it| Seq(u64::from_be_bytes(it)));
        if let (Some(seq), true) = (seq, record.to.as_ref() == Some(from)) {
            seqs.push(seq);
        }
    }
    seqs.into_iter().try_for_each(|seq| line_up(unit, conversation, (to, seq), now))
}

/// Puts an event in line for a leg, unless it is there.
fn line_up(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    (to, seq): (&Leg, Seq),
    now: Timestamp,
) -> Result<(), ChangeError> {
    let Some(record) = unit.get(&EVENTS, &(conversation, seq))? else { return Ok(()) };
    let message = (conversation, record.message);
    let is_there =
        unit.scan(&COPIES, Span::under(&message), LOOK)?.iter().any(|(_, copy)| copy.leg == *to);
    if is_there {
        return Ok(());
    }
    let key = (to.clone(), seq);
    if unit.get(&BACKLOG, &key)?.is_none() {
        let (leg, parts) = (to.clone(), Vec::new());
        unit.put(&BACKLOG, &key, &BacklogRow { leg, seq, missing: None, since: now, parts })?;
    }
    Ok(())
}

/// Has one message that a leg will never take go over the next; over which, or why not.
pub(in crate::pipeline) fn redirect(
    unit: &mut Unit<'_>,
    letter: &DeadLetter,
    now: Timestamp,
) -> Result<Result<Leg, &'static str>, ChangeError> {
    let row = &letter.row;
    let Some(direct) = unit.get(&DIRECTS, &row.conversation)? else {
        return Ok(Err("it is no direct conversation any more"));
    };
    let by = Way { leg: row.leg.clone(), level: direct.level_of(&row.leg) };
    let to = match direct.next_to(&by) {
        Ok(way) => way.leg.clone(),
        Err(why) => return Ok(Err(why)),
    };
    unit.delete(&DEAD_LETTERS, &letter.id)?;
    line_up(unit, row.conversation, (&to, row.seq), now)?;
    Ok(Ok(to))
}

/// Moves a direct conversation to an account by the owner's hand, until the other one speaks
/// elsewhere. Returns the leg that it goes on over.
pub async fn move_to(
    store: &Store,
    conversation: ConversationId,
    account: AccountName,
    now: Timestamp,
) -> Result<Leg, NotMoved> {
    store.write(move |unit| moved(unit, conversation, &account, now)).await?
}

pub(super) fn moved(
    unit: &mut Unit<'_>,
    conversation: ConversationId,
    account: &AccountName,
    now: Timestamp,
) -> Result<Result<Leg, NotMoved>, ChangeError> {
    let Some(mut direct) = unit.get(&DIRECTS, &conversation)? else {
        return Ok(Err(NotMoved::NotDirect));
    };
    let from = direct.wanted().cloned();
    let Some(to) = direct.ways.iter().find(|it| it.leg.account == *account).cloned() else {
        return Ok(Err(NotMoved::NoWay));
    };
    if !direct.may_downgrade && from.as_ref().is_some_and(|from| to.level < from.level) {
        return Ok(Err(NotMoved::LessProtected));
    }
    direct.closed.remove(&to.leg);
    direct.moved_to = Some(to.leg.clone());
    unit.put(&DIRECTS, &conversation, &direct)?;
    if let Some(from) = from.filter(|it| it.leg != to.leg) {
        let text =
            format!("(This conversation goes on here, and no longer on {}.)", from.leg.account);
        say_there(unit, conversation, (&to.leg, &text), now)?;
    }
    Ok(Ok(to.leg))
}

/// Chooses for one conversation on which leg the owner answers; nothing for what the settings say.
pub async fn reply_on(
    store: &Store,
    conversation: ConversationId,
    chosen: Option<ReplyOn>,
) -> Result<(), NotMoved> {
    let choose = move |unit: &mut Unit<'_>| -> Result<Result<(), NotMoved>, ChangeError> {
        let Some(direct) = unit.get(&DIRECTS, &conversation)? else {
            return Ok(Err(NotMoved::NotDirect));
        };
        if let Some(ReplyOn::Account(name)) = &chosen
            && !direct.ways.iter().any(|it| it.leg.account == *name)
        {
            return Ok(Err(NotMoved::NoWay));
        }
        let direct = Direct { chosen, moved_to: None, ..direct };
        unit.put(&DIRECTS, &conversation, &direct).map(Ok)
    };
    store.write(choose).await?
}
