//! The JSON of a node's HTTP API. Its key styles and enum styles are mixed and vary between
//! versions, so it is read leniently; what matters is verified afterwards.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::Value;

use super::{
    failure::{NodeError, presentable},
    query::{Allowance, KeyNonces, MessagePage, NodeStatus, ShardStatus, SignerRecord, Storage},
    signers::SignerHistory,
};
use crate::wire::{
    SignedMessage,
    json::{self, JsonMessage},
    proto::{
        IdRegisterEventBody, IdRegisterEventType, MessageType, OnChainEvent, OnChainEventType,
        SignerEventType, on_chain_event::Body,
    },
    verify::PublicKey,
};

/// `{"error", "error_detail"}` with status 400, also for what is not there; the reason is only in
/// the words.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct JsonFailure {
    error: String,
    #[serde(alias = "errorDetail")]
    error_detail: String,
    #[serde(alias = "errCode")]
    code: String,
}

impl JsonFailure {
    pub(super) fn sorted(&self, retry_after: Option<Duration>) -> NodeError {
        let detail = format!("{} {} {}", self.code, self.error, self.error_detail);
        let known = [
            ("bad_request.duplicate", NodeError::Duplicate),
            ("already been merged", NodeError::Duplicate),
            ("already in the mempool", NodeError::Duplicate),
            ("bad_request.conflict", NodeError::Conflict),
            ("conflicts with a more recent", NodeError::Conflict),
            ("bad_request.rate_limited", NodeError::RateLimited { retry_after }),
            ("rate limit", NodeError::RateLimited { retry_after }),
            ("status: NotFound", NodeError::NotFound),
            ("NotFound", NodeError::NotFound),
            ("not_found", NodeError::NotFound),
            ("status: Unauthenticated", NodeError::Unauthorized),
            ("status: Unavailable", NodeError::Unavailable),
            ("status: Unimplemented", NodeError::Unsupported),
        ];
        known
            .into_iter()
            .find(|(words, _)| detail.contains(words))
            .map(|(_, error)| error)
            .unwrap_or_else(|| NodeError::Refused {
                code: "bad_request".to_owned(),
                reason: presentable(&self.error_detail),
            })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonStatus {
    #[serde(default)]
    version: String,
    #[serde(default)]
    shard_infos: Vec<JsonShard>,
    #[serde(default)]
    next_engine_version_timestamp: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonShard {
    shard_id: u32,
    max_height: u64,
    #[serde(default)]
    block_delay: u64,
}

impl From<JsonStatus> for NodeStatus {
    fn from(answer: JsonStatus) -> Self {
        let shards = answer.shard_infos.iter().map(|shard| ShardStatus {
            shard: shard.shard_id,
            max_height: shard.max_height,
            block_delay_s: shard.block_delay,
        });
        Self {
            version: presentable(&answer.version),
            shards: shards.collect(),
            rules_change_at_s: answer.next_engine_version_timestamp,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonPage {
    #[serde(default)]
    messages: Vec<Value>,
    next_page_token: Option<String>,
}

impl From<JsonPage> for MessagePage {
    fn from(page: JsonPage) -> Self {
        let total = page.messages.len();
        let messages: Vec<_> = page.messages.into_iter().filter_map(signed).collect();
        let next = page.next_page_token.and_then(|token| BASE64_STANDARD.decode(token).ok());
        Self { unverifiable: total - messages.len(), messages, next }
    }
}

pub(super) fn signed(message: Value) -> Option<SignedMessage> {
    serde_json::from_value::<JsonMessage>(message).ok()?.to_signed().ok()
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JsonSigners {
    #[serde(default)]
    signers: Vec<JsonSigner>,
    pub(super) next_page_token: Option<String>,
    #[serde(default)]
    current_user_nonce: u32,
    #[serde(default)]
    requester_fid_nonces: BTreeMap<String, u32>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonSigner {
    key: String,
    expires_at: Option<u64>,
    request_fid: Option<u64>,
    #[serde(default)]
    scopes: Vec<Value>,
}

impl JsonSigners {
    pub(super) fn records(&self) -> Vec<SignerRecord> {
        let records = self.signers.iter().filter_map(|signer| {
            Some(SignerRecord {
                key: PublicKey::from_slice(&json::bytes(&signer.key).ok()?)?,
                expires_at_s: signer.expires_at,
                scopes: signer.scopes.iter().filter_map(scope).collect(),
                removed_at_s: None,
                request_fid: signer.request_fid,
            })
        });
        records.collect()
    }

    pub(super) fn nonces(&self, app: u64) -> KeyNonces {
        let app = self.requester_fid_nonces.get(&app.to_string()).copied().unwrap_or(0);
        KeyNonces { custody: self.current_user_nonce, app }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct JsonSignerEvents {
    #[serde(default)]
    events: Vec<JsonSignerEvent>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonSignerEvent {
    #[serde(default)]
    block_timestamp: u64,
    signer_event_body: Option<JsonSignerChange>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonSignerChange {
    key: String,
    event_type: Value,
}

impl JsonSignerEvents {
    pub(super) fn removed(&self) -> Vec<SignerRecord> {
        let mut history = SignerHistory::default();
        for event in &self.events {
            let Some(change) = &event.signer_event_body else { continue };
            let key = json::bytes(&change.key).ok().and_then(|key| PublicKey::from_slice(&key));
            let kind = match change.event_type.as_str() {
                Some(name) => SignerEventType::from_str_name(name).map(i32::from),
                None => change.event_type.as_i64().and_then(|kind| i32::try_from(kind).ok()),
            };
            if let (Some(key), Some(kind)) = (key, kind) {
                history.take(key, kind, event.block_timestamp);
            }
        }
        history.removed()
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct JsonRegistrations {
    #[serde(default)]
    events: Vec<JsonRegistration>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct JsonRegistration {
    chain_id: u32,
    block_number: u32,
    block_hash: String,
    block_timestamp: u64,
    transaction_hash: String,
    log_index: u32,
    fid: u64,
    tx_index: u32,
    version: u32,
    id_register_event_body: Option<JsonHandOver>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonHandOver {
    to: String,
    event_type: Value,
    #[serde(default)]
    from: String,
    #[serde(default)]
    recovery_address: String,
}

impl JsonRegistrations {
    /// As the other interface gives them.
    pub(super) fn events(self) -> Vec<OnChainEvent> {
        self.events.into_iter().filter_map(JsonRegistration::event).collect()
    }
}

impl JsonRegistration {
    fn event(self) -> Option<OnChainEvent> {
        let body = self.id_register_event_body?;
        let event_type = match body.event_type.as_str() {
            Some("Register" | "ID_REGISTER_EVENT_TYPE_REGISTER") => IdRegisterEventType::Register,
            Some("Transfer" | "ID_REGISTER_EVENT_TYPE_TRANSFER") => IdRegisterEventType::Transfer,
            Some(_) | None => return None,
        };
        let bytes = |text: &str| json::bytes(text).unwrap_or_default();
        let body = IdRegisterEventBody {
            to: bytes(&body.to),
            event_type: event_type.into(),
            from: bytes(&body.from),
            recovery_address: bytes(&body.recovery_address),
        };
        Some(OnChainEvent {
            r#type: OnChainEventType::EventTypeIdRegister.into(),
            chain_id: self.chain_id,
            block_number: self.block_number,
            block_hash: bytes(&self.block_hash),
            block_timestamp: self.block_timestamp,
            transaction_hash: bytes(&self.transaction_hash),
            log_index: self.log_index,
            fid: self.fid,
            tx_index: self.tx_index,
            version: self.version,
            body: Some(Body::IdRegisterEventBody(body)),
        })
    }
}

fn scope(value: &Value) -> Option<i32> {
    match value.as_str() {
        Some(name) => MessageType::from_str_name(name).map(i32::from),
        None => value.as_i64().and_then(|number| i32::try_from(number).ok()),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct JsonStorage {
    #[serde(default)]
    limits: Vec<JsonLimit>,
    #[serde(default)]
    units: u32,
    #[serde(default, alias = "tierSubscriptions")]
    tier_subscriptions: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonLimit {
    #[serde(alias = "store_type")]
    store_type: Value,
    limit: u64,
    #[serde(default)]
    used: u64,
}

impl From<JsonStorage> for Storage {
    fn from(answer: JsonStorage) -> Self {
        // `Casts`, `STORE_TYPE_CASTS` and 1 are the same store.
        let is_store = |limit: &JsonLimit, name: &str, number: u64| match limit.store_type.as_str()
        {
            Some(text) => text.to_uppercase().trim_start_matches("STORE_TYPE_") == name,
            None => limit.store_type.as_u64() == Some(number),
        };
        let allowance = |name, number| {
            let limits = answer.limits.iter().filter(|limit| is_store(limit, name, number));
            limits.fold(Allowance::default(), |sum, limit| Allowance {
                limit: sum.limit.saturating_add(limit.limit),
                used: sum.used.saturating_add(limit.used),
            })
        };
        Self {
            units: answer.units,
            casts: allowance("CASTS", 1),
            reactions: allowance("REACTIONS", 3),
            total_limit: answer.limits.iter().fold(0, |sum, limit| sum.saturating_add(limit.limit)),
            is_pro: !answer.tier_subscriptions.is_empty(),
        }
    }
}
