//! What stands between `open` and `parse`: a message that is proven, with what `parse` cannot look
//! up by itself.

use prost::Message;

use crate::name::Name;
use crate::wire::{hash::MessageHash, proto::OnChainEvent};

/// A proven message.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Proven {
    /// The conversation that it belongs to; empty for profiles.
    #[prost(string, tag = "1")]
    pub(crate) conversation: String,
    /// The serialized `MessageData` that was signed.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) data: Vec<u8>,
    /// Its hash.
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) hash: Vec<u8>,
    /// The cast that it is about, for reactions and removals.
    #[prost(message, optional, tag = "4")]
    pub(crate) about: Option<About>,
    /// The names of the people that it mentions.
    #[prost(btree_map = "uint64, string", tag = "5")]
    pub(crate) names: std::collections::BTreeMap<u64, String>,
    /// Whether it answers the conversation itself (a thread's root) and not a message in it.
    #[prost(bool, tag = "6")]
    pub(crate) answers_the_root: bool,
    /// The whole message as it was signed, where it is evidence.
    #[prost(bytes = "vec", tag = "7")]
    pub(crate) evidence: Vec<u8>,
    /// Who has custody of a fid, where that is what was proven.
    #[prost(message, optional, tag = "8")]
    pub(crate) custody: Option<CustodyOf>,
}

/// Who has custody of a fid, by the event that is the evidence.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct CustodyOf {
    /// The event.
    #[prost(message, optional, tag = "1")]
    pub(crate) event: Option<OnChainEvent>,
    /// The address that had it before, as far as was known; empty if nobody.
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) before: Vec<u8>,
}

/// A cast by its name.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct About {
    #[prost(uint64, tag = "1")]
    pub(crate) fid: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) hash: Vec<u8>,
}

impl About {
    pub(crate) fn new(name: &Name) -> Self {
        Self { fid: name.fid, hash: name.hash.as_bytes().to_vec() }
    }

    pub(crate) fn name(&self) -> Option<Name> {
        Some(Name { fid: self.fid, hash: MessageHash::from_slice(&self.hash)? })
    }
}
