//! The other end of the door: what stands behind [`Inbound`], and decides when a batch is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use super::{Batch, Cursor, Handover, Health, Inbound, Outcome};
use crate::model::id::RemoteConversation;

/// Takes in what an adapter hands over, batch after batch.
///
/// The bridge's own pipeline is one; whoever tries an adapter without a bridge is another.
#[derive(Debug)]
pub struct Outlet {
    batches: mpsc::Receiver<Handover>,
    health: watch::Receiver<Health>,
    conversations: watch::Sender<BTreeSet<RemoteConversation>>,
}

/// A batch whose adapter waits to hear that it is kept. Dropped, nothing of it was.
#[derive(Debug)]
pub struct HandedOver {
    batch: Batch,
    reply: oneshot::Sender<Vec<Outcome>>,
}

impl Inbound {
    /// A door and what stands behind it, for an account whose streams stand at `cursors` and whose
    /// links name `conversations`. One batch may wait between the two.
    #[must_use]
    pub fn channel(
        cursors: impl IntoIterator<Item = Cursor>,
        conversations: BTreeSet<RemoteConversation>,
    ) -> (Self, Outlet) {
        let (batches, handed_over) = mpsc::channel(1);
        let (health, healths) = watch::channel(Health::Starting);
        let (linked, links) = watch::channel(conversations);
        let cursors: BTreeMap<_, _> =
            cursors.into_iter().map(|it| (it.stream, it.position)).collect();
        let ledger = Arc::new(|_: &RemoteConversation, _: usize| Ok(Vec::new()));
        let recall = Arc::new(|_: &RemoteConversation, _: usize| Ok(Vec::new()));
        let opinions = Arc::new(|_: usize| Ok(Vec::new()));
        let conversations = links;
        let inbound = Self { batches, cursors, conversations, health, ledger, recall, opinions };
        (inbound, Outlet { batches: handed_over, health: healths, conversations: linked })
    }
}

impl Outlet {
    /// The next batch; nothing once the adapter has left.
    pub async fn next(&mut self) -> Option<HandedOver> {
        let Handover { batch, reply } = self.batches.recv().await?;
        Some(HandedOver { batch, reply })
    }

    /// How the adapter says that the account is doing.
    #[must_use]
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Changes the conversations that the owner's links name.
    pub fn link(&self, conversations: BTreeSet<RemoteConversation>) {
        self.conversations.send_replace(conversations);
    }
}

impl HandedOver {
    /// What was handed over.
    #[must_use]
    pub const fn batch(&self) -> &Batch {
        &self.batch
    }

    /// Tells the adapter that the batch is durable, and what became of each envelope. Whether the
    /// adapter was still there to hear it; the batch is kept in either case.
    pub fn keep(self, outcomes: Vec<Outcome>) -> bool {
        self.reply.send(outcomes).is_ok()
    }
}
