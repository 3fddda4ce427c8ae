//! The outer form of an archive: a header, sealed frames in a chain, a manifest, a signature.
//!
//! Each frame is sealed under the archive's own key with its number as the nonce, and bound to all
//! bytes before it by the chain. The manifest tells how much there is, and the owner signs the
//! chain behind it. So what is cut, altered, added or put elsewhere at any byte does not read.

mod header;
mod reader;
mod writer;

use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

pub use self::header::Header;
pub use self::reader::{ArchiveError, Frames, Read};
pub use self::writer::{FrameWriter, UnwrittenError};

pub(crate) use self::header::NewArchive;

use crate::store::SecretKey;

/// How every archive begins.
pub const MAGIC: &[u8; 21] = b"threadbridge archive\n";

/// The version that is written. It grows when an earlier reader could misread a later archive.
pub const VERSION: u32 = 1;

/// What a signature over the chain is made for.
const SIGNED_FOR: &str = "threadbridge 2026 archive";

/// A frame's items are sealed once they have so many bytes.
const FRAME_BYTES: usize = 256 * 1024;

/// The most bytes that one frame's items have: a value of the largest size, and room beside it.
const MAX_FRAME_BYTES: usize = 48 * 1024 * 1024;

const TAG_BYTES: usize = 16;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FrameKind {
    Items = 1,
    Manifest = 2,
    Signature = 3,
}

/// What an archive says of itself at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Manifest {
    /// How many frames of items there are.
    #[n(0)]
    pub frames: u64,
    /// How many bytes of items.
    #[n(1)]
    pub item_bytes: u64,
    /// How many items of each number.
    #[n(2)]
    pub counts: BTreeMap<u8, u64>,
    /// Whether it has everything that the store had, but for what [`Manifest::with_accounts`] says.
    #[n(3)]
    pub is_whole: bool,
    /// Whether it has the accounts' keys, cursors and what was on its way.
    #[n(4)]
    pub with_accounts: bool,
    /// BLAKE3 of all items.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub digest: [u8; 32],
}

impl Manifest {
    /// How many items of a number there are.
    #[must_use]
    pub fn count(&self, number: u8) -> u64 {
        self.counts.get(&number).copied().unwrap_or(0)
    }
}

/// The digest of all bytes so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Chain([u8; 32]);

impl Chain {
    fn begin(header: &[u8]) -> Self {
        Self(blake3::hash(header).into())
    }

    fn with(self, frame: &[&[u8]]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.0);
        for part in frame {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }
}

/// What a frame is bound to, besides its number.
fn bound_to(chain: Chain, kind: FrameKind) -> Vec<u8> {
    [chain.0.as_slice(), &[kind as u8]].concat()
}

fn nonce(number: u64) -> XNonce {
    let mut nonce = [0; 24];
    let (_, tail) = nonce.split_at_mut(16);
    tail.copy_from_slice(&number.to_be_bytes());
    XNonce::from(nonce)
}

fn seal(key: &SecretKey, number: u64, bound: &[u8], mut plain: Vec<u8>) -> Option<Vec<u8>> {
    let tag = XChaCha20Poly1305::new(key.as_bytes().into())
        .encrypt_inout_detached(&nonce(number), bound, plain.as_mut_slice().into())
        .ok()?;
    plain.extend_from_slice(&tag);
    Some(plain)
}

fn open(key: &SecretKey, number: u64, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (body, tag) = sealed.split_last_chunk::<TAG_BYTES>()?;
    let mut plain = Zeroizing::new(body.to_vec());
    XChaCha20Poly1305::new(key.as_bytes().into())
        .decrypt_inout_detached(&nonce(number), bound, plain.as_mut_slice().into(), &(*tag).into())
        .ok()?;
    Some(plain)
}

/// A length in front of something.
fn length(bytes: &[u8]) -> Option<[u8; 4]> {
    u32::try_from(bytes.len()).ok().map(u32::to_be_bytes)
}
