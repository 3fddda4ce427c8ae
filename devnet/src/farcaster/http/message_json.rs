//! Messages as the real node writes them in JSON.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::farcaster::wire::cast_add_body::Parent;
use crate::farcaster::wire::message_data::Body;
use crate::farcaster::wire::{
    CastAddBody, CastId, FarcasterNetwork, HashScheme, KeyAddBody, KeyRemoveBody, LinkBody,
    Message, MessageType, MessagesResponse, Protocol, ReactionBody, SignatureScheme, UserNameProof,
    embed, link_body, reaction_body,
};

/// `0x` and hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    format!("0x{}", ::hex::encode(bytes))
}

pub(super) fn base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// Adds `nextPageToken` where there is one: an empty text at the end.
pub(super) fn add_token(value: &mut Value, token: Option<&[u8]>) {
    if let Some(fields) = value.as_object_mut() {
        fields.insert("nextPageToken".to_owned(), base64(token.unwrap_or_default()).into());
    }
}

pub(super) fn page(response: &MessagesResponse) -> Value {
    let messages: Vec<Value> = response.messages.iter().map(message).collect();
    let mut value = json!({ "messages": messages });
    add_token(&mut value, response.next_page_token.as_deref());
    value
}

/// A message without its `data_bytes`, which JSON never carries.
pub(super) fn message(message: &Message) -> Value {
    let hash_scheme = HashScheme::try_from(message.hash_scheme).unwrap_or(HashScheme::None);
    let signature_scheme =
        SignatureScheme::try_from(message.signature_scheme).unwrap_or(SignatureScheme::None);
    json!({
        "data": data(message),
        "hash": hex(&message.hash),
        "hashScheme": hash_scheme.as_str_name(),
        "signature": base64(&message.signature),
        "signatureScheme": signature_scheme.as_str_name(),
        "signer": hex(&message.signer),
    })
}

