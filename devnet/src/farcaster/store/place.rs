//! Where a message belongs: its store, its slot, and what it points at.

use super::message_set::Rule;
use crate::farcaster::signed::Signed;
use crate::farcaster::wire::cast_add_body::Parent;
use crate::farcaster::wire::message_data::Body;
use crate::farcaster::wire::{
    CastId, LinkBody, MessageType, ReactionBody, StoreType, link_body, reaction_body,
};

/// Where a message goes within its author's account.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) store: StoreType,
    pub(crate) slot: Vec<u8>,
    pub(crate) is_add: bool,
    pub(crate) rule: Rule,
}

/// The indexes of a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pointer {
    Parent,
    Mention,
    ReactionTarget,
    LinkTarget,
}

impl Place {
    /// The place of a message, or `None` if it has none in an account's sets.
    pub(crate) fn of(signed: &Signed) -> Option<Self> {
        let (store, slot, rule) = match signed.data.body.as_ref()? {
            Body::CastAddBody(_) => (StoreType::Casts, signed.hash.clone(), Rule::RemoveWins),
            Body::CastRemoveBody(body) => {
                (StoreType::Casts, body.target_hash.clone(), Rule::RemoveWins)
            }
            Body::ReactionBody(body) => (
                StoreType::Reactions,
                reaction_slot(body.r#type, &reaction_target(body)),
                Rule::LastWrites,
            ),
            Body::LinkBody(body) => {
                (StoreType::Links, link_slot(&body.r#type, link_target(body)), Rule::LastWrites)
            }
            Body::VerificationAddAddressBody(body) => {
                (StoreType::Verifications, body.address.clone(), Rule::LastWrites)
            }
            Body::VerificationRemoveBody(body) => {
                (StoreType::Verifications, body.address.clone(), Rule::LastWrites)
            }
            Body::UserDataBody(body) => {
                (StoreType::UserData, user_data_slot(body.r#type), Rule::LastWrites)
            }
            Body::UsernameProofBody(body) => {
                (StoreType::UsernameProofs, body.name.clone(), Rule::LastWrites)
            }
            Body::LinkCompactStateBody(_)
            | Body::FrameActionBody(_)
            | Body::LendStorageBody(_)
            | Body::KeyAddBody(_)
            | Body::KeyRemoveBody(_) => return None,
        };
        let is_add = !matches!(
            signed.kind(),
            MessageType::CastRemove
                | MessageType::ReactionRemove
                | MessageType::LinkRemove
                | MessageType::VerificationRemove
        );
        Some(Self { store, slot, is_add, rule })
    }
}

/// What an addition points at: the index and the prefix of its key there.
pub(crate) fn pointers(signed: &Signed) -> Vec<(Pointer, Vec<u8>)> {
    match (&signed.data.body, signed.kind()) {
        (Some(Body::CastAddBody(body)), _) => {
            let mentions = body.mentions.iter().map(|fid| (Pointer::Mention, fid_key(*fid)));
            let parent = body.parent.as_ref().map(|parent| match parent {
                Parent::ParentCastId(id) => (Pointer::Parent, cast_key(id)),
                Parent::ParentUrl(url) => (Pointer::Parent, url.clone().into_bytes()),
            });
            mentions.chain(parent).collect()
        }
        (Some(Body::ReactionBody(body)), MessageType::ReactionAdd) => {
            vec![(Pointer::ReactionTarget, reaction_target(body))]
        }
        (Some(Body::LinkBody(body)), MessageType::LinkAdd) => {
            vec![(Pointer::LinkTarget, fid_key(link_target(body)))]
        }
        (Some(_) | None, _) => Vec::new(),
    }
}

pub(crate) fn cast_key(id: &CastId) -> Vec<u8> {
    let mut key = fid_key(id.fid);
    key.extend_from_slice(&id.hash);
    key
}

pub(crate) fn fid_key(fid: u64) -> Vec<u8> {
    fid.to_be_bytes().to_vec()
}

pub(crate) fn reaction_slot(kind: i32, target: &[u8]) -> Vec<u8> {
    let mut slot = kind.to_be_bytes().to_vec();
    slot.extend_from_slice(target);
    slot
}

pub(crate) fn link_slot(kind: &str, target: u64) -> Vec<u8> {
    let mut slot = kind.as_bytes().to_vec();
    slot.push(0);
    slot.extend_from_slice(&fid_key(target));
    slot
}

pub(crate) fn user_data_slot(kind: i32) -> Vec<u8> {
    kind.to_be_bytes().to_vec()
}

fn reaction_target(body: &ReactionBody) -> Vec<u8> {
    match &body.target {
        Some(reaction_body::Target::TargetCastId(id)) => cast_key(id),
        Some(reaction_body::Target::TargetUrl(url)) => url.clone().into_bytes(),
        None => Vec::new(),
    }
}

pub(crate) const fn link_target(body: &LinkBody) -> u64 {
    match body.target {
        Some(link_body::Target::TargetFid(fid)) => fid,
        None => 0,
    }
}
