//! Farcaster: casts, threads and channels over any node's API.

pub mod wire;
