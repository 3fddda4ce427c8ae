//! On-chain events, keys and storage as the real node writes them in JSON.

use serde_json::{Value, json};

use super::message_json::{add_token, base64, hex};
use crate::farcaster::wire::on_chain_event::Body;
use crate::farcaster::wire::{
    IdRegisterEventType, MessageType, OnChainEvent, OnChainEventResponse, Signer, SignerEventType,
    SignersByFidResponse, StorageLimit, StorageLimitsResponse, StorageUnitType, StoreType,
};

pub(super) fn onchain(event: &OnChainEvent) -> Value {
    let mut value = json!({
        "type": event.r#type().as_str_name(),
        "chainId": event.chain_id,
        "blockNumber": event.block_number,
        "blockHash": hex(&event.block_hash),
        "blockTimestamp": event.block_timestamp,
        "transactionHash": hex(&event.transaction_hash),
        "logIndex": event.log_index,
        "fid": event.fid,
        "txIndex": event.tx_index,
        "version": event.version,
        "tier_purchase_event_body": null,
    });
    if let (Some(fields), Some((name, body))) =
        (value.as_object_mut(), event.body.as_ref().map(body))
    {
        fields.insert(name.to_owned(), body);
    }
    value
}

fn body(body: &Body) -> (&'static str, Value) {
    match body {
        Body::SignerEventBody(body) => {
            let event_type = match body.event_type() {
                SignerEventType::None => "None",
                SignerEventType::Add => "Add",
                SignerEventType::Remove => "Remove",
                SignerEventType::AdminReset => "AdminReset",
            };
            let value = json!({
                "key": hex(&body.key),
                "keyType": body.key_type,
                "eventType": event_type,
                "metadata": base64(&body.metadata),
                "metadataType": body.metadata_type,
            });
            ("signerEventBody", value)
        }
        Body::SignerMigratedEventBody(body) => {
            ("signerMigratedEventBody", json!({ "migratedAt": body.migrated_at }))
        }
        Body::IdRegisterEventBody(body) => {
            let event_type = match body.event_type() {
                IdRegisterEventType::None => "None",
                IdRegisterEventType::Register => "Register",
                IdRegisterEventType::Transfer => "Transfer",
                IdRegisterEventType::ChangeRecovery => "ChangeRecovery",
            };
            let value = json!({
                "to": hex(&body.to),
                "eventType": event_type,
                "from": hex(&body.from),
                "recoveryAddress": hex(&body.recovery_address),
            });
            ("idRegisterEventBody", value)
        }
        Body::StorageRentEventBody(body) => {
            let value =
                json!({ "payer": hex(&body.payer), "units": body.units, "expiry": body.expiry });
            ("storageRentEventBody", value)
        }
        Body::TierPurchaseEventBody(body) => {
            let value = json!({
                "payer": hex(&body.payer),
                "for_days": body.for_days,
                "tier_type": "Pro",
            });
            ("tier_purchase_event_body", value)
        }
    }
}

pub(super) fn onchain_page(response: &OnChainEventResponse) -> Value {
    let mut value = json!({ "events": response.events.iter().map(onchain).collect::<Vec<_>>() });
    add_token(&mut value, response.next_page_token.as_deref());
    value
}

pub(super) fn signer(signer: &Signer) -> Value {
    let mut fields = serde_json::Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    put("source", signer.source().as_str_name().into());
    put("key", hex(&signer.key).into());
    put("keyType", signer.key_type.into());
    put("fid", signer.fid.into());
    let numbers = [
        ("addedAt", signer.added_at),
        ("lastUsedAt", signer.last_used_at),
        ("ttl", signer.ttl.map(u64::from)),
        ("expiresAt", signer.expires_at),
        ("requestFid", signer.request_fid),
        ("nonce", signer.nonce.map(u64::from)),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            put(name, number.into());
        }
    }
    let scopes: Vec<&str> = signer.scopes().map(|scope: MessageType| scope.as_str_name()).collect();
    if !scopes.is_empty() {
        put("scopes", json!(scopes));
    }
    if let Some(event) = &signer.onchain_event {
        put("onChainEvent", onchain(event));
    }
    fields.into()
}

pub(super) fn signers(response: &SignersByFidResponse) -> Value {
    let mut value = json!({
        "signers": response.signers.iter().map(signer).collect::<Vec<_>>(),
        "gaslessSignerCount": response.gasless_signer_count,
        "gaslessSignerLimit": response.gasless_signer_limit,
        "currentUserNonce": response.current_user_nonce,
        "requesterFidNonces": response.requester_fid_nonces,
    });
    add_token(&mut value, response.next_page_token.as_deref());
    value
}

pub(super) fn limits(response: &StorageLimitsResponse) -> Value {
    let limit = |limit: &StorageLimit| {
        let store = match limit.store_type() {
            StoreType::None => "None",
            StoreType::Casts => "Casts",
            StoreType::Links => "Links",
            StoreType::Reactions => "Reactions",
            StoreType::UserData => "UserData",
            StoreType::Verifications => "Verifications",
            StoreType::UsernameProofs => "UsernameProofs",
            StoreType::StorageLends => "StorageLends",
        };
        json!({
            "storeType": store,
            "name": limit.name,
            "limit": limit.limit,
            "used": limit.used,
            "earliestTimestamp": limit.earliest_timestamp,
            "earliestHash": limit.earliest_hash,
        })
    };
    let details = response.unit_details.iter().map(|detail| {
        let kind = match detail.unit_type() {
            StorageUnitType::UnitTypeLegacy => "UnitTypeLegacy",
            StorageUnitType::UnitType2024 => "UnitType2024",
            StorageUnitType::UnitType2025 => "UnitType2025",
        };
        json!({ "unitType": kind, "unitSize": detail.unit_size })
    });
    let tiers = response
        .tier_subscriptions
        .iter()
        .map(|tier| json!({ "tier_type": "Pro", "expires_at": tier.expires_at }));
    json!({
        "limits": response.limits.iter().map(limit).collect::<Vec<_>>(),
        "units": response.units,
        "unitDetails": details.collect::<Vec<_>>(),
        "tier_subscriptions": tiers.collect::<Vec<_>>(),
    })
}
