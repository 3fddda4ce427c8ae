//! Legs that could not be sealed for: their events stand in line, each leg by itself.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::event::seal_event;
use super::{NotSealed, Placed, commit, find};
use crate::model::id::{Leg, Seq};
use crate::model::outbox::{BacklogRow, CONTROL};
use crate::pipeline::account::Account;
use crate::store::span::Span;
use crate::store::tables::{BACKLOG, OUTBOX};
use crate::store::{ReadError, Reads, Snapshot};

/// The account's legs that have a backlog. Jumps from leg to leg, however long each line is.
pub(super) fn legs(account: &Account, snapshot: &Snapshot) -> Result<BTreeSet<Leg>, ReadError> {
    let mut legs = BTreeSet::new();
    let mut found = snapshot.scan(&BACKLOG, Span::under(&account.name), 1)?;
    while let Some((_, BacklogRow { leg, .. })) = found.pop() {
        let last = (leg.clone(), Seq(u64::MAX));
        found = snapshot.scan(&BACKLOG, Span::under(&account.name).after(&last), 1)?;
        legs.insert(leg);
    }
    Ok(legs)
}

/// Tries what could not be sealed before, each leg as far as it goes. Whether there is more that
/// may be sealed now.
pub(super) async fn seal(account: &Account) -> Result<bool, NotSealed> {
    let _only_one_unit_of_work = account.unit.lock().await;
    let snapshot = account.store.snapshot()?;
    let legs = legs(account, &snapshot)?;
    if legs.is_empty() {
        return Ok(false);
    }
    let mut draft = Draft::new(account, &snapshot, BTreeSet::new())?;
    let mut left = account.limits().seal_batch;
    for leg in legs {
        left = left.saturating_sub(seal_leg(&mut draft, &leg, left)?);
    }
    let (changes, keys) = draft.finish();
    if changes.is_empty() {
        account.journaled(None, Vec::new(), changes.wanted());
    } else {
        commit(account, keys, changes, None).await?;
    }
    Ok(left == 0)
}

/// Seals at most `most` events of a leg's line, up to the first that must wait; returns how many.
fn seal_leg(draft: &mut Draft<'_>, leg: &Leg, most: usize) -> Result<usize, ReadError> {
    let rows = draft.snapshot.scan(&BACKLOG, Span::under(leg), most)?;
    let first = rows.first().map(|(_, row)| row.seq);
    // Control traffic stands in the place of the event that needs it.
    if let Some(first) = first
        && draft.snapshot.get(&OUTBOX, &(leg.clone(), first, CONTROL))?.is_some()
    {
        return Ok(0);
    }
    let mut sealed: usize = 0;
    for (_, row) in rows {
        if let Some(event) = find(draft.snapshot, row.seq)? {
            if is_unlinked(draft, &event, leg) {
                let reason = "its link was removed before it could be sealed".to_owned();
                draft.note(&event, leg, true, reason);
            } else {
                seal_event(draft, &event, leg, &row.parts)?;
            }
        }
        if draft.is_backlogged(leg) {
            draft.stays_in_backlog(row);
            break;
        }
        draft.leaves_backlog(leg.clone(), row.seq);
        sealed = sealed.saturating_add(1);
    }
    Ok(sealed)
}

/// Whether no link leads to a leg any more; what the owner says needs none.
fn is_unlinked(draft: &Draft<'_>, event: &Placed, leg: &Leg) -> bool {
    let routes = draft.account.routes.borrow();
    event.record.leg.is_some() && !routes.is_told(event.conversation, leg)
}
