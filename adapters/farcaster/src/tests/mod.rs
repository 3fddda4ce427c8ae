//! The whole adapter over a node in memory, with a real store behind it.

mod bridge;
mod claims;
mod inbound;
mod outbound;
