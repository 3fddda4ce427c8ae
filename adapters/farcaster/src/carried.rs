//! What an envelope of this network carries: something that a node said, as it said it.

use prost::Message as _;
use threadbridge_core::{adapter::Envelope, model::id::RemoteId};

use crate::wire::{
    SignedMessage,
    proto::{CastId, HubEvent, OnChainEvent},
};

/// The bytes of an envelope.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Carried {
    #[prost(oneof = "Cargo", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9")]
    pub(crate) cargo: Option<Cargo>,
}

/// What is in it.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Cargo {
    /// An event of a shard.
    #[prost(message, tag = "1")]
    Event(HubEvent),
    /// A message found by listing, in place of an event that no node keeps any longer, or fetched.
    #[prost(message, tag = "2")]
    Listed(SignedMessage),
    /// A message that was there before the conversation was linked: where it belongs is learnt.
    #[prost(message, tag = "3")]
    History(SignedMessage),
    /// Who may sign for a fid.
    #[prost(message, tag = "4")]
    Signers(SignersOf),
    /// The profile of a fid was read; what it has of it came before this.
    #[prost(uint64, tag = "5")]
    ProfileRead(u64),
    /// A cast that no node has, so that nobody waits for it.
    #[prost(message, tag = "6")]
    Absent(CastId),
    /// Events of a shard were lost for good; what was concluded from their absence is void.
    #[prost(uint32, tag = "7")]
    Lost(u32),
    /// How a fid came into the hands of whoever has custody of it.
    #[prost(message, tag = "8")]
    Custody(OnChainEvent),
    /// A second has passed for whoever waits for one: how many that were.
    #[prost(uint32, tag = "9")]
    Later(u32),
}

/// The keys of one fid, as a node listed them.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SignersOf {
    #[prost(uint64, tag = "1")]
    pub(crate) fid: u64,
    #[prost(message, repeated, tag = "2")]
    pub(crate) keys: Vec<SignerKeyOf>,
    /// Keys that were asked for; those of them that are not listed may not sign.
    #[prost(bytes = "vec", repeated, tag = "3")]
    pub(crate) asked: Vec<Vec<u8>>,
    /// How many losses there had been by then; filled in when it is kept.
    #[prost(uint64, tag = "4")]
    pub(crate) epoch: u64,
}

/// One key.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SignerKeyOf {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) key: Vec<u8>,
    /// Message types that it may sign; empty means all.
    #[prost(int32, repeated, tag = "2")]
    pub(crate) scopes: Vec<i32>,
    /// Unix seconds from which on it may not sign any more.
    #[prost(uint64, optional, tag = "3")]
    pub(crate) removed_at_s: Option<u64>,
}

impl Cargo {
    /// Puts it into an envelope.
    pub(crate) fn into_envelope(self, id: RemoteId) -> Envelope {
        let cargo = match self {
            Self::Listed(message) => Self::Listed(message.trimmed()),
            Self::History(message) => Self::History(message.trimmed()),
            // Events are trimmed when their block is put together.
            Self::Event(event) => Self::Event(event),
            cargo @ (Self::Signers(_)
            | Self::ProfileRead(_)
            | Self::Absent(_)
            | Self::Lost(_)
            | Self::Custody(_)
            | Self::Later(_)) => cargo,
        };
        Envelope { id, bytes: Carried { cargo: Some(cargo) }.encode_to_vec() }
    }

    /// Takes it out of one.
    pub(crate) fn from_envelope(envelope: &Envelope) -> Option<Self> {
        Carried::decode(envelope.bytes.as_slice()).ok()?.cargo
    }
}
