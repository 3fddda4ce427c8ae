//! The devnet from outside.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod kit;

mod direct_casts;
mod farcaster_client;
mod faults;
mod load;
mod people;
mod processes;
mod restarts;
mod rules;
mod streams;
