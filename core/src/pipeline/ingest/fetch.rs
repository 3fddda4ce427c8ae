//! Gets what envelopes and legs lack, by asking the network for it, again and again but politely.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::adapter::{Batch, Inbound, Missing, Verdict};
use crate::pipeline::account::Account;
use crate::pipeline::backoff::Backoff;

/// How many different things are asked for at the same time; more wait for the next round.
const MAX_WANTED: usize = 1024;
/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What is wanted, and when to ask for it (again).
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    things: BTreeMap<Missing, (Instant2, u32)>,
}

type Instant2 = Option<Instant>;

impl Wanted {
    /// Adds what is not wanted yet.
    pub(crate) fn add(&mut self, missing: Missing) {
        if self.things.len() < MAX_WANTED && missing.is_fetched() {
            self.things.entry(missing).or_default();
        }
    }

    fn next(&self) -> Option<(Missing, Instant2)> {
        let soonest = self.things.iter().min_by_key(|(_, (at, _))| *at)?;
        Some((soonest.0.clone(), soonest.1.0))
    }

    fn again(&mut self, missing: &Missing, backoff: &Backoff) {
        if let Some((at, tries)) = self.things.get_mut(missing) {
            *at = Some(Instant::now() + backoff.after(*tries));
            *tries = tries.saturating_add(1);
        }
    }
}

/// Fetches what is wanted until the account closes.
pub(crate) async fn fetch_missing(
    account: &Account,
    inbound: &Inbound,
    mut wanted_now: tokio::sync::mpsc::Receiver<Missing>,
) {
    let mut wanted = Wanted::default();
    loop {
        let due = wanted.next();
        let at = due.as_ref().and_then(|(_, at)| *at);
        tokio::select! {
            more = wanted_now.recv() => match more {
                Some(missing) => wanted.add(missing),
                None => return,
            },
            () = until(at), if due.is_some() => {
                if let Some((missing, _)) = due {
                    match fetch(account, inbound, &missing).await {
                        true => { wanted.things.remove(&missing); }
                        false => wanted.again(&missing, &account.limits().backoff),
                    }
                }
            }
        }
    }
}

async fn until(at: Instant2) {
    if let Some(at) = at {
        tokio::time::sleep_until(at).await;
    }
}

/// Whether something came.
async fn fetch(account: &Account, inbound: &Inbound, missing: &Missing) -> bool {
    let answer = tokio::time::timeout(ANSWER_WITHIN, account.adapter.fetch(missing)).await;
    match answer {
        Ok(Ok(envelopes)) if envelopes.is_empty() => false,
        Ok(Ok(envelopes)) => {
            let batch = Batch { envelopes, cursors: Vec::new() };
            let kept = inbound.accept(batch).await.is_ok();
            account.something_learnt();
            kept
        }
        Ok(Err(error)) => {
            account.failed("what an envelope lacks could not be fetched", &error);
            matches!(error.verdict, Verdict::Reject)
        }
        Err(_) => false,
    }
}
