//! Waiting for the network: a transaction to its end, a post until it shows.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use threadbridge_core::adapter::Verdict;
use tokio::time::{Instant, sleep_until};

use super::{Outlet, SendError, order::Stands};
use crate::{
    api::{failure::ApiError, transport::shown},
    draft::OpId,
    memory::Trace,
    name::is_post,
    wire::{address::Address, document::TRANSACTION, outcome::Transaction, post::AnyPost, time},
};

/// The wait between two questions, which grows by a half up to the longest.
const LONGEST: Duration = Duration::from_secs(10);
/// After how many times as long a transaction counts as lost.
const LOST_AFTER: u32 = 3;
/// How small beside the time that something may take to show the first wait is.
const QUESTIONS: u32 = 120;
/// How long blocks, and what is in them, have the same time.
const BLOCK: Duration = Duration::from_secs(1);
/// How often in a row a question about what is under way may fail.
const FAILURES: u32 = 3;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    transaction_status: Transaction,
}

/// Growing waits up to an end.
pub(super) struct Waits {
    next: Duration,
    /// How often in a row a question has failed.
    failures: u32,
    until: Instant,
}

impl Waits {
    /// Waits, or says that the time is up.
    pub(super) async fn wait(&mut self) -> bool {
        self.wait_past(None).await
    }

    /// The same, but wakes at that moment.
    async fn wait_past(&mut self, moment: Option<Instant>) -> bool {
        let now = Instant::now();
        if now >= self.until {
            return false;
        }
        let until = (now + self.next).min(self.until);
        sleep_until(moment.filter(|it| *it > now).map_or(until, |it| it.min(until))).await;
        self.next = self.next.saturating_mul(3).min(LONGEST.saturating_mul(2)) / 2;
        true
    }

    /// Whether a question about something that is under way is asked again, now that it failed and
    /// was waited for: that goes on whether or not the question is answered.
    async fn forgive(&mut self, error: &ApiError) -> bool {
        let wait = match error.verdict() {
            Verdict::Retry => self.next,
            Verdict::RetryAfter(wait) => wait,
            Verdict::Suspend | Verdict::SuspendLeg | Verdict::Reject | Verdict::Reseal => {
                return false;
            }
        };
        self.failures = self.failures.saturating_add(1);
        if self.failures > FAILURES || Instant::now() + wait >= self.until {
            return false;
        }
        sleep_until(Instant::now() + wait).await;
        true
    }
}

