//! Final bytes → network, and what its answers mean.

use std::time::Duration;

use threadbridge_core::adapter::{AdapterError, Receipt, SendRequest, Verdict};
use tokio::time::timeout;

use crate::config::Config;
use crate::network::session::{CallFailed, NotTaken, Session};

/// Sends in order, each once, up to the first that fails.
pub(crate) async fn send(
    session: &Session,
    config: &Config,
    batch: &[SendRequest],
) -> Vec<Result<Receipt, AdapterError>> {
    let mut answers = Vec::with_capacity(batch.len());
    for request in batch {
        let answer = send_one(session, config, request).await;
        let failed = answer.is_err();
        answers.push(answer.map_err(failure));
        if failed {
            break;
        }
    }
    answers
}

async fn send_one(
    session: &Session,
    config: &Config,
    request: &SendRequest,
) -> Result<Receipt, CallFailed> {
    let post = session.publish(&request.sealed.bytes, request.idempotency_key);
    let taken = within(config, post).await?;
    // An id that nothing can have is no answer; the network will know the post again.
    let id = taken.remote_id().ok_or(CallFailed::NoAnswer)?;
    Ok(if taken.is_final { Receipt::Done(id) } else { Receipt::Taken(id) })
}

/// A call that is given up when the network takes too long.
pub(crate) async fn within<T>(
    config: &Config,
    call: impl Future<Output = Result<T, CallFailed>>,
) -> Result<T, CallFailed> {
    timeout(config.answer_within(), call).await.unwrap_or(Err(CallFailed::NoAnswer))
}

/// A failed call with its verdict.
pub(crate) fn failure(failed: CallFailed) -> AdapterError {
    AdapterError::new(verdict(failed), failed)
}

const fn verdict(failed: CallFailed) -> Verdict {
    match failed {
        CallFailed::Unreachable
        | CallFailed::Cut
        | CallFailed::NoAnswer
        | CallFailed::NotTaken(NotTaken::Full) => Verdict::Retry,
        CallFailed::Wait(wait) => Verdict::RetryAfter(longest(wait)),
        CallFailed::LockedOut => Verdict::Suspend,
        CallFailed::NotTaken(NotTaken::StaleEpoch) => Verdict::Reseal,
        CallFailed::Refused
        | CallFailed::NoSuchKey
        | CallFailed::NotTaken(
            NotTaken::Malformed
            | NotTaken::NotYours
            | NotTaken::WrongSecrecy
            | NotTaken::TooLong
            | NotTaken::UnknownEpoch,
        ) => Verdict::Reject,
    }
}

/// Nobody is left alone for longer than an hour at a time.
const fn longest(wait: Duration) -> Duration {
    const HOUR: Duration = Duration::from_secs(3600);
    if wait.as_secs() < HOUR.as_secs() { wait } else { HOUR }
}
