//! The fault dial: what goes wrong, for which calls, and how often. Seeded, so that a run can be
//! repeated.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::dial::Dial;
pub use crate::dial::{FaultId, When};
use crate::line::Weather;

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// A request is answered late.
    Delay {
        /// How late, in milliseconds.
        ms: u64,
    },
    /// A request is refused with 429 and `Retry-After`.
    RateLimited {
        /// What `Retry-After` says, in seconds.
        retry_after_s: u64,
    },
    /// A request is refused with 503.
    Unavailable,
    /// A request is answered with an error of JSON-RPC.
    Refused {
        /// Its code.
        code: i64,
    },
    /// A request is answered with a page for people.
    HtmlForJson,
    /// A request is answered as if another had been made.
    OtherId,
    /// What is asked for is answered with something else: a result of this form.
    Nonsense {
        /// The result.
        result: serde_json::Value,
    },
    /// All connections break before a request is answered.
    Cut,
    /// A request is never answered.
    Hang,
    /// A connection is accepted and never answered.
    HalfOpen,
}

/// The dial of one node; clones turn the same dial.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    dial: Dial<(Fault, Option<String>)>,
    connections: CancellationToken,
}

impl Faults {
    pub(crate) fn new(seed: u64) -> Self {
        let connections = CancellationToken::new();
        Self(Arc::new(Mutex::new(State { dial: Dial::new(seed), connections })))
    }

    fn with<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets a fault for a method, or for all, beside those that are set.
    pub fn set(&self, fault: Fault, method: Option<&str>, when: When) -> FaultId {
        self.with(|state| state.dial.set((fault, method.map(str::to_owned)), when))
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

    /// How often each kind of fault has struck.
    pub fn struck(&self) -> BTreeMap<String, u64> {
        self.with(|state| state.dial.struck())
    }

    /// The first fault that strikes a call.
    pub(super) fn strike(&self, method: &str) -> Option<Fault> {
        let fits = |(fault, of): &(Fault, Option<String>)| {
            *fault != Fault::HalfOpen && of.as_deref().is_none_or(|of| of == method)
        };
        self.with(|state| state.dial.strike(fits, |(fault, _)| fault.name())).map(|(it, _)| it)
    }
}

impl Weather for Faults {
    fn is_half_open(&self) -> bool {
        let fits = |(fault, _): &(Fault, Option<String>)| *fault == Fault::HalfOpen;
        self.with(|state| state.dial.strike(fits, |(fault, _)| fault.name())).is_some()
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
