//! A Farcaster node as a client sees it: what can be asked, over gRPC or HTTP, and what is done
//! when one of several nodes fails.

pub(crate) mod endpoint;
#[cfg(test)]
pub(crate) mod fake;
pub(crate) mod failure;
pub(crate) mod grpc;
pub(crate) mod http;
pub(crate) mod http_event;
pub(crate) mod http_json;
pub(crate) mod pool;
pub(crate) mod query;
pub(crate) mod signers;

use std::{fmt, pin::Pin};

use async_trait::async_trait;
use tokio_stream::Stream;

use crate::wire::{
    SignedMessage,
    proto::{CastId, HubEvent, OnChainEvent},
};
use failure::NodeError;
use query::{KeyNonces, Listing, MessagePage, NodeStatus, SignerRecord, Storage};

/// How many events of the registry of ids are read of one fid, the latest ones.
pub(crate) const REGISTRATIONS: u32 = 100;

/// Events of one shard as they happen.
pub(crate) type EventStream = Pin<Box<dyn Stream<Item = Result<HubEvent, NodeError>> + Send>>;

/// Most that a node may answer at once, in bytes; above the 4 MB that gRPC clients allow.
pub(crate) const ANSWER_BYTES: usize = 20 * 1024 * 1024;

/// One node. Every call is bounded in time and size; nothing that it answers is believed before
/// it is verified.
#[async_trait]
pub(crate) trait Node: fmt::Debug + Send + Sync {
    /// Host and port, for logs.
    fn name(&self) -> &str;

    /// Heights and delays of its shards.
    async fn status(&self) -> Result<NodeStatus, NodeError>;

    /// The time on its clock, as HTTP writes it; nothing if it does not say.
    async fn date(&self) -> Result<Option<String>, NodeError> {
        Ok(None)
    }

    /// Offers a message. Success means that it waits to be included, not that it is.
    async fn submit(&self, message: &SignedMessage) -> Result<(), NodeError>;

    /// A cast by its name.
    async fn cast(&self, id: &CastId) -> Result<SignedMessage, NodeError>;

    /// One page of a listing. `token` is the one of the page before.
    async fn list(
        &self,
        listing: &Listing,
        page_size: u32,
        token: Option<Vec<u8>>,
    ) -> Result<MessagePage, NodeError>;

    /// The keys that may speak for a fid at this moment, on-chain and gasless.
    async fn signers(&self, fid: u64) -> Result<Vec<SignerRecord>, NodeError>;

    /// The numbers that were used last for changing a fid's keys; those of an app, by its fid, too.
    async fn key_nonces(&self, _fid: u64, _app: u64) -> Result<KeyNonces, NodeError> {
        Err(NodeError::Unsupported)
    }

    /// On-chain keys that a fid had and removed. What they signed before stays valid.
    async fn former_signers(&self, fid: u64) -> Result<Vec<SignerRecord>, NodeError>;

    /// What the registry of ids said about a fid on chain.
    async fn registrations(&self, _fid: u64) -> Result<Vec<OnChainEvent>, NodeError> {
        Err(NodeError::Unsupported)
    }

    /// What a fid may store, and what it stores.
    async fn storage(&self, fid: u64) -> Result<Storage, NodeError>;

    /// Kept events of a shard in order, beginning with `from_id` or the next one that is kept.
    async fn events(
        &self,
        shard: u32,
        from_id: u64,
        page_size: u32,
    ) -> Result<Vec<HubEvent>, NodeError>;

    /// Events of a shard from `from_id` on, and then as they happen. A hint: events may be lost
    /// where the past meets the present. `Unsupported` where there is no stream.
    async fn subscribe(&self, shard: u32, from_id: u64) -> Result<EventStream, NodeError>;
}
