//! What the fault dials of all networks have in common: what was set, and how often it strikes.
//! Seeded, so that a run can be repeated.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Each time.
    #[default]
    Always,
    /// With this probability, from 0 to 1.
    Chance(f64),
    /// The next so many times, then no more.
    Next(u32),
    /// Each so many-th time.
    Every(u32),
}

/// A fault that was set, to clear it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FaultId(u64);

/// Faults of a kind, each with what it is for.
#[derive(Debug)]
pub(crate) struct Dial<F> {
    random: SplitMix,
    set: BTreeMap<FaultId, Entry<F>>,
    next_id: u64,
    struck: BTreeMap<String, u64>,
}

#[derive(Debug)]
struct Entry<F> {
    fault: F,
    when: When,
    asked: u32,
}

impl<F: Clone> Dial<F> {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { random: SplitMix(seed), set: BTreeMap::new(), next_id: 0, struck: BTreeMap::new() }
    }

    /// Sets a fault, beside those that are set.
    pub(crate) fn set(&mut self, fault: F, when: When) -> FaultId {
        let id = FaultId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        self.set.insert(id, Entry { fault, when, asked: 0 });
        id
    }

    /// Takes one fault back.
    pub(crate) fn clear(&mut self, id: FaultId) {
        self.set.remove(&id);
    }

    /// Takes all faults back.
    pub(crate) fn clear_all(&mut self) {
        self.set.clear();
    }

    /// How often each kind of fault has struck.
    pub(crate) fn struck(&self) -> BTreeMap<String, u64> {
        self.struck.clone()
    }

    /// The first fault that strikes, of those that `fits` picks; counted under its name.
    pub(crate) fn strike(
        &mut self,
        fits: impl Fn(&F) -> bool,
        name: impl Fn(&F) -> String,
    ) -> Option<F> {
        let Self { random, set, struck, .. } = self;
        let mut fitting = set.values_mut().filter(|entry| fits(&entry.fault));
        let fault = fitting.find_map(|entry| entry.strikes(random).then(|| entry.fault.clone()))?;
        *struck.entry(name(&fault)).or_insert(0) += 1;
        Some(fault)
    }

    /// A number below `below`, drawn as the faults are.
    pub(crate) fn draw(&mut self, below: usize) -> usize {
        let drawn = usize::try_from(self.random.next()).unwrap_or(0);
        drawn.checked_rem(below).unwrap_or(0)
    }
}

impl<F> Entry<F> {
    fn strikes(&mut self, random: &mut SplitMix) -> bool {
        self.asked = self.asked.saturating_add(1);
        match self.when {
            When::Always => true,
            When::Chance(probability) => random.fraction() < probability,
            When::Next(count) => self.asked <= count,
            When::Every(count) => self.asked.is_multiple_of(count.max(1)),
        }
    }
}

/// SplitMix64: small, and the same numbers for the same seed.
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 up to 1.
    fn fraction(&mut self) -> f64 {
        let bits = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(dial: &mut Dial<u8>) -> Vec<bool> {
        (0..64).map(|_| dial.strike(|_| true, u8::to_string).is_some()).collect()
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests() {
        let [first, again, other] = [7, 7, 8].map(|seed| {
            let mut dial = Dial::new(seed);
            dial.set(1, When::Chance(0.5));
            pattern(&mut dial)
        });
        assert_eq!(first, again);
        assert_ne!(first, other);
        assert!((16..48).contains(&first.iter().filter(|struck| **struck).count()));
    }

    #[test]
    fn a_count_runs_out_and_what_is_cleared_strikes_no_more() {
        let mut dial = Dial::new(1);
        dial.set(1, When::Next(2));
        assert!(dial.strike(|fault| *fault == 2, u8::to_string).is_none());
        assert_eq!(pattern(&mut dial).iter().filter(|struck| **struck).count(), 2);
        assert_eq!(dial.struck().get("1"), Some(&2));
        let every = dial.set(1, When::Every(4));
        assert_eq!(pattern(&mut dial).iter().filter(|struck| **struck).count(), 16);
        dial.clear(every);
        assert!(!pattern(&mut dial).contains(&true));
    }
}
