//! The network's own formats. None of these types leaves the crate.
//!
//! What an account receives is an [`Entry`] of one of the network's streams under the network's
//! stamp for that account. What it sends is a [`Post`]. What people say is a [`Note`], which is a
//! post's body, in clear or sealed. All are CBOR maps or arrays with numbered fields: unknown
//! fields are passed over when read, none is written.

mod entry;
mod note;

use minicbor::{Decode, Decoder, Encode};
use zeroize::{Zeroize, ZeroizeOnDrop};

pub(crate) use self::entry::{Entry, News, stamp};
pub(crate) use self::note::{Beside, Name, Note, Words};

/// The longest post that the network takes, in bytes.
pub(crate) const MAX_POST_BYTES: usize = 64 * 1024;
/// The longest entry that it hands out, stamp included, in bytes.
pub(crate) const MAX_ENTRY_BYTES: usize = MAX_POST_BYTES + 4 * 1024;
/// The most mentions or embeds in one message.
pub(crate) const MAX_BESIDE: usize = 64;

/// What an account proves itself with, and the network to the account.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Secret(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl Secret {
    /// The secret that `purpose` makes of `material`.
    pub(crate) fn derive(purpose: &str, material: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(purpose);
        for part in material {
            hasher.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What somebody sends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Post {
    /// Where; nothing for what concerns no room, such as a profile.
    #[n(0)]
    pub(crate) room: Option<String>,
    #[n(1)]
    pub(crate) author: String,
    /// Microseconds since the Unix epoch, by the author's clock.
    #[n(2)]
    pub(crate) at: i64,
    /// Counts the author's posts in the room, or in the room's epoch if it is encrypted.
    #[n(3)]
    pub(crate) number: u64,
    #[n(4)]
    pub(crate) body: Body,
}

/// What a post holds.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Body {
    /// An encoded [`Note`].
    #[n(0)]
    Clear(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// An encoded [`Note`], sealed in an epoch of the room's key.
    #[n(1)]
    Sealed {
        #[n(0)]
        epoch: u64,
        #[cbor(n(1), with = "minicbor::bytes")]
        ciphertext: Vec<u8>,
    },
    /// Ends an epoch of the room's key.
    #[n(2)]
    Rekey {
        /// The epoch that ends.
        #[n(0)]
        epoch: u64,
        #[cbor(n(1), with = "minicbor::bytes")]
        salt: [u8; 32],
        /// Proves that its author knew the key.
        #[cbor(n(2), with = "minicbor::bytes")]
        tag: [u8; 32],
    },
}

impl Post {
    /// What a network calls a post that names posts by their digest.
    pub(crate) fn digest(bytes: &[u8]) -> String {
        blake3::hash(bytes).to_hex().chars().take(32).collect()
    }
}

/// A proven post with its note in clear: what `open` makes for `parse`.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Plain {
    #[n(0)]
    pub(crate) id: String,
    #[n(1)]
    pub(crate) room: Option<String>,
    #[n(2)]
    pub(crate) author: String,
    #[n(3)]
    pub(crate) at: i64,
    /// An encoded [`Note`].
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(crate) note: Vec<u8>,
}

/// A value's only form.
pub(crate) fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    match minicbor::encode(value, &mut bytes) {
        Ok(()) => bytes,
        #[expect(clippy::unreachable, reason = "a vector takes every byte")]
        Err(_) => unreachable!("a vector takes every byte"),
    }
}

/// The value that all of `bytes` is.
pub(crate) fn decode<T: for<'b> Decode<'b, ()>>(bytes: &[u8]) -> Option<T> {
    let mut decoder = Decoder::new(bytes);
    let value = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(value)
}

#[cfg(test)]
pub(crate) mod tests;
