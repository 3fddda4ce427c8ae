//! How an account is doing, kept where other processes can read it.

use tokio_util::sync::CancellationToken;

use super::account::Account;
use crate::adapter::Health;
use crate::model::health::HealthRow;
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::tables::HEALTH;
use crate::store::{ChangeError, Reads, Store, WriteError};

/// Writes down that every account is only starting: how they were doing is what the last process
/// knew, and whoever looks must not take it for what this one knows.
pub async fn forget_health(store: &Store, now: Timestamp) -> Result<(), WriteError<ChangeError>> {
    store
        .write(move |unit| {
            for (_, row) in unit.scan(&HEALTH, Span::all(), usize::MAX)? {
                let name = row.account.clone();
                unit.put(
                    &HEALTH,
                    &name,
                    &HealthRow { health: Health::Starting, since: now, ..row },
                )?;
            }
            Ok(())
        })
        .await
}

/// Keeps an account's health where other processes can read it.
pub(super) async fn remember(account: &Account, stop: CancellationToken) {
    let (mut listening, mut sending) = (account.health.subscribe(), account.suspended.subscribe());
    let mut last = None;
    listening.mark_changed();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            changed = listening.changed() => if changed.is_err() { return },
            changed = sending.changed() => if changed.is_err() { return },
        }
        let heard = listening.borrow_and_update().clone();
        let health = sending.borrow_and_update().clone().map_or(heard, Health::Suspended);
        if last.replace(health.clone()).is_some_and(|last| last == health) {
            continue;
        }
        let row = HealthRow {
            account: account.name.clone(),
            network: account.adapter.network().clone(),
            health,
            since: account.clock.now(),
        };
        let name = account.name.clone();
        let kept = account.store.write(move |unit| unit.put(&HEALTH, &name, &row)).await;
        if let Err(error) = kept {
            account.failed("the account's health could not be written down", &error);
        }
    }
}
