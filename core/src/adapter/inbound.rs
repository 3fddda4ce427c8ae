//! The one door into the bridge: an adapter hands batches in and learns what became of each envelope.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};

use crate::model::envelope::{Cursor, Envelope};
use crate::model::health::Health;
use crate::model::id::{Identity, RemoteConversation, RemoteId};
use crate::model::outgoing::Outgoing;
use crate::model::person::Attitude;
use crate::model::time::Timestamp;
use crate::store::ReadError;

/// Envelopes in the network's order, and how far that brings us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The envelopes.
    pub envelopes: Vec<Envelope>,
    /// Where each stream stands once they are kept.
    pub cursors: Vec<Cursor>,
}

/// What became of an envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is in the journal, or what it taught is kept.
    Kept,
    /// We had it already, or it is our own.
    Known,
    /// It is kept until what it lacks is known.
    Waits,
    /// It is none of our conversations' business.
    Elsewhere,
    /// It was forged or broken.
    Refused,
}

/// The bridge is closing; nothing of the batch was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the bridge is closing")]
pub struct Closed;

/// A batch on its way to the journal.
#[derive(Debug)]
pub(crate) struct Handover {
    pub(crate) batch: Batch,
    pub(crate) reply: oneshot::Sender<Vec<Outcome>>,
}

/// The door. Cheap to clone; a batch handed in waits while the bridge is busy.
#[derive(Clone)]
pub struct Inbound {
    pub(crate) batches: mpsc::Sender<Handover>,
    pub(crate) cursors: BTreeMap<String, Vec<u8>>,
    pub(crate) conversations: watch::Receiver<BTreeSet<RemoteConversation>>,
    pub(crate) health: watch::Sender<Health>,
    pub(crate) ledger: Ledger,
    pub(crate) recall: Recall,
    pub(crate) opinions: Opinions,
}

/// What the owner thinks of somebody on the account's network, and since when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opinion {
    /// Of whom.
    pub of: Identity,
    /// What.
    pub attitude: Attitude,
    /// Since when.
    pub since: Timestamp,
}

/// Looks up what the owner thinks of people on the account's network, of so many at the most.
pub(crate) type Opinions = Arc<dyn Fn(usize) -> Result<Vec<Opinion>, ReadError> + Send + Sync>;

/// Something that was said in a conversation, as it stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What the network calls it.
    pub id: RemoteId,
    /// By whom it was said there: the account, for what the bridge carried.
    pub author: Identity,
    /// When it was.
    pub at: Timestamp,
    /// What was said, as `render` takes it.
    pub outgoing: Outgoing,
}

/// Recalls what was said in a conversation, of at most so many events.
pub(crate) type Recall =
    Arc<dyn Fn(&RemoteConversation, usize) -> Result<Vec<Told>, ReadError> + Send + Sync>;

/// Looks up what stands in a conversation, at most so much of it.
pub(crate) type Ledger =
    Arc<dyn Fn(&RemoteConversation, usize) -> Result<Vec<RemoteId>, ReadError> + Send + Sync>;

impl Inbound {
    /// Hands a batch in. When it returns, everything that had to be kept is durable, the cursors
    /// too; the outcomes are in the order of the envelopes.
    pub async fn accept(&self, batch: Batch) -> Result<Vec<Outcome>, Closed> {
        let (reply, outcomes) = oneshot::channel();
        self.batches.send(Handover { batch, reply }).await.map_err(|_| Closed)?;
        outcomes.await.map_err(|_| Closed)
    }

    /// Where a stream stood when listening began; nothing if it was never read.
    #[must_use]
    pub fn cursor(&self, stream: &str) -> Option<&[u8]> {
        self.cursors.get(stream).map(Vec::as_slice)
    }

    /// All streams that were ever read, with where they stood when listening began.
    pub fn cursors(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.cursors.iter().map(|(stream, position)| (stream.as_str(), position.as_slice()))
    }

    /// The conversations that the owner's links name on this account; changes with the settings.
    #[must_use]
    pub fn conversations(&self) -> watch::Receiver<BTreeSet<RemoteConversation>> {
        self.conversations.clone()
    }

    /// The network's ids of what people said in a conversation and have not taken back, as far as
    /// the bridge knows; of its last `most` events, the latest first. Where a network lost events for
    /// good, this is what to ask it about.
    pub fn standing(
        &self,
        conversation: &RemoteConversation,
        most: usize,
    ) -> Result<Vec<RemoteId>, ReadError> {
        (self.ledger)(conversation, most)
    }

    /// What was said in a conversation and was not taken back, the earliest first; of its first `most`
    /// events. For networks on which an account's devices hand each other what was said before.
    pub fn told(
        &self,
        conversation: &RemoteConversation,
        most: usize,
    ) -> Result<Vec<Told>, ReadError> {
        (self.recall)(conversation, most)
    }

    /// What the owner thinks of people on the account's network, as far as they said; of `most` people.
    /// For networks on which an account's devices tell each other of it.
    pub fn opinions(&self, most: usize) -> Result<Vec<Opinion>, ReadError> {
        (self.opinions)(most)
    }

    /// Says how the account is doing.
    pub fn report(&self, health: Health) {
        self.health.send_if_modified(|current| {
            let changed = *current != health;
            *current = health;
            changed
        });
    }
}

impl fmt::Debug for Inbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbound").field("health", &*self.health.borrow()).finish_non_exhaustive()
    }
}
