//! The mark that a bridged copy carries, so that bridges that know nothing of each other come to
//! rest: which message it is a copy of, and which rooms have it already.
//!
//! Whoever has not seen the original learns nothing from a mark. Whoever has seen it knows the copy
//! for what it is, without a memory shared with the other bridge. But nobody signs a mark, so it is
//! believed only where the copy's words could be the original's.

use std::fmt;

use minicbor::{Decode, Encode};

use super::id::{MessageId, Network, RemoteConversation, RemoteId};

/// How many rooms a mark names at most; a message that came through more is carried no further.
pub const MAX_ROOMS: usize = 8;

const VERSION: u8 = 1;

/// The message that is at the beginning of all copies: a digest of its network and its id there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Origin(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

impl Origin {
    /// The origin of a message that was first said on `network` and is called `id` there.
    #[must_use]
    pub fn of(network: &Network, id: &RemoteId) -> Self {
        Self(digest("threadbridge 2026 origin", network.as_str(), id.as_str()))
    }

    /// The origin of a message that the owner said here, on no network.
    #[must_use]
    pub fn of_owner(message: &MessageId) -> Self {
        Self(digest("threadbridge 2026 origin", "", &message.to_string()))
    }

    /// Its stored form.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Origin(..)")
    }
}

/// A room by its digest: tells whether two rooms are the same one, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct RoomTag(#[cbor(n(0), with = "minicbor::bytes")] [u8; 4]);

impl RoomTag {
    /// The tag of a conversation on `network`.
    #[must_use]
    pub fn of(network: &Network, conversation: &RemoteConversation) -> Self {
        let [a, b, c, d, ..] =
            digest("threadbridge 2026 room", network.as_str(), conversation.as_str());
        Self([a, b, c, d])
    }
}

/// What a copy says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Mark {
    /// The message it is a copy of.
    #[n(0)]
    pub origin: Origin,
    /// The rooms that have the message, the first one first; at most [`MAX_ROOMS`].
    #[n(1)]
    pub rooms: Vec<RoomTag>,
}

impl Mark {
    /// The bytes that travel with the copy: a version, the origin, four bytes a room.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(self.origin.as_bytes());
        for room in self.rooms.iter().take(MAX_ROOMS) {
            bytes.extend_from_slice(&room.0);
        }
        bytes
    }

    /// Reads what [`Mark::to_bytes`] wrote; nothing else is a mark.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&version, rest) = bytes.split_first()?;
        let (origin, rooms) = rest.split_first_chunk::<16>()?;
        if version != VERSION || rooms.len() % 4 != 0 || rooms.len() / 4 > MAX_ROOMS {
            return None;
        }
        let rooms =
            rooms.chunks_exact(4).filter_map(|tag| tag.try_into().ok().map(RoomTag)).collect();
        Some(Self { origin: Origin(*origin), rooms })
    }
}

fn digest(purpose: &'static str, network: &str, name: &str) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key(purpose);
    hasher.update(network.as_bytes());
    hasher.update(&[0]);
    hasher.update(name.as_bytes());
    let mut out = [0; 16];
    hasher.finalize_xof().fill(&mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(rooms: usize) -> Mark {
        let network = Network::parse("farcaster").unwrap();
        let id = RemoteId::parse("1:0xabc").unwrap();
        let room = |n| RemoteConversation::parse(format!("channel/{n}")).unwrap();
        Mark {
            origin: Origin::of(&network, &id),
            rooms: (0..rooms).map(|n| RoomTag::of(&network, &room(n))).collect(),
        }
    }

    #[test]
    fn a_mark_reads_what_it_wrote() {
        for rooms in 0..=MAX_ROOMS {
            assert_eq!(Mark::from_bytes(&mark(rooms).to_bytes()), Some(mark(rooms)));
        }
    }

    #[test]
    fn other_bytes_are_no_mark() {
        let good = mark(2).to_bytes();
        assert_eq!(Mark::from_bytes(&[]), None);
        assert_eq!(Mark::from_bytes(&good[..good.len() - 1]), None);
        assert_eq!(Mark::from_bytes(&[&[2], &good[1..]].concat()), None);
        assert_eq!(Mark::from_bytes(&[good.as_slice(), &[0; 32]].concat()), None);
    }
}
