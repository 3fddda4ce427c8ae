//! Learning what a conversation held before it was linked, so that answers to it are recognized.
//! None of it is carried on: who links a conversation wants to hear what comes.

use std::collections::BTreeSet;

use threadbridge_core::{
    adapter::{Batch, Cursor, Inbound},
    model::id::{RemoteConversation, RemoteId},
};

use super::{Ended, Listening};
use crate::{
    carried::Cargo,
    history::{self, Depth},
    name::Place,
    node::failure::NodeError,
    wire::SignedMessage,
};

/// Envelopes in one batch.
const AT_ONCE: usize = 128;
/// Says that the history of a conversation is known.
const INDEXED: &[u8] = &[1];
const STREAMS: &str = "conversation/";

impl Listening {
    /// Lists the conversations that were linked since the last time, and forgets that those were
    /// listed that are no longer linked.
    pub(super) async fn index_new(&mut self) -> Result<(), Ended> {
        for conversation in self.linked.clone() {
            if !self.indexed.insert(conversation.clone()) {
                continue;
            }
            match Place::parse(&conversation) {
                Some(place) => self.index(&conversation, &place).await?,
                None => tracing::warn!(%conversation, "farcaster has no conversation of that name"),
            }
        }
        let gone: Vec<_> = self.no_longer_linked();
        if !gone.is_empty() {
            self.inbound.accept(Batch { envelopes: Vec::new(), cursors: gone }).await?;
        }
        Ok(())
    }

    async fn index(
        &mut self,
        conversation: &RemoteConversation,
        place: &Place,
    ) -> Result<(), Ended> {
        let messages = self.collect(place, Depth::Casts).await?;
        let mut envelopes = Vec::with_capacity(messages.len());
        for message in messages {
            if let Some(name) = message.claimed_name() {
                let id = RemoteId::parse(format!("history/{}:{}", name.fid, name.hash))?;
                envelopes.push(Cargo::History(message).into_envelope(id));
            }
        }
        for some in envelopes.chunks(AT_ONCE) {
            self.inbound.accept(Batch { envelopes: some.to_vec(), cursors: Vec::new() }).await?;
        }
        let cursor = Cursor { stream: stream(conversation), position: INDEXED.to_vec() };
        self.inbound.accept(Batch { envelopes: Vec::new(), cursors: vec![cursor] }).await?;
        Ok(())
    }

    pub(super) async fn collect(
        &self,
        place: &Place,
        depth: Depth,
    ) -> Result<Vec<SignedMessage>, NodeError> {
        history::collect(&self.pool, place, self.own, depth).await
    }

    /// Marks conversations as not listed, so that they are when they are linked again.
    fn no_longer_linked(&mut self) -> Vec<Cursor> {
        let (linked, gone): (BTreeSet<_>, BTreeSet<_>) =
            std::mem::take(&mut self.indexed).into_iter().partition(|it| self.linked.contains(it));
        self.indexed = linked;
        gone.iter().map(|it| Cursor { stream: stream(it), position: Vec::new() }).collect()
    }
}

/// The conversations whose history was known when listening began.
pub(super) fn indexed(inbound: &Inbound) -> BTreeSet<RemoteConversation> {
    let kept = inbound.cursors().filter(|(_, position)| *position == INDEXED);
    let kept = kept.filter_map(|(stream, _)| stream.strip_prefix(STREAMS));
    kept.filter_map(|name| RemoteConversation::parse(name).ok()).collect()
}

fn stream(conversation: &RemoteConversation) -> String {
    format!("{STREAMS}{conversation}")
}
