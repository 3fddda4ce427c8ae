//! Event streams: what is stored first, then what happens.

use std::sync::Arc;

use tokio::sync::{broadcast, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::Front;
use crate::farcaster::faults::{Fault, Faults, Scope};
use crate::farcaster::wire::{HubEvent, SubscribeRequest};

/// How many events are read from the store at a time.
const CHUNK: usize = 500;
/// How many events wait for a slow reader before the stream itself falls behind.
const AHEAD: usize = 100;

/// What a stream carries.
type Item = Result<HubEvent, Status>;
/// The answer to `Subscribe`.
pub(super) type EventStream = ReceiverStream<Item>;

impl Front {
    pub(super) fn open_stream(&self, request: SubscribeRequest) -> Result<EventStream, Status> {
        let shards: Vec<u32> = self.ledger.with(|chain| match request.shard_index {
            None => chain.shard_order.clone(),
            Some(id) => chain.shards.get(&id).filter(|_| id != 0).map(|_| id).into_iter().collect(),
        });
        if shards.is_empty() {
            return Err(Status::unknown("invalid_internal_state/Invalid shard id"));
        }
        let (sender, receiver) = mpsc::channel(AHEAD);
        let feed = Feed {
            front: self.clone(),
            sender,
            event_types: request.event_types,
            cut: self.faults.streams(),
        };
        self.tasks.spawn(feed.run(shards, request.from_id));
        Ok(ReceiverStream::new(receiver))
    }
}

/// One open stream.
#[derive(Clone)]
struct Feed {
    front: Front,
    sender: mpsc::Sender<Item>,
    event_types: Vec<i32>,
    cut: CancellationToken,
}

/// Nobody reads the stream any more, or nothing may be written to it.
struct Ended;

impl Feed {
    async fn run(self, shards: Vec<u32>, from_id: Option<u64>) {
        let (ender, stopping, cut) =
            (self.sender.clone(), self.front.stopping.clone(), self.cut.clone());
        tokio::select! {
            () = self.feed(shards, from_id) => {}
            () = ender.closed() => {}
            () = stopping.cancelled() => drop(ender.try_send(Err(Status::cancelled("stopping")))),
            () = cut.cancelled() => {
                drop(ender.try_send(Err(Status::unavailable("stream cut"))));
            }
        }
    }

    /// Replays shard by shard, then follows all of them.
    async fn feed(self, shards: Vec<u32>, from_id: Option<u64>) {
        let mut live = Vec::new();
        for shard in shards {
            let Ok(receiver) = self.replay(shard, from_id).await else { return };
            live.push(receiver);
        }
        let following = live.into_iter().map(|tail| self.clone().follow(tail));
        let mut following: Vec<_> = following.map(Box::pin).collect();
        // The stream ends when one of its shards cannot go on.
        std::future::poll_fn(|cx| {
            if following.iter_mut().any(|tail| tail.as_mut().poll(cx).is_ready()) {
                return std::task::Poll::Ready(());
            }
            std::task::Poll::Pending
        })
        .await;
    }

    /// Sends what is stored, and begins to listen in the moment in which nothing is left.
    async fn replay(&self, shard: u32, from_id: Option<u64>) -> Result<Tail, Ended> {
        let mut next = from_id;
        loop {
            let (events, tail) = self
                .front
                .ledger
                .with(|chain| {
                    let shard = chain.shards.get(&shard)?;
                    let events = next.map_or_else(Vec::new, |from| shard.log.read(from, CHUNK));
                    let is_last = events.len() < CHUNK;
                    let tail = is_last.then(|| (shard.live.subscribe(), shard.height));
                    Some((events, tail))
                })
                .ok_or(Ended)?;
            next = events.last().map_or(next, |event| Some(event.id + 1));
            for event in events {
                self.send(event).await?;
            }
            if let Some((receiver, height)) = tail {
                let seam = match from_id.and_then(|_| {
                    self.front
                        .faults
                        .strike(Scope::Streams, |fault| matches!(fault, Fault::DropAtSeam { .. }))
                }) {
                    Some(Fault::DropAtSeam { blocks }) => height + blocks,
                    _ => 0,
                };
                return Ok(Tail { receiver, dropped_until: seam });
            }
        }
    }

    async fn follow(self, mut tail: Tail) {
        let faults = self.front.faults.clone();
        let mut held: Option<HubEvent> = None;
        loop {
            let event = match tail.receiver.recv().await {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(lost)) => {
                    // The real node does not tell the reader either.
                    tracing::warn!(lost, "a slow reader lost events");
                    continue;
                }
                Err(broadcast::error::RecvError::Closed) => return,
            };
            if event.block_number <= tail.dropped_until || !self.wants(&event) {
                continue;
            }
            if self.pass_on(&event, &faults, &mut held).await.is_err() {
                return;
            }
        }
    }

    /// Sends a live event, as the fault dial has it.
    async fn pass_on(
        &self,
        event: &Arc<HubEvent>,
        faults: &Faults,
        held: &mut Option<HubEvent>,
    ) -> Result<(), Ended> {
        if let Some(delay) = faults.delay(Scope::Streams) {
            tokio::time::sleep(delay).await;
        }
        match faults.strike(Scope::Streams, is_live) {
            Some(Fault::DropLive) => return Ok(()),
            Some(Fault::Duplicate) => self.send(HubEvent::clone(event)).await?,
            Some(Fault::CutStream) => {
                drop(self.sender.send(Err(Status::unavailable("stream cut"))).await);
                return Err(Ended);
            }
            Some(Fault::Reorder) if held.is_none() => {
                *held = Some(HubEvent::clone(event));
                return Ok(());
            }
            Some(_) | None => {}
        }
        self.send(HubEvent::clone(event)).await?;
        match held.take() {
            Some(late) => self.send(late).await,
            None => Ok(()),
        }
    }

    fn wants(&self, event: &HubEvent) -> bool {
        self.event_types.contains(&event.r#type)
    }

    async fn send(&self, event: HubEvent) -> Result<(), Ended> {
        if !self.wants(&event) {
            return Ok(());
        }
        self.sender.send(Ok(event)).await.map_err(|_| Ended)
    }
}

/// The live end of a shard's events.
struct Tail {
    receiver: broadcast::Receiver<Arc<HubEvent>>,
    /// Height up to which a fault leaves events out.
    dropped_until: u64,
}

const fn is_live(fault: &Fault) -> bool {
    matches!(fault, Fault::DropLive | Fault::Duplicate | Fault::CutStream | Fault::Reorder)
}
