//! Which legs of an account are being sent to, and which are not to be.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::model::id::Leg;

/// The doors to an account's legs. What is sent and what is moved elsewhere must not be the same
/// envelope, so nobody is inside when a leg is emptied.
#[derive(Debug, Default)]
pub(crate) struct Doors(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    inside: BTreeSet<Leg>,
    closed: BTreeSet<Leg>,
    refused: BTreeSet<Leg>,
}

/// Somebody sends to a leg until this is dropped.
pub(crate) struct Inside<'a> {
    doors: &'a Doors,
    leg: Leg,
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.doors.with(|state| state.inside.remove(&self.leg));
    }
}

impl Doors {
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Goes in to send to a leg; nothing if it is closed.
    pub(crate) fn enter(&self, leg: &Leg) -> Option<Inside<'_>> {
        let may =
            self.with(|state| !state.closed.contains(leg) && state.inside.insert(leg.clone()));
        may.then(|| Inside { doors: self, leg: leg.clone() })
    }

    /// Closes a leg; whether nobody is inside any more.
    pub(crate) fn close(&self, leg: &Leg) -> bool {
        self.with(|state| {
            state.closed.insert(leg.clone());
            !state.inside.contains(leg)
        })
    }

    /// Opens a leg; whether it was closed.
    pub(crate) fn open(&self, leg: &Leg) -> bool {
        self.with(|state| state.closed.remove(leg))
    }

    /// Keeps whether the network refuses a leg, as far as the last call says.
    pub(crate) fn refuse(&self, leg: &Leg, is_refused: bool) {
        self.with(|state| {
            if is_refused {
                state.refused.insert(leg.clone());
            } else {
                state.refused.remove(leg);
            }
        });
    }

    /// Whether the network refused a leg when it was last tried.
    pub(crate) fn is_refused(&self, leg: &Leg) -> bool {
        self.with(|state| state.refused.contains(leg))
    }
}
