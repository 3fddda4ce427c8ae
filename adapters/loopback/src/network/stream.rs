//! The network's streams: what happened, in order, and who is listening.

use tokio::sync::mpsc;

use super::fault::{Condition, Dice, Faults};

/// The most entries that a stream holds; the network takes nothing more after them.
const MAX_ENTRIES: usize = 4_000_000;
/// How many live events wait for a listener before more are lost to it.
const LISTENER_EVENTS: usize = 1024;

/// An entry with its place.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) stream: String,
    /// Counts from 1, without gaps.
    pub(crate) position: u64,
    /// What the network calls the entry.
    pub(crate) id: String,
    /// The encoded entry, without a stamp.
    pub(super) entry: std::sync::Arc<[u8]>,
}

/// All that happened on one stream.
#[derive(Debug)]
pub(super) struct Stream {
    name: String,
    entries: Vec<Placed>,
}

impl Stream {
    pub(super) const fn new(name: String) -> Self {
        Self { name, entries: Vec::new() }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= MAX_ENTRIES
    }

    /// How many entries there are; the position of the last one.
    pub(super) fn head(&self) -> u64 {
        u64::try_from(self.entries.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn append(&mut self, id: String, entry: Vec<u8>) -> Placed {
        let position = self.head().saturating_add(1);
        let placed = Placed { stream: self.name.clone(), position, id, entry: entry.into() };
        self.entries.push(placed.clone());
        placed
    }

    /// At most `limit` entries after a position.
    pub(super) fn after(&self, position: u64, limit: usize) -> Vec<Placed> {
        let from = usize::try_from(position).unwrap_or(usize::MAX);
        self.entries.iter().skip(from).take(limit).cloned().collect()
    }
}

/// One open connection's live events.
#[derive(Debug)]
pub(super) struct Listener {
    events: mpsc::Sender<Placed>,
    /// An event that arrives after the one that follows it.
    late: Option<Placed>,
}

impl Listener {
    pub(super) fn new() -> (Self, mpsc::Receiver<Placed>) {
        let (events, receiver) = mpsc::channel(LISTENER_EVENTS);
        (Self { events, late: None }, receiver)
    }

    /// Tells of an entry, or misbehaves; whether the connection still stands.
    pub(super) fn tell(&mut self, placed: &Placed, faults: &Faults, dice: &mut Dice) -> bool {
        if faults.condition != Condition::Well || dice.falls(faults.lost_events) {
            return !self.events.is_closed();
        }
        if dice.falls(faults.cuts) {
            return false;
        }
        if self.late.is_none() && dice.falls(faults.reordered_events) {
            self.late = Some(placed.clone());
            return !self.events.is_closed();
        }
        let again = dice.falls(faults.doubled_events).then(|| placed.clone());
        let events = [Some(placed.clone()), again, self.late.take()];
        for event in events.into_iter().flatten() {
            match self.events.try_send(event) {
                Ok(()) => {}
                // A slow listener misses events; the history has them.
                Err(mpsc::error::TrySendError::Full(_)) => return true,
                Err(mpsc::error::TrySendError::Closed(_)) => return false,
            }
        }
        true
    }
}
