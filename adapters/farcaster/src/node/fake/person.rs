//! Somebody with a fid and a key, who casts.

use crate::{
    name::Name,
    node::query::SignerRecord,
    wire::{
        SignedMessage, limits,
        proto::{
            CastAddBody, CastRemoveBody, FarcasterNetwork, MessageData, MessageType, ReactionBody,
            ReactionType, UserDataBody, UserDataType, cast_add_body::Parent, message_data::Body,
            reaction_body::Target,
        },
        sign::SignerKey,
    },
};

/// Somebody.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) fid: u64,
    pub(crate) key: SignerKey,
}

/// The time of everything that is said in tests, in Farcaster seconds.
pub(crate) const NOW: u32 = 180_000_000;

impl Person {
    pub(crate) fn new(fid: u8) -> Self {
        Self { fid: u64::from(fid), key: SignerKey::from_seed(&[fid; 32]) }
    }

    pub(crate) fn record(&self) -> SignerRecord {
        SignerRecord {
            key: self.key.public(),
            expires_at_s: None,
            scopes: Vec::new(),
            removed_at_s: None,
            request_fid: None,
        }
    }

    pub(crate) fn signs(&self, r#type: MessageType, body: Body) -> SignedMessage {
        let data = MessageData {
            r#type: r#type.into(),
            fid: self.fid,
            timestamp: NOW,
            network: FarcasterNetwork::Devnet.into(),
            body: Some(body),
        };
        self.key.sign(&data).1
    }

    pub(crate) fn casts(&self, cast: CastAddBody) -> SignedMessage {
        let r#type = limits::cast_type(cast.text.len()).unwrap().into();
        self.signs(MessageType::CastAdd, Body::CastAddBody(CastAddBody { r#type, ..cast }))
    }

    pub(crate) fn says(&self, text: &str, parent: Option<Parent>) -> SignedMessage {
        self.casts(CastAddBody { text: text.to_owned(), parent, ..CastAddBody::default() })
    }

    pub(crate) fn says_under(&self, text: &str, url: &str) -> SignedMessage {
        self.says(text, Some(Parent::ParentUrl(url.to_owned())))
    }

    pub(crate) fn answers(&self, text: &str, parent: &SignedMessage) -> SignedMessage {
        self.says(text, Some(Parent::ParentCastId(name(parent).cast_id())))
    }

    pub(crate) fn likes(&self, cast: &SignedMessage) -> SignedMessage {
        let target = Some(Target::TargetCastId(name(cast).cast_id()));
        let body = ReactionBody { r#type: ReactionType::Like.into(), target };
        self.signs(MessageType::ReactionAdd, Body::ReactionBody(body))
    }

    pub(crate) fn removes(&self, cast: &SignedMessage) -> SignedMessage {
        let target_hash = name(cast).hash.as_bytes().to_vec();
        self.signs(MessageType::CastRemove, Body::CastRemoveBody(CastRemoveBody { target_hash }))
    }

    pub(crate) fn is_called(&self, kind: UserDataType, value: &str) -> SignedMessage {
        let body = UserDataBody { r#type: kind.into(), value: value.to_owned() };
        self.signs(MessageType::UserDataAdd, Body::UserDataBody(body))
    }
}

pub(crate) fn name(message: &SignedMessage) -> Name {
    message.claimed_name().unwrap()
}
