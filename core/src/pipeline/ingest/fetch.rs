//! Gets what envelopes and legs lack, by asking the network for it, again and again but politely. A
//! few things are asked for side by side, so that one slow answer holds up no other; each answer is
//! handed in by itself, in the order in which they come.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::adapter::{Batch, Envelope, Inbound, Missing, Verdict};
use crate::pipeline::account::Account;
use crate::pipeline::backoff::Backoff;

/// How many different things are asked for at the same time; more wait for the next round.
const MAX_WANTED: usize = 1024;
/// How many calls are under way together.
const AT_ONCE: usize = 4;
/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// What is wanted.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    things: BTreeMap<Missing, Ask>,
}

/// When something is asked for.
#[derive(Debug, Default)]
struct Ask {
    /// At once, if nothing else is said.
    at: Option<Instant>,
    tries: u32,
    is_under_way: bool,
    /// Somebody came to lack it while it was asked for.
    is_lacked_anew: bool,
}

impl Wanted {
    /// Adds what is not wanted yet.
    pub(crate) fn add(&mut self, missing: Missing) {
        if let Some(ask) = self.things.get_mut(&missing) {
            ask.is_lacked_anew |= ask.is_under_way;
        } else if self.things.len() < MAX_WANTED && missing.is_fetched() {
            self.things.insert(missing, Ask::default());
        }
    }

    /// What is to be asked for next, and when.
    fn next(&self) -> Option<(Missing, Option<Instant>)> {
        let resting = self.things.iter().filter(|(_, ask)| !ask.is_under_way);
        let (missing, ask) = resting.min_by_key(|(_, ask)| ask.at)?;
        Some((missing.clone(), ask.at))
    }

    fn begin(&mut self, missing: &Missing) {
        if let Some(ask) = self.things.get_mut(missing) {
            ask.is_under_way = true;
        }
    }

    /// Nobody lacked it when it was asked for: a wait would only keep the next one waiting.
    fn nobody_lacks(&mut self, missing: &Missing) {
        if self.things.remove(missing).is_some_and(|ask| ask.is_lacked_anew) {
            self.things.insert(missing.clone(), Ask::default());
        }
    }

    fn again(&mut self, missing: &Missing, backoff: &Backoff) {
        if let Some(ask) = self.things.get_mut(missing) {
            ask.at = Some(Instant::now() + backoff.after(ask.tries));
            ask.tries = ask.tries.saturating_add(1);
            ask.is_under_way = false;
        }
    }
}

/// What an answer came to.
enum Answer {
    Came(Vec<Envelope>),
    /// The network has not got it, and will not.
    Never,
    /// Nobody lacks it any more.
    Moot,
    NotYet,
}

/// Fetches what is wanted until the account closes.
pub(crate) async fn fetch_missing(
    account: &Arc<Account>,
    inbound: &Inbound,
    mut wanted_now: tokio::sync::mpsc::Receiver<Missing>,
) {
    let mut wanted = Wanted::default();
    let mut calls = JoinSet::new();
    loop {
        let due = wanted.next().filter(|_| calls.len() < AT_ONCE);
        let at = due.as_ref().and_then(|(_, at)| *at);
        tokio::select! {
            more = wanted_now.recv() => match more {
                Some(missing) => wanted.add(missing),
                None => return,
            },
            () = until(at), if due.is_some() => {
                if let Some((missing, _)) = due {
                    wanted.begin(&missing);
                    let account = Arc::clone(account);
                    calls.spawn(async move { (ask(&account, &missing).await, missing) });
                }
            }
            Some(Ok((answer, missing))) = calls.join_next() => {
                let is_done = match answer {
                    Answer::Came(envelopes) => take(account, inbound, envelopes).await,
                    Answer::Never => true,
                    Answer::Moot => {
                        wanted.nobody_lacks(&missing);
                        continue;
                    }
                    Answer::NotYet => false,
                };
                if is_done {
                    wanted.things.remove(&missing);
                } else {
                    wanted.again(&missing, &account.limits().backoff);
                }
            }
        }
    }
}

async fn until(at: Option<Instant>) {
    if let Some(at) = at {
        tokio::time::sleep_until(at).await;
    }
}

async fn ask(account: &Account, missing: &Missing) -> Answer {
    match timeout(ANSWER_WITHIN, account.adapter.fetch(missing)).await {
        Ok(Ok(envelopes)) if envelopes.is_empty() => Answer::NotYet,
        Ok(Ok(envelopes)) => Answer::Came(envelopes),
        Ok(Err(error)) if error.verdict == Verdict::Reseal => Answer::Moot,
        Ok(Err(error)) => {
            account.failed("what an envelope lacks could not be fetched", &error);
            if let Verdict::Reject = error.verdict { Answer::Never } else { Answer::NotYet }
        }
        Err(_) => Answer::NotYet,
    }
}

/// Whether it was kept.
async fn take(account: &Account, inbound: &Inbound, envelopes: Vec<Envelope>) -> bool {
    let kept = inbound.accept(Batch { envelopes, cursors: Vec::new() }).await.is_ok();
    account.something_learnt();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing() -> Missing {
        Missing { what: "logs/room".to_owned(), reason: "they are not known".to_owned() }
    }

    #[test]
    fn what_nobody_lacks_keeps_nobody_waiting_who_lacks_it_later() {
        let mut wanted = Wanted::default();
        wanted.add(missing());
        wanted.begin(&missing());
        wanted.nobody_lacks(&missing());
        assert!(wanted.next().is_none());
        wanted.add(missing());
        assert_eq!(wanted.next(), Some((missing(), None)));
    }

    #[test]
    fn what_somebody_came_to_lack_meanwhile_is_asked_for_at_once() {
        let mut wanted = Wanted::default();
        wanted.add(missing());
        wanted.begin(&missing());
        wanted.add(missing());
        assert!(wanted.next().is_none(), "it is being asked for");
        wanted.nobody_lacks(&missing());
        assert_eq!(wanted.next(), Some((missing(), None)));
    }
}
