//! What the installations of one inbox tell each other: history, consent, and the key by which push
//! servers know their own.
//!
//! They talk in a group of their own (`message`). History is asked for and answered by an encrypted
//! file on a server that both can reach (`request`, `archive`, `history`); MLS gives who joins
//! nothing from before.

pub(crate) mod archive;
pub(crate) mod consent;
pub(crate) mod give;
pub(crate) mod hear;
pub(crate) mod history;
pub(crate) mod hmac;
pub(crate) mod kept;
pub(crate) mod message;
pub(crate) mod request;

#[cfg(test)]
mod tests;
