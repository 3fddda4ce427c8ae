//! What time does by itself: messages that were to disappear end, also those whose time was over
//! while the bridge was away.

use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::account::Chain;
use super::backoff::Backoff;
use super::erase::{Stepped, step};
use super::head::grow;
use super::journal::end_due;
use crate::model::id::Seq;
use crate::model::time::{Clock, Timestamp};
use crate::store::span::Span;
use crate::store::tables::EXPIRIES;
use crate::store::{ChangeError, ReadError, Reads, Store, WriteError};

/// How often the clock is looked at while anything is to end: it may be set, or the machine may have
/// slept. So much later than its time a message may end.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Why messages could not be ended. They will be.
#[derive(Debug, Error)]
enum NotEnded {
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    #[error("the store could not be written")]
    Write(#[from] WriteError<ChangeError>),
}

/// Ends messages when their time is over, until `stop`.
pub(super) async fn run(
    store: Store,
    clock: Clock,
    head: watch::Sender<Seq>,
    stop: CancellationToken,
) {
    let mut grown = head.subscribe();
    let mut failures = 0;
    loop {
        grown.mark_unchanged();
        let wait = match end(&store, &clock, &head).await {
            Ok(next) => {
                failures = 0;
                next.map(|at| at.since(clock.now()).min(LOOK_EVERY))
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "messages that are over could not be ended");
                failures = u32::saturating_add(failures, 1);
                Some(Backoff::default().after(failures))
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            // However much is said, the store is not asked for each message.
            changed = grown.changed() => tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => if changed.is_err() { return },
            },
        }
    }
}

/// Ends all that is due; returns when the next one is.
async fn end(
    store: &Store,
    clock: &Clock,
    head: &watch::Sender<Seq>,
) -> Result<Option<Timestamp>, NotEnded> {
    loop {
        let next = store.snapshot()?.scan(&EXPIRIES, Span::all(), 1)?.pop().map(|(_, it)| it.at);
        let now = clock.now();
        let erasing = step(store, now).await?;
        if erasing == Stepped::On {
            continue;
        }
        if let Stepped::Waits(last) = erasing {
            grow(head, last);
        }
        if next.is_none_or(|at| at > now) {
            // Whether networks were told is looked at as often as the clock.
            let is_waiting = erasing != Stepped::Nothing;
            return Ok(next.or(is_waiting.then(|| now.plus(LOOK_EVERY))));
        }
        if let Some(last) = store.write(move |unit| end_due(unit, now)).await? {
            grow(head, last);
        }
    }
}
