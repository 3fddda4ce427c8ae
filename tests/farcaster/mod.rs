//! Farcaster from both ends: people with the network's official client on two hubs, and a bridge
//! between them.

mod contract;
mod crosses;
mod den;
mod direct;
mod limits;
mod person;
mod signer;
mod world;
mod write_auth;
