//! Farcaster's own formats: messages and their hashes, signatures, limits and renderings. Nothing
//! here asks the network anything.

pub mod hash;
pub mod json;
pub mod limits;
pub mod mention;
pub mod message;
#[expect(
    missing_docs,
    unused_qualifications,
    clippy::allow_attributes_without_reason,
    reason = "generated code; the protocol files document it"
)]
pub mod proto;
pub mod sign;
pub mod style;
pub mod time;
pub mod verify;

pub use message::SignedMessage;

#[cfg(test)]
mod tests;
