//! Who gets what: a record, the links, and nothing else. Pure.

mod loops;
mod people;
mod policy;
mod routes;

pub use self::people::{People, Voice};
pub(crate) use self::routes::Ways;
pub use self::routes::{Route, Routes};

use self::loops::came_from;
use self::policy::may_go;
use crate::model::id::{Leg, Network};
use crate::model::journal::Record;
use crate::model::level::Level;

/// Whether a record goes to a leg.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It does.
    Go,
    /// It has no business there: it came from there, or that way is closed.
    Stay,
    /// It would, but must not; the owner should see why.
    Refused(String),
}

/// A leg that a record may go to.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The leg.
    pub leg: &'a Leg,
    /// Its network.
    pub network: &'a Network,
    /// How well what is said there is protected.
    pub level: Level,
}

/// Decides about one record and one leg of its conversation.
#[must_use]
pub fn decide(route: &Route, record: &Record, to: Destination<'_>) -> Decision {
    if record.is_history || came_from(record, to) || !route.is_told(to.leg) {
        return Decision::Stay;
    }
    if let Some(from) = &record.leg
        && !route.is_heard(from)
    {
        return Decision::Stay;
    }
    may_go(route.downgrade(), record.level, to.level)
}
