//! Events as the HTTP API renders them, turned into what gRPC would give.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{failure::NodeError, http_json::signed};
use crate::wire::proto::{
    BlockConfirmedBody, HubEvent, HubEventType, MergeFailureBody, MergeMessageBody,
    MergeOnChainEventBody, OnChainEvent, OnChainEventType, PruneMessageBody, RevokeMessageBody,
    hub_event::Body,
};

#[derive(Debug, Deserialize)]
pub(super) struct JsonEvents {
    #[serde(default)]
    pub(super) events: Vec<JsonEvent>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonEvent {
    r#type: Value,
    id: u64,
    #[serde(default)]
    block_number: u64,
    #[serde(default)]
    timestamp: u64,
    merge_message_body: Option<JsonMerge>,
    prune_message_body: Option<JsonAbout>,
    revoke_message_body: Option<JsonAbout>,
    #[serde(alias = "mergeFailure")]
    merge_failure_body: Option<JsonMergeFailure>,
    merge_on_chain_event_body: Option<JsonOnChain>,
    #[serde(alias = "blockConfirmed")]
    block_confirmed_body: Option<JsonBlock>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonMerge {
    message: Value,
    #[serde(default)]
    deleted_messages: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct JsonAbout {
    message: Value,
}

#[derive(Debug, Deserialize)]
struct JsonMergeFailure {
    message: Value,
    #[serde(default)]
    code: String,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonOnChain {
    on_chain_event: JsonOnChainEvent,
}

#[derive(Debug, Deserialize)]
struct JsonOnChainEvent {
    r#type: Value,
    fid: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonBlock {
    #[serde(default)]
    total_events: u64,
    #[serde(default)]
    event_counts_by_type: BTreeMap<String, u64>,
}

impl JsonEvent {
    /// The same event as gRPC would give it. A message that cannot be verified is left out of its
    /// event, which then says only that something happened.
    pub(super) fn into_event(self, shard: u32) -> Result<HubEvent, NodeError> {
        let kind = match self.r#type.as_str() {
            Some(name) => HubEventType::from_str_name(name).map(i32::from),
            None => self.r#type.as_i64().and_then(|number| i32::try_from(number).ok()),
        };
        let r#type = kind.ok_or(NodeError::Malformed { expected: "a known event type" })?;
        let (id, block_number, timestamp) = (self.id, self.block_number, self.timestamp);
        Ok(HubEvent {
            r#type,
            id,
            block_number,
            shard_index: shard,
            timestamp,
            body: self.into_body(shard),
        })
    }

    fn into_body(self, shard_index: u32) -> Option<Body> {
        if let Some(merge) = self.merge_message_body {
            let deleted_messages = merge.deleted_messages.into_iter().filter_map(signed).collect();
            let message = signed(merge.message);
            Some(Body::MergeMessageBody(MergeMessageBody { message, deleted_messages }))
        } else if let Some(about) = self.prune_message_body {
            Some(Body::PruneMessageBody(PruneMessageBody { message: signed(about.message) }))
        } else if let Some(about) = self.revoke_message_body {
            Some(Body::RevokeMessageBody(RevokeMessageBody { message: signed(about.message) }))
        } else if let Some(failure) = self.merge_failure_body {
            Some(Body::MergeFailure(MergeFailureBody {
                message: signed(failure.message),
                code: failure.code,
                reason: failure.reason,
            }))
        } else if let Some(on_chain) = self.merge_on_chain_event_body {
            let event = on_chain.on_chain_event;
            let kind = event.r#type.as_str().and_then(OnChainEventType::from_str_name);
            let r#type = kind.map_or(0, i32::from);
            let event = OnChainEvent { r#type, fid: event.fid, ..OnChainEvent::default() };
            Some(Body::MergeOnChainEventBody(MergeOnChainEventBody { on_chain_event: Some(event) }))
        } else {
            self.block_confirmed_body.map(|block| {
                let counts = block.event_counts_by_type.into_iter();
                Body::BlockConfirmedBody(BlockConfirmedBody {
                    block_number: self.block_number,
                    shard_index,
                    timestamp: self.timestamp,
                    total_events: block.total_events,
                    event_counts_by_type: counts
                        .filter_map(|(kind, count)| Some((kind.parse().ok()?, count)))
                        .collect(),
                    ..BlockConfirmedBody::default()
                })
            })
        }
    }
}
