//! The third commit: what the network answered, written down.

use crate::model::copy::{Copy, MadeBy, Pointer};
use crate::model::id::{Leg, RemoteId};
use crate::model::outbox::{BacklogRow, OutboxKind, OutboxRow};
use crate::model::time::Timestamp;
use crate::pipeline::account::Account;
use crate::pipeline::journal::{bury, unappear};
use crate::register::carried;
use crate::store::span::Span;
use crate::store::tables::{BACKLOG, COPIES, OUTBOX, REMOTE};
use crate::store::{ChangeError, Reads, Unit, WriteError};

/// What became of an envelope.
#[derive(Debug)]
pub(super) enum Answer {
    /// The network has it for good.
    Done(OutboxRow, RemoteId),
    /// The network has it, and will show it.
    Taken(OutboxRow, RemoteId),
    /// It was tried in vain.
    Failed(OutboxRow, String),
    /// The network asked to wait.
    Deferred(OutboxRow, String),
    /// It will never be taken.
    Dead(OutboxRow, String),
    /// Its message was taken back before it was ever tried, as far as we know.
    Withdrawn(OutboxRow),
    /// Its message was taken back before it was ever tried: nothing of it is there.
    NeverSent(OutboxRow),
    /// Control traffic that the network has, and that was not read back in time: whether it is still
    /// needed is asked anew.
    Unread(OutboxRow),
    /// The keys that it was sealed for are gone: it and all behind it are to be sealed again.
    Reseal {
        /// The envelope that the network could not take any more.
        from: OutboxRow,
    },
}

/// Writes the answers down.
pub(super) async fn settle(
    account: &Account,
    leg: &Leg,
    answers: Vec<Answer>,
) -> Result<(), WriteError<ChangeError>> {
    let now = account.clock.now();
    let leg = leg.clone();
    let learnt = answers.iter().any(|it| !matches!(it, Answer::Failed(..) | Answer::Deferred(..)));
    // Nothing may be sealed for the leg while what comes before it goes back.
    let _only_one_unit_of_work = match answers.last() {
        Some(Answer::Reseal { .. }) => Some(account.unit.lock().await),
        Some(_) | None => None,
    };
    account
        .store
        .write(move |unit| {
            answers.into_iter().try_for_each(|answer| write_down(unit, &leg, answer, now))
        })
        .await?;
    if learnt {
        account.something_learnt();
    }
    Ok(())
}

fn write_down(
    unit: &mut Unit<'_>,
    leg: &Leg,
    answer: Answer,
    now: Timestamp,
) -> Result<(), ChangeError> {
    match answer {
        Answer::Done(row, id) => {
            named(unit, &row, id)?;
            // The network may have shown it meanwhile, and then it is counted.
            if unit.get(&OUTBOX, &key(&row))?.is_some() {
                carried(unit, &row, now)?;
            }
            unit.delete(&OUTBOX, &key(&row))
        }
        Answer::Taken(row, id) => {
            named(unit, &row, id.clone())?;
            update(unit, &row, |row| {
                row.taken_at = Some(now);
                row.sealed.remote_id = Some(id);
            })
        }
        Answer::Failed(row, reason) => update(unit, &row, |row| {
            row.attempts = row.attempts.saturating_add(1);
            row.taken_at = None;
            row.last_error = Some(reason);
        }),
        Answer::Deferred(row, reason) => update(unit, &row, |row| row.last_error = Some(reason)),
        Answer::Dead(row, reason) => {
            unit.delete(&OUTBOX, &key(&row))?;
            bury(unit, row, &reason, now).map(drop)
        }
        Answer::Withdrawn(row) | Answer::Unread(row) => unit.delete(&OUTBOX, &key(&row)),
        Answer::NeverSent(row) => {
            unit.delete(&OUTBOX, &key(&row))?;
            unappear(unit, &row)
        }
        Answer::Reseal { from } => reseal(unit, leg, &from, now),
    }
}

fn key(row: &OutboxRow) -> (Leg, crate::model::id::Seq, u16) {
    (row.leg.clone(), row.seq, row.part)
}

/// Changes the row, unless the network has shown the envelope meanwhile.
fn update(
    unit: &mut Unit<'_>,
    row: &OutboxRow,
    change: impl FnOnce(&mut OutboxRow),
) -> Result<(), ChangeError> {
    if let Some(mut row) = unit.get(&OUTBOX, &key(row))? {
        change(&mut row);
        unit.put(&OUTBOX, &key(&row), &row)?;
    }
    Ok(())
}

/// Where ids cannot be known before sending, the ledger learns them now.
fn named(unit: &mut Unit<'_>, row: &OutboxRow, id: RemoteId) -> Result<(), ChangeError> {
    if row.sealed.remote_id.as_ref() == Some(&id) {
        return Ok(());
    }
    let pointer = Pointer {
        conversation: row.conversation,
        message: row.message,
        leg: row.leg.clone(),
        seq: row.seq,
        part: row.part,
        made_by: MadeBy::Us,
        remote_id: Some(id.clone()),
    };
    unit.put(&REMOTE, &(row.leg.account.clone(), id.clone()), &pointer)?;
    if row.kind == OutboxKind::Control {
        return Ok(());
    }
    let at = (row.conversation, row.message, row.leg.clone(), row.part);
    if let Some(copy) = unit.get(&COPIES, &at)? {
        unit.put(&COPIES, &at, &Copy { remote_id: Some(id), ..copy })?;
    }
    Ok(())
}

/// Sends an envelope and all behind it back to be sealed again, in order. What the network has
/// taken stays; the envelope itself it has lost, or nobody could read it there.
fn reseal(
    unit: &mut Unit<'_>,
    leg: &Leg,
    from: &OutboxRow,
    now: Timestamp,
) -> Result<(), ChangeError> {
    for (_, row) in unit.scan(&OUTBOX, Span::under(leg).from(&key(from)), usize::MAX)? {
        if row.taken_at.is_some() && key(&row) != key(from) {
            continue;
        }
        unit.delete(&OUTBOX, &key(&row))?;
        unappear(unit, &row)?;
        let at = (leg.clone(), row.seq);
        let back = unit.get(&BACKLOG, &at)?;
        let (leg, seq) = at.clone();
        let mut back =
            back.unwrap_or(BacklogRow { leg, seq, missing: None, since: now, parts: Vec::new() });
        if row.kind != OutboxKind::Control {
            back.parts.push(row.part);
        }
        unit.put(&BACKLOG, &at, &back)?;
    }
    Ok(())
}
