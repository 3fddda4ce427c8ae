//! Legs that could not be sealed for: their events stand in line, each leg by itself.

use std::collections::BTreeSet;

use super::draft::Draft;
use super::event::seal_event;
use super::{NotSealed, commit, find};
use crate::model::id::{Leg, Seq};
use crate::model::outbox::{BacklogRow, OutboxKind};
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
    let keys = account.store.keys(&account.name)?;
    let mut draft = Draft::new(account, &snapshot, &keys, BTreeSet::new());
    let mut left = account.limits.seal_batch;
    for leg in legs {
        if left == 0 || has_control(&snapshot, &leg)? {
            continue;
        }
        for (_, row) in snapshot.scan(&BACKLOG, Span::under(&leg), left)? {
            if let Some(event) = find(&snapshot, row.seq)? {
                seal_event(&mut draft, &event, &leg)?;
            }
            if draft.is_backlogged(&leg) {
                break;
            }
            draft.leaves_backlog(leg.clone(), row.seq);
            left = left.saturating_sub(1);
        }
    }
    let changes = draft.finish();
    if !changes.is_empty() {
        commit(account, keys, changes, None).await?;
    }
    Ok(left == 0)
}

/// Whether control traffic of the leg is still on its way.
fn has_control(snapshot: &Snapshot, leg: &Leg) -> Result<bool, ReadError> {
    let rows = snapshot.scan(&OUTBOX, Span::under(leg), usize::MAX)?;
    Ok(rows.iter().any(|(_, row)| row.kind == OutboxKind::Control))
}
