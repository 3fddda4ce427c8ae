//! Who is who: inboxes, their members, and the log of signed texts that both follow from.
//!
//! An inbox is what people know each other by; addresses, passkeys and installations are its
//! members. Every client replays the log and believes nothing but signatures, so `text` is exact to
//! the byte, and `state` has every rule that others apply: whoever judged otherwise would see other
//! installations in a group than its members do. Nothing here sees a network; what only a chain can
//! say (`contract`) is asked for and its answer kept.

pub(crate) mod contract;
pub(crate) mod draft;
pub(crate) mod examine;
pub(crate) mod inbox;
pub(crate) mod installation;
pub(crate) mod legacy;
pub(crate) mod logs;
pub(crate) mod member;
pub(crate) mod passkey;
pub(crate) mod proofs;
pub(crate) mod refused;
pub(crate) mod signature;
pub(crate) mod state;
pub(crate) mod text;
pub(crate) mod wallet;

#[cfg(test)]
pub(crate) mod person;
#[cfg(test)]
mod tests;
