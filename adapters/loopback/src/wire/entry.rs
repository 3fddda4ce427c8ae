//! What the network hands to an account: entries under its stamp.

use minicbor::{Decode, Encode};
use threadbridge_core::adapter::Refusal;

use super::{MAX_ENTRY_BYTES, Secret, decode, encode};

const STAMP_BYTES: usize = 32;

/// One entry of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Entry {
    /// What the network calls it.
    #[n(0)]
    pub(crate) id: String,
    #[n(1)]
    pub(crate) news: News,
}

/// What an entry tells.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum News {
    /// Somebody's post, as they sent it.
    #[n(0)]
    Posted(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// A post that the network had taken and has thrown away.
    #[n(1)]
    Thrown {
        #[n(0)]
        id: String,
        #[n(1)]
        author: String,
        #[n(2)]
        reason: String,
    },
    /// Somebody joined an encrypted room; whoever speaks next there must change its key.
    #[n(2)]
    Joined {
        #[n(0)]
        room: String,
    },
    /// A room's key, handed over by a member and sealed for this account.
    #[n(3)]
    RoomKey {
        #[n(0)]
        room: String,
        #[n(1)]
        epoch: u64,
        #[cbor(n(2), with = "minicbor::bytes")]
        sealed: Vec<u8>,
    },
}

impl Entry {
    /// The bytes that the network hands to the account whose secret it is.
    pub(crate) fn stamped(&self, secret: &Secret) -> Vec<u8> {
        stamp(&encode(self), secret)
    }

    /// Reads what the network handed over, and nothing else.
    pub(crate) fn proven(bytes: &[u8], secret: &Secret) -> Result<Self, Refusal> {
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(Refusal::new("the entry is longer than the network allows"));
        }
        let Some((stamp, entry)) = bytes.split_first_chunk::<STAMP_BYTES>() else {
            return Err(Refusal::new("the entry is cut off before the network's stamp ends"));
        };
        // The comparison of `blake3::Hash` takes the same time for all stamps.
        if blake3::keyed_hash(secret.as_bytes(), entry) != blake3::Hash::from_bytes(*stamp) {
            return Err(Refusal::new("the entry does not bear the network's stamp"));
        }
        decode(entry).ok_or_else(|| Refusal::new("the entry is not in the network's format"))
    }
}

/// An encoded entry under the network's stamp.
pub(crate) fn stamp(entry: &[u8], secret: &Secret) -> Vec<u8> {
    let stamp = blake3::keyed_hash(secret.as_bytes(), entry);
    [stamp.as_bytes(), entry].concat()
}
