//! An XMTP node: the delivery and identity services of the network's third version, and a server
//! for history archives.
//!
//! What it accepts and refuses follows the real node and the service that validates for it; what
//! goes wrong on top of that is the fault dial's. It sees what a real node sees: identity logs in
//! the clear, everything that is said encrypted.

mod api;
mod clock;
mod history;
mod identity;
mod mls;
mod refusal;
mod slips;
mod store;

pub mod chain;
pub mod console;
pub mod faults;
pub mod make;
pub mod node;
pub mod wire;

pub use self::history::Spoil;
pub use self::node::{Node, NodeSettings, Tls};