impl Outlet<'_> {
    /// Waits that begin small beside the time that something may take.
    pub(super) fn waits(&self) -> Waits {
        Waits { next: self.desk.settle_for / QUESTIONS, failures: 0, until: self.until }
    }

    /// Follows a transaction to its end. What failed is not tried again by itself.
    pub(super) async fn finished(&self, op: &OpId, hash: &str) -> Result<(), SendError> {
        let end = self.end_of(op, hash).await;
        let has_ended = matches!(end, Ok(()) | Err(SendError::Failed(_)));
        let stands = if has_ended { Stands::Placed } else { Stands::Unknown };
        self.order.reached(hash, stands);
        end
    }

    async fn end_of(&self, op: &OpId, hash: &str) -> Result<(), SendError> {
        let mut waits = self.waits();
        let mut placed_at = None;
        let request = json!({ "txHash": hash });
        loop {
            let standing = self.api.act(TRANSACTION, request.clone()).await;
            let standing: Standing = match standing {
                Err(error) if waits.forgive(&error).await => continue,
                standing => standing.map_err(about_the_question)?,
            };
            waits.failures = 0;
            match standing.transaction_status {
                Transaction::FinishedTransactionStatus {} => return Ok(()),
                Transaction::FailedTransactionStatus { reason } => {
                    // The owner may replay it: then it begins anew.
                    self.desk.memory.note(op, Trace::Untried);
                    return Err(SendError::Failed(shown(&reason)));
                }
                Transaction::NotIndexedYetStatus { tx_has_mined: true } => {
                    placed_at.get_or_insert_with(|| Instant::now() + BLOCK);
                }
                Transaction::PendingTransactionStatus { block_timestamp } => {
                    placed_at.get_or_insert_with(|| self.passes_at(block_timestamp.as_deref()));
                }
                Transaction::NotIndexedYetStatus { tx_has_mined: false } | Transaction::Other => {}
            }
            // What takes longer than it may is looked for by its own id before it is asked again.
            if self.is_overdue(op, 1) || !waits.wait_past(placed_at).await {
                return Err(SendError::Pending);
            }
            if placed_at.is_some_and(|at| at <= Instant::now()) {
                self.order.reached(hash, Stands::Placed);
            }
        }
    }

    /// When the second of a block has passed.
    fn passes_at(&self, block: Option<&str>) -> Instant {
        let ends = block.and_then(time::parse).map(|at| at.plus(BLOCK));
        let left = ends.map_or(BLOCK, |ends| ends.since(self.clock.now()));
        Instant::now() + left.min(BLOCK)
    }

    /// The transaction of an operation that is still to be followed. One of which nothing is heard
    /// for far too long was lost, and the operation counts as tried.
    pub(super) fn followed(&self, op: &OpId) -> Option<String> {
        let Some(Trace::Submitted(hash, at)) = self.desk.memory.trace(op) else { return None };
        if self.is_overdue(op, LOST_AFTER) {
            self.desk.memory.note(op, Trace::Tried(at));
            return None;
        }
        self.order.sent(&hash);
        Some(hash)
    }

    /// Whether what an operation is to do may be done already without anybody having said so.
    pub(super) fn is_unclear(&self, op: &OpId) -> bool {
        match self.desk.memory.trace(op) {
            Some(Trace::Submitted(..)) => self.is_overdue(op, 1),
            Some(Trace::Untried | Trace::Tried(_) | Trace::Done(_)) | None => true,
        }
    }

    /// Whether a transaction has taken so many times as long as it may.
    pub(super) fn is_overdue(&self, op: &OpId, times: u32) -> bool {
        match self.desk.memory.trace(op) {
            Some(Trace::Submitted(_, at)) => {
                at.elapsed() >= self.desk.settle_for.saturating_mul(times)
            }
            Some(Trace::Untried | Trace::Tried(_) | Trace::Done(_)) | None => false,
        }
    }

    /// The post that a transaction has made, once it shows.
    pub(super) async fn made_by(&self, hash: &str) -> Result<AnyPost, SendError> {
        let mut waits = self.waits();
        loop {
            match self.api.post_by_hash(hash).await {
                Ok(Some(post)) => return Ok(post),
                Ok(None) => waits.failures = 0,
                Err(error) if waits.forgive(&error).await => continue,
                Err(error) => return Err(about_the_question(error)),
            }
            if !waits.wait().await {
                return Err(SendError::Pending);
            }
        }
    }

    /// Until when an operation that may be there already can still show; nothing if it cannot be
    /// there.
    pub(super) fn may_show_until(&self, trace: Option<&Trace>) -> Option<Instant> {
        let since = match trace {
            Some(Trace::Untried) => return None,
            Some(Trace::Tried(at)) => *at,
            Some(Trace::Submitted(..) | Trace::Done(_)) | None => self.desk.began_at,
        };
        Some(since + self.desk.settle_for)
    }
}

/// Nothing is refused by a question about it that failed.
pub(super) fn about_the_question(error: ApiError) -> SendError {
    let is_about_the_question = matches!(error, ApiError::BadInput { .. });
    if is_about_the_question { SendError::Unknown } else { error.into() }
}

/// What an operation made, if this is it: the id of the account's own post with the operation's id,
/// or of its own repost.
pub(super) fn made(post: &AnyPost, by: Address, op: &OpId) -> Option<String> {
    let id = match post {
        AnyPost::Post(post) => {
            let is_it = post.metadata.id.as_deref() == Some(op.as_str());
            (is_it && post.author.address == by).then_some(&post.place.name.id)
        }
        AnyPost::Repost(repost) => (repost.author.address == by).then_some(&repost.id),
        AnyPost::Other => None,
    };
    id.filter(|id| is_post(id)).cloned()
}
