//! Learning what a conversation held before it was linked, so that answers to it are recognized.
//! None of it is carried on: who links a conversation wants to hear what comes.

use std::{collections::BTreeSet, sync::Arc};

use threadbridge_core::{
    adapter::{Batch, Cursor, Inbound},
    model::id::{RemoteConversation, RemoteId},
};

use super::{Ended, Listening, News, heard::Heard};
use crate::{
    carried::Cargo,
    history::{self, Depth},
    name::Place,
    node::failure::NodeError,
    wire::SignedMessage,
};

/// Says that the history of a conversation is known.
const INDEXED: &[u8] = &[1];
const STREAMS: &str = "conversation/";

impl Listening {
    /// Begins to list the conversations that were linked since the last time, and forgets that
    /// those were listed that are no longer linked.
    pub(super) async fn index_new(&mut self) -> Result<(), Ended> {
        for conversation in self.linked.clone() {
            if !self.indexed.insert(conversation.clone()) {
                continue;
            }
            let Some(place) = Place::parse(&conversation) else {
                tracing::warn!(%conversation, "farcaster has no conversation of that name");
                continue;
            };
            let (pool, own, tell) = (Arc::clone(&self.pool), self.own, self.tell.clone());
            // Beside the followers: a long history must not hold up what is said meanwhile.
            self.tasks.spawn(async move {
                let messages = history::collect(&pool, &place, own, Depth::Casts).await;
                let _nobody_listens = tell.send(News::History { conversation, messages }).await;
            });
        }
        let gone: Vec<_> = self.no_longer_linked();
        if !gone.is_empty() {
            self.inbound.accept(Batch { envelopes: Vec::new(), cursors: gone }).await?;
        }
        Ok(())
    }

    /// Hands over what a conversation held; answers to it that came meanwhile follow.
    pub(super) async fn take_history(
        &mut self,
        conversation: &RemoteConversation,
        messages: Result<Vec<SignedMessage>, NodeError>,
    ) -> Result<(), Ended> {
        let messages = match messages {
            Ok(messages) => messages,
            Err(error) => {
                tracing::warn!(%error, %conversation, "what was said before is not known yet");
                self.indexed.remove(conversation);
                return Ok(());
            }
        };
        let mut old = Vec::with_capacity(messages.len());
        for message in messages {
            if let Some(name) = message.claimed_name() {
                let id = RemoteId::parse(format!("history/{}:{}", name.fid, name.hash))?;
                old.push(Heard::of_old(&name, Cargo::History(message).into_envelope(id)));
            }
        }
        let cursor = Cursor { stream: stream(conversation), position: INDEXED.to_vec() };
        self.hand_over(old, vec![cursor]).await
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
