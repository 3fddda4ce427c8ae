//! The way in: an account's envelopes are opened, read and handed to the journal.
//!
//! Everything that needs keys or arithmetic happens here, on a snapshot and beside the store's
//! writer; the first commit then only decides and writes. An envelope that lacks something is kept
//! with its reason and tried again when that arrives; nothing is marked as seen and dropped.

mod dedupe;
mod fetch;
mod take;
mod waiting;

pub(crate) use self::fetch::fetch_missing;

use tokio::sync::mpsc;

use super::account::Account;
use crate::adapter::{Batch, Handover, Outcome};

/// Takes in what an account's adapter hands over, batch after batch, until its door is closed and
/// everything handed in before is done.
pub(crate) async fn run(account: &Account, mut batches: mpsc::Receiver<Handover>) {
    // What waited when the last process died comes before what is new.
    take_in_waiting(account).await;
    loop {
        let handed_over = tokio::select! {
            handed_over = batches.recv() => handed_over,
            () = account.openable.notified() => {
                take_in_waiting(account).await;
                continue;
            }
        };
        let Some(Handover { batch, reply }) = handed_over else { return };
        let Some(outcomes) = take_in(account, batch).await else {
            // The adapter learns of it by the dropped reply, and hands the same over again.
            continue;
        };
        if outcomes.iter().any(|it| matches!(it, Outcome::Kept)) {
            take_in_waiting(account).await;
        }
        if reply.send(outcomes).is_err() {
            tracing::debug!("the adapter left before it heard that its batch is kept");
        }
    }
}

async fn take_in(account: &Account, batch: Batch) -> Option<Vec<Outcome>> {
    match take::take(account, batch).await {
        Ok(outcomes) => Some(outcomes),
        Err(error) => {
            account.failed("a batch could not be kept", &error);
            None
        }
    }
}

async fn take_in_waiting(account: &Account) {
    if let Err(error) = waiting::retry(account).await {
        account.failed("waiting envelopes could not be tried again", &error);
    }
}
