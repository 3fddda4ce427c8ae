//! What the network did with our own envelopes: taken in for good, or thrown away after all.

use crate::model::copy::{MadeBy, Pointer};
use crate::model::id::{AccountName, RemoteId};
use crate::model::outbox::{DeadLetter, OutboxRow};
use crate::model::time::Timestamp;
use crate::store::tables::{COPIES, COUNTERS, DEAD_LETTERS, OUTBOX, REMOTE};
use crate::store::{ChangeError, Reads, Unit};

/// The network has it for good: its row in the outbox is done.
pub(crate) fn confirm(
    unit: &mut Unit<'_>,
    account: &AccountName,
    id: &RemoteId,
) -> Result<Option<OutboxRow>, ChangeError> {
    let Some(row) = awaited(unit, account, id)? else { return Ok(None) };
    unit.delete(&OUTBOX, &(row.leg.clone(), row.seq, row.part))?;
    Ok(Some(row))
}

/// The network threw it away: it becomes a dead letter, with the network's reason.
pub(crate) fn reject(
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
    // What never got there can be neither answered nor taken back there.
    unit.delete(&COPIES, &(row.conversation, row.message, row.leg.clone(), row.part))?;
    let id = unit.get(&COUNTERS, b"dead")?.unwrap_or(0).saturating_add(1);
    unit.put(&COUNTERS, b"dead", &id)?;
    unit.put(&DEAD_LETTERS, &id, &DeadLetter { id, row, reason: reason.to_owned(), at })?;
    Ok(id)
}

/// The row that waits to be seen under `id`, if it is still there.
fn awaited(
    unit: &Unit<'_>,
    account: &AccountName,
    id: &RemoteId,
) -> Result<Option<OutboxRow>, ChangeError> {
    match unit.get(&REMOTE, &(account.clone(), id.clone()))? {
        Some(Pointer { made_by: MadeBy::Us, leg, seq, part, .. }) => {
            Ok(unit.get(&OUTBOX, &(leg, seq, part))?)
        }
        Some(_) | None => Ok(None),
    }
}
