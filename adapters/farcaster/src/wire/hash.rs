//! The hash that names a message.

use std::fmt;

/// Length of a message hash in bytes.
pub(crate) const HASH_BYTES: usize = 20;

/// The first 20 bytes of BLAKE3 over the exact serialized `MessageData`. It is what the signer
/// signs, and with the author's fid it is the message's name on every node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MessageHash([u8; HASH_BYTES]);

impl MessageHash {
    /// Hashes serialized `MessageData`.
    pub(crate) fn of(data: &[u8]) -> Self {
        let mut hash = [0; HASH_BYTES];
        blake3::Hasher::new().update(data).finalize_xof().fill(&mut hash);
        Self(hash)
    }

    /// Reads 20 raw bytes; `None` for any other length.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// Reads 40 hexadecimal digits, with or without `0x`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut hash = [0; HASH_BYTES];
        hex::decode_to_slice(digits, &mut hash).ok()?;
        Some(Self(hash))
    }

    /// The 20 bytes.
    pub(crate) fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }
}

impl fmt::Display for MessageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for MessageHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_bytes_agree() {
        let hash = MessageHash::of(b"anything");
        assert_eq!(MessageHash::parse(&hash.to_string()), Some(hash));
        assert_eq!(MessageHash::from_slice(hash.as_bytes()), Some(hash));
    }

    #[test]
    fn other_lengths_are_refused() {
        assert_eq!(MessageHash::from_slice(&[0; 19]), None);
        assert_eq!(MessageHash::parse("0x27f49c"), None);
        assert_eq!(MessageHash::parse(&"z".repeat(40)), None);
    }
}
