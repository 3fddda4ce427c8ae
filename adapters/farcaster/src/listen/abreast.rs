//! Keeping shards abreast of each other. Each is read by itself, but people answer and quote across
//! them. So where it matters what one shard has waits until the others are read as far: while any of
//! them catches up, and for a cast that quotes one of which nobody has heard.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use tokio::{sync::OwnedSemaphorePermit, time::Instant};

use crate::{
    shard::{block::Block, cursor::ShardCursor},
    wire::hash::MessageHash,
};

/// How long one shard waits for another from which nothing comes.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was read of all shards and not taken in yet.
#[derive(Debug, Default)]
pub(super) struct Abreast {
    lanes: BTreeMap<u32, Lane>,
}

#[derive(Debug)]
struct Lane {
    waiting: VecDeque<Waiting>,
    cursor: ShardCursor,
    /// The time of the last block that was read.
    read_to_s: u64,
    phase: Phase,
    heard_at: Instant,
}

/// Where a shard's follower is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    CatchingUp,
    Live,
    Stalled,
}

/// A block that was read, with what casts in it quote that are near us.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) block: Block,
    pub(super) quotes: Vec<MessageHash>,
    /// The follower reads on when this is gone.
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

/// A block whose turn has come.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) shard: u32,
    pub(super) block: Block,
    pub(super) cursor: ShardCursor,
}

impl Abreast {
    /// A shard that is read on after `cursor`.
    pub(super) fn begin(&mut self, shard: u32, cursor: ShardCursor) {
        let (waiting, heard_at) = (VecDeque::new(), Instant::now());
        let lane = Lane { waiting, cursor, read_to_s: 0, phase: Phase::CatchingUp, heard_at };
        self.lanes.insert(shard, lane);
    }

    /// Takes what was read of a shard. What a stalled shard gives shows that it lives.
    pub(super) fn read(&mut self, shard: u32, blocks: impl IntoIterator<Item = Waiting>) {
        let Some(lane) = self.lanes.get_mut(&shard) else { return };
        if lane.phase == Phase::Stalled {
            lane.phase = Phase::Live;
        }
        lane.heard_at = Instant::now();
        for waiting in blocks {
            lane.read_to_s = lane.read_to_s.max(waiting.block.at_s);
            lane.waiting.push_back(waiting);
        }
    }

    /// Notes where a shard's follower is.
    pub(super) fn enter(&mut self, shard: u32, phase: Phase) {
        if let Some(lane) = self.lanes.get_mut(&shard) {
            lane.phase = phase;
            lane.heard_at = Instant::now();
        }
    }

    /// Whether every shard is read to its end.
    pub(super) fn is_live(&self) -> bool {
        self.lanes.values().all(|lane| lane.phase == Phase::Live)
    }

    /// The next block whose turn it is, the earliest first.
    pub(super) fn next(&mut self, is_known: impl Fn(&MessageHash) -> bool) -> Option<Ready> {
        let mut fronts: Vec<_> = self.fronts().map(|(shard, it)| (it.block.at_s, shard)).collect();
        fronts.sort_unstable();
        let turn = fronts.into_iter().find(|(_, shard)| self.may_go(*shard, &is_known));
        turn.and_then(|(_, shard)| self.pop(shard))
    }

    /// The next block of one shard, whatever the others do.
    pub(super) fn pop(&mut self, shard: u32) -> Option<Ready> {
        let lane = self.lanes.get_mut(&shard)?;
        let Waiting { block, .. } = lane.waiting.pop_front()?;
        lane.cursor = lane.cursor.moved_to(block.height);
        Some(Ready { shard, cursor: lane.cursor, block })
    }

    /// When a shard that waits loses its patience.
    pub(super) fn patient_until(&self) -> Option<Instant> {
        self.fronts().next()?;
        let now = Instant::now();
        self.lanes.values().map(|lane| lane.heard_at + PATIENCE).filter(|at| *at > now).min()
    }

    fn fronts(&self) -> impl Iterator<Item = (u32, &Waiting)> {
        self.lanes.iter().filter_map(|(shard, lane)| Some((*shard, lane.waiting.front()?)))
    }

