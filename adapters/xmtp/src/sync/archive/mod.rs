//! History archives: a version, a nonce, and a compressed stream of records, each encrypted by
//! itself. Both ways see one record at a time, however large an archive is.
//!
//! What a record says is proven by nothing but the key: only the inbox's own installations have it.
//! That the end of an archive was cut off on the way shows only if the stream was not closed anew.

pub(crate) mod read;
pub(crate) mod write;

use aes_gcm::{Aes256Gcm, KeyInit as _};
use thiserror::Error;
use zeroize::Zeroizing;

const VERSION: u16 = 0;
const KEY_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
/// The largest record: a message has less than a MiB, a group's names and lists much less.
const MAX_RECORD_BYTES: usize = 4 << 20;
/// A window of 16 MiB: eight times what the official clients' level takes.
const MAX_WINDOW_LOG: u32 = 24;

/// The key of one archive.
#[derive(Clone)]
pub(crate) struct ArchiveKey(Zeroizing<[u8; KEY_BYTES]>);

impl ArchiveKey {
    /// A fresh one; nothing if no randomness can be had.
    pub(crate) fn fresh() -> Option<Self> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        getrandom::fill(bytes.as_mut_slice()).ok()?;
        Some(Self(bytes))
    }

    /// The key with these bytes, if it has the length of one.
    pub(crate) fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&(*self.0).into())
    }
}

impl std::fmt::Debug for ArchiveKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ArchiveKey(..)")
    }
}

/// Counts records: the number that begins the archive, and one more for each.
#[derive(Clone, Copy, Debug)]
struct Nonce(u128);

impl Nonce {
    fn from_bytes(bytes: [u8; 12]) -> Self {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = bytes;
        Self(u128::from_le_bytes([a, b, c, d, e, f, g, h, i, j, k, l, 0, 0, 0, 0]))
    }

    const fn to_bytes(self) -> [u8; 12] {
        let [a, b, c, d, e, f, g, h, i, j, k, l, ..] = self.0.to_le_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l]
    }

    /// Beyond the last it begins anew, as 12 bytes do.
    const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }

    const fn before(self) -> Self {
        Self(self.0.wrapping_sub(1))
    }
}

/// Why an archive is not read further.
#[derive(Debug, Error)]
pub(crate) enum Unreadable {
    #[error("archive is of version {found}, and only version {VERSION} can be read")]
    Version { found: u16 },
    #[error("archive ends in the middle")]
    Truncated,
    #[error("archive does not open: it has another key, or was changed")]
    Sealed,
    #[error("archive is broken")]
    Broken,
    #[error("archive has a record of more than {MAX_RECORD_BYTES} bytes")]
    TooLarge,
    #[error("archive does not begin by saying what is in it")]
    NoMetadata,
    #[error("archive could not be read")]
    Read(#[source] std::io::Error),
}

/// Why an archive is not written further.
#[derive(Debug, Error)]
pub(crate) enum Unwritable {
    #[error("groups come before messages, and messages before consents")]
    Order,
    #[error("record has more than {MAX_RECORD_BYTES} bytes")]
    TooLarge,
    #[error("no randomness could be had")]
    Random,
    #[error("record could not be encrypted")]
    Seal,
    #[error("archive could not be written")]
    Write(#[from] std::io::Error),
}
