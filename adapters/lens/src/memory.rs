//! What this process knows of its own attempts. Nothing of it is kept: what a process before this
//! one did is found out by asking the network, and a picture that it laid down is laid down again.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use tokio::time::Instant;

use crate::draft::OpId;

/// How many operations are remembered.
const MOST: usize = 10_000;

/// What became of an operation, as far as this process knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trace {
    /// It was sealed by this process and never tried.
    Untried,
    /// It was tried at that time, and nobody knows what came of it.
    Tried(Instant),
    /// The network gave it a transaction at that time, whose end is to be seen.
    Submitted(String, Instant),
    /// The network has it, under this post's id.
    Done(String),
}

/// How many pictures are remembered.
const MOST_PICTURES: usize = 200;

/// A picture on Grove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Laid {
    pub(crate) uri: String,
    pub(crate) media_type: &'static str,
}

/// The attempts of this process.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Traces>);

#[derive(Debug, Default)]
struct Traces {
    by_op: BTreeMap<OpId, Trace>,
    order: VecDeque<OpId>,
    has_forgotten: bool,
    /// Where the pictures of operations lie, by where they come from.
    pictures: VecDeque<((OpId, String), Laid)>,
}

impl Memory {
    /// What is known of an operation; nothing for one that another process sealed.
    pub(crate) fn trace(&self, op: &OpId) -> Option<Trace> {
        self.with(|traces| traces.by_op.get(op).cloned())
    }

    /// Whether everything is known that this process did.
    pub(crate) fn is_whole(&self) -> bool {
        self.with(|traces| !traces.has_forgotten)
    }

    /// It was sealed just now.
    pub(crate) fn sealed(&self, op: &OpId) {
        self.note(op, Trace::Untried);
    }

    /// Something is known of it.
    pub(crate) fn note(&self, op: &OpId, trace: Trace) {
        self.with(|traces| {
            if traces.by_op.insert(op.clone(), trace).is_none() {
                traces.order.push_back(op.clone());
            }
            while traces.order.len() > MOST {
                if let Some(oldest) = traces.order.pop_front() {
                    traces.by_op.remove(&oldest);
                    traces.has_forgotten = true;
                }
            }
        });
    }

    /// Where a picture of an operation was laid down, so that another attempt need not.
    pub(crate) fn laid(&self, op: &OpId, url: &str) -> Option<Laid> {
        self.with(|traces| {
            let is_it = |it: &&((OpId, String), Laid)| it.0.0 == *op && it.0.1 == url;
            traces.pictures.iter().rev().find(is_it).map(|(_, laid)| laid.clone())
        })
    }

    /// A picture of an operation was laid down.
    pub(crate) fn note_laid(&self, op: &OpId, url: &str, laid: Laid) {
        self.with(|traces| {
            traces.pictures.push_back(((op.clone(), url.to_owned()), laid));
            while traces.pictures.len() > MOST_PICTURES {
                traces.pictures.pop_front();
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Traces) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::address::Address;

    #[test]
    fn memory_has_an_end() {
        let memory = Memory::default();
        let op = |number| OpId::of(Address::from_bytes([0; 20]), number, 0, b"");
        for number in 0..=MOST as u64 {
            assert!(memory.is_whole(), "{number}");
            memory.sealed(&op(number));
        }
        assert!(!memory.is_whole());
        memory.note(&op(5), Trace::Done("1".to_owned()));
        assert_eq!(memory.trace(&op(0)), None);
        assert_eq!(memory.trace(&op(1)), Some(Trace::Untried));
        assert_eq!(memory.trace(&op(5)), Some(Trace::Done("1".to_owned())));
    }
}
