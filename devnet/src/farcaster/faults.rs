//! The fault dial: what goes wrong, where, and how often. Seeded, so that a run can be repeated.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::dial::Dial;
pub use crate::dial::{FaultId, When};
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

/// The dial of one hub; clones turn the same dial.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    dial: Dial<(Fault, Scope)>,
    stalled: BTreeSet<u32>,
    connections: CancellationToken,
    streams: CancellationToken,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            dial: Dial::new(seed),
            stalled: BTreeSet::new(),
            connections: CancellationToken::new(),
            streams: CancellationToken::new(),
        })))
    }

    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets a fault, beside those that are set.
    pub fn set(&self, fault: Fault, scope: Scope, when: When) -> FaultId {
        self.with(|state| state.dial.set((fault, scope), when))
    }

    /// Takes one fault back.
    pub fn clear(&self, id: FaultId) {
        self.with(|state| state.dial.clear(id));
    }

    /// Takes all faults back and lets stalled shards go on.
    pub fn clear_all(&self) {
        self.with(|state| {
            state.dial.clear_all();
            state.stalled.clear();
        });
    }

    /// Stops a shard's blocks, while everything else goes on.
    pub fn stall_shard(&self, shard: u32) {
        self.with(|state| state.stalled.insert(shard));
    }

    /// Lets a stalled shard go on.
    pub fn resume_shard(&self, shard: u32) {
        self.with(|state| state.stalled.remove(&shard));
    }

    /// Breaks every connection that is open now.
    pub fn cut_connections(&self) {
        self.with(|state| std::mem::take(&mut state.connections)).cancel();
    }

    /// Ends every stream that is open now, and leaves the connections.
    pub fn cut_streams(&self) {
        self.with(|state| std::mem::take(&mut state.streams)).cancel();
    }

    /// How often each kind of fault has struck.
    pub fn struck(&self) -> BTreeMap<String, u64> {
        self.with(|state| state.dial.struck())
    }

    pub(crate) fn is_stalled(&self, shard: u32) -> bool {
        self.with(|state| state.stalled.contains(&shard))
    }

    /// Cancelled when the streams of now are cut.
    pub(crate) fn streams(&self) -> CancellationToken {
        self.with(|state| state.streams.clone())
    }

    /// The first fault that strikes here, of those that `fits` picks.
    pub(crate) fn strike(&self, scope: Scope, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let is_here =
            |(fault, of): &(Fault, Scope)| (*of == Scope::Any || *of == scope) && fits(fault);
        let name = |(fault, _): &(Fault, Scope)| fault.name().to_owned();
        self.with(|state| state.dial.strike(is_here, name)).map(|(fault, _)| fault)
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
        self.with(|state| state.connections.clone())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_kept() {
        let faults = Faults::new(1);
        faults.set(Fault::Unavailable, Scope::Writes, When::Next(2));
        assert!(faults.strike(Scope::Reads, |_| true).is_none());
        assert!(faults.strike(Scope::Writes, |_| true).is_some());
        assert_eq!(faults.struck().get("unavailable"), Some(&1));
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
