//! Following one shard without losing anything: read what is kept up to the head, then subscribe
//! from there, and go back to reading whenever the stream leaves a gap or falls silent.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, timeout};
use tokio_stream::StreamExt as _;

use super::{
    block::{Assembler, Block, Gap, Source},
    cursor::{ShardCursor, place},
};
use crate::{
    node::{EventStream, Node, failure::NodeError, pool::Pool},
    wire::proto::HubEvent,
};

/// Events that are asked for at once.
const PAGE: u32 = 1000;
/// Blocks that are read again after a change of node: honest nodes have equal ids, others may not.
const REWIND_BLOCKS: u64 = 300;
/// Blocks that are given out at once when they wait in the stream.
const BURST: usize = 128;
/// More bytes are not gathered for one burst.
const BURST_BYTES: usize = 16 * 1024 * 1024;
/// Events in a row that lead nowhere, after which a stream is given up.
const MOST_IN_VAIN: u32 = 20_000;

/// How patient a follower is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Silence after which the node is asked whether the network has gone on.
    pub silent_for: Duration,
    /// Time between two queries of a node that has no stream.
    pub poll_every: Duration,
}

/// What a follower came upon.
#[derive(Debug)]
pub(crate) enum Step {
    /// Whole blocks, in unbroken order.
    Blocks(Vec<Block>),
    /// Everything that is kept was read; from here on events come as they happen.
    Live,
    /// The network goes on, but this connection was silent; what was missed is being read.
    Deaf,
    /// The shard stands still on every node that answers.
    Stalled {
        /// Seconds since its last block.
        delay_s: u64,
    },
    /// Blocks that no node keeps any longer. They are to be made up for by listing; then
    /// [`Follower::skip_to`].
    Lost {
        /// The first block that is gone.
        from: u64,
        /// The first block that is kept.
        to: u64,
    },
}

/// Reads one shard.
pub(crate) struct Follower {
    pool: Arc<Pool>,
    shard: u32,
    pace: Pace,
    assembler: Assembler,
    furthest: ShardCursor,
    node: Option<usize>,
    stream: Option<EventStream>,
    is_live: bool,
    is_stalled: bool,
    /// When something led on.
    heard_at: Instant,
    /// Events since the last one that led on.
    in_vain: u32,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower")
            .field("shard", &self.shard)
            .field("furthest", &self.furthest)
            .finish_non_exhaustive()
    }
}

impl Follower {
    /// Reads on after `cursor`, but reads that many blocks before it again first.
    pub(crate) fn resume(
        pool: Arc<Pool>,
        shard: u32,
        cursor: ShardCursor,
        again: u64,
        pace: Pace,
    ) -> Self {
        Self {
            pool,
            shard,
            pace,
            assembler: Assembler::new(cursor.rewound(again)),
            furthest: cursor,
            node: None,
            stream: None,
            is_live: false,
            is_stalled: false,
            heard_at: Instant::now(),
            in_vain: 0,
        }
    }

    /// The shard.
    pub(crate) fn shard(&self) -> u32 {
        self.shard
    }

    /// After the last block that was given out. Never goes back, even where blocks are read again.
    pub(crate) fn cursor(&self) -> ShardCursor {
        self.furthest
    }

    /// Goes on at the block `height`, after what lies before it was made up for.
    pub(crate) fn skip_to(&mut self, height: u64) {
        self.furthest = self.furthest.moved_to(height.saturating_sub(1));
        self.assembler.seek(self.furthest);
    }

    /// Reads until there is something to say. An error means that no node answers; it may be called
    /// again after a pause.
    pub(crate) async fn next(&mut self) -> Result<Step, NodeError> {
        loop {
            let step = match self.stream.take() {
                Some(stream) => self.hear(stream).await?,
                None => self.query().await?,
            };
            if let Some(step) = step {
                if let Step::Blocks(blocks) = &step
                    && let Some(last) = blocks.last()
                {
                    self.furthest = self.furthest.moved_to(last.height);
                    self.is_stalled = false;
                }
                return Ok(step);
            }
        }
    }

