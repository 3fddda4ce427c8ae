//! Farcaster: casts, threads and channels over any node's API.

pub mod node;
pub mod shard;
pub mod wire;
