//! Message ids.

use std::fmt;

use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

/// The id of a message: known before it is sent, the same for everybody in the group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct MessageId(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl MessageId {
    /// The id of these content bytes, exactly as they were received or will be sent.
    pub(crate) fn of(group: &[u8], idempotency_key: &str, content: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update(group)
            .chain_update(b"\t")
            .chain_update(idempotency_key)
            .chain_update(b"\t")
            .chain_update(content);
        Self(hash.finalize().into())
    }

    /// Reads 64 hexadecimal digits in any case.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_hash_over_group_key_and_content() {
        let id = MessageId::of(b"group", "key", b"content");
        let whole = Sha256::digest(b"group\tkey\tcontent");
        assert_eq!(id.to_string(), hex::encode(whole));
        assert_eq!(MessageId::parse(&id.to_string().to_uppercase()), Some(id));
        assert_eq!(MessageId::parse("00"), None);
    }
}
