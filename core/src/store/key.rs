//! Row keys: ordered bytes composed of parts of fixed size, so that tuples sort as their parts do
//! and a leading part is a prefix.

use crate::model::id::{
    AccountName, ConversationId, Identity, Leg, MessageId, Network, PersonId, RemoteAuthor,
    RemoteConversation, RemoteId, Seq,
};
use crate::model::proof::ProofId;
use crate::model::time::Timestamp;
use crate::store::cipher::Vault;

/// Bytes of a part that stands for something that the file must not show.
pub const HASHED_BYTES: usize = 16;

/// Something that rows are found by.
///
/// Every value of one type must write the same number of bytes, or tuples would no longer sort,
/// nor prefixes match, by their parts. What is written is stored for ever.
pub trait Key {
    /// Appends this key's parts.
    fn write(&self, to: &mut KeyWriter<'_>);
}

/// A key whose first part is a conversation, in clear.
pub trait ConversationKey: Key {}

/// Collects the parts of one row key of one table.
#[derive(Debug)]
pub struct KeyWriter<'a> {
    vault: &'a Vault,
    table: &'static str,
    bytes: Vec<u8>,
}

impl<'a> KeyWriter<'a> {
    pub(super) const fn new(vault: &'a Vault, table: &'static str) -> Self {
        Self { vault, table, bytes: Vec::new() }
    }

    /// A part that may be read in the file: numbers (big-endian), random or time-ordered ids.
    pub fn plain(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(part);
    }

    /// A part that must not: [`HASHED_BYTES`] bytes of a hash under a key that only the open store
    /// has. The same part hashes differently in each table, so that tables cannot be matched.
    pub fn hashed(&mut self, part: &[u8]) {
        self.bytes.extend_from_slice(&self.vault.hash(self.table, part));
    }

    pub(super) fn finish(self) -> RowKey {
        RowKey(self.bytes)
    }
}

/// A row's key as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey(Vec<u8>);

impl RowKey {
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    pub(super) fn of<K: Key + ?Sized>(key: &K, vault: &Vault, table: &'static str) -> Self {
        let mut to = KeyWriter::new(vault, table);
        key.write(&mut to);
        to.finish()
    }

    pub(super) fn from_stored(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// All of its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The `N` bytes at `offset`, if it is that long: how plain parts are read back.
    #[must_use]
    pub fn part<const N: usize>(&self, offset: usize) -> Option<[u8; N]> {
        self.0.get(offset..offset.checked_add(N)?)?.try_into().ok()
    }
}

/// A stored key continues a scan where it ended; it belongs to the table it was read from.
impl Key for RowKey {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.plain(&self.0);
    }
}

impl<K: Key + ?Sized> Key for &K {
    fn write(&self, to: &mut KeyWriter<'_>) {
        (**self).write(to);
    }
}

impl Key for () {
    fn write(&self, _to: &mut KeyWriter<'_>) {}
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.0.write(to);
        self.1.write(to);
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.0.write(to);
        self.1.write(to);
        self.2.write(to);
    }
}

impl<A: Key, B: Key, C: Key, D: Key> Key for (A, B, C, D) {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.0.write(to);
        self.1.write(to);
        self.2.write(to);
        self.3.write(to);
    }
}

impl<const N: usize> Key for [u8; N] {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.plain(self);
    }
}

impl Key for u8 {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.plain(&self.to_be_bytes());
    }
}

impl Key for u16 {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.plain(&self.to_be_bytes());
    }
}

impl Key for u32 {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.plain(&self.to_be_bytes());
    }
}

impl Key for u64 {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.plain(&self.to_be_bytes());
    }
}

impl Key for Seq {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.0.write(to);
    }
}

impl Key for Timestamp {
    fn write(&self, to: &mut KeyWriter<'_>) {
        // With the sign bit turned, negative numbers sort before the others.
        (self.as_micros().cast_unsigned() ^ (1 << 63)).write(to);
    }
}

impl Key for ConversationId {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.plain(self.as_bytes());
    }
}

impl Key for PersonId {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.plain(self.as_bytes());
    }
}

/// Hashed, since everybody who has the message can compute its id.
impl Key for MessageId {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.hashed(self.as_bytes());
    }
}

/// Hashed, since everybody who has the evidence can compute its id.
impl Key for ProofId {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.hashed(self.as_bytes());
    }
}

impl Key for AccountName {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.hashed(self.as_str().as_bytes());
    }
}

impl Key for Network {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.hashed(self.as_str().as_bytes());
    }
}

impl Key for RemoteConversation {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.hashed(self.as_str().as_bytes());
    }
}

impl Key for RemoteId {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.hashed(self.as_str().as_bytes());
    }
}

impl Key for RemoteAuthor {
    fn write(&self, to: &mut KeyWriter<'_>) {
        to.hashed(self.as_str().as_bytes());
    }
}

impl Key for Identity {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.network.write(to);
        self.author.write(to);
    }
}

impl Key for Leg {
    fn write(&self, to: &mut KeyWriter<'_>) {
        self.account.write(to);
        self.conversation.write(to);
    }
}

impl ConversationKey for ConversationId {}
impl<B: Key> ConversationKey for (ConversationId, B) {}
impl<B: Key, C: Key> ConversationKey for (ConversationId, B, C) {}
impl<B: Key, C: Key, D: Key> ConversationKey for (ConversationId, B, C, D) {}
