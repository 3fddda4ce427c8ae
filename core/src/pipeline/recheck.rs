//! Proofs are looked at again from time to time: networks tell when most of them end, but not of all,
//! and not to a bridge that was away. When one was checked last is in the store, so the next process
//! goes on where the last one stopped.

use std::collections::BTreeMap;
use std::time::Duration;

use thiserror::Error;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::account::Chain;
use super::bridge::Setup;
use super::tend::Tending;
use crate::adapter::{AdapterError, Rechecked, Verdict};
use crate::model::id::Identity;
use crate::model::proof::{Proof, ProofId};
use crate::model::time::Timestamp;
use crate::people;
use crate::store::span::Span;
use crate::store::tables::PROOFS;
use crate::store::{ChangeError, ReadError, Reads, WriteError};

/// How many proofs are read at once, and how many are asked about in one round.
const PAGE: usize = 256;
const MOST: usize = 64;
/// How often it is looked whether any is due, at most and at least.
const OFTEN: Duration = Duration::from_millis(100);
const SELDOM: Duration = Duration::from_secs(600);
/// What part of the time a proof that could not be looked at is left alone.
const AGAIN: u32 = 16;

/// Why proofs were not looked at. They will be.
#[derive(Debug, Error)]
enum NotLooked {
    #[error("the store could not be read")]
    Read(#[from] ReadError),
    #[error("the store could not be written")]
    Write(#[from] WriteError<ChangeError>),
}

/// Looks at proofs again when they are due, until `stop`.
pub(super) async fn run(tending: Tending, stop: CancellationToken) {
    let mut later = BTreeMap::new();
    loop {
        let setup = tending.setup.lock().await.clone();
        let wait = (setup.limits.recheck_after / 64).clamp(OFTEN, SELDOM);
        let round = Round { tending: &tending, setup: &setup };
        let looked = tokio::select! {
            () = stop.cancelled() => return,
            looked = round.look(&mut later) => looked,
        };
        if let Err(error) = looked {
            tracing::warn!(error = %Chain(&error), "proofs were not looked at again");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// When a proof is to be looked at again, at some time of its own in the last quarter of `every`, so
/// that those which were checked together do not come due together.
fn due_at(proof: &Proof, every: Duration) -> Timestamp {
    let share = proof.id().as_bytes().iter().fold(0, |share, byte| share ^ byte);
    proof.checked_at.plus(every.mul_f64(0.75 + 0.25 * f64::from(share) / 255.0))
}

/// One look at all that is due.
struct Round<'r> {
    tending: &'r Tending,
    setup: &'r Setup,
}

impl Round<'_> {
    async fn look(&self, later: &mut BTreeMap<ProofId, Timestamp>) -> Result<(), NotLooked> {
        let now = self.tending.clock.now();
        later.retain(|_, at| *at > now);
        for key in self.due(later, now)? {
            let Some(proof) = self.tending.store.snapshot()?.get(&PROOFS, &key)? else { continue };
            let every = self.setup.limits.recheck_after;
            match self.ask(&proof).await {
                Ok(Rechecked::Unable) => {
                    later.insert(key.1, now.plus(every));
                }
                Ok(Rechecked::Holds { checker, block }) => {
                    self.keep(&key, &proof, proof.clone().confirmed(&checker, now, block)).await?;
                }
                Ok(Rechecked::Lapsed { reason }) => {
                    self.keep(&key, &proof, proof.clone().lapsed(now, &reason)).await?;
                }
                Err(error) => {
                    tracing::debug!(error = %Chain(&error), "a proof could not be looked at");
                    let asked = match error.verdict {
                        Verdict::RetryAfter(wait) => wait,
                        Verdict::Retry
                        | Verdict::Suspend
                        | Verdict::SuspendLeg
                        | Verdict::Reject
                        | Verdict::Reseal => Duration::ZERO,
                    };
                    later.insert(key.1, now.plus(asked.max(every / AGAIN)));
                }
            }
        }
        Ok(())
    }

    /// Those that are due, which has waited longest first.
    fn due(
        &self,
        later: &BTreeMap<ProofId, Timestamp>,
        now: Timestamp,
    ) -> Result<Vec<(Identity, ProofId)>, NotLooked> {
        let snapshot = self.tending.store.snapshot()?;
        let mut due = BTreeMap::new();
        let mut page = snapshot.scan(&PROOFS, Span::all(), PAGE)?;
        while let Some((last, _)) = page.last().cloned() {
            for (_, proof) in page {
                let at = due_at(&proof, self.setup.limits.recheck_after);
                if proof.holds() && at <= now && !later.contains_key(&proof.id()) {
                    due.insert((at, proof.id()), proof.one);
                    if due.len() > MOST {
                        due.pop_last();
                    }
                }
            }
            page = snapshot.scan(&PROOFS, Span::all().after(&last), PAGE)?;
        }
        Ok(due.into_iter().map(|((_, id), one)| (one, id)).collect())
    }

    /// Asks whoever can tell, one after the other.
    async fn ask(&self, proof: &Proof) -> Result<Rechecked, AdapterError> {
        let accounts = self.setup.accounts.values().chain(self.setup.voices.values());
        let accounts = accounts.filter(|it| *it.network() == proof.one.network);
        let mut failed = None;
        for account in accounts {
            match self.in_time(account.recheck(proof)).await {
                Ok(Rechecked::Unable) => {}
                Ok(told) => return Ok(told),
                Err(error) => failed = Some(error),
            }
        }
        for checker in &self.setup.checkers {
            match self.in_time(checker.recheck(proof)).await {
                Ok(Rechecked::Unable) => {}
                Ok(told) => return Ok(told),
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(Rechecked::Unable), Err)
    }

    async fn in_time(
        &self,
        told: impl Future<Output = Result<Rechecked, AdapterError>>,
    ) -> Result<Rechecked, AdapterError> {
        match timeout(self.setup.limits.call_within, told).await {
            Ok(told) => told,
            Err(elapsed) => Err(AdapterError::new(Verdict::Retry, elapsed)),
        }
    }

    /// Keeps what came of it, unless the proof became another meanwhile.
    async fn keep(
        &self,
        key: &(Identity, ProofId),
        before: &Proof,
        after: Proof,
    ) -> Result<(), NotLooked> {
        let (key, before, now) = (key.clone(), before.clone(), after.checked_at);
        let has_lapsed = !after.holds();
        let keep = move |unit: &mut crate::store::Unit<'_>| {
            if unit.get(&PROOFS, &key)?.as_ref() != Some(&before) {
                return Ok(None);
            }
            people::prove(unit, after, now)
        };
        if let Some(parting) = self.tending.store.write(keep).await? {
            let count = parting.parted.len();
            tracing::warn!(
                count, reason = %parting.reason,
                "identities are no longer one person; `threadbridge people` says which"
            );
        }
        if has_lapsed {
            self.tending.people_changed.notify_one();
        }
        Ok(())
    }
}