    fn may_go(&self, shard: u32, is_known: impl Fn(&MessageHash) -> bool) -> bool {
        let Some(front) = self.lanes.get(&shard).and_then(|lane| lane.waiting.front()) else {
            return false;
        };
        let quotes_the_unknown = !front.quotes.iter().all(is_known);
        let others = self.lanes.iter().filter(|(other, _)| **other != shard);
        others.into_iter().all(|(_, other)| match other.phase {
            Phase::CatchingUp => other.has_passed(front.block.at_s, quotes_the_unknown),
            Phase::Live if quotes_the_unknown => other.has_passed(front.block.at_s, true),
            Phase::Live | Phase::Stalled => true,
        })
    }
}

impl Lane {
    /// Whether what the shard has of that second and before was taken in, as far as can be waited
    /// for; where it need not be all of that second, it may go side by side.
    fn has_passed(&self, at_s: u64, wholly: bool) -> bool {
        if self.heard_at.elapsed() >= PATIENCE {
            return true;
        }
        let is_next =
            |next: &Waiting| next.block.at_s > at_s || (!wholly && next.block.at_s == at_s);
        self.read_to_s > at_s && self.waiting.front().is_none_or(is_next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(height: u64, at_s: u64) -> Waiting {
        let block = Block { height, at_s, events: Vec::new(), is_short: false, bytes: 0 };
        Waiting { block, quotes: Vec::new(), permit: None }
    }

    fn quoting(height: u64, at_s: u64, quoted: MessageHash) -> Waiting {
        Waiting { quotes: vec![quoted], ..block(height, at_s) }
    }

    fn two() -> Abreast {
        let mut abreast = Abreast::default();
        abreast.begin(1, ShardCursor::after(0));
        abreast.begin(2, ShardCursor::after(0));
        abreast
    }

    fn turns(abreast: &mut Abreast) -> Vec<(u32, u64)> {
        std::iter::from_fn(|| abreast.next(|_| false))
            .map(|it| (it.shard, it.block.height))
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_catches_up_goes_in_the_order_of_time() {
        let mut abreast = two();
        abreast.read(1, [block(1, 10), block(2, 20), block(3, 30)]);
        assert_eq!(turns(&mut abreast), [], "nobody knows what the other has");
        abreast.read(2, [block(7, 5), block(8, 15), block(9, 25)]);
        assert_eq!(turns(&mut abreast), [(2, 7), (1, 1), (2, 8), (1, 2), (2, 9)]);
        abreast.enter(2, Phase::Live);
        assert_eq!(turns(&mut abreast), [(1, 3)], "the other has no more");
        assert!(!abreast.is_live());
        abreast.enter(1, Phase::Live);
        assert!(abreast.is_live());
        abreast.read(2, [block(10, 40)]);
        assert_eq!(turns(&mut abreast), [(2, 10)], "nobody waits any more");
    }

    #[tokio::test(start_paused = true)]
    async fn what_quotes_the_unknown_waits_for_the_other_shards() {
        let mut abreast = two();
        abreast.enter(1, Phase::Live);
        abreast.enter(2, Phase::Live);
        let quoted = MessageHash::of(b"quoted");
        abreast.read(1, [quoting(1, 10, quoted), block(2, 11)]);
        assert_eq!(turns(&mut abreast), []);
        abreast.read(2, [block(5, 10)]);
        assert_eq!(turns(&mut abreast), [(2, 5)]);
        abreast.read(2, [block(6, 11)]);
        assert_eq!(turns(&mut abreast), [(1, 1), (1, 2), (2, 6)]);
        abreast.read(1, [quoting(3, 12, quoted)]);
        assert!(abreast.next(|hash| *hash == quoted).is_some(), "what is known needs no waiting");
    }

    #[tokio::test(start_paused = true)]
    async fn a_shard_that_gives_nothing_is_waited_for_only_so_long() {
        let mut abreast = two();
        abreast.read(1, [block(1, 10)]);
        assert!(abreast.patient_until().is_some());
        tokio::time::advance(PATIENCE).await;
        assert_eq!(turns(&mut abreast), [(1, 1)]);
        assert!(abreast.patient_until().is_none());
        abreast.enter(2, Phase::Stalled);
        abreast.read(1, [quoting(2, 20, MessageHash::of(b"quoted"))]);
        assert_eq!(turns(&mut abreast), [(1, 2)]);
    }
}
