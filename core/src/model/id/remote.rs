//! What networks call things: opaque outside their adapter.

use std::fmt;

use minicbor::{Decode, Encode};

use super::text::Text;
use super::{InvalidId, opaque};

/// A conversation as its network knows it. Made by the adapter; unique within an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct RemoteConversation(#[n(0)] Text);

impl RemoteConversation {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        opaque(text.into()).map(|text| Self(text.into()))
    }

    /// Its stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteConversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One event as its network knows it (a message, a reaction, a removal). Made by the adapter;
/// unique within an account. The same event has the same id each time it is received.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct RemoteId(#[n(0)] Text);

impl RemoteId {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        opaque(text.into()).map(|text| Self(text.into()))
    }

    /// Its stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody on one network, by what does not change there: a fid, an inbox id, a numeric id.
/// Made by the adapter; unique within a network. Never a display name, a phone number or an
/// e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct RemoteAuthor(#[n(0)] Text);

impl RemoteAuthor {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        opaque(text.into()).map(|text| Self(text.into()))
    }

    /// Its stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemoteAuthor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