    /// The node to read from. After a change some blocks are read again.
    fn node(&mut self) -> Result<(usize, Arc<dyn Node>), NodeError> {
        let (index, node) = self.pool.current().ok_or(NodeError::Unavailable)?;
        if self.node.is_some_and(|before| before != index) {
            self.assembler.seek(self.furthest.rewound(REWIND_BLOCKS));
            self.is_live = false;
        }
        self.node = Some(index);
        Ok((index, node))
    }

    /// One query of what the node keeps, beginning where the assembler stands.
    async fn query(&mut self) -> Result<Option<Step>, NodeError> {
        if self.is_live {
            // Only a node without a stream is queried while live.
            sleep(self.pace.poll_every).await;
        }
        let (index, node) = self.node()?;
        let from = self.assembler.next_event_id();
        let events = match node.events(self.shard, from, PAGE).await {
            Ok(events) => events,
            Err(error) => return self.failed(index, error),
        };
        self.pool.praise(index);
        let is_end = events.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        let (mut blocks, gap) = self.feed_all(events);
        if let Some(gap) = gap {
            if blocks.is_empty() {
                return self.gone(index, node, gap).await;
            }
            self.heard_at = Instant::now();
            return Ok(Some(Step::Blocks(blocks)));
        }
        if !is_end && self.assembler.next_event_id() <= from {
            return self.failed(index, NodeError::Malformed { expected: "events from there on" });
        }
        if is_end {
            blocks.extend(self.assembler.end_of_query());
        }
        if !blocks.is_empty() {
            self.heard_at = Instant::now();
            return Ok(Some(Step::Blocks(blocks)));
        }
        if is_end { self.at_the_head(index, node).await } else { Ok(None) }
    }

    fn feed_all(&mut self, events: Vec<HubEvent>) -> (Vec<Block>, Option<Gap>) {
        let mut blocks = Vec::new();
        for event in events {
            match self.assembler.feed(event, Source::Query) {
                Ok(whole) => blocks.extend(whole),
                Err(gap) => return (blocks, Some(gap)),
            }
        }
        (blocks, None)
    }

    /// Everything kept is read: subscribe, or poll where there is no stream.
    async fn at_the_head(
        &mut self,
        index: usize,
        node: Arc<dyn Node>,
    ) -> Result<Option<Step>, NodeError> {
        if self.is_live && self.heard_at.elapsed() >= self.pace.silent_for {
            return self.silent(index, &node).await;
        }
        self.assembler.forget_open();
        match node.subscribe(self.shard, self.assembler.next_event_id()).await {
            Ok(stream) => self.stream = Some(stream),
            Err(NodeError::Unsupported) => {}
            Err(error) => return self.failed(index, error),
        }
        let was_live = std::mem::replace(&mut self.is_live, true);
        if was_live || self.is_stalled {
            // That a node answers does not mean that its shard goes on.
            return Ok(None);
        }
        self.heard_at = Instant::now();
        Ok(Some(Step::Live))
    }

    /// Waits for the stream. Puts it back if it is still good.
    async fn hear(&mut self, mut stream: EventStream) -> Result<Option<Step>, NodeError> {
        let mut blocks = Vec::new();
        // What comes and leads nowhere is silence, too.
        let patience = self.pace.silent_for.saturating_sub(self.heard_at.elapsed());
        let mut event = match timeout(patience, stream.next()).await {
            Err(_silence) => {
                let (index, node) = self.node()?;
                return self.silent(index, &node).await;
            }
            Ok(event) => event,
        };
        let mut bytes = 0;
        loop {
            match event {
                // Where the network is far behind the cursor, waiting for it helps nobody.
                Some(Ok(event)) if self.furthest.is_far_beyond(place(event.id).0) => {
                    let (index, node) = self.node()?;
                    return self.silent(index, &node).await;
                }
                Some(Ok(event)) => match self.lead_on(event) {
                    Ok(whole) => {
                        bytes += whole.iter().map(|block| block.bytes).sum::<usize>();
                        blocks.extend(whole);
                    }
                    Err(_gap) => break self.is_live = false,
                },
                // The node closed the stream or broke off; what it keeps tells how it is.
                Some(Err(_)) | None => {
                    self.assembler.forget_open();
                    self.is_live = false;
                    sleep(Duration::from_millis(100)).await;
                    break;
                }
            }
            let waiting = tokio::select! {
                biased;
                event = stream.next(), if blocks.len() < BURST && bytes < BURST_BYTES => Some(event),
                () = std::future::ready(()) => None,
            };
            match waiting {
                _ if self.in_vain > MOST_IN_VAIN => {
                    self.in_vain = 0;
                    let (index, _) = self.node()?;
                    return self
                        .failed(index, NodeError::Malformed { expected: "events in order" });
                }
                Some(next) => event = next,
                None => break self.stream = Some(stream),
            }
        }
        if blocks.is_empty() {
            if self.heard_at.elapsed() < self.pace.silent_for {
                return Ok(None);
            }
            self.stream = None;
            let (index, node) = self.node()?;
            return self.silent(index, &node).await;
        }
        self.heard_at = Instant::now();
        Ok(Some(Step::Blocks(blocks)))
    }

