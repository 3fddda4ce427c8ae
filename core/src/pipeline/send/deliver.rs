//! One turn of one leg: the next envelopes, one call, one commit.

use std::time::Duration;

use super::commit::{Answer, settle};
use super::next::{Next, next_rows};
use crate::adapter::{AdapterError, Receipt, SendRequest, Verdict};
use crate::model::id::Leg;
use crate::model::outbox::{OutboxKind, OutboxRow};
use crate::pipeline::account::{Account, Chain};
use crate::pipeline::step::Step;

/// No network makes a leg wait longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// What comes after a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// There is more, and nothing speaks against going on.
    More,
    /// There is nothing left.
    Idle,
    /// There is more, after this long.
    Later(Duration),
    /// Everything is taken, and is to be sent again if it is not shown for this long.
    Awaits(Duration),
    /// The leg cannot be used until somebody mends the account.
    LegSuspended,
    /// The account cannot be used; why.
    Suspended(Duration, String),
}

impl Turn {
    /// What comes after this and another: whoever has to wait longer decides.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Later(one), Self::Later(other)) => Self::Later(one.max(other)),
            (one @ Self::Suspended(..), _) | (_, one @ Self::Suspended(..)) => one,
            (one @ Self::LegSuspended, _) | (_, one @ Self::LegSuspended) => one,
            (one @ Self::Later(_), _) | (_, one @ Self::Later(_)) => one,
            (one, Self::More | Self::Idle | Self::Awaits(_)) => one,
        }
    }

    /// Whether the network answered, so that the account can be used.
    pub(super) const fn went_through(&self) -> bool {
        matches!(self, Self::More | Self::Awaits(_))
    }
}

/// Sends the next envelopes of a leg, at most `allowed`. Returns how many were sent.
pub(super) async fn deliver(account: &Account, leg: &Leg, allowed: usize) -> (Turn, usize) {
    let next = match next_rows(account, leg, allowed) {
        Ok(next) => next,
        Err(error) => {
            account.failed("the outbox could not be read", &error);
            return (Turn::Later(account.limits().backoff.after(0)), 0);
        }
    };
    let (rows, mut answers) = match next {
        Next::Nothing => return (Turn::Idle, 0),
        Next::Awaits(after) => return (Turn::Awaits(after), 0),
        Next::Rows { rows, answers } => (rows, answers),
    };
    let (turn, used) = if rows.is_empty() {
        (Turn::More, 0)
    } else {
        account.steps.reached(Step::Sending);
        let results = call_all(account, leg, &rows).await;
        account.steps.reached(Step::Answered);
        let used = results.len();
        let turn = judge(account, rows, results, &mut answers);
        (turn, used)
    };
    match settle(account, leg, answers).await {
        Ok(()) => {
            account.steps.reached(Step::Sent);
            (turn, used)
        }
        Err(error) => {
            account.forgets_what_was_tried();
            account
                .failed("an answer could not be written down; it will be asked for again", &error);
            (Turn::Later(account.limits().backoff.after(0)), used)
        }
    }
}

/// Sends the rows in their order, those in a row that one voice says in one call. What comes after a
/// failure is not tried.
async fn call_all(
    account: &Account,
    leg: &Leg,
    rows: &[OutboxRow],
) -> Vec<Result<Receipt, AdapterError>> {
    let mut results = Vec::with_capacity(rows.len());
    for run in rows.chunk_by(|one, next| one.voice == next.voice) {
        let answered = call(account, leg, run).await;
        let is_whole = answered.len() == run.len() && answered.iter().all(Result::is_ok);
        results.extend(answered);
        if !is_whole {
            break;
        }
    }
    results
}

