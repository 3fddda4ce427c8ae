//! The Lens API and its storage, Grove.
//!
//! Accounts sign in with a key, posts appear a while after their transaction's hash, lists come in
//! pages, and business failures are members of unions. What it does follows the API's schema and
//! the official client; what goes wrong on top of that is the fault dial's.

mod api;
mod clock;
mod graphql;
mod grove;
mod metadata;
mod show;
mod token;
mod world;

pub mod app;
pub mod console;
pub mod faults;
pub mod make;
pub mod person;
pub mod server;
pub mod wallet;

pub use alloy_primitives::Address;

pub use self::person::Person;
pub use self::server::{Lens, LensSettings};
pub use self::world::account::Permissions;
pub use self::world::id::{CHAIN_ID, PostId};
pub use self::world::opinion::Vote;
pub use self::world::session::SignIns;
pub use self::world::{GLOBAL_FEED, GLOBAL_GRAPH, LENS_NAMESPACE, TEST_APP};
