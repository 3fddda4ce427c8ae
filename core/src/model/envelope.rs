//! Bytes on their way: as received, as they will be sent, and what is lacking in between.

use minicbor::{Decode, Encode};

use super::id::RemoteId;

/// Bytes as received, unread.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Envelope {
    /// What the network calls the event inside, as far as that can be told without reading it.
    /// Believed only once `open` has proven it.
    #[n(0)]
    pub id: RemoteId,
    /// The bytes, kept beside the message for ever.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
}

/// Something that is needed first. Its form is the adapter's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Missing {
    /// What, in the adapter's own form; the same text for the same thing.
    #[n(0)]
    pub what: String,
    /// Why the envelope waits for it, for people; without identifiers.
    #[n(1)]
    pub reason: String,
}

impl Missing {
    /// Whether the network can be asked for it. What the journal itself waits for comes by itself.
    pub(crate) fn is_fetched(&self) -> bool {
        !self.what.starts_with(Self::JOURNAL)
    }

    /// How the names of what the journal itself waits for begin; no adapter's do.
    pub(crate) const JOURNAL: &str = "\0";
}

/// Final bytes. Made once; every attempt sends the same.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Sealed {
    /// The bytes.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub bytes: Vec<u8>,
    /// What the network will call it, where that can be computed.
    #[n(1)]
    pub remote_id: Option<RemoteId>,
}

/// How far one of a network's streams has been read. Its forms are the adapter's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Cursor {
    /// Which stream: a shard, a feed, a group. An account may have many.
    #[n(0)]
    pub stream: String,
    /// How far.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub position: Vec<u8>,
}
