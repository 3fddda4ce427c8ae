//! Messages as a node's HTTP API renders them. The rendering leaves `data_bytes` out, so what was
//! signed has to be found again by encoding in the known styles; where none has the claimed hash,
//! the message cannot be verified and is refused.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use thiserror::Error;

use super::{
    hash::MessageHash,
    message::SignedMessage,
    proto::{
        CastAddBody, CastId, CastRemoveBody, CastType, Embed, FarcasterNetwork, HashScheme,
        MessageData, MessageType, Protocol, ReactionBody, ReactionType, SignatureScheme,
        UserDataBody, UserDataType, VerificationAddAddressBody, VerificationRemoveBody,
        cast_add_body, embed, message_data::Body, reaction_body,
    },
    style,
};

/// Why a JSON rendering does not become a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Unrenderable {
    /// A field is missing, of the wrong kind, or names something unknown.
    #[error("json rendering is malformed")]
    Malformed,
    /// A kind of message that the bridge does not rebuild.
    #[error("json rendering is of a kind that is not bridged")]
    OtherKind,
    /// No known encoder gives the claimed hash.
    #[error("json rendering cannot be verified against its hash")]
    Unverified,
}

/// One message in JSON. Enums come as names or numbers, byte strings as hexadecimal or base64;
/// fields of bodies that are not bridged are not read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct JsonMessage {
    data: JsonBody,
    hash: String,
    signature: String,
    signer: String,
    #[serde(default)]
    data_bytes: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonBody {
    r#type: JsonEnum,
    fid: u64,
    timestamp: u32,
    network: JsonEnum,
    cast_add_body: Option<JsonCastAdd>,
    cast_remove_body: Option<JsonCastRemove>,
    reaction_body: Option<JsonReaction>,
    user_data_body: Option<JsonUserData>,
    verification_add_address_body: Option<JsonClaim>,
    verification_remove_body: Option<JsonUnclaim>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum JsonEnum {
    Number(i32),
    Name(String),
}

impl JsonEnum {
    fn read(&self, from_name: impl Fn(&str) -> Option<i32>) -> Result<i32, Unrenderable> {
        match self {
            Self::Number(number) => Ok(*number),
            Self::Name(name) => from_name(name).ok_or(Unrenderable::Malformed),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonCastAdd {
    #[serde(default)]
    embeds_deprecated: Vec<String>,
    #[serde(default)]
    mentions: Vec<u64>,
    parent_cast_id: Option<JsonCastId>,
    parent_url: Option<String>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    embeds: Vec<JsonEmbed>,
    #[serde(default)]
    mentions_positions: Vec<u32>,
    r#type: Option<JsonEnum>,
}

#[derive(Debug, Deserialize)]
struct JsonCastId {
    fid: u64,
    hash: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonEmbed {
    url: Option<String>,
    cast_id: Option<JsonCastId>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonCastRemove {
    target_hash: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonReaction {
    r#type: JsonEnum,
    target_cast_id: Option<JsonCastId>,
    target_url: Option<String>,
}

#[derive(Debug, Deserialize)]
struct JsonUserData {
    r#type: JsonEnum,
    value: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct JsonClaim {
    address: String,
    claim_signature: String,
    block_hash: String,
    #[serde(alias = "verificationType")]
    r#type: u32,
    #[serde(default)]
    chain_id: u32,
    protocol: JsonEnum,
}

#[derive(Debug, Deserialize)]
struct JsonUnclaim {
    address: String,
    protocol: JsonEnum,
}

impl JsonMessage {
    /// Finds the bytes that were signed. The result is still to be verified like any message: here
    /// only the encoding is settled.
    pub(crate) fn to_signed(&self) -> Result<SignedMessage, Unrenderable> {
        let hash = MessageHash::from_slice(&bytes(&self.hash)?).ok_or(Unrenderable::Malformed)?;
        let data = match &self.data_bytes {
            Some(data) => bytes(data)?,
            None => style::encode_to_match(&self.data.to_data()?, hash)
                .ok_or(Unrenderable::Unverified)?,
        };
        Ok(SignedMessage {
            data: None,
            hash: hash.as_bytes().to_vec(),
            hash_scheme: HashScheme::Blake3.into(),
            signature: bytes(&self.signature)?,
            signature_scheme: SignatureScheme::Ed25519.into(),
            signer: bytes(&self.signer)?,
            data_bytes: Some(data),
        })
    }
}

impl JsonBody {
    fn to_data(&self) -> Result<MessageData, Unrenderable> {
        let number = |value| i32::from(value);
        Ok(MessageData {
            r#type: self.r#type.read(|name| MessageType::from_str_name(name).map(i32::from))?,
            fid: self.fid,
            timestamp: self.timestamp,
            network: self.network.read(|name| FarcasterNetwork::from_str_name(name).map(number))?,
            body: Some(self.body()?),
        })
    }

    fn body(&self) -> Result<Body, Unrenderable> {
        if let Some(cast) = &self.cast_add_body {
            cast.to_body().map(Body::CastAddBody)
        } else if let Some(remove) = &self.cast_remove_body {
            let target_hash = bytes(&remove.target_hash)?;
            Ok(Body::CastRemoveBody(CastRemoveBody { target_hash }))
        } else if let Some(reaction) = &self.reaction_body {
            reaction.to_body().map(Body::ReactionBody)
        } else if let Some(field) = &self.user_data_body {
            Ok(Body::UserDataBody(UserDataBody {
                r#type: field
                    .r#type
                    .read(|name| UserDataType::from_str_name(name).map(i32::from))?,
                value: field.value.clone(),
            }))
        } else if let Some(claim) = &self.verification_add_address_body {
            claim.to_body().map(Body::VerificationAddAddressBody)
        } else if let Some(removal) = &self.verification_remove_body {
            Ok(Body::VerificationRemoveBody(VerificationRemoveBody {
                address: bytes(&removal.address)?,
                protocol: protocol(&removal.protocol)?,
            }))
        } else {
            Err(Unrenderable::OtherKind)
        }
    }
}

impl JsonClaim {
    fn to_body(&self) -> Result<VerificationAddAddressBody, Unrenderable> {
        Ok(VerificationAddAddressBody {
            address: bytes(&self.address)?,
            claim_signature: bytes(&self.claim_signature)?,
            block_hash: bytes(&self.block_hash)?,
            verification_type: self.r#type,
            chain_id: self.chain_id,
            protocol: protocol(&self.protocol)?,
        })
    }
}

fn protocol(protocol: &JsonEnum) -> Result<i32, Unrenderable> {
    protocol.read(|name| {
        // Clients write `ETHEREUM`, nodes the whole name.
        let bare = name.strip_prefix("PROTOCOL_").unwrap_or(name);
        Protocol::from_str_name(&format!("PROTOCOL_{bare}")).map(i32::from)
    })
}

impl JsonCastAdd {
    fn to_body(&self) -> Result<CastAddBody, Unrenderable> {
        let parent = match (&self.parent_cast_id, &self.parent_url) {
            (Some(id), _) => Some(cast_add_body::Parent::ParentCastId(id.to_id()?)),
            (None, Some(url)) => Some(cast_add_body::Parent::ParentUrl(url.clone())),
            (None, None) => None,
        };
        let r#type = match &self.r#type {
            Some(kind) => kind.read(|name| CastType::from_str_name(name).map(i32::from))?,
            None => 0,
        };
        Ok(CastAddBody {
            embeds_deprecated: self.embeds_deprecated.clone(),
            mentions: self.mentions.clone(),
            text: self.text.clone(),
            mentions_positions: self.mentions_positions.clone(),
            embeds: self.embeds.iter().map(JsonEmbed::to_embed).collect::<Result<_, _>>()?,
            r#type,
            parent,
        })
    }
}

impl JsonReaction {
    fn to_body(&self) -> Result<ReactionBody, Unrenderable> {
        let target = match (&self.target_cast_id, &self.target_url) {
            (Some(id), _) => Some(reaction_body::Target::TargetCastId(id.to_id()?)),
            (None, Some(url)) => Some(reaction_body::Target::TargetUrl(url.clone())),
            (None, None) => None,
        };
        let r#type = self.r#type.read(|name| {
            // Nodes write both `REACTION_TYPE_LIKE` and `Like`.
            let full = format!("REACTION_TYPE_{}", name.to_uppercase());
            ReactionType::from_str_name(name)
                .or_else(|| ReactionType::from_str_name(&full))
                .map(i32::from)
        })?;
        Ok(ReactionBody { r#type, target })
    }
}

impl JsonCastId {
    fn to_id(&self) -> Result<CastId, Unrenderable> {
        Ok(CastId { fid: self.fid, hash: bytes(&self.hash)? })
    }
}

impl JsonEmbed {
    fn to_embed(&self) -> Result<Embed, Unrenderable> {
        let embed = match (&self.url, &self.cast_id) {
            (Some(url), _) => embed::Embed::Url(url.clone()),
            (None, Some(id)) => embed::Embed::CastId(id.to_id()?),
            (None, None) => return Err(Unrenderable::Malformed),
        };
        Ok(Embed { embed: Some(embed) })
    }
}

/// Byte strings that begin with `0x` are hexadecimal, the others base64.
pub(crate) fn bytes(text: &str) -> Result<Vec<u8>, Unrenderable> {
    match text.strip_prefix("0x") {
        Some(digits) => hex::decode(digits).map_err(|_digits| Unrenderable::Malformed),
        None => BASE64_STANDARD.decode(text).map_err(|_text| Unrenderable::Malformed),
    }
}
