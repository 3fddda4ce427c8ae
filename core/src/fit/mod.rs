//! What a message becomes where less can be said: the one place that turns the canonical message
//! into what a destination can take. Pure.
//!
//! [`fit`] looks at what a message is and at what its destination can express, and answers with the
//! [`Outgoing`](crate::model::outgoing::Outgoing)s to do there, in order, each within the destination's limits. What cannot be said
//! as it was becomes words where the destination allows that, and a reported loss where it does
//! not; nothing disappears in silence. [`preview`](preview::preview) says all of it beforehand.

mod act;
pub mod attribution;
mod beside;
mod draft;
pub mod fallback;
pub mod media;
pub mod preview;
mod speak;
pub mod splitter;
pub mod telling;

pub use self::telling::{Became, Fitted, Loss, Referent, Speaker, Telling};

use crate::model::capabilities::Feature;
use crate::model::content::Kind;

/// Fits one event to one leg.
#[must_use]
pub fn fit(telling: &Telling<'_>) -> Fitted {
    let mut losses = Vec::new();
    let outgoing = match telling.content.kind() {
        Kind::Text | Kind::Media | Kind::Link | Kind::Quote | Kind::Unknown => {
            act::say(telling, &mut losses)
        }
        Kind::System => act::tell(telling, &mut losses),
        Kind::Reaction => act::react(telling, &mut losses),
        Kind::Unreaction => act::unreact(telling, &mut losses),
        Kind::Edit => act::edit(telling, &mut losses),
        Kind::Delete => act::delete(telling, &mut losses),
        Kind::Receipt => act::report_read(telling, &mut losses),
        Kind::Empty => Ok(Vec::new()),
    };
    match outgoing {
        Ok(outgoing) => Fitted { outgoing, losses },
        Err(Withheld(feature, reason)) => {
            Fitted { outgoing: Vec::new(), losses: vec![Loss::of(feature, reason).whole()] }
        }
    }
}

/// Why an event cannot go to a leg at all.
#[derive(Debug)]
struct Withheld(Feature, String);

#[cfg(test)]
mod tests;
