//! One text for where media is, whatever it takes to get at it: an address of the web, the bytes
//! themselves, or an address with the key that opens what lies there. Adapters keep it between
//! `render` and `send`; it is shown to nobody.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use minicbor::bytes::ByteVec;

use crate::model::content::{ExternalPart, MediaKey};

const ENCLOSED: &str = "data:;base64,";
const ENCRYPTED: &str = "encrypted-media:";

type Fields = (String, String, u16, ByteVec, ByteVec, ByteVec, u8, ByteVec);

/// Media that travels inside its message, as a part.
#[must_use]
pub fn enclosed(content_type: &str, filename: &str, bytes: &[u8]) -> ExternalPart {
    ExternalPart {
        content_type: content_type.to_owned(),
        filename: filename.to_owned(),
        url: format!("{ENCLOSED}{}", STANDARD.encode(bytes)),
        size_bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        ..ExternalPart::default()
    }
}

/// The bytes of a part that has them in it.
#[must_use]
pub fn bytes_in(part: &ExternalPart) -> Option<Vec<u8>> {
    STANDARD.decode(part.url.strip_prefix(ENCLOSED)?).ok()
}

/// Where a part is, with its key if it has one.
#[must_use]
pub fn locator(part: &ExternalPart) -> String {
    if part.aead == 0 {
        return part.url.clone();
    }
    let bytes = |bytes: &[u8]| ByteVec::from(bytes.to_vec());
    let fields: Fields = (
        part.content_type.clone(),
        part.url.clone(),
        part.aead,
        bytes(part.key.as_bytes()),
        bytes(&part.nonce),
        bytes(&part.aad),
        part.hash_algorithm,
        bytes(&part.hash),
    );
    let fields = minicbor::to_vec(&fields).unwrap_or_default();
    format!("{ENCRYPTED}{}", URL_SAFE_NO_PAD.encode(fields))
}

/// The part that a locator tells. What is no locator of an encrypted part, which has its type in it,
/// is an address of something of this type.
#[must_use]
pub fn located(locator: &str, content_type: &str) -> ExternalPart {
    let fields = locator.strip_prefix(ENCRYPTED).and_then(|fields| {
        let fields = URL_SAFE_NO_PAD.decode(fields).ok()?;
        minicbor::decode::<Fields>(&fields).ok()
    });
    let Some((content_type, url, aead, key, nonce, aad, hash_algorithm, hash)) = fields else {
        let (content_type, url) = (content_type.to_owned(), locator.to_owned());
        return ExternalPart { content_type, url, ..ExternalPart::default() };
    };
    ExternalPart {
        content_type,
        url,
        aead,
        key: MediaKey::from(Vec::from(key)),
        nonce: nonce.into(),
        aad: aad.into(),
        hash_algorithm,
        hash: hash.into(),
        ..ExternalPart::default()
    }
}

/// Whether a locator is an address that others can open.
#[must_use]
pub fn is_public_address(locator: &str) -> bool {
    !locator.starts_with(ENCLOSED) && !locator.starts_with(ENCRYPTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locator_tells_all_that_is_needed_to_get_at_media() {
        let encrypted = ExternalPart {
            content_type: "image/png".to_owned(),
            url: "https://files.example/1".to_owned(),
            aead: 2,
            key: MediaKey::from(vec![1; 32]),
            nonce: vec![2; 12],
            aad: vec![3],
            hash_algorithm: 1,
            hash: vec![4; 32],
            ..ExternalPart::default()
        };
        let plain =
            ExternalPart { url: "https://files.example/1".to_owned(), ..Default::default() };
        assert_eq!(located(&locator(&encrypted), "image/jpeg"), encrypted);
        assert_eq!(located(&locator(&plain), ""), plain);
        assert!(is_public_address("https://files.example/1"));
    }

    #[test]
    fn what_is_enclosed_is_in_its_locator() {
        let part = enclosed("image/gif", "cat.gif", b"GIF89a");
        assert!(!is_public_address(&locator(&part)));
        assert_eq!(bytes_in(&located(&locator(&part), "image/gif")).unwrap(), b"GIF89a");
        assert_eq!(bytes_in(&ExternalPart { url: "data:,x".to_owned(), ..part }), None);
    }
}
