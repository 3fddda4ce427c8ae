//! What the account may still send and keep. The network prunes a fid's oldest messages when its
//! storage is full, and may count its messages by the hour.

use crate::node::query::{Allowance, Storage};

/// Fewer casts left than this, in hundredths of the limit, are worth a warning.
const SCARCE_PERCENT: u64 = 10;

/// What a fid may send and keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Casts that are kept, and how many may be.
    pub casts: Allowance,
    /// Likes and recasts that are kept, and how many may be.
    pub reactions: Allowance,
    /// Messages an hour that nodes take if they count them.
    pub hourly_messages: u32,
    /// Whether casts of up to 10,000 bytes are taken.
    pub is_pro: bool,
    /// Until when the account's key may sign, in Unix seconds; nothing if it does not expire.
    pub signer_expires_at_s: Option<u64>,
}

impl Budget {
    /// Follows from what a node says about storage.
    pub(crate) fn of(storage: &Storage) -> Self {
        let hourly = (storage.total_limit / 10).max(100);
        Self {
            casts: storage.casts,
            reactions: storage.reactions,
            hourly_messages: u32::try_from(hourly).unwrap_or(u32::MAX),
            is_pro: storage.is_pro,
            signer_expires_at_s: None,
        }
    }

    /// Whether the account will soon push its own oldest casts off the network.
    pub fn is_scarce(&self) -> bool {
        self.casts.left().saturating_mul(100) <= self.casts.limit.saturating_mul(SCARCE_PERCENT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn storage(limit: u64, used: u64, total_limit: u64) -> Storage {
        let casts = Allowance { limit, used };
        Storage { casts, total_limit, ..Storage::default() }
    }

    #[test]
    fn the_hourly_budget_is_a_tenth_of_the_storage_and_a_hundred_at_least() {
        assert_eq!(Budget::of(&storage(100, 0, 532)).hourly_messages, 100);
        assert_eq!(Budget::of(&storage(5000, 0, 12_500)).hourly_messages, 1250);
    }

    #[test]
    fn nearly_full_storage_is_scarce() {
        assert!(!Budget::of(&storage(100, 89, 0)).is_scarce());
        assert!(Budget::of(&storage(100, 90, 0)).is_scarce());
        assert!(Budget::of(&storage(100, 135, 0)).is_scarce());
    }
}
