//! Identifiers: one type a kind. Each says who makes it, how widely it is unique, and that its
//! form is stored for ever; none is taken apart outside the place that made it.

use std::fmt;

use minicbor::{Decode, Encode};
use thiserror::Error;
use uuid::Uuid;

/// A text that cannot be an identifier of the kind that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidId {
    /// Nothing is there.
    #[error("an identifier cannot be empty")]
    Empty,
    /// More bytes than any network uses for one.
    #[error("an identifier has at most {} bytes", MAX_ID_BYTES)]
    TooLong,
    /// A character that names of accounts and networks do not have.
    #[error("a name has only lower-case letters, digits, `-` and `_`, and begins with a letter")]
    NotAName,
    /// Not 16 bytes in the usual hexadecimal form.
    #[error("expected a UUID such as 0190b6a2-7c3e-7000-8000-000000000000")]
    NotAUuid,
    /// Not 32 bytes in hexadecimal form.
    #[error("expected 64 hexadecimal digits")]
    NotADigest,
}

/// The longest remote identifier that is taken from a network, in bytes.
pub const MAX_ID_BYTES: usize = 1024;

fn opaque(text: String) -> Result<String, InvalidId> {
    match text.len() {
        0 => Err(InvalidId::Empty),
        1..=MAX_ID_BYTES => Ok(text),
        _ => Err(InvalidId::TooLong),
    }
}

fn name(text: String) -> Result<String, InvalidId> {
    let text = opaque(text)?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(plain)
    {
        Ok(text)
    } else {
        Err(InvalidId::NotAName)
    }
}

/// A network, such as `farcaster`. Named by its adapter's crate; unique in the bridge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Network(#[n(0)] String);

impl Network {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        name(text.into()).map(Self)
    }

    /// Its stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One login of the owner on one network. Named by the owner in `bridge.toml`; unique in a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct AccountName(#[n(0)] String);

impl AccountName {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        name(text.into()).map(Self)
    }

    /// Its stored form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A conversation as its network knows it. Made by the adapter; unique within an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct RemoteConversation(#[n(0)] String);

impl RemoteConversation {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        opaque(text.into()).map(Self)
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
pub struct RemoteId(#[n(0)] String);

impl RemoteId {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        opaque(text.into()).map(Self)
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
pub struct RemoteAuthor(#[n(0)] String);

impl RemoteAuthor {
    /// Takes `text` as it is, if it can be one.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
        opaque(text.into()).map(Self)
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

/// Someone's presence on one network. The key of everything that is known about them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Identity {
    /// The network it is on.
    #[n(0)]
    pub network: Network,
    /// Who it is there.
    #[n(1)]
    pub author: RemoteAuthor,
}

impl Identity {
    /// The identity as a URI, `<network>:<author>`: the sender's name in a message id.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("{}:{}", self.network, self.author)
    }
}

/// A conversation's presence on one network, through one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Leg {
    /// The account that takes part.
    #[n(0)]
    pub account: AccountName,
    /// What the network calls the conversation.
    #[n(1)]
    pub conversation: RemoteConversation,
}

impl Leg {
    /// Reads the form that `bridge.toml` uses, `account:conversation`.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let (account, conversation) = text.split_once(':').ok_or(InvalidId::Empty)?;
        Ok(Self {
            account: AccountName::parse(account)?,
            conversation: RemoteConversation::parse(conversation)?,
        })
    }
}

impl fmt::Display for Leg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.account, self.conversation)
    }
}

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

/// A person: identities that belong together. Made by the store; unique everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct PersonId(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl PersonId {
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

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonId({self})")
    }
}

/// A message, the same in every copy of it. Computed from its content as MIMI does
/// (draft-ietf-mimi-content-08): 0x01 and 31 bytes of a SHA-256; unique everywhere.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct MessageId(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl MessageId {
    /// The id with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its stored form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let digits: Vec<u8> = text
            .chars()
            .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
            .collect::<Option<_>>()
            .ok_or(InvalidId::NotADigest)?;
        let bytes: Vec<u8> = digits
            .chunks_exact(2)
            .map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | digit))
            .collect();
        if digits.len() != 64 {
            return Err(InvalidId::NotADigest);
        }
        bytes.try_into().map(Self).map_err(|_| InvalidId::NotADigest)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

/// A place in the journal. Given by the store, one after another from 1, never used again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Seq(#[n(0)] pub u64);

impl Seq {
    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        assert!(AccountName::parse("casts-2").is_ok());
        for bad in ["", "2casts", "Casts", "a b", "a:b", "é", &"a".repeat(65)] {
            assert!(AccountName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_leg_reads_what_it_prints() {
        let leg = Leg::parse("casts:channel/https://a.example/b").unwrap();
        assert_eq!(leg.account.as_str(), "casts");
        assert_eq!(leg.conversation.as_str(), "channel/https://a.example/b");
        assert_eq!(Leg::parse(&leg.to_string()).unwrap(), leg);
        assert!(Leg::parse("casts").is_err());
        assert!(Leg::parse("casts:").is_err());
    }

    #[test]
    fn ids_read_what_they_print() {
        let id = ConversationId::fresh();
        assert_eq!(ConversationId::parse(&id.to_string()).unwrap(), id);
        let message = MessageId::from_bytes([0xa5; 32]);
        assert_eq!(MessageId::parse(&message.to_string()).unwrap(), message);
        for bad in ["", "0", &"0".repeat(63), &"0".repeat(66), &"g".repeat(64)] {
            assert!(MessageId::parse(bad).is_err());
        }
    }

    #[test]
    fn remote_ids_are_bounded() {
        assert_eq!(RemoteId::parse(""), Err(InvalidId::Empty));
        assert_eq!(RemoteId::parse("x".repeat(MAX_ID_BYTES + 1)), Err(InvalidId::TooLong));
    }
}
