//! The fault dial: what goes wrong, where, and how often. Seeded, so that a run can be repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::line::Weather;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// A request, or an event of a live stream, comes late.
    Delay {
        /// How late, in milliseconds.
        ms: u64,
    },
    /// A request is refused: `RESOURCE_EXHAUSTED` or 429, with `retry-after`.
    RateLimited {
        /// What `retry-after` says, in seconds.
        retry_after_s: u64,
    },
    /// A request is refused with `UNAVAILABLE` or 503, and has no effect.
    Unavailable,
    /// A request takes effect, and is answered with `UNAVAILABLE` or 503.
    AnswerLost,
    /// A request is never answered, and has no effect.
    Hang,
    /// An HTTP request is answered with a page for people.
    HtmlForJson,
    /// A submission is accepted, and refused by the next block.
    MergeRefused,
    /// An event is left out of a live stream.
    DropLive,
    /// The first blocks after a replay are left out of a stream.
    DropAtSeam {
        /// How many blocks.
        blocks: u64,
    },
    /// An event of a live stream comes twice.
    Duplicate,
    /// An event of a live stream comes after the one that follows it.
    Reorder,
    /// A stream ends in the middle with `UNAVAILABLE`.
    CutStream,
    /// A connection is accepted and never answered.
    HalfOpen,
}

/// Which requests a fault is for. Streams and connections do not ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Submissions.
    Writes,
    /// Everything that only asks, the opening of streams included.
    Reads,
    /// Events of live streams.
    Streams,
    /// Anything.
    #[default]
    Any,
}

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

/// The dial of one hub; clones turn the same dial.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Mutex<Dial>>);

#[derive(Debug)]
struct Dial {
    random: SplitMix,
    set: BTreeMap<FaultId, Entry>,
    next_id: u64,
    struck: BTreeMap<String, u64>,
    stalled: BTreeSet<u32>,
    connections: CancellationToken,
    streams: CancellationToken,
}

#[derive(Debug)]
struct Entry {
    fault: Fault,
    scope: Scope,
    when: When,
    asked: u32,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Dial {
            random: SplitMix(seed),
            set: BTreeMap::new(),
            next_id: 0,
            struck: BTreeMap::new(),
            stalled: BTreeSet::new(),
            connections: CancellationToken::new(),
            streams: CancellationToken::new(),
        })))
    }

    fn with<R>(&self, act: impl FnOnce(&mut Dial) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets a fault, beside those that are set.
    pub fn set(&self, fault: Fault, scope: Scope, when: When) -> FaultId {
        self.with(|dial| {
            let id = FaultId(dial.next_id);
            dial.next_id += 1;
            dial.set.insert(id, Entry { fault, scope, when, asked: 0 });
            id
        })
    }

    /// Takes one fault back.
    pub fn clear(&self, id: FaultId) {
        self.with(|dial| dial.set.remove(&id));
    }

    /// Takes all faults back and lets stalled shards go on.
    pub fn clear_all(&self) {
        self.with(|dial| {
            dial.set.clear();
            dial.stalled.clear();
        });
    }

    /// Stops a shard's blocks, while everything else goes on.
    pub fn stall_shard(&self, shard: u32) {
        self.with(|dial| dial.stalled.insert(shard));
    }

    /// Lets a stalled shard go on.
    pub fn resume_shard(&self, shard: u32) {
        self.with(|dial| dial.stalled.remove(&shard));
    }

    /// Breaks every connection that is open now.
    pub fn cut_connections(&self) {
        self.with(|dial| std::mem::take(&mut dial.connections)).cancel();
    }

    /// Ends every stream that is open now, and leaves the connections.
    pub fn cut_streams(&self) {
        self.with(|dial| std::mem::take(&mut dial.streams)).cancel();
    }

    /// How often each kind of fault has struck.
    pub fn struck(&self) -> BTreeMap<String, u64> {
        self.with(|dial| dial.struck.clone())
    }

    pub(crate) fn is_stalled(&self, shard: u32) -> bool {
        self.with(|dial| dial.stalled.contains(&shard))
    }

    /// Cancelled when the streams of now are cut.
    pub(crate) fn streams(&self) -> CancellationToken {
        self.with(|dial| dial.streams.clone())
    }

    /// The first fault that strikes here, of those that `fits` picks.
    pub(crate) fn strike(&self, scope: Scope, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        self.with(|dial| {
            let Dial { set, random, struck, .. } = dial;
            let fault = set
                .values_mut()
                .filter(|entry| entry.scope == Scope::Any || entry.scope == scope)
                .filter(|entry| fits(&entry.fault))
                .find_map(|entry| entry.strikes(random).then(|| entry.fault.clone()))?;
            *struck.entry(fault.name().to_owned()).or_insert(0) += 1;
            Some(fault)
        })
    }

    /// How late something comes, if it does.
    pub(crate) fn delay(&self, scope: Scope) -> Option<Duration> {
        let fault = self.strike(scope, |fault| matches!(fault, Fault::Delay { .. }))?;
        let Fault::Delay { ms } = fault else { return None };
        Some(Duration::from_millis(ms))
    }
}

