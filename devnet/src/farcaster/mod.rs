//! A Farcaster hub: gRPC and HTTP, two data shards, real rules.
//!
//! What it accepts and refuses, and in which words, follows what a real node (Snapchain 0.14.2)
//! was seen to do, the awkward parts included; what goes wrong on top of that is the fault dial's.

mod clock;
mod eip712;
mod grpc;
mod http;
mod query;
mod signed;
mod store;
mod validate;

pub mod app;
pub mod console;
pub mod direct_cast;
pub mod faults;
pub mod hub;
pub mod person;
pub mod refusal;
pub mod router;
pub mod wire;
