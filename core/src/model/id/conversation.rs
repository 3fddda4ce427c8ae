//! The conversation itself.

use std::fmt;

use minicbor::{Decode, Encode};
use uuid::Uuid;

use super::InvalidId;

/// A conversation, independent of any network. Made by the store; unique everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct ConversationId(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl ConversationId {
    /// A fresh one; later ones sort after earlier ones (RFC 9562 version 7).
    #[must_use]
    pub fn fresh() -> Self {
        Self(Uuid::now_v7().into_bytes())
    }

    /// The one with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its stored form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the hyphenated form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        Uuid::parse_str(text).map(|id| Self(id.into_bytes())).map_err(|_| InvalidId::NotAUuid)
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConversationId({self})")
    }
}
