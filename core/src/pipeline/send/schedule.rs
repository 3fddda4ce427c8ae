//! Whose turn it is.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::budget::Budget;
use super::deliver::{Turn, deliver};
use crate::model::id::Leg;
use crate::model::outbox::OutboxRow;
use crate::pipeline::account::{Account, Ready};
use crate::store::span::Span;
use crate::store::tables::OUTBOX;
use crate::store::{ReadError, Reads};

/// After how long a suspended account, or leg, is tried again by itself.
const SUSPENDED_FOR: Duration = Duration::from_secs(30 * 60);

/// Legs and when their turn is.
#[derive(Debug, Default)]
struct Turns {
    ready: VecDeque<Leg>,
    queued: BTreeSet<Leg>,
    later: BTreeMap<Leg, Instant>,
    /// Legs whose envelopes are all taken, and when to send those again that are not shown by then.
    /// What comes new is sent meanwhile.
    awaiting: BTreeMap<Leg, Instant>,
    under_way: BTreeSet<Leg>,
    /// Legs that got something new while they were being sent to.
    again: BTreeSet<Leg>,
}

impl Turns {
    /// Something is there for the leg: it queues up, unless it is being sent to or has to wait.
    fn add(&mut self, leg: Leg) {
        if self.under_way.contains(&leg) {
            self.again.insert(leg);
        } else if !self.later.contains_key(&leg) && self.queued.insert(leg.clone()) {
            self.awaiting.remove(&leg);
            self.ready.push_back(leg);
        }
    }

    fn next(&mut self) -> Option<Leg> {
        let leg = self.ready.pop_front()?;
        self.queued.remove(&leg);
        self.under_way.insert(leg.clone());
        Some(leg)
    }

    fn done(&mut self, leg: Leg, turn: &Turn) {
        self.under_way.remove(&leg);
        let again = self.again.remove(&leg);
        match turn {
            Turn::More => self.add(leg),
            Turn::Idle | Turn::Awaits(_) if again => self.add(leg),
            Turn::Idle => {}
            Turn::Awaits(after) => {
                self.awaiting.insert(leg, Instant::now() + *after);
            }
            Turn::Later(after) | Turn::Suspended(after, _) => {
                self.later.insert(leg, Instant::now() + *after);
            }
            Turn::LegSuspended => {
                self.later.insert(leg, Instant::now() + SUSPENDED_FOR);
            }
        }
    }

    fn wake(&mut self, now: Instant) {
        let waits = self.later.iter().chain(&self.awaiting);
        let due: Vec<_> = waits.filter(|(_, at)| **at <= now).map(|(leg, _)| leg.clone()).collect();
        for leg in due {
            self.later.remove(&leg);
            self.add(leg);
        }
    }

    fn wake_all(&mut self) {
        let awaiting = std::mem::take(&mut self.awaiting);
        for leg in std::mem::take(&mut self.later).into_keys().chain(awaiting.into_keys()) {
            self.add(leg);
        }
    }

    fn soonest(&self) -> Option<Instant> {
        self.later.values().chain(self.awaiting.values()).min().copied()
    }
}

/// Sends what is in an account's outbox until `stop`, then waits for the calls under way, but no
/// longer than the limits say.
pub(crate) async fn run(
    account: Arc<Account>,
    mut ready: mpsc::Receiver<Ready>,
    stop: CancellationToken,
) {
    let mut turns = Turns::default();
    add_waiting(&account, &mut turns);
    let mut calls = JoinSet::new();
    let mut budget = Budget::new(account.adapter.send_rates());
    let mut not_before: Option<Instant> = None;
    loop {
        turns.wake(Instant::now());
        if not_before.is_some_and(|at| at <= Instant::now()) {
            not_before = None;
            may_be_mended(&account);
        }
        while not_before.is_none() && calls.len() < account.limits().legs_at_once {
            let Some(leg) = turns.next() else { break };
            budget.follow(account.adapter.send_rates());
            let at_once = account.limits().send_batch.max(account.adapter.send_at_once());
            let allowed = budget.take(at_once);
            if allowed == 0 {
                turns.done(leg, &Turn::More);
                not_before = Some(Instant::now() + budget.next_after());
                break;
            }
            let account = Arc::clone(&account);
            calls.spawn(async move {
                let (turn, used) = match account.doors.enter(&leg) {
                    Some(_inside) => deliver(&account, &leg, allowed).await,
                    None => (Turn::Idle, 0),
                };
                (leg, turn, allowed.saturating_sub(used))
            });
        }
        let at = turns.soonest().into_iter().chain(not_before).min();
        tokio::select! {
            () = stop.cancelled() => break,
            told = ready.recv() => match told {
                Some(Ready::Legs(legs)) => legs.into_iter().for_each(|leg| turns.add(leg)),
                Some(Ready::Everything) => {
                    not_before = None;
                    may_be_mended(&account);
                    turns.wake_all();
                    // A dead letter that was put back is for a leg that may have been idle.
                    add_waiting(&account, &mut turns);
                }
                None => break,
            },
            Some(done) = calls.join_next() => if let Ok((leg, turn, unused)) = done {
                budget.give_back(unused);
                if let Turn::Suspended(_, reason) = &turn {
                    not_before = Some(Instant::now() + SUSPENDED_FOR);
                    account.suspended.send_replace(Some(reason.clone()));
                } else if not_before.is_none() && turn.went_through() {
                    account.suspended.send_if_modified(|reason| reason.take().is_some());
                }
                account.doors.refuse(&leg, turn == Turn::LegSuspended);
                if turn == Turn::LegSuspended {
                    tracing::warn!(account = %account.name, "a leg cannot be used; `outbox` says why");
                }
                turns.done(leg, &turn);
            },
            () = sleep_until(at), if at.is_some() => {}
        }
    }
    let all_done = async { while calls.join_next().await.is_some() {} };
    let stop_within = account.limits().stop_within;
    if tokio::time::timeout(stop_within, all_done).await.is_err() {
        tracing::warn!(account = %account.name, "calls were cut off; they will be made again");
        // Until they are gone they hold the store, which another bridge may want to open.
        drop(tokio::time::timeout(stop_within, calls.shutdown()).await);
    }
}

/// What was refused is tried again, so nobody knows that it is refused.
fn may_be_mended(account: &Account) {
    account.suspended.send_if_modified(|reason| reason.take().is_some());
}

fn add_waiting(account: &Account, turns: &mut Turns) {
    match waiting_legs(account) {
        Ok(legs) => legs.into_iter().for_each(|leg| turns.add(leg)),
        Err(error) => account.failed("the outbox could not be read", &error),
    }
}

async fn sleep_until(at: Option<Instant>) {
    if let Some(at) = at {
        tokio::time::sleep_until(at).await;
    }
}

/// The legs that have something in the outbox. Jumps from leg to leg, however much each has.
fn waiting_legs(account: &Account) -> Result<Vec<Leg>, ReadError> {
    let snapshot = account.store.snapshot()?;
    let mut legs = Vec::new();
    let mut found = snapshot.scan(&OUTBOX, Span::under(&account.name), 1)?;
    while let Some((_, OutboxRow { leg, .. })) = found.pop() {
        let last = (leg.clone(), [u8::MAX; 8], [u8::MAX; 2]);
        found = snapshot.scan(&OUTBOX, Span::under(&account.name).after(&last), 1)?;
        legs.push(leg);
    }
    Ok(legs)
}
