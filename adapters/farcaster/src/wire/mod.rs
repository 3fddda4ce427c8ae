//! Farcaster's own formats: messages and their hashes, signatures, limits and renderings. Nothing
//! here asks the network anything.

pub(crate) mod claim;
pub(crate) mod custody;
pub(crate) mod hash;
pub(crate) mod json;
pub(crate) mod limits;
pub(crate) mod mention;
pub(crate) mod message;
pub(crate) mod permit;
#[expect(
    unreachable_pub,
    unused_qualifications,
    clippy::enum_variant_names,
    clippy::allow_attributes_without_reason,
    reason = "generated code; the protocol files document it"
)]
pub mod proto;
pub(crate) mod sign;
pub(crate) mod style;
pub(crate) mod time;
pub(crate) mod verify;

pub(crate) use message::SignedMessage;

#[cfg(test)]
mod tests;