async fn call(
    account: &Account,
    leg: &Leg,
    rows: &[OutboxRow],
) -> Vec<Result<Receipt, AdapterError>> {
    let requests: Vec<_> = rows
        .iter()
        .map(|row| SendRequest {
            conversation: leg.conversation.clone(),
            sealed: row.sealed.clone(),
            idempotency_key: idempotency_key(row),
        })
        .collect();
    let voice = rows.first().and_then(|row| row.voice.as_ref());
    let Some(adapter) = account.adapter_of(voice) else {
        let is_untried = rows.first().is_some_and(|row| account.is_untried(row));
        let verdict = if is_untried { Verdict::Reseal } else { Verdict::Reject };
        return vec![Err(AdapterError::new(verdict, "the account that was to say it is gone"))];
    };
    let sending = adapter.send(&requests);
    let failed = |reason: &'static str| Err(AdapterError::new(Verdict::Retry, reason));
    match tokio::time::timeout(account.limits().call_within, sending).await {
        Ok(results) if results.is_empty() => vec![failed("the adapter sent nothing")],
        Ok(results) => results,
        // How far it came, nobody knows: each of them may have been tried.
        Err(_) => rows.iter().map(|_| failed("no answer in time")).collect(),
    }
}

/// The same on each attempt, different for all else.
fn idempotency_key(row: &OutboxRow) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key("threadbridge 2026 idempotency key");
    hasher.update(row.message.as_bytes());
    hasher.update(&row.part.to_be_bytes());
    hasher.update(row.leg.to_string().as_bytes());
    // What had to be sealed again is something else.
    hasher.update(&row.sealed.bytes);
    let mut key = [0; 16];
    hasher.finalize_xof().fill(&mut key);
    key
}

/// Turns what the network said into answers for the ledger, and into what comes next. What had been
/// begun before something else failed counts as what it came to.
fn judge(
    account: &Account,
    rows: Vec<OutboxRow>,
    results: Vec<Result<Receipt, AdapterError>>,
    answers: &mut Vec<Answer>,
) -> Turn {
    let mut turn = Turn::More;
    for (row, result) in rows.into_iter().zip(results) {
        match result {
            // What the network has for good is not read back yet: until then nothing is sealed anew.
            Ok(Receipt::Done(id)) if row.kind == OutboxKind::Control => {
                answers.push(Answer::Taken(row, id));
            }
            Ok(Receipt::Done(id)) => answers.push(Answer::Done(row, id)),
            Ok(Receipt::Taken(id)) => answers.push(Answer::Taken(row, id)),
            Err(error) => {
                turn = turn.or(judge_failure(account, row, &error, answers));
                // It takes all behind it along.
                if let Some(Answer::Reseal { .. }) = answers.last() {
                    break;
                }
            }
        }
    }
    turn
}

fn judge_failure(
    account: &Account,
    row: OutboxRow,
    error: &AdapterError,
    answers: &mut Vec<Answer>,
) -> Turn {
    let reason = Chain(error).to_string();
    let for_long = account.clock.now().since(row.sealed_at);
    let is_old = for_long >= account.limits().give_up_after;
    let wait = account.limits().backoff.after(row.attempts);
    // One person's account that cannot be used keeps no other conversation waiting.
    let is_voice_only = error.verdict == Verdict::Suspend && row.voice.is_some();
    match if is_voice_only { Verdict::SuspendLeg } else { error.verdict } {
        Verdict::Reject => {
            answers.push(Answer::Dead(row, reason));
            Turn::More
        }
        Verdict::Retry | Verdict::RetryAfter(_) if is_old => {
            answers.push(Answer::Dead(row, format!("given up after {}: {reason}", days(for_long))));
            Turn::More
        }
        Verdict::Retry => {
            answers.push(Answer::Failed(row, reason));
            Turn::Later(wait)
        }
        Verdict::RetryAfter(after) => {
            answers.push(Answer::Deferred(row, reason));
            // What a network asks for is not to be trusted with the clock's range.
            Turn::Later(after.min(LONGEST_WAIT))
        }
        Verdict::Suspend => {
            answers.push(Answer::Deferred(row, reason.clone()));
            Turn::Suspended(wait, reason)
        }
        Verdict::SuspendLeg => {
            answers.push(Answer::Deferred(row, reason));
            Turn::LegSuspended
        }
        Verdict::Reseal => {
            answers.push(Answer::Reseal { from: row });
            // The key change may have to be read first.
            Turn::Later(account.limits().backoff.after(0))
        }
    }
}

fn days(long: Duration) -> String {
    format!("{} days", long.as_secs() / 86_400)
}