impl Weather for Faults {
    fn is_half_open(&self) -> bool {
        self.strike(Scope::Any, |fault| *fault == Fault::HalfOpen).is_some()
    }

    fn connections(&self) -> CancellationToken {
        self.with(|dial| dial.connections.clone())
    }
}

impl Fault {
    /// The name of its kind, as in JSON.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Delay { .. } => "delay",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::AnswerLost => "answer_lost",
            Self::Hang => "hang",
            Self::HtmlForJson => "html_for_json",
            Self::MergeRefused => "merge_refused",
            Self::DropLive => "drop_live",
            Self::DropAtSeam { .. } => "drop_at_seam",
            Self::Duplicate => "duplicate",
            Self::Reorder => "reorder",
            Self::CutStream => "cut_stream",
            Self::HalfOpen => "half_open",
        }
    }
}

impl Entry {
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
pub(crate) struct SplitMix(u64);

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
        // 53 bits are what a double holds exactly.
        let bits = u32::try_from(self.next() >> 32).unwrap_or(u32::MAX);
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(faults: &Faults) -> Vec<bool> {
        let unavailable = |fault: &Fault| *fault == Fault::Unavailable;
        (0..64).map(|_| faults.strike(Scope::Writes, unavailable).is_some()).collect()
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests() {
        let [first, again, other] = [7, 7, 8].map(|seed| {
            let faults = Faults::new(seed);
            faults.set(Fault::Unavailable, Scope::Writes, When::Chance(0.5));
            pattern(&faults)
        });
        assert_eq!(first, again);
        assert_ne!(first, other);
        assert!((16..48).contains(&first.iter().filter(|struck| **struck).count()));
    }

    #[test]
    fn a_count_runs_out_and_a_scope_is_kept() {
        let faults = Faults::new(1);
        faults.set(Fault::Unavailable, Scope::Writes, When::Next(2));
        assert!(faults.strike(Scope::Reads, |_| true).is_none());
        assert_eq!(pattern(&faults).iter().filter(|struck| **struck).count(), 2);
        assert_eq!(faults.struck().get("unavailable"), Some(&2));
    }

    #[test]
    fn a_cleared_fault_strikes_no_more() {
        let faults = Faults::new(1);
        let id = faults.set(Fault::Hang, Scope::Any, When::Always);
        assert!(faults.strike(Scope::Reads, |_| true).is_some());
        faults.clear(id);
        assert!(faults.strike(Scope::Reads, |_| true).is_none());
    }

    #[test]
    fn a_fault_reads_and_writes_as_json() {
        let fault: Fault = serde_json::from_str(r#"{"kind":"delay","ms":5}"#).unwrap();
        assert_eq!(fault, Fault::Delay { ms: 5 });
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"delay","s":5}"#).is_err());
        let when: When = serde_json::from_str(r#"{"chance":0.25}"#).unwrap();
        assert_eq!(when, When::Chance(0.25));
    }
}
