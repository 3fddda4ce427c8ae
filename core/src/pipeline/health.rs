//! How an account is doing, kept where other processes can read it.

use tokio_util::sync::CancellationToken;

use super::account::Account;
use crate::adapter::Health;
use crate::model::health::HealthRow;
use crate::store::tables::HEALTH;

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
