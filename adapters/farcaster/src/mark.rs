//! The mark of a bridged copy, as an embed: there is no other field that a cast could carry it in.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use threadbridge_core::model::mark::Mark;

const SCHEME: &str = "threadbridge:";
/// A mark with eight rooms as an embed's address.
pub(crate) const MARK_BYTES: usize = SCHEME.len() + 66;

/// The address that says it.
pub(crate) fn to_url(mark: &Mark) -> String {
    format!("{SCHEME}{}", BASE64_URL_SAFE_NO_PAD.encode(mark.to_bytes()))
}

/// The mark that an address says, if it says one.
pub(crate) fn from_url(url: &str) -> Option<Mark> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(url.strip_prefix(SCHEME)?).ok()?;
    Mark::from_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use threadbridge_core::model::{
        id::{Network, RemoteConversation, RemoteId},
        mark::{MAX_ROOMS, Origin, RoomTag},
    };

    use super::*;

    #[test]
    fn the_longest_mark_reads_what_it_wrote_within_its_bound() {
        let network = Network::parse("farcaster").unwrap();
        let room = RemoteConversation::parse("channel/books").unwrap();
        let mark = Mark {
            origin: Origin::of(&network, &RemoteId::parse("1:0xab").unwrap()),
            rooms: vec![RoomTag::of(&network, &room); MAX_ROOMS],
        };
        assert!(to_url(&mark).len() <= MARK_BYTES);
        assert_eq!(from_url(&to_url(&mark)), Some(mark));
        assert_eq!(from_url("https://example.org"), None);
        assert_eq!(from_url("threadbridge:AAAA"), None);
    }
}
