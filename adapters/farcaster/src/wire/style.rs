//! The ways in which known encoders write `MessageData`. The encoding is not canonical: prost
//! leaves empty packed fields out, ts-proto (every JavaScript client) writes them. A JSON rendering
//! does not say which it was, so both are tried against the hash.

use prost::Message as _;

use super::{
    hash::MessageHash,
    proto::{CastAddBody, CastId, Embed, MessageData, cast_add_body, message_data::Body},
};

/// Encodes in each known style and keeps the one that has the given hash.
pub(crate) fn encode_to_match(data: &MessageData, hash: MessageHash) -> Option<Vec<u8>> {
    [encode_omitting(data), encode_writing_empty(data)]
        .into_iter()
        .find(|encoded| MessageHash::of(encoded) == hash)
}

/// As prost, Go and C++ write it: empty repeated fields do not appear.
pub(crate) fn encode_omitting(data: &MessageData) -> Vec<u8> {
    data.encode_to_vec()
}

/// As ts-proto writes it: the packed lists of a cast appear even when they are empty.
pub(crate) fn encode_writing_empty(data: &MessageData) -> Vec<u8> {
    let Some(Body::CastAddBody(cast)) = &data.body else {
        return data.encode_to_vec();
    };
    TsMessageData {
        r#type: data.r#type,
        fid: data.fid,
        timestamp: data.timestamp,
        network: data.network,
        cast_add_body: Some(TsCastAddBody::new(cast)),
    }
    .encode_to_vec()
}

#[derive(Clone, PartialEq, prost::Message)]
struct TsMessageData {
    #[prost(int32, tag = "1")]
    r#type: i32,
    #[prost(uint64, tag = "2")]
    fid: u64,
    #[prost(uint32, tag = "3")]
    timestamp: u32,
    #[prost(int32, tag = "4")]
    network: i32,
    #[prost(message, optional, tag = "5")]
    cast_add_body: Option<TsCastAddBody>,
}

// A packed list has the wire form of a byte string, and an optional byte string is written even
// when it is empty. The parent's two forms stand between fields 2 and 4, where ts-proto has them.
#[derive(Clone, PartialEq, prost::Message)]
struct TsCastAddBody {
    #[prost(string, repeated, tag = "1")]
    embeds_deprecated: Vec<String>,
    #[prost(bytes = "vec", optional, tag = "2")]
    mentions: Option<Vec<u8>>,
    #[prost(oneof = "TsParent", tags = "3, 7")]
    parent: Option<TsParent>,
    #[prost(string, tag = "4")]
    text: String,
    #[prost(bytes = "vec", optional, tag = "5")]
    mentions_positions: Option<Vec<u8>>,
    #[prost(message, repeated, tag = "6")]
    embeds: Vec<Embed>,
    #[prost(int32, tag = "8")]
    r#type: i32,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum TsParent {
    #[prost(message, tag = "3")]
    CastId(CastId),
    #[prost(string, tag = "7")]
    Url(String),
}

impl TsCastAddBody {
    fn new(cast: &CastAddBody) -> Self {
        Self {
            embeds_deprecated: cast.embeds_deprecated.clone(),
            mentions: Some(packed(cast.mentions.iter().copied())),
            parent: cast.parent.clone().map(|parent| match parent {
                cast_add_body::Parent::ParentCastId(id) => TsParent::CastId(id),
                cast_add_body::Parent::ParentUrl(url) => TsParent::Url(url),
            }),
            text: cast.text.clone(),
            mentions_positions: Some(packed(
                cast.mentions_positions.iter().copied().map(u64::from),
            )),
            embeds: cast.embeds.clone(),
            r#type: cast.r#type,
        }
    }
}

fn packed(values: impl Iterator<Item = u64>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for value in values {
        prost::encoding::encode_varint(value, &mut bytes);
    }
    bytes
}
