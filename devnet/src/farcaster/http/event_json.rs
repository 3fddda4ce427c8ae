//! Events and the hub's own state as the real node writes them in JSON.

use serde_json::{Value, json};

use super::message_json::{message, name_proof};
use super::people_json::onchain;
use crate::farcaster::wire::hub_event::Body;
use crate::farcaster::wire::{GetInfoResponse, HubEvent, Message, ShardInfo};

pub(super) fn event(event: &HubEvent) -> Value {
    let mut value = json!({
        "type": event.r#type().as_str_name(),
        "id": event.id,
        "blockNumber": event.block_number,
        "shardIndex": event.shard_index,
    });
    if let (Some(fields), Some((name, body))) =
        (value.as_object_mut(), event.body.as_ref().map(body))
    {
        fields.insert(name.to_owned(), body);
    }
    value
}

fn optional(wire: Option<&Message>) -> Value {
    wire.map_or(Value::Null, message)
}

fn body(body: &Body) -> (&'static str, Value) {
    match body {
        Body::MergeMessageBody(body) => {
            let deleted: Vec<Value> = body.deleted_messages.iter().map(message).collect();
            let message = optional(body.message.as_ref());
            ("mergeMessageBody", json!({ "message": message, "deletedMessages": deleted }))
        }
        Body::PruneMessageBody(body) => {
            ("pruneMessageBody", json!({ "message": optional(body.message.as_ref()) }))
        }
        Body::RevokeMessageBody(body) => {
            ("revokeMessageBody", json!({ "message": optional(body.message.as_ref()) }))
        }
        Body::MergeUsernameProofBody(body) => {
            let mut fields = serde_json::Map::new();
            let proofs = [
                ("usernameProof", &body.username_proof),
                ("deletedUsernameProof", &body.deleted_username_proof),
            ];
            for (name, proof) in proofs {
                fields.extend(proof.iter().map(|proof| (name.to_owned(), name_proof(proof))));
            }
            let messages = [
                ("usernameProofMessage", &body.username_proof_message),
                ("deletedUsernameProofMessage", &body.deleted_username_proof_message),
            ];
            for (name, wire) in messages {
                fields.extend(wire.iter().map(|wire| (name.to_owned(), message(wire))));
            }
            ("mergeUsernameProofBody", fields.into())
        }
        Body::MergeOnChainEventBody(body) => {
            let event = body.on_chain_event.as_ref().map(onchain);
            ("mergeOnChainEventBody", json!({ "onChainEvent": event }))
        }
        Body::MergeFailure(body) => {
            let value = json!({
                "message": optional(body.message.as_ref()),
                "code": body.code,
                "reason": body.reason,
            });
            ("mergeFailureBody", value)
        }
        Body::BlockConfirmedBody(body) => {
            let value = json!({
                "blockNumber": body.block_number,
                "shardIndex": body.shard_index,
                "timestamp": body.timestamp,
                "blockHash": super::message_json::hex(&body.block_hash),
                "totalEvents": body.total_events,
            });
            ("blockConfirmedBody", value)
        }
    }
}

pub(super) fn info(info: &GetInfoResponse) -> Value {
    let shard = |shard: &ShardInfo| {
        json!({
            "shardId": shard.shard_id,
            "maxHeight": shard.max_height,
            "numMessages": shard.num_messages,
            "numFidRegistrations": shard.num_fid_registrations,
            "approxSize": shard.approx_size,
            "blockDelay": shard.block_delay,
            "mempoolSize": shard.mempool_size,
        })
    };
    let stats = info.db_stats.as_ref().map(|stats| {
        json!({
            "numMessages": stats.num_messages,
            "numFidRegistrations": stats.num_fid_registrations,
            "approxSize": stats.approx_size,
        })
    });
    json!({
        "dbStats": stats,
        "numShards": info.num_shards,
        "shardInfos": info.shard_infos.iter().map(shard).collect::<Vec<_>>(),
        "version": info.version,
        "peer_id": info.peer_id,
        "nextEngineVersionTimestamp": info.next_engine_version_timestamp,
    })
}
