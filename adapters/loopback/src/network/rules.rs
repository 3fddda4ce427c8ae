//! How a network is made: what it promises, and how it names and takes posts.

use std::num::NonZeroU8;

use threadbridge_core::model::capabilities::Capabilities;
use threadbridge_core::model::time::Clock;

use crate::capabilities;

/// How a network is made. It never changes while the network lives.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Where all its lots and secrets come from.
    pub seed: u64,
    /// How many streams there are; a room belongs to one of them.
    pub streams: NonZeroU8,
    /// Who names a post.
    pub naming: Naming,
    /// What a receipt is worth.
    pub receipts: Receipts,
    /// By what the network knows that a post was sent before.
    pub sameness: Sameness,
    /// Whether the operator can read what is said.
    pub secrecy: Secrecy,
    /// What can be said there, and the limits that the network enforces.
    pub capabilities: Capabilities,
    /// The clock of the people's apps.
    pub clock: Clock,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            seed: 1,
            streams: const { NonZeroU8::new(2).unwrap() },
            naming: Naming::Digest,
            receipts: Receipts::Final,
            sameness: Sameness::Bytes,
            secrecy: Secrecy::Clear,
            capabilities: capabilities::everything(),
            clock: Clock::System,
        }
    }
}

/// Who names a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Naming {
    /// Its bytes: the name is their digest, known before they are sent.
    Digest,
    /// The network: the name is in the receipt.
    Network,
}

/// What a receipt is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipts {
    /// The network has the post for good.
    Final,
    /// The network may still throw the post away.
    Provisional,
}

/// By what the network knows that a post was sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sameness {
    /// By its bytes.
    Bytes,
    /// By the idempotency key that came with it.
    IdempotencyKey,
}

/// Whether the operator can read what is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Secrecy {
    /// It can.
    Clear,
    /// Rooms are encrypted.
    Encrypted {
        /// How many epochs old a post's key may be.
        past_epochs: u64,
    },
}
