//! What has been kept for as long as the owner wants is deleted here. Networks are not told: it is
//! the store that forgets, not the people. The register's days that are over are closed here too.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::account::Chain;
use super::bridge::Setup;
use super::erase::forget;
use super::tend::Tending;
use crate::model::id::{ConversationId, Leg, Seq};
use crate::model::time::Timestamp;
use crate::register::close_days;
use crate::store::span::Span;
use crate::store::tables::{BACKLOG, CONVERSATIONS, EVENTS, JOURNAL, OUTBOX, SEALED};
use crate::store::{ChangeError, ReadError, Reads, Snapshot, Store, WriteError};

/// How many places of the journal are looked at, and how many messages one transaction deletes.
const AT_ONCE: usize = 256;
/// How often it is looked whether anything is old enough, at most and at least.
const OFTEN: Duration = Duration::from_millis(100);
const SELDOM: Duration = Duration::from_secs(600);

/// Why nothing could be deleted. It will be.
#[derive(Debug, Error)]
enum NotDeleted {
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    #[error("the store could not be written")]
    Write(#[from] WriteError<ChangeError>),
}

/// Deletes what is old enough, until `stop`.
pub(super) async fn run(tending: Tending, stop: CancellationToken) {
    let mut before = None;
    // By how long something is kept: before this place nothing is left to delete.
    let mut reached: BTreeMap<Duration, Seq> = BTreeMap::new();
    loop {
        let setup = tending.setup.lock().await.clone();
        let times = setup.retention.times();
        let routes = tending.routes.borrow().clone();
        let now = Some((setup.retention.clone(), routes));
        if before != now {
            // Whatever was passed over may be to be deleted after all.
            (before, reached) = (now, BTreeMap::new());
        }
        for keep in &times {
            let round = Round { setup: &setup, keep: *keep, now: tending.clock.now() };
            let from = reached.entry(*keep).or_insert(Seq(0));
            match round.forget_old(&tending.store, *from).await {
                Ok(at) => *from = at,
                Err(error) => {
                    tracing::warn!(error = %Chain(&error), "old messages could not be deleted");
                }
            }
        }
        if let Err(error) = close_days(&tending.store, tending.clock.now()).await {
            tracing::warn!(error = %Chain(&error), "the register's days could not be closed");
        }
        let wait = times.first().map_or(SELDOM, |it| *it / 64).clamp(OFTEN, SELDOM);
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// One look through the journal, for what is kept for one time.
struct Round<'s> {
    setup: &'s Setup,
    keep: Duration,
    now: Timestamp,
}

/// What is known of a conversation while looking.
struct Kept {
    legs: Vec<Leg>,
    keep: Option<Duration>,
}

impl Round<'_> {
    /// Deletes what is old enough from a place on. Returns the place before which nothing is left.
    async fn forget_old(&self, store: &Store, from: Seq) -> Result<Seq, NotDeleted> {
        let (mut at, mut reached, mut is_awaited) = (from, from, false);
        let mut conversations = BTreeMap::new();
        loop {
            let snapshot = store.snapshot()?;
            let places = snapshot.scan(&JOURNAL, Span::all().after(&at), AT_ONCE)?;
            let mut old = Vec::new();
            let mut is_last = places.len() < AT_ONCE;
            for (key, place) in places {
                let Some(seq) = key.part(0).map(|it| Seq(u64::from_be_bytes(it))) else { continue };
                at = seq;
                let kept = self.kept(&snapshot, &mut conversations, place.conversation)?;
                let fate = self.fate(&snapshot, kept, (place.conversation, seq))?;
                // The journal is in the order of receiving.
                if let Fate::Young = fate {
                    is_last = true;
                    break;
                }
                is_awaited |= matches!(fate, Fate::Awaited);
                if !is_awaited {
                    reached = seq;
                }
                if let Fate::Old = fate {
                    old.push((place.conversation, seq));
                }
            }
            drop(snapshot);
            if !old.is_empty() {
                let (now, count) = (self.now, old.len());
                store.write(move |unit| forget(unit, &old, now)).await?;
                tracing::info!(count, "messages were kept for as long as they should be");
            }
            if is_last {
                return Ok(reached);
            }
        }
    }

    fn kept<'k>(
        &self,
        snapshot: &Snapshot,
        known: &'k mut BTreeMap<ConversationId, Kept>,
        id: ConversationId,
    ) -> Result<&'k Kept, ReadError> {
        Ok(match known.entry(id) {
            Entry::Occupied(it) => it.into_mut(),
            Entry::Vacant(it) => {
                let row = snapshot.get(&CONVERSATIONS, &id)?;
                let legs = row.map(|row| row.legs).unwrap_or_default();
                let keep = self.setup.retention.of(&legs);
                it.insert(Kept { legs, keep })
            }
        })
    }

    fn fate(
        &self,
        snapshot: &Snapshot,
        Kept { legs, keep }: &Kept,
        (conversation, seq): (ConversationId, Seq),
    ) -> Result<Fate, ReadError> {
        if *keep != Some(self.keep) {
            return Ok(Fate::Other);
        }
        let Some(record) = snapshot.get(&EVENTS, &(conversation, seq))? else {
            return Ok(Fate::Other);
        };
        if self.now.since(record.received_at) < self.keep {
            return Ok(Fate::Young);
        }
        for leg in legs {
            // What somebody is still to hear is not forgotten.
            let is_sealed = !self.setup.accounts.contains_key(&leg.account)
                || snapshot.get(&SEALED, &leg.account)?.is_some_and(|it| it >= seq);
            let at = (leg.clone(), seq);
            if !is_sealed
                || !snapshot.scan(&OUTBOX, Span::under(&at), 1)?.is_empty()
                || !snapshot.scan(&BACKLOG, Span::under(&at), 1)?.is_empty()
            {
                return Ok(Fate::Awaited);
            }
        }
        Ok(Fate::Old)
    }
}

/// What becomes of a place in the journal.
enum Fate {
    /// Nothing is there any more, or it is kept for longer, for less, or for good.
    Other,
    /// It has not been kept for long enough, nor has anything behind it.
    Young,
    /// Somebody is still to hear it.
    Awaited,
    Old,
}
