//! The fault dial: what goes wrong, where, and how often. Seeded, so that a run can be repeated.

use std::collections::BTreeMap;
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
    /// A request, or a message of a live stream, comes late.
    Delay {
        /// How late, in milliseconds.
        ms: u64,
    },
    /// A request is refused with `RESOURCE_EXHAUSTED`.
    RateLimited,
    /// A request is refused with `UNAVAILABLE`, and has no effect.
    Unavailable,
    /// A request is refused with this code of gRPC, and has no effect.
    Refused {
        /// The code, 1 to 16.
        code: i32,
    },
    /// A request takes effect, and is answered with `UNAVAILABLE`.
    AnswerLost,
    /// A request takes effect, and all connections break before it is answered.
    Cut,
    /// A request is never answered, and has no effect.
    Hang,
    /// A request takes effect, and is never answered.
    Mute,
    /// A message of a live stream is left out.
    DropLive,
    /// A message of a live stream comes twice.
    Duplicate,
    /// A message of a live stream comes after the one that follows it.
    Reorder,
    /// A stream ends in the middle with `UNAVAILABLE`.
    CutStream,
    /// A stream's headers come with its first message only.
    LateHeaders,
    /// A stream leaves out what was sent before it was opened.
    NoReplay,
    /// Somebody's key package is answered empty.
    NoKeyPackage,
    /// A connection is accepted and never answered.
    HalfOpen,
}

/// Which requests a fault is for. Connections do not ask.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// What publishes, uploads or sends.
    Writes,
    /// What only asks.
    Reads,
    /// The opening of streams, and what comes through them.
    Streams,
    /// One method, `SendGroupMessages` say.
    Method(String),
    /// Anything.
    #[default]
    Any,
}

/// Where a fault may strike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The name of the method; none, where all that is known is that it is a stream.
    pub(crate) method: &'a str,
}

impl Place<'_> {
    /// Messages of open streams.
    pub(crate) const STREAM: Self = Self { method: "Subscribe" };

    fn is_in(self, scope: &Scope) -> bool {
        let is_stream = self.method.starts_with("Subscribe");
        let writes = ["Publish", "Upload", "Send", "BatchPublish"];
        let is_write = writes.iter().any(|verb| self.method.starts_with(verb));
        match scope {
            Scope::Any => true,
            Scope::Streams => is_stream,
            Scope::Writes => is_write,
            Scope::Reads => !is_stream && !is_write,
            Scope::Method(name) => name == self.method,
        }
    }
}

/// The dial of one node; clones turn the same dial.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    dial: Dial<(Fault, Scope)>,
    calls: BTreeMap<String, u64>,
    connections: CancellationToken,
    streams: CancellationToken,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            dial: Dial::new(seed),
            calls: BTreeMap::new(),
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

    /// Takes all faults back.
    pub fn clear_all(&self) {
        self.with(|state| state.dial.clear_all());
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

    /// How often each method was called.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.with(|state| state.calls.clone())
    }

    pub(crate) fn count(&self, method: &str) {
        self.with(|state| {
            let calls = state.calls.entry(method.to_owned()).or_insert(0);
            *calls = calls.saturating_add(1);
        });
    }

    /// Cancelled when the streams of now are cut.
    pub(crate) fn streams(&self) -> CancellationToken {
        self.with(|state| state.streams.clone())
    }

    /// The first fault that strikes here, of those that `fits` picks.
    pub(crate) fn strike(&self, place: Place<'_>, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let is_here = |(fault, scope): &(Fault, Scope)| place.is_in(scope) && fits(fault);
        let name = |(fault, _): &(Fault, Scope)| fault.name();
        self.with(|state| state.dial.strike(is_here, name)).map(|(fault, _)| fault)
    }

    /// Whether exactly this fault strikes here.
    pub(crate) fn strikes(&self, place: Place<'_>, fault: &Fault) -> bool {
        self.strike(place, |set| set == fault).is_some()
    }

    /// How late something comes, if it does.
    pub(crate) fn delay(&self, place: Place<'_>) -> Option<Duration> {
        let fault = self.strike(place, |fault| matches!(fault, Fault::Delay { .. }))?;
        let Fault::Delay { ms } = fault else { return None };
        Some(Duration::from_millis(ms))
    }
}

impl Weather for Faults {
    fn is_half_open(&self) -> bool {
        let found = self.with(|state| {
            state.dial.strike(|(fault, _)| *fault == Fault::HalfOpen, |(fault, _)| fault.name())
        });
        found.is_some()
    }

    fn connections(&self) -> CancellationToken {
        self.with(|state| state.connections.clone())
    }
}

impl Fault {
    /// The name of its kind, as in JSON.
    pub fn name(&self) -> String {
        let json = serde_json::to_value(self).unwrap_or_default();
        json.get("kind").and_then(serde_json::Value::as_str).unwrap_or("fault").to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_where_it_was_set() {
        let faults = Faults::new(1);
        let struck = |method| faults.strike(Place { method }, |_| true).is_some();
        faults.set(Fault::Unavailable, Scope::Writes, When::Next(2));
        let reads = ["QueryGroupMessages", "SubscribeGroupMessages"].map(struck);
        assert_eq!(reads, [false, false]);
        assert_eq!(["SendGroupMessages", "UploadKeyPackage"].map(struck), [true, true]);
        faults.set(Fault::Hang, Scope::Method("GetInboxIds".to_owned()), When::Always);
        assert_eq!(["GetInboxIds", "GetIdentityUpdates"].map(struck), [true, false]);
        assert_eq!(faults.struck().get("unavailable"), Some(&2));
    }

    #[test]
    fn a_fault_reads_and_writes_as_json() {
        let fault: Fault = serde_json::from_str(r#"{"kind":"refused","code":13}"#).unwrap();
        assert_eq!(fault, Fault::Refused { code: 13 });
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"delay","s":5}"#).is_err());
        let scope: Scope = serde_json::from_str(r#"{"method":"GetInboxIds"}"#).unwrap();
        assert_eq!(scope, Scope::Method("GetInboxIds".to_owned()));
    }
}
