//! A Farcaster hub: gRPC and HTTP, two data shards, real rules.

pub mod wire;
