//! Where the reading of a shard stands. Event ids are `height << 14 | place`, and a cursor always
//! stands between two whole blocks, so a height says it all; it is good on this shard only.

/// Bits of an event id that count the events of one block.
const PLACE_BITS: u32 = 14;
/// No node that works is as far behind the others: over half an hour of blocks. Where one is after
/// all, blocks are read again that were read before, no more.
const FAR_BLOCKS: u64 = 2000;

/// The last block of a shard that was read whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ShardCursor {
    height: u64,
    /// Where reading began; what lies before it was never ours to read.
    since: u64,
}

impl ShardCursor {
    /// After the block of that height, where reading begins.
    pub(crate) fn after(height: u64) -> Self {
        Self { height, since: height }
    }

    /// This one moved on to after the block of that height. Never goes back.
    pub(crate) fn moved_to(self, height: u64) -> Self {
        Self { height: self.height.max(height), since: self.since }
    }

    /// Reads what [`ShardCursor::to_bytes`] wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (height, since) = bytes.split_first_chunk::<8>()?;
        let since = u64::from_be_bytes(since.try_into().ok()?);
        Some(Self { height: u64::from_be_bytes(*height), since })
    }

    /// The stored form: height and beginning, eight bytes each, big-endian.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        [self.height.to_be_bytes(), self.since.to_be_bytes()].concat()
    }

    /// The name of a shard's stream.
    pub(crate) fn stream(shard: u32) -> String {
        format!("shard/{shard}")
    }

    /// The height of the last whole block.
    pub(crate) fn height(self) -> u64 {
        self.height
    }

    /// Whether no honest node can have led here while another says that `head` is the last block.
    pub(crate) fn is_far_beyond(self, head: u64) -> bool {
        self.height > head.saturating_add(FAR_BLOCKS)
    }

    /// The id of the event with which the next block begins.
    pub(crate) fn next_event_id(self) -> u64 {
        first_event_id(self.height.saturating_add(1))
    }

    /// That many blocks back, for reading them again; not before reading began.
    pub(crate) fn rewound(self, blocks: u64) -> Self {
        Self { height: self.height.saturating_sub(blocks).max(self.since), since: self.since }
    }
}

/// The id of a block's first event, which confirms the block.
pub(crate) fn first_event_id(height: u64) -> u64 {
    height.min(u64::MAX >> PLACE_BITS) << PLACE_BITS
}

/// The block and the place in it that an event id names.
pub(crate) fn place(event_id: u64) -> (u64, u64) {
    (event_id >> PLACE_BITS, event_id & ((1 << PLACE_BITS) - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ids_and_heights_agree(height in 0..u64::MAX >> 15) {
            let cursor = ShardCursor::after(height);
            prop_assert_eq!(ShardCursor::from_bytes(&cursor.to_bytes()), Some(cursor));
            prop_assert_eq!(place(cursor.next_event_id()), (height + 1, 0));
            prop_assert_eq!(cursor.rewound(7), cursor);
            let moved = cursor.moved_to(height + 5);
            prop_assert_eq!(ShardCursor::from_bytes(&moved.to_bytes()), Some(moved));
            prop_assert_eq!(moved.rewound(3).height(), height + 2);
            prop_assert_eq!(moved.rewound(9).height(), height);
            prop_assert_eq!(moved.moved_to(height), moved);
        }
    }

    #[test]
    fn the_farthest_cursor_does_not_overflow() {
        assert_eq!(place(ShardCursor::after(u64::MAX).next_event_id()).1, 0);
        assert_eq!(ShardCursor::from_bytes(b"short"), None);
    }
}