    /// Takes an event from the stream, and counts how many lead nowhere.
    fn lead_on(&mut self, event: HubEvent) -> Result<Vec<Block>, Gap> {
        let before = self.assembler.next_event_id();
        let whole = self.assembler.feed(event, Source::Stream);
        let has_led_on = self.assembler.next_event_id() > before;
        self.in_vain = if has_led_on { 0 } else { self.in_vain.saturating_add(1) };
        whole
    }

    /// Nothing came for a while: either we are deaf or the shard stands still. Only the heights
    /// that a node reports tell which.
    async fn silent(
        &mut self,
        index: usize,
        node: &Arc<dyn Node>,
    ) -> Result<Option<Step>, NodeError> {
        self.heard_at = Instant::now();
        self.is_live = false;
        self.assembler.forget_open();
        let status = match node.status().await {
            Ok(status) => status,
            Err(error) => return self.failed(index, error),
        };
        let shard = status.shard(self.shard);
        if shard.is_some_and(|shard| shard.max_height > self.assembler.cursor().height()) {
            return Ok(Some(Step::Deaf));
        }
        self.pool.blame(index);
        if shard.is_some_and(|shard| self.furthest.is_far_beyond(shard.max_height)) {
            return Err(NodeError::Malformed { expected: "a height near the cursor's" });
        }
        self.is_stalled = true;
        Ok(Some(Step::Stalled { delay_s: shard.map_or(0, |shard| shard.block_delay_s) }))
    }

    /// Another node may do better; if there is none, the caller waits.
    fn failed(&mut self, index: usize, error: NodeError) -> Result<Option<Step>, NodeError> {
        self.assembler.forget_open();
        self.pool.blame(index);
        match self.pool.current() {
            Some((next, _)) if next != index && !self.pool.all_rest() => Ok(None),
            Some(_) | None => Err(error),
        }
    }

    /// A query began later than it was asked to.
    async fn gone(
        &mut self,
        index: usize,
        node: Arc<dyn Node>,
        gap: Gap,
    ) -> Result<Option<Step>, NodeError> {
        if gap.found <= self.furthest.height().saturating_add(1) {
            // Only blocks that were to be read again are gone here.
            self.assembler.seek(ShardCursor::after(gap.found.saturating_sub(1)));
            return Ok(None);
        }
        let head = match node.status().await {
            Ok(status) => status.shard(self.shard).map_or(0, |shard| shard.max_height),
            Err(error) => return self.failed(index, error),
        };
        if gap.found > head.saturating_add(REWIND_BLOCKS) {
            // Who would go there would hear nothing until the network has caught up.
            return self.failed(index, NodeError::Malformed { expected: "events up to its head" });
        }
        if self.pool.size() > 1 && !self.pool.all_rest() {
            self.pool.blame(index);
            if !self.pool.all_rest() {
                return Ok(None);
            }
        }
        Ok(Some(Step::Lost { from: gap.expected, to: gap.found }))
    }
}

#[cfg(test)]
mod tests;
