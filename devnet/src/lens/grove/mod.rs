//! Grove: storage by keys, `lens://<64 hex digits>`, readable by everybody.

mod acl;
mod change;
mod route;
mod shelf;
mod upload;

pub(crate) use self::route::{Storage, router};
pub(crate) use self::shelf::Shelf;
