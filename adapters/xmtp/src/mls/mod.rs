//! MLS (RFC 9420) as XMTP uses it.

pub(crate) mod attribute;
pub(crate) mod client;
pub(crate) mod extension;
pub(crate) mod group;
pub(crate) mod key_package;
pub(crate) mod patience;
#[cfg(test)]
pub(crate) mod people;
pub(crate) mod permission;
pub(crate) mod provider;
pub(crate) mod roster;
pub(crate) mod shelf;
pub(crate) mod storage;
pub(crate) mod validate;
