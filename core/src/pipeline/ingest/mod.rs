//! The way in: an account's envelopes are opened, read and handed to the journal.
//!
//! Everything that needs keys or arithmetic happens here, on a snapshot and beside the store's
//! writer; the first commit then only decides and writes. An envelope that lacks something is kept
//! with its reason and tried again when that arrives; nothing is marked as seen and dropped.

mod dedupe;
mod fetch;
mod keep;
mod prove;
mod take;
mod waiting;

pub(crate) use self::fetch::fetch_missing;

use tokio::sync::mpsc;

use self::take::{NotKept, Taken};
use self::waiting::Waits;
use super::account::Account;
use crate::adapter::{Batch, Handover, Health};

/// Takes in what an account's adapter hands over, batch after batch, until its door is closed and
/// everything handed in before is done.
pub(crate) async fn run(account: &Account, mut batches: mpsc::Receiver<Handover>) {
    let Some(mut waits) = loaded(account, &batches).await else { return };
    // What waited when the last process died comes before what is new.
    take_in_waiting(account, &mut waits).await;
    loop {
        let handed_over = tokio::select! {
            handed_over = batches.recv() => handed_over,
            () = account.openable.notified() => {
                take_in_waiting(account, &mut waits).await;
                continue;
            }
            () = tokio::time::sleep(account.limits().confirm_within), if waits.len() > 0 => {
                take_in_waiting(account, &mut waits).await;
                continue;
            }
        };
        let Some(Handover { batch, reply }) = handed_over else { return };
        let Some(taken) = take_in(account, &mut waits, batch).await else {
            // The adapter learns of it by the dropped reply, and hands the same over again.
            continue;
        };
        if taken.wakes {
            take_in_waiting(account, &mut waits).await;
        }
        if reply.send(taken.outcomes).is_err() {
            tracing::debug!("the adapter left before it heard that its batch is kept");
        }
    }
}

/// The envelopes that wait, as soon as the store tells; nothing if the door is closed before.
async fn loaded(account: &Account, batches: &mpsc::Receiver<Handover>) -> Option<Waits> {
    let mut failures = 0;
    while !batches.is_closed() {
        match Waits::load(account) {
            Ok(waits) => return Some(waits),
            Err(error) => account.failed("waiting envelopes could not be read", &error),
        }
        tokio::time::sleep(account.limits().backoff.after(failures)).await;
        failures = failures.saturating_add(1);
    }
    None
}

async fn take_in(account: &Account, waits: &mut Waits, batch: Batch) -> Option<Taken> {
    match take::take(account, waits, batch).await {
        Ok(taken) => Some(taken),
        Err(error) => {
            account.failed("a batch could not be kept", &error);
            if let NotKept::TooManyWait = error {
                account.health.send_replace(Health::Stalled(error.to_string()));
            }
            None
        }
    }
}

async fn take_in_waiting(account: &Account, waits: &mut Waits) {
    if let Err(error) = waiting::retry(account, waits).await {
        account.failed("waiting envelopes could not be tried again", &error);
    }
}
