//! The places of a message's journey that somebody may watch: between any two of them the process
//! may die, and nothing may be lost by it.

use std::fmt;
use std::sync::Arc;

/// A place between two writes or sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// A batch was handed over by an adapter.
    Received,
    /// It was opened and parsed; nothing is written yet.
    Opened,
    /// The first commit is done; the adapter does not know yet.
    Journaled,
    /// Deliveries were rendered and sealed; nothing is written yet.
    Rendered,
    /// The second commit is done.
    Sealed,
    /// Envelopes are about to be sent.
    Sending,
    /// The network has answered; nothing is written yet.
    Answered,
    /// The third commit is done.
    Sent,
}

impl Step {
    /// All of them, in the order of the journey.
    pub const ALL: [Self; 8] = [
        Self::Received,
        Self::Opened,
        Self::Journaled,
        Self::Rendered,
        Self::Sealed,
        Self::Sending,
        Self::Answered,
        Self::Sent,
    ];
}

/// Somebody who watches the steps.
#[derive(Clone, Default)]
pub struct Steps(Option<Arc<dyn Fn(Step) + Send + Sync>>);

impl Steps {
    /// Calls `watcher` at each step, on whichever task reaches it.
    pub fn watched_by(watcher: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(watcher)))
    }

    pub(crate) fn reached(&self, step: Step) {
        if let Some(watcher) = &self.0 {
            watcher(step);
        }
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Steps(watched)" } else { "Steps(unwatched)" })
    }
}
