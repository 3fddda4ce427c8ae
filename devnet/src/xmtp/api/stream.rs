//! Streams: what was sent before first, then what is sent, each once and in order.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataValue;
use tonic::{Response, Status};

use super::{Front, NO_STREAMING, show};
use crate::xmtp::faults::{Fault, Place};
use crate::xmtp::store::{Entry, Log, Sent, State, Welcome};
use crate::xmtp::wire::mls::{GroupMessage, WelcomeMessage};

/// How many messages are read from the store at a time.
const CHUNK: usize = 100;
/// How many messages wait for a slow reader before the stream itself waits.
const AHEAD: usize = 100;
/// How often an open stream looks whether the network has moved on.
const LOOKS_AFTER: Duration = Duration::from_millis(250);

type Item<T> = Result<T, Status>;
/// The answer to a subscription.
pub(super) type ItemStream<T> = Pin<Box<dyn Stream<Item = Item<T>> + Send>>;

/// What a stream is of.
pub(super) struct Source<M, T> {
    log: fn(&State) -> &Log<M>,
    show: fn(&Entry<M>) -> T,
}

impl<M, T> Clone for Source<M, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M, T> Copy for Source<M, T> {}

pub(super) const MESSAGES: Source<Sent, GroupMessage> =
    Source { log: |state| &state.messages, show: show::group_message };
pub(super) const WELCOMES: Source<Welcome, WelcomeMessage> =
    Source { log: |state| &state.welcomes, show: show::welcome };

/// Opens a stream of `topics`, each from behind its cursor.
pub(super) async fn open<M, T>(
    front: &Front,
    topics: BTreeMap<Vec<u8>, u64>,
    source: Source<M, T>,
) -> Result<Response<ItemStream<T>>, Status>
where
    M: Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    if front.store.with(|state| state.is_over()) {
        return Err(Status::unavailable(NO_STREAMING));
    }
    let (sender, mut receiver) = mpsc::channel(AHEAD);
    let feed = Feed { front: front.clone(), sender, source, topics, held: None };
    front.tasks.spawn(feed.run(front.faults.streams()));
    let is_late = front.faults.strikes(Place::STREAM, &Fault::LateHeaders);
    let first = if is_late { receiver.recv().await } else { None };
    let items = tokio_stream::iter(first).chain(ReceiverStream::new(receiver));
    let mut response = Response::new(Box::pin(items) as ItemStream<T>);
    response.metadata_mut().insert("subscribed", MetadataValue::from_static("true"));
    Ok(response)
}

/// One open stream.
struct Feed<M, T> {
    front: Front,
    sender: mpsc::Sender<Item<T>>,
    source: Source<M, T>,
    /// The id of the newest message that was sent on, of each topic.
    topics: BTreeMap<Vec<u8>, u64>,
    /// What comes after the one that follows it.
    held: Option<T>,
}

/// Nobody reads the stream any more, or nothing may be written to it.
struct Ended;

impl<M, T> Feed<M, T>
where
    M: Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    async fn run(self, cut: CancellationToken) {
        let (sender, front) = (self.sender.clone(), self.front.clone());
        let end = |status| drop(sender.try_send(Err(status)));
        tokio::select! {
            _ = self.feed() => {}
            () = sender.closed() => {}
            () = over(&front) => end(Status::unavailable(NO_STREAMING)),
            () = front.stopping.cancelled() => {
                end(Status::unavailable("service is shutting down"));
            }
            () = cut.cancelled() => end(Status::unavailable("stream cut")),
        }
    }

    async fn feed(mut self) -> Result<(), Ended> {
        let source = self.source;
        let (mut news, newest) = self.front.store.with(|state| {
            let log = (source.log)(state);
            (log.watch(), log.newest())
        });
        if !self.front.faults.strikes(Place::STREAM, &Fault::NoReplay) {
            self.replay(newest).await?;
        }
        self.follow(&mut news, newest).await
    }

    /// Sends what is stored up to `newest`, topic by topic.
    async fn replay(&mut self, newest: u64) -> Result<(), Ended> {
        let source = self.source;
        let topics: Vec<Vec<u8>> = self.topics.keys().cloned().collect();
        for topic in topics {
            loop {
                let cursor = self.topics.get(&topic).copied().unwrap_or_default();
                let entries = self
                    .front
                    .store
                    .with(|state| (source.log)(state).behind(&topic, cursor, CHUNK));
                let Some(last) = entries.last().map(|entry| entry.id.min(newest)) else { break };
                for entry in entries.iter().filter(|entry| entry.id <= newest) {
                    self.send((source.show)(entry)).await?;
                }
                if last <= cursor {
                    break;
                }
                self.topics.insert(topic.clone(), last);
            }
        }
        Ok(())
    }

    /// Sends what comes behind `position`, of all topics at once.
    async fn follow(
        &mut self,
        news: &mut watch::Receiver<u64>,
        mut position: u64,
    ) -> Result<(), Ended> {
        let source = self.source;
        loop {
            let entries =
                self.front.store.with(|state| (source.log)(state).all_behind(position, CHUNK));
            if entries.is_empty() {
                news.changed().await.map_err(|_| Ended)?;
            }
            for entry in entries {
                position = entry.id;
                let cursor = self.topics.get(&entry.topic);
                if cursor.is_some_and(|cursor| *cursor < entry.id) {
                    self.pass_on(&entry).await?;
                }
            }
        }
    }

    /// Sends a live message, as the fault dial has it.
    async fn pass_on(&mut self, entry: &Entry<M>) -> Result<(), Ended> {
        let faults = self.front.faults.clone();
        let item = (self.source.show)(entry);
        if let Some(delay) = faults.delay(Place::STREAM) {
            tokio::time::sleep(delay).await;
        }
        match faults.strike(Place::STREAM, is_live) {
            Some(Fault::DropLive) => return Ok(()),
            Some(Fault::Duplicate) => self.send(item.clone()).await?,
            Some(Fault::CutStream) => {
                drop(self.sender.send(Err(Status::unavailable("stream cut"))).await);
                return Err(Ended);
            }
            Some(Fault::Reorder) if self.held.is_none() => {
                self.held = Some(item);
                return Ok(());
            }
            Some(_) | None => {}
        }
        self.send(item).await?;
        match self.held.take() {
            Some(late) => self.send(late).await,
            None => Ok(()),
        }
    }

    async fn send(&self, item: T) -> Result<(), Ended> {
        self.sender.send(Ok(item)).await.map_err(|_| Ended)
    }
}

/// Returns when the network has moved on.
async fn over(front: &Front) {
    while !front.store.with(|state| state.is_over()) {
        tokio::time::sleep(LOOKS_AFTER).await;
    }
}

const fn is_live(fault: &Fault) -> bool {
    matches!(fault, Fault::DropLive | Fault::Duplicate | Fault::CutStream | Fault::Reorder)
}
