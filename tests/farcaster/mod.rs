//! Farcaster from both ends: people with the network's official client on two hubs, and a bridge
//! between them.

mod contract;
mod crashes;
mod crosses;
pub(crate) mod daemon;
mod den;
mod direct;
mod erases;
mod follows;
mod ledgers;
mod limits;
mod load;
mod loops;
mod permit;
pub(crate) mod person;
mod proofs;
mod retention;
mod room;
mod signer;
pub(crate) mod world;
mod write_auth;
