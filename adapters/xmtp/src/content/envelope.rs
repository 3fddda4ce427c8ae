//! The envelope around a content inside a group.

use prost::Message as _;

use crate::wire::proto::content::{PlaintextEnvelope, plaintext_envelope};

/// The most bytes that the public network takes for one message. What MLS adds is far below
/// [`ROOM`].
pub(crate) const MAX_MESSAGE_BYTES: usize = 1_048_214;

/// Kept free for what surrounds a content: envelope, framing, authentication, signature.
const ROOM: usize = 2_048;

/// The largest content that can be sent.
pub(crate) const MAX_CONTENT_BYTES: usize = MAX_MESSAGE_BYTES - ROOM;

/// What is encrypted for the group.
pub(crate) fn wrap(content: Vec<u8>, idempotency_key: &str) -> Vec<u8> {
    let v1 = plaintext_envelope::V1 { content, idempotency_key: idempotency_key.to_owned() };
    PlaintextEnvelope { content: Some(plaintext_envelope::Content::V1(v1)) }.encode_to_vec()
}

/// The content in an envelope and its idempotency key; nothing in what is none, or is of a version
/// that official clients pass over too.
pub(crate) fn unwrap(plaintext: &[u8]) -> Option<(Vec<u8>, String)> {
    let envelope = PlaintextEnvelope::decode(plaintext).ok()?;
    let plaintext_envelope::Content::V1(v1) = envelope.content?;
    Some((v1.content, v1.idempotency_key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_envelope_holds_a_content_and_its_key() {
        let bytes = wrap(b"content".to_vec(), "1700000000000000000");
        let read = unwrap(&bytes).unwrap();
        assert_eq!(read, (b"content".to_vec(), "1700000000000000000".to_owned()));
    }

    #[test]
    fn a_later_version_is_passed_over() {
        // Field 2, empty.
        assert_eq!(unwrap(&[0x12, 0x00]), None);
        assert_eq!(unwrap(&[]), None);
        assert_eq!(unwrap(&[0xff]), None);
    }
}
