//! The events of a shard, kept as encoded bytes for as long as retention says.

use std::collections::BTreeMap;

use prost::Message as _;

use crate::farcaster::wire::HubEvent;

/// Bits of an event's id below its block's height.
const SEQUENCE_BITS: u32 = 14;

/// The id of an event: unique within its shard only.
pub(crate) const fn event_id(height: u64, sequence: u64) -> u64 {
    (height << SEQUENCE_BITS) | sequence
}

#[derive(Debug)]
struct Stored {
    /// In the network's seconds.
    at_s: u64,
    bytes: Vec<u8>,
}

/// Events in the order of their ids.
#[derive(Debug, Default)]
pub(crate) struct EventLog {
    events: BTreeMap<u64, Stored>,
}

impl EventLog {
    pub(super) fn append(&mut self, event: &HubEvent) {
        let stored = Stored { at_s: event.timestamp, bytes: event.encode_to_vec() };
        self.events.insert(event.id, stored);
    }

    /// Forgets what happened before `at_s`.
    pub(super) fn expire(&mut self, at_s: u64) {
        while let Some(oldest) = self.events.first_entry() {
            if oldest.get().at_s >= at_s {
                break;
            }
            oldest.remove();
        }
    }

    /// At most `max` events from `from` on. One that is older than the oldest silently starts there.
    pub(crate) fn read(&self, from: u64, max: usize) -> Vec<HubEvent> {
        self.events
            .range(from..)
            .take(max)
            .filter_map(|(_, stored)| HubEvent::decode(stored.bytes.as_slice()).ok())
            .collect()
    }

    /// Encoded events with their ids, from `from` on and before `until`.
    pub(crate) fn range(
        &self,
        from: u64,
        until: u64,
    ) -> impl DoubleEndedIterator<Item = (Vec<u8>, HubEvent)> {
        self.events.range(from..until.max(from)).filter_map(|(id, stored)| {
            let event = HubEvent::decode(stored.bytes.as_slice()).ok()?;
            Some((id.to_be_bytes().to_vec(), event))
        })
    }

    pub(crate) fn get(&self, id: u64) -> Option<HubEvent> {
        HubEvent::decode(self.events.get(&id)?.bytes.as_slice()).ok()
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.events.values().map(|stored| stored.bytes.len()).sum()
    }
}
