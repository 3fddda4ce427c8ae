//! What the network did with our own envelopes: taken in for good, or thrown away after all.

use super::{RECEIPT, Source};
use crate::adapter::Missing;
use crate::model::copy::{MadeBy, Pointer};
use crate::model::id::{AccountName, Leg, RemoteId};
use crate::model::outbox::{DeadLetter, OutboxKind, OutboxRow};
use crate::model::time::Timestamp;
use crate::register::carried;
use crate::store::key::Key;
use crate::store::span::Span;
use crate::store::tables::{COPIES, COUNTERS, DEAD_LETTERS, OUTBOX, REMOTE};
use crate::store::{ChangeError, Reads, Unit};

/// How many rows are looked at at once.
const AT_ONCE: usize = 64;

/// What became of an envelope of ours that the network has shown, or thrown away.
pub(crate) enum Settled {
    /// Nothing: it was settled before, or is not the bridge's.
    Nothing,
    /// Its row in this leg's outbox is done.
    Leg(Leg),
    /// It may be one whose receipt has not come yet.
    NotYet(Missing),
}

/// The network has an envelope of ours for good, or has thrown it away for a `reason`.
pub(crate) fn settled(
    unit: &mut Unit<'_>,
    source: &Source,
    id: &RemoteId,
    reason: Option<&str>,
) -> Result<Settled, ChangeError> {
    let row = match reason {
        None => confirm(unit, &source.account, (id, source.now))?,
        Some(reason) => reject(unit, &source.account, id, (reason, source.now))?,
    };
    if let Some(row) = row {
        return Ok(Settled::Leg(row.leg));
    }
    let is_known = unit.get(&REMOTE, &(source.account.clone(), id.clone()))?.is_some();
    if !is_known && awaits_a_name(unit, &source.account, source.came_at)? {
        return Ok(Settled::NotYet(missing_receipt()));
    }
    Ok(Settled::Nothing)
}

/// What an envelope waits for that may be our own.
pub(crate) fn missing_receipt() -> Missing {
    let reason = "it may be our own, whose receipt has not come yet".to_owned();
    Missing { what: RECEIPT.to_owned(), reason }
}

/// Whether something was on its way when `came_at` whose id we still do not know: from an account,
/// or to one of its legs.
pub(crate) fn awaits_a_name(
    unit: &Unit<'_>,
    of: &dyn Key,
    came_at: Timestamp,
) -> Result<bool, ChangeError> {
    let mut rows = unit.scan(&OUTBOX, Span::under(of), AT_ONCE)?;
    while let Some((last, _)) = rows.last() {
        let unnamed = |row: &OutboxRow| row.sealed.remote_id.is_none() && row.sealed_at <= came_at;
        if rows.iter().any(|(_, row)| unnamed(row)) {
            return Ok(true);
        }
        rows = unit.scan(&OUTBOX, Span::under(of).after(last), AT_ONCE)?;
    }
    Ok(false)
}

/// The network has it for good: its row in the outbox is done.
pub(crate) fn confirm(
    unit: &mut Unit<'_>,
    account: &AccountName,
    (id, now): (&RemoteId, Timestamp),
) -> Result<Option<OutboxRow>, ChangeError> {
    let Some(row) = awaited(unit, account, id)? else { return Ok(None) };
    unit.delete(&OUTBOX, &(row.leg.clone(), row.seq, row.part))?;
    carried(unit, &row, now)?;
    Ok(Some(row))
}

/// The network threw it away: it becomes a dead letter, with the network's reason.
fn reject(
    unit: &mut Unit<'_>,
    account: &AccountName,
    id: &RemoteId,
    (reason, now): (&str, Timestamp),
) -> Result<Option<OutboxRow>, ChangeError> {
    let Some(row) = awaited(unit, account, id)? else { return Ok(None) };
    unit.delete(&OUTBOX, &(row.leg.clone(), row.seq, row.part))?;
    bury(unit, row.clone(), reason, now)?;
    Ok(Some(row))
}

/// Puts a row among the dead letters.
pub(crate) fn bury(
    unit: &mut Unit<'_>,
    row: OutboxRow,
    reason: &str,
    at: Timestamp,
) -> Result<u64, ChangeError> {
    unappear(unit, &row)?;
    let id = unit.get(&COUNTERS, b"dead")?.unwrap_or(0).saturating_add(1);
    unit.put(&COUNTERS, b"dead", &id)?;
    unit.put(&DEAD_LETTERS, &id, &DeadLetter { id, row, reason: reason.to_owned(), at })?;
    Ok(id)
}

/// An envelope is not on the network: what never got there can be neither answered nor taken back.
pub(crate) fn unappear(unit: &mut Unit<'_>, row: &OutboxRow) -> Result<(), ChangeError> {
    if row.kind == OutboxKind::Control {
        return Ok(());
    }
    unit.delete(&COPIES, &(row.conversation, row.message, row.leg.clone(), row.part))
}

/// The row that waits to be seen under `id`, if it is still there.
fn awaited(
    unit: &Unit<'_>,
    account: &AccountName,
    id: &RemoteId,
) -> Result<Option<OutboxRow>, ChangeError> {
    match unit.get(&REMOTE, &(account.clone(), id.clone()))? {
        // Another envelope may stand in its place, where it had to be sealed again.
        Some(Pointer { made_by: MadeBy::Us, leg, seq, part, .. }) => {
            let row = unit.get(&OUTBOX, &(leg, seq, part))?;
            Ok(row.filter(|row| row.sealed.remote_id.as_ref() == Some(id)))
        }
        Some(_) | None => Ok(None),
    }
}
