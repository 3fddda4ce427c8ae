//! Direct conversations with one person on several networks: gathered into one, and moved from leg
//! to leg when one fails.

mod doors;
mod gather;
mod handover;
mod moves;
mod retire;

pub(crate) use self::doors::Doors;
pub(super) use self::gather::routes;
pub use self::handover::{Handover, is_handover, move_with};
pub use self::moves::{NotMoved, move_to, reply_on};
pub(super) use self::moves::{empty, is_pending, pending_since, redirect, unsendable};
pub use self::retire::{Retired, retire};