fn data(message: &Message) -> Value {
    let Some(data) = &message.data else { return Value::Null };
    let kind = MessageType::try_from(data.r#type).unwrap_or(MessageType::None);
    let network = FarcasterNetwork::try_from(data.network).unwrap_or(FarcasterNetwork::None);
    let mut value = json!({
        "type": kind.as_str_name(),
        "fid": data.fid,
        "timestamp": data.timestamp,
        "network": network.as_str_name(),
    });
    if let (Some(fields), Some((name, body))) =
        (value.as_object_mut(), data.body.as_ref().map(body))
    {
        fields.insert(name.to_owned(), body);
    }
    value
}

fn body(body: &Body) -> (&'static str, Value) {
    match body {
        Body::CastAddBody(body) => ("castAddBody", cast_add(body)),
        Body::CastRemoveBody(body) => {
            ("castRemoveBody", json!({ "targetHash": hex(&body.target_hash) }))
        }
        Body::ReactionBody(body) => ("reactionBody", reaction(body)),
        Body::VerificationAddAddressBody(body) => {
            let value = json!({
                "address": hex(&body.address),
                "claimSignature": base64(&body.claim_signature),
                "blockHash": hex(&body.block_hash),
                "type": body.verification_type,
                "chainId": body.chain_id,
                "protocol": protocol(body.protocol),
            });
            ("verificationAddAddressBody", value)
        }
        Body::VerificationRemoveBody(body) => {
            let value =
                json!({ "address": hex(&body.address), "protocol": protocol(body.protocol) });
            ("verificationRemoveBody", value)
        }
        Body::UserDataBody(body) => {
            let kind = body.r#type().as_str_name();
            ("userDataBody", json!({ "type": kind, "value": body.value }))
        }
        Body::LinkBody(body) => ("linkBody", link(body)),
        Body::UsernameProofBody(body) => ("usernameProofBody", name_proof(body)),
        Body::FrameActionBody(body) => {
            let value = json!({
                "url": base64(&body.url),
                "buttonIndex": body.button_index,
                "castId": body.cast_id.as_ref().map(cast_id),
                "inputText": base64(&body.input_text),
                "state": base64(&body.state),
                "transactionId": base64(&body.transaction_id),
                "address": base64(&body.address),
            });
            ("frameActionBody", value)
        }
        Body::LinkCompactStateBody(body) => {
            ("linkCompactStateBody", json!({ "type": body.r#type, "targetFids": body.target_fids }))
        }
        Body::LendStorageBody(body) => (
            "lendStorageBody",
            json!({ "toFid": body.to_fid, "numUnits": body.num_units, "unitType": body.unit_type }),
        ),
        Body::KeyAddBody(body) => ("keyAddBody", key_add(body)),
        Body::KeyRemoveBody(body) => ("keyRemoveBody", key_remove(body)),
    }
}

fn protocol(protocol: i32) -> &'static str {
    Protocol::try_from(protocol).unwrap_or(Protocol::Ethereum).as_str_name()
}

fn cast_id(id: &CastId) -> Value {
    json!({ "fid": id.fid, "hash": hex(&id.hash) })
}

fn cast_add(body: &CastAddBody) -> Value {
    let embeds: Vec<Value> = body
        .embeds
        .iter()
        .filter_map(|embed| embed.embed.as_ref())
        .map(|embed| match embed {
            embed::Embed::Url(url) => json!({ "url": url }),
            embed::Embed::CastId(id) => json!({ "castId": cast_id(id) }),
        })
        .collect();
    let (parent_cast_id, parent_url) = match &body.parent {
        Some(Parent::ParentCastId(id)) => (cast_id(id), Value::Null),
        Some(Parent::ParentUrl(url)) => (Value::Null, json!(url)),
        None => (Value::Null, Value::Null),
    };
    json!({
        "embedsDeprecated": body.embeds_deprecated,
        "mentions": body.mentions,
        "parentCastId": parent_cast_id,
        "parentUrl": parent_url,
        "text": body.text,
        "embeds": embeds,
        "mentionsPositions": body.mentions_positions,
        "type": body.r#type().as_str_name(),
    })
}

fn reaction(body: &ReactionBody) -> Value {
    let kind = body.r#type().as_str_name();
    match &body.target {
        Some(reaction_body::Target::TargetCastId(id)) => {
            json!({ "type": kind, "targetCastId": cast_id(id) })
        }
        Some(reaction_body::Target::TargetUrl(url)) => json!({ "type": kind, "targetUrl": url }),
        None => json!({ "type": kind }),
    }
}

fn link(body: &LinkBody) -> Value {
    let target = match body.target {
        Some(link_body::Target::TargetFid(fid)) => fid,
        None => 0,
    };
    json!({
        "type": body.r#type,
        "displayTimestamp": body.display_timestamp,
        "targetFid": target,
    })
}

pub(super) fn name_proof(proof: &UserNameProof) -> Value {
    json!({
        "timestamp": proof.timestamp,
        "name": String::from_utf8_lossy(&proof.name),
        "owner": hex(&proof.owner),
        "signature": base64(&proof.signature),
        "fid": proof.fid,
        "type": proof.r#type().as_str_name(),
    })
}

fn key_add(body: &KeyAddBody) -> Value {
    let scopes: Vec<&str> = body.scopes().map(|scope| scope.as_str_name()).collect();
    json!({
        "key": hex(&body.key),
        "keyType": body.key_type,
        "custodySignature": base64(&body.custody_signature),
        "deadline": body.deadline,
        "nonce": body.nonce,
        "metadata": base64(&body.metadata),
        "metadataType": body.metadata_type,
        "registrationTxHash": hex(&body.registration_tx_hash),
        "scopes": scopes,
        "ttl": body.ttl,
    })
}

fn key_remove(body: &KeyRemoveBody) -> Value {
    json!({
        "key": hex(&body.key),
        "signature": base64(&body.signature),
        "signatureType": body.signature_type,
        "deadline": body.deadline,
        "nonce": body.nonce,
    })
}
