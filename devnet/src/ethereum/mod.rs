//! Ethereum: a node's JSON-RPC on loopback, over a chain on which names and contract wallets live. It
//! answers for their contracts from tables, by the interfaces to the byte, and executes no code.

mod chain;
pub mod console;
pub mod faults;
mod rpc;
pub mod server;

pub use alloy_primitives::Address;

pub use self::server::{Ethereum, EthereumSettings};
