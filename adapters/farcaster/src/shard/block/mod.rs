//! Putting a shard's events together into whole blocks. Every block, even an empty one, begins
//! with an event that confirms it and says how many events it has; heights go up by one. So every
//! loss shows, and nothing is passed on before its block is whole.

mod trim;

use self::trim::trimmed;
use super::cursor::{ShardCursor, first_event_id, place};
use prost::Message as _;

use crate::wire::proto::{BlockConfirmedBody, HubEvent, HubEventType, hub_event::Body};

/// All events of one block, without the one that confirms it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Block {
    /// Its height.
    pub height: u64,
    /// When it was made, in Farcaster seconds; 0 where the node does not say.
    pub at_s: u64,
    /// In the shard's order.
    pub events: Vec<HubEvent>,
    /// Whether the node itself has fewer events than the block says it has, or more than any block
    /// has.
    pub is_short: bool,
    /// Its size in bytes.
    pub bytes: usize,
}

/// The most bytes of one block that are kept. The network's blocks are far smaller.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Where the events come from, which decides what a loss means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A stream, which may lose events: what is missing is to be read again.
    Stream,
    /// A query of what the node keeps: what is missing there, the node does not have.
    Query,
}

/// Something is missing before this point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// The first block that is not whole.
    pub expected: u64,
    /// The block whose event came instead.
    pub found: u64,
}

/// Takes events in, gives whole blocks out, in unbroken order.
#[derive(Clone, Debug)]
pub(crate) struct Assembler {
    last: u64,
    open: Option<OpenBlock>,
}

#[derive(Clone, Debug)]
struct OpenBlock {
    height: u64,
    at_s: u64,
    last_place: u64,
    /// How many events of known types it has, the first one included; `None` if it does not say.
    expected: Option<u64>,
    known: u64,
    events: Vec<HubEvent>,
    bytes: usize,
    is_cut: bool,
}

impl Assembler {
    /// Begins after the cursor's block.
    pub(crate) fn new(cursor: ShardCursor) -> Self {
        Self { last: cursor.height(), open: None }
    }

    /// After the last whole block.
    pub(crate) fn cursor(&self) -> ShardCursor {
        ShardCursor::after(self.last)
    }

    /// The id from which to ask on: within the open block if there is one.
    pub(crate) fn next_event_id(&self) -> u64 {
        match &self.open {
            Some(open) => (first_event_id(open.height) + open.last_place).saturating_add(1),
            None => self.cursor().next_event_id(),
        }
    }

    /// Takes one event. Gives the blocks that it completes (at most two), or says that something is
    /// missing; then the event was not taken, and the open block is forgotten.
    pub(crate) fn feed(&mut self, event: HubEvent, source: Source) -> Result<Vec<Block>, Gap> {
        let (height, at) = place(event.id);
        if height <= self.last {
            return Ok(Vec::new());
        }
        let mut whole = Vec::new();
        match &self.open {
            Some(open) if height < open.height => return Ok(Vec::new()),
            Some(open) if height == open.height && at <= open.last_place => return Ok(Vec::new()),
            Some(open) if height > open.height => {
                if source == Source::Stream && open.expected.is_some() {
                    let gap = Gap { expected: open.height, found: height };
                    self.open = None;
                    return Err(gap);
                }
                whole.extend(self.close());
            }
            Some(_) | None => {}
        }
        if self.open.is_none() {
            let expected = self.last.saturating_add(1);
            let fits = height == expected && at == 0;
            if !fits && whole.is_empty() {
                return Err(Gap { expected, found: height });
            }
            if !fits {
                // What was closed is given out; the gap shows again with the next event.
                return Ok(whole);
            }
            self.open = Some(OpenBlock::new(height, &event));
        }
        let is_complete = self.open.as_mut().is_some_and(|open| open.take(event, at));
        if is_complete {
            whole.extend(self.close());
        }
        Ok(whole)
    }

    /// Says that a query has reached the end. A block that does not say how many events it has is
    /// whole then, because nodes write blocks at once.
    pub(crate) fn end_of_query(&mut self) -> Option<Block> {
        if self.open.as_ref().is_some_and(|open| open.expected.is_none()) {
            self.close()
        } else {
            None
        }
    }

    /// Goes back or forward to a cursor.
    pub(crate) fn seek(&mut self, cursor: ShardCursor) {
        *self = Self::new(cursor);
    }

    /// Forgets a block that is not whole; its events will come again.
    pub(crate) fn forget_open(&mut self) {
        self.open = None;
    }

    fn close(&mut self) -> Option<Block> {
        let open = self.open.take()?;
        self.last = open.height;
        Some(Block {
            height: open.height,
            at_s: open.at_s,
            is_short: open.is_cut || open.expected.is_some_and(|expected| open.known < expected),
            events: open.events,
            bytes: open.bytes,
        })
    }
}

impl OpenBlock {
    fn new(height: u64, first: &HubEvent) -> Self {
        let expected = match &first.body {
            Some(Body::BlockConfirmedBody(body)) => expected(body),
            Some(_) | None => None,
        };
        let events = Vec::new();
        let at_s = first.timestamp;
        Self { height, at_s, last_place: 0, expected, known: 0, events, bytes: 0, is_cut: false }
    }

    /// Takes an event of this block; says whether the block is whole with it.
    fn take(&mut self, event: HubEvent, at: u64) -> bool {
        self.last_place = at;
        if is_known(event.r#type) {
            self.known += 1;
        }
        if event.r#type() != HubEventType::BlockConfirmed {
            let event = trimmed(event);
            self.bytes = self.bytes.saturating_add(event.encoded_len());
            self.is_cut |= self.bytes > MOST_BYTES;
            if !self.is_cut {
                self.events.push(event);
            }
        }
        self.expected.is_some_and(|expected| self.known >= expected)
    }
}

/// How many events of the types we ask for the block has. Types that came into being after this
/// was written are counted in the total but never delivered.
fn expected(body: &BlockConfirmedBody) -> Option<u64> {
    if body.event_counts_by_type.is_empty() {
        return (body.total_events > 0).then_some(body.total_events);
    }
    let others = body
        .event_counts_by_type
        .iter()
        .filter(|(kind, _)| is_known(**kind) && **kind != CONFIRMED);
    Some(others.fold(1_u64, |sum, (_, count)| sum.saturating_add(*count)))
}

const CONFIRMED: i32 = HubEventType::BlockConfirmed as i32;

fn is_known(kind: i32) -> bool {
    HubEventType::try_from(kind).is_ok_and(|kind| kind != HubEventType::None)
}

#[cfg(test)]
mod tests;
