//! Answers that came before what they answer. Shards are read side by side, so a reply may be heard
//! before the cast that shows where it belongs. What is dropped here is heard again after a
//! restart, because a few blocks are read twice then.

use std::collections::{BTreeMap, VecDeque};

use threadbridge_core::adapter::Envelope;

use crate::wire::hash::MessageHash;

/// The most that waits.
const MOST: usize = 4096;
/// The most bytes that wait.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// Envelopes by the cast that they are about.
#[derive(Debug, Default)]
pub(crate) struct Orphans {
    waiting: BTreeMap<MessageHash, Vec<Envelope>>,
    order: VecDeque<MessageHash>,
    count: usize,
    bytes: usize,
}

impl Orphans {
    /// Lets an envelope wait for a cast. The oldest make room.
    pub(crate) fn wait(&mut self, parent: MessageHash, envelope: Envelope) {
        self.count += 1;
        self.bytes += envelope.bytes.len();
        self.waiting.entry(parent).or_default().push(envelope);
        self.order.push_back(parent);
        while self.count > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.order.pop_front() else { break };
            self.take(&oldest);
        }
    }

    /// What waited for this cast, in the order in which it came.
    pub(crate) fn take(&mut self, parent: &MessageHash) -> Vec<Envelope> {
        let envelopes = self.waiting.remove(parent).unwrap_or_default();
        self.count -= envelopes.len();
        self.bytes -= envelopes.iter().map(|envelope| envelope.bytes.len()).sum::<usize>();
        if self.order.len() > 2 * MOST {
            self.order.retain(|waiting| self.waiting.contains_key(waiting));
        }
        envelopes
    }
}

#[cfg(test)]
mod tests {
    use threadbridge_core::model::id::RemoteId;

    use super::*;

    fn envelope(n: usize, bytes: usize) -> Envelope {
        Envelope { id: RemoteId::parse(format!("{n}")).unwrap(), bytes: vec![0; bytes] }
    }

    #[test]
    fn a_parent_gets_all_that_waited_for_it_in_order() {
        let (one, two) = (MessageHash::of(b"1"), MessageHash::of(b"2"));
        let mut orphans = Orphans::default();
        orphans.wait(one, envelope(1, 1));
        orphans.wait(two, envelope(2, 1));
        orphans.wait(one, envelope(3, 1));
        assert_eq!(orphans.take(&one), [envelope(1, 1), envelope(3, 1)]);
        assert_eq!(orphans.take(&one), []);
        assert_eq!(orphans.take(&two).len(), 1);
    }

    #[test]
    fn it_is_bounded_in_number_and_size() {
        let mut orphans = Orphans::default();
        for n in 0..3 * MOST {
            orphans.wait(MessageHash::of(&n.to_be_bytes()), envelope(n, 10));
        }
        assert!(orphans.count <= MOST);
        for n in 0..20 {
            orphans.wait(MessageHash::of(&[n]), envelope(1, 1024 * 1024));
        }
        assert!(orphans.bytes <= MOST_BYTES && orphans.order.len() <= 3 * MOST);
    }
}
