//! The second commit: what was journaled becomes final bytes for each destination.
//!
//! Every account reads the journal by itself, in order, from its own place. What goes to its legs is
//! fitted, rendered and sealed on a snapshot, beside the store's writer; then the bytes, the keys
//! they cost, the ledger's new rows and the account's new place are one transaction. A leg that
//! cannot be sealed for yet (a key is missing, a commit has to be read back first) gets a backlog,
//! in order, and holds up no other leg.

mod backlog;
mod draft;
mod due;
mod event;
mod facts;
mod regroup;
mod teller;

use std::time::Duration;

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use self::draft::Draft;
use self::event::seal_event;
use super::account::{Account, Ready};
use super::step::Step;
use crate::model::id::{ConversationId, Seq};
use crate::model::journal::Record;
use crate::store::span::Span;
use crate::store::tables::{EVENTS, JOURNAL, SEALED};
use crate::store::{ChangeError, Keys, ReadError, Reads, Snapshot, WriteError};

/// How many places an account looks at without writing down that it did.
const UNWRITTEN: u64 = 4096;

/// After how long without anything to do it writes down that it did.
const IDLE: Duration = Duration::from_millis(500);

/// Why a batch was not sealed. Nothing of it was kept.
#[derive(Debug, Error)]
enum NotSealed {
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    #[error("the store could not be written")]
    Write(#[from] WriteError<ChangeError>),
}

/// An event at its place.
pub(super) struct Placed {
    pub(super) seq: Seq,
    pub(super) conversation: ConversationId,
    pub(super) record: Record,
}

/// Seals what is journaled for the account's legs, until `stop`.
pub(super) async fn run(account: &Account, stop: CancellationToken) {
    let mut head = account.head.subscribe();
    let mut failures = 0;
    let (mut place, mut written) = (None, Seq(0));
    let mut may_have_backlog = true;
    loop {
        let done = async {
            let from = match place {
                Some(place) => place,
                None => written_place(account)?,
            };
            if may_have_backlog {
                may_have_backlog = backlog::seal(account).await?;
            }
            seal_from(account, from).await
        };
        match done.await {
            Ok(now_at) => {
                failures = 0;
                place = Some(now_at);
                let is_behind = now_at < *head.borrow_and_update();
                if (is_behind || may_have_backlog) && !stop.is_cancelled() {
                    continue;
                }
                tokio::select! {
                    () = stop.cancelled() => break,
                    _ = head.changed() => {}
                    () = account.learnt.notified() => may_have_backlog = true,
                    () = tokio::time::sleep(IDLE), if written != now_at => {
                        write_place(account, now_at).await;
                        written = now_at;
                    }
                }
            }
            Err(error) => {
                account.failed("sealing failed", &error);
                (place, may_have_backlog) = (None, true);
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(account.limits().backoff.after(failures)) => {}
                }
                failures = failures.saturating_add(1);
            }
        }
    }
    if let Some(place) = place {
        write_place(account, place).await;
    }
}

/// Writes down how far the account has looked, where nothing else was to be written.
async fn write_place(account: &Account, place: Seq) {
    let name = account.name.clone();
    if let Err(error) = account.store.write(move |unit| unit.put(&SEALED, &name, &place)).await {
        account.failed("the account's place was not written down; it will look again", &error);
    }
}

fn written_place(account: &Account) -> Result<Seq, ReadError> {
    Ok(account.store.snapshot()?.get(&SEALED, &account.name)?.unwrap_or_default())
}

/// Seals the next events behind `from`; returns how far it came.
async fn seal_from(account: &Account, from: Seq) -> Result<Seq, NotSealed> {
    let _only_one_unit_of_work = account.unit.lock().await;
    let snapshot = account.store.snapshot()?;
    let events = next_events(account, &snapshot, from)?;
    let Some(last) = events.last().map(|it| it.seq) else { return Ok(from) };
    let backlogged = backlog::legs(account, &snapshot)?;
    let mut draft = Draft::new(account, &snapshot, backlogged)?;
    for event in &events {
        for leg in draft.legs_of(event)? {
            seal_event(&mut draft, event, &leg, &[])?;
        }
    }
    let (changes, keys) = draft.finish();
    let written = written_place(account)?;
    if !changes.is_empty() || last.0.saturating_sub(written.0) >= UNWRITTEN {
        commit(account, keys, changes, Some(last)).await?;
    }
    Ok(last)
}

fn next_events(
    account: &Account,
    snapshot: &Snapshot,
    from: Seq,
) -> Result<Vec<Placed>, ReadError> {
    let places = snapshot.scan(&JOURNAL, Span::all().after(&from), account.limits().seal_batch)?;
    let mut events = Vec::with_capacity(places.len());
    for (key, place) in places {
        let Some(seq) = key.part(0).map(|bytes| Seq(u64::from_be_bytes(bytes))) else { continue };
        let conversation = place.conversation;
        if let Some(record) = snapshot.get(&EVENTS, &(conversation, seq))? {
            events.push(Placed { seq, conversation, record });
        }
    }
    Ok(events)
}

fn find(snapshot: &Snapshot, seq: Seq) -> Result<Option<Placed>, ReadError> {
    let Some(place) = snapshot.get(&JOURNAL, &seq)? else { return Ok(None) };
    let conversation = place.conversation;
    let record = snapshot.get(&EVENTS, &(conversation, seq))?;
    Ok(record.map(|record| Placed { seq, conversation, record }))
}

/// The second commit.
async fn commit(
    account: &Account,
    keys: Vec<Keys>,
    changes: draft::Changes,
    place: Option<Seq>,
) -> Result<(), NotSealed> {
    account.steps.reached(Step::Rendered);
    let name = account.name.clone();
    let legs = changes.legs();
    let wanted = changes.wanted();
    account
        .store
        .write(move |unit| {
            keys.into_iter().try_for_each(|keys| unit.apply(keys))?;
            changes.write(unit)?;
            place.map_or(Ok(()), |place| unit.put(&SEALED, &name, &place))
        })
        .await?;
    account.steps.reached(Step::Sealed);
    account.journaled(None, Vec::new(), wanted);
    if !legs.is_empty() && account.ready.send(Ready::Legs(legs)).await.is_err() {
        tracing::debug!(account = %account.name, "the sender has stopped");
    }
    Ok(())
}
