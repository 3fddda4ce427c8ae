//! Identifiers: one type a kind. Each says who makes it, how widely it is unique, and that its
//! form is stored for ever; none is taken apart outside the place that made it.

mod conversation;
mod identity;
mod leg;
mod message;
mod name;
mod person;
mod remote;
mod seq;
mod text;

pub use self::conversation::ConversationId;
pub use self::identity::Identity;
pub use self::leg::Leg;
pub use self::message::MessageId;
pub use self::name::{AccountName, Network};
pub use self::person::PersonId;
pub use self::remote::{RemoteAuthor, RemoteConversation, RemoteId};
pub use self::seq::Seq;

use thiserror::Error;

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
