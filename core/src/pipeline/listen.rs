//! Keeps an account's adapter listening: after a failure it is called again, by the verdict.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::account::{Account, Chain};
use super::backoff::Patience;
use crate::adapter::{Cursor, Handover, Health, Inbound, Verdict};
use crate::store::span::Span;
use crate::store::tables::CURSORS;
use crate::store::{ReadError, Reads};

/// After how long a suspended account is tried again by itself.
const SUSPENDED_FOR: Duration = Duration::from_secs(30 * 60);

/// The door into the bridge for an account, with its streams where they stand now.
pub(super) fn inbound(
    account: &Account,
    batches: &tokio::sync::mpsc::Sender<Handover>,
) -> Result<Inbound, ReadError> {
    let cursors =
        account.store.snapshot()?.scan(&CURSORS, Span::under(&account.name), usize::MAX)?;
    let cursors: BTreeMap<_, _> =
        cursors.into_iter().map(|(_, Cursor { stream, position })| (stream, position)).collect();
    Ok(Inbound {
        batches: batches.clone(),
        cursors,
        conversations: account.linked.clone(),
        health: account.health.clone(),
    })
}

/// Listens until `stop`.
pub(super) async fn run(
    account: &Account,
    batches: tokio::sync::mpsc::Sender<Handover>,
    stop: CancellationToken,
) {
    let mut patience = Patience::default();
    loop {
        let began = tokio::time::Instant::now();
        let verdict = tokio::select! {
            () = stop.cancelled() => return,
            verdict = listen_once(account, &batches) => verdict,
        };
        let backoff = patience.after(account.limits().backoff, began.elapsed());
        let wait = match verdict {
            Verdict::RetryAfter(after) => after,
            Verdict::Suspend | Verdict::SuspendLeg => SUSPENDED_FOR,
            Verdict::Retry | Verdict::Reject | Verdict::Reseal => backoff,
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = account.hurried.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn listen_once(account: &Account, batches: &tokio::sync::mpsc::Sender<Handover>) -> Verdict {
    let inbound = match inbound(account, batches) {
        Ok(inbound) => inbound,
        Err(error) => {
            account.failed("cursors could not be read", &error);
            return Verdict::Retry;
        }
    };
    match account.adapter.listen(inbound).await {
        Ok(()) => Verdict::Retry,
        Err(error) => {
            let reason = Chain(&error).to_string();
            account.failed("listening failed", &error);
            account.health.send_replace(match error.verdict {
                Verdict::Suspend | Verdict::SuspendLeg => Health::Suspended(reason),
                Verdict::Retry | Verdict::RetryAfter(_) | Verdict::Reject | Verdict::Reseal => {
                    Health::Down(reason)
                }
            });
            error.verdict
        }
    }
}
