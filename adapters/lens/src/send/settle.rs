//! Waiting for the network: a transaction to its end, a post until it shows.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::{Outlet, SendError};
use crate::{
    api::{failure::ApiError, transport::shown},
    draft::OpId,
    memory::Trace,
    name::is_post,
    wire::{address::Address, document::TRANSACTION, outcome::Transaction, post::AnyPost},
};

/// The wait between two questions, which doubles up to the longest.
const LONGEST: Duration = Duration::from_secs(10);
/// After how many times as long a transaction counts as lost.
const LOST_AFTER: u32 = 3;
/// How many questions fit into the time that something may take to show.
const QUESTIONS: u32 = 60;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Standing {
    transaction_status: Transaction,
}

/// Growing waits up to an end.
pub(super) struct Waits {
    next: Duration,
    until: Instant,
}

impl Waits {
    /// Waits, or says that the time is up.
    pub(super) async fn wait(&mut self) -> bool {
        let now = Instant::now();
        if now >= self.until {
            return false;
        }
        sleep_until((now + self.next).min(self.until)).await;
        self.next = self.next.saturating_mul(2).min(LONGEST);
        true
    }
}

impl Outlet<'_> {
    /// Waits that begin small beside the time that something may take.
    pub(super) fn waits(&self) -> Waits {
        Waits { next: self.desk.settle_for / QUESTIONS, until: self.until }
    }

    /// Follows a transaction to its end. What failed is not tried again by itself.
    pub(super) async fn finished(&self, op: &OpId, hash: &str) -> Result<(), SendError> {
        let mut waits = self.waits();
        loop {
            let standing = self.api.act(TRANSACTION, json!({ "txHash": hash })).await;
            let standing: Standing = standing.map_err(following)?;
            match standing.transaction_status {
                Transaction::FinishedTransactionStatus {} => return Ok(()),
                Transaction::FailedTransactionStatus { reason } => {
                    // The owner may replay it: then it begins anew.
                    self.desk.memory.note(op, Trace::Untried);
                    return Err(SendError::Failed(shown(&reason)));
                }
                Transaction::NotIndexedYetStatus {}
                | Transaction::PendingTransactionStatus {}
                | Transaction::Other => {}
            }
            // What takes longer than it may is looked for by its own id before it is asked again.
            if self.is_overdue(op, 1) || !waits.wait().await {
                return Err(SendError::Pending);
            }
        }
    }

    /// The transaction of an operation that is still to be followed. One of which nothing is heard
    /// for far too long was lost, and the operation counts as tried.
    pub(super) fn followed(&self, op: &OpId) -> Option<String> {
        let Some(Trace::Submitted(hash, at)) = self.desk.memory.trace(op) else { return None };
        if self.is_overdue(op, LOST_AFTER) {
            self.desk.memory.note(op, Trace::Tried(at));
            return None;
        }
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
            if let Some(post) = self.api.post_by_hash(hash).await.map_err(following)? {
                return Ok(post);
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

/// What was taken is not refused by a question about it that failed.
fn following(error: ApiError) -> SendError {
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
