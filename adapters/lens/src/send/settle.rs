//! Waiting for the network: a transaction to its end, a post until it shows.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, sleep_until};

use super::{Outlet, SendError};
use crate::{
    api::transport::shown,
    draft::OpId,
    memory::Trace,
    wire::{document::TRANSACTION, outcome::Transaction, post::AnyPost},
};

/// The wait between two questions, which doubles up to the longest.
const LONGEST: Duration = Duration::from_secs(10);
/// After how many times as long a transaction counts as lost.
const LOST_AFTER: u32 = 10;
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
            let standing: Standing = self.api.act(TRANSACTION, json!({ "txHash": hash })).await?;
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
            if !waits.wait().await {
                self.give_up(op);
                return Err(SendError::Pending);
            }
        }
    }

    /// A transaction of which nothing is heard for far too long was lost: the operation counts as
    /// tried, and is looked for once more before it is tried again.
    fn give_up(&self, op: &OpId) {
        if let Some(Trace::Submitted(_, at)) = self.desk.memory.trace(op)
            && at.elapsed() >= self.desk.settle_for.saturating_mul(LOST_AFTER)
        {
            self.desk.memory.note(op, Trace::Tried(at));
        }
    }

    /// The post that a transaction has made, once it shows.
    pub(super) async fn made_by(&self, hash: &str) -> Result<AnyPost, SendError> {
        let mut waits = self.waits();
        loop {
            if let Some(post) = self.api.post_by_hash(hash).await? {
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

/// An id by which a post is known again.
pub(super) fn name_of(post: &AnyPost) -> Option<&str> {
    match post {
        AnyPost::Post(post) => Some(&post.place.name.id),
        AnyPost::Repost(repost) => Some(&repost.id),
        AnyPost::Other => None,
    }
}
