//! How much storage an account has: units by their age, and what one unit holds.

use crate::farcaster::wire::on_chain_event::Body;
use crate::farcaster::wire::{OnChainEvent, StoreType};

const LEGACY_UNTIL: u64 = 1_724_889_600;
const UNITS_2024_UNTIL: u64 = 1_752_685_200;
const EXTENDED_UNTIL: u64 = 1_782_147_600;
const YEAR_S: u64 = 365 * 24 * 60 * 60;

/// Storage units in force, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Units {
    pub(crate) legacy: u32,
    pub(crate) of_2024: u32,
    pub(crate) of_2025: u32,
}

impl Units {
    /// Counts the units that rent events pay for at `now_unix_s`.
    pub(crate) fn in_force<'a>(
        events: impl Iterator<Item = &'a OnChainEvent>,
        now_unix_s: u64,
    ) -> Self {
        let mut units = Self::default();
        for event in events {
            let Some(Body::StorageRentEventBody(body)) = &event.body else { continue };
            let rented_at = event.block_timestamp;
            let (slot, years) = if rented_at < LEGACY_UNTIL {
                (&mut units.legacy, 4)
            } else if rented_at < UNITS_2024_UNTIL {
                (&mut units.of_2024, 3)
            } else if rented_at < EXTENDED_UNTIL {
                (&mut units.of_2025, 2)
            } else {
                (&mut units.of_2025, 1)
            };
            if now_unix_s < rented_at.saturating_add(years * YEAR_S) {
                *slot = slot.saturating_add(body.units);
            }
        }
        units
    }

    pub(crate) const fn total(self) -> u32 {
        self.legacy.saturating_add(self.of_2024).saturating_add(self.of_2025)
    }

    /// How many messages one store may hold.
    pub(crate) fn max(self, store: StoreType) -> u64 {
        let [legacy, of_2024, of_2025] = limits(store);
        u64::from(self.legacy) * legacy
            + u64::from(self.of_2024) * of_2024
            + u64::from(self.of_2025) * of_2025
    }

    /// How many messages all stores may hold together.
    pub(crate) fn max_of_all(self) -> u64 {
        STORES.iter().map(|store| self.max(*store)).sum()
    }
}

/// The stores that take up storage, in the order in which they are listed.
pub(crate) const STORES: [StoreType; 6] = [
    StoreType::Casts,
    StoreType::Links,
    StoreType::Reactions,
    StoreType::UserData,
    StoreType::Verifications,
    StoreType::UsernameProofs,
];

/// What one unit holds: legacy, 2024, 2025.
pub(crate) const fn limits(store: StoreType) -> [u64; 3] {
    match store {
        StoreType::Casts => [5000, 2000, 100],
        StoreType::Links | StoreType::Reactions => [2500, 1000, 200],
        StoreType::UserData => [50, 50, 25],
        StoreType::Verifications => [25, 25, 5],
        StoreType::UsernameProofs => [5, 5, 2],
        StoreType::None | StoreType::StorageLends => [0, 0, 0],
    }
}
