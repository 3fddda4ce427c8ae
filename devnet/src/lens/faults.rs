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
    /// A request is refused with 503, and has no effect.
    Unavailable,
    /// A request has no effect, and is answered with an error of the API's own
    /// (`INTERNAL_SERVER_ERROR`).
    Internal,
    /// A request takes effect, and is answered with 502.
    AnswerLost,
    /// A request takes effect, and all connections break before it is answered.
    Cut,
    /// A request is never answered, and has no effect.
    Hang,
    /// A request is answered with a page for people.
    HtmlForJson,
    /// A connection is accepted and never answered.
    HalfOpen,
    /// A page has one of its items twice.
    DuplicateItem,
    /// A page lacks one of its items, which is on no other page either.
    DropItem,
    /// A cursor counts as expired.
    ExpiredCursor,
    /// A write is answered with `TransactionWillFail`.
    TransactionWillFail,
    /// A post is answered with `PostOperationValidationFailed`, a follow or a join with theirs.
    ValidationFailed,
    /// A write is answered with a transaction to sign that somebody else pays for.
    SponsoredRequest,
    /// A write is answered with a transaction to sign and pay for.
    SelfFundedRequest,
    /// A transaction fails after its hash was given.
    TransactionFails,
    /// A transaction is indexed later than others, and dated as if it had not been: what it posts
    /// comes up among posts that were seen before.
    IndexedLate {
        /// How much later, in milliseconds.
        ms: u64,
    },
    /// A transaction is never indexed after its hash was given.
    NeverIndexed,
    /// A union has a member that no client knows, named `FutureThing`.
    FutureMember {
        /// In which union.
        of: Union,
    },
    /// The session of a request ends, as if somebody had revoked it.
    TokenRevoked,
}

/// A union that may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Union {
    /// Members of `Notification`.
    Notifications,
    /// Members of `PostMetadata`.
    Metadata,
    /// Members of `TransactionStatusResult`.
    Status,
}

/// Which requests a fault is for. What happens inside the network does not ask.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Mutations.
    Writes,
    /// Queries.
    Reads,
    /// Grove.
    Storage,
    /// Anything.
    #[default]
    Any,
}

/// The dial of one network; clones turn the same dial.
#[derive(Clone, Debug)]
pub struct Faults(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    dial: Dial<(Fault, Scope)>,
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

    /// How often each kind of fault has struck.
    pub fn struck(&self) -> BTreeMap<String, u64> {
        self.with(|state| state.dial.struck())
    }

    /// The first fault that strikes here, of those that `fits` picks.
    pub(crate) fn strike(&self, scope: Scope, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let is_here = |(fault, of): &(Fault, Scope)| {
            (*of == Scope::Any || scope == Scope::Any || *of == scope) && fits(fault)
        };
        let name = |(fault, _): &(Fault, Scope)| fault.name();
        self.with(|state| state.dial.strike(is_here, name)).map(|(fault, _)| fault)
    }

    /// Whether exactly this fault strikes, whatever it was set for.
    pub(crate) fn strikes(&self, fault: &Fault) -> bool {
        self.strike(Scope::Any, |set| set == fault).is_some()
    }

    /// How late something comes, if it does.
    pub(crate) fn delay(&self, scope: Scope) -> Option<Duration> {
        let fault = self.strike(scope, |fault| matches!(fault, Fault::Delay { .. }))?;
        let Fault::Delay { ms } = fault else { return None };
        Some(Duration::from_millis(ms))
    }

    /// How much later than others a transaction is indexed.
    pub(crate) fn lateness_ms(&self) -> u64 {
        match self.strike(Scope::Any, |fault| matches!(fault, Fault::IndexedLate { .. })) {
            Some(Fault::IndexedLate { ms }) => ms,
            _ => 0,
        }
    }

    /// A number below `below`, drawn as the faults are.
    pub(crate) fn draw(&self, below: usize) -> usize {
        self.with(|state| state.dial.draw(below))
    }
}

impl Weather for Faults {
    fn is_half_open(&self) -> bool {
        self.strikes(&Fault::HalfOpen)
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
        faults.set(Fault::Unavailable, Scope::Writes, When::Next(2));
        let struck = |scope| faults.strike(scope, |_| true).is_some();
        assert_eq!([struck(Scope::Reads), struck(Scope::Writes)], [false, true]);
        assert_eq!([struck(Scope::Writes), struck(Scope::Writes)], [true, false]);
        assert_eq!(faults.struck().get("unavailable"), Some(&2));
        faults.set(Fault::ExpiredCursor, Scope::Writes, When::Always);
        assert!(faults.strikes(&Fault::ExpiredCursor), "what happens inside asks for no scope");
    }

    #[test]
    fn a_fault_reads_and_writes_as_json() {
        let fault: Fault =
            serde_json::from_str(r#"{"kind":"future_member","of":"metadata"}"#).unwrap();
        assert_eq!(fault, Fault::FutureMember { of: Union::Metadata });
        assert_eq!(fault.name(), "future_member");
        assert!(serde_json::from_str::<Fault>(r#"{"kind":"delay","s":5}"#).is_err());
    }
}
