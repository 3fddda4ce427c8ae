//! The rules that a message's body keeps by itself, whatever is stored.

mod cast;
mod claim;
mod key;
mod name;
mod profile;

use super::refusal::Refusal;
use super::signed::Signed;
use super::wire::message_data::Body;
use super::wire::{
    CastId, FrameActionBody, LinkBody, LinkCompactStateBody, MessageType, ReactionBody,
    ReactionType, link_body, reaction_body,
};

pub(crate) use key::{REMOVE_BY_CUSTODY, custody_of_addition, custody_of_removal, request};
pub(crate) use name::check_transfer;

/// Checks the body of a message against the limits of the network.
pub(crate) fn body(signed: &Signed, is_pro: bool) -> Result<(), Refusal> {
    let data = &signed.data;
    let body = data.body.as_ref().ok_or_else(|| Refusal::invalid("invalid message type"))?;
    if !belongs(body, data.r#type()) {
        return Err(Refusal::invalid("invalid message type"));
    }
    match body {
        Body::CastAddBody(body) => cast::check(body, data.timestamp, is_pro),
        Body::CastRemoveBody(body) => hash(&body.target_hash),
        Body::ReactionBody(body) => reaction(body),
        Body::LinkBody(body) => link(body),
        Body::LinkCompactStateBody(body) => compact_state(body),
        Body::UserDataBody(body) => profile::check(body, is_pro),
        Body::VerificationAddAddressBody(body) => claim::check(body, data.fid, data.network),
        Body::VerificationRemoveBody(body) => claim::check_removal(body),
        Body::UsernameProofBody(body) => name::check(body),
        Body::FrameActionBody(body) => frame_action(body),
        Body::KeyAddBody(body) => key::check_addition(body),
        Body::KeyRemoveBody(body) => key::check_removal(body),
        // Storage cannot be lent on this hub.
        Body::LendStorageBody(_) => Err(Refusal::invalid("invalid message type")),
    }
}

fn belongs(body: &Body, kind: MessageType) -> bool {
    use MessageType as T;
    let kinds: &[T] = match body {
        Body::CastAddBody(_) => &[T::CastAdd],
        Body::CastRemoveBody(_) => &[T::CastRemove],
        Body::ReactionBody(_) => &[T::ReactionAdd, T::ReactionRemove],
        Body::LinkBody(_) => &[T::LinkAdd, T::LinkRemove],
        Body::LinkCompactStateBody(_) => &[T::LinkCompactState],
        Body::UserDataBody(_) => &[T::UserDataAdd],
        Body::VerificationAddAddressBody(_) => &[T::VerificationAddEthAddress],
        Body::VerificationRemoveBody(_) => &[T::VerificationRemove],
        Body::UsernameProofBody(_) => &[T::UsernameProof],
        Body::FrameActionBody(_) => &[T::FrameAction],
        Body::LendStorageBody(_) => &[T::LendStorage],
        Body::KeyAddBody(_) => &[T::KeyAdd],
        Body::KeyRemoveBody(_) => &[T::KeyRemove],
    };
    kinds.contains(&kind)
}

fn fid(fid: u64) -> Result<(), Refusal> {
    if fid == 0 { Err(Refusal::invalid("fid is missing")) } else { Ok(()) }
}

fn hash(hash: &[u8]) -> Result<(), Refusal> {
    if hash.len() == 20 { Ok(()) } else { Err(Refusal::invalid("hash is missing")) }
}

fn cast_id(id: &CastId) -> Result<(), Refusal> {
    fid(id.fid)?;
    hash(&id.hash)
}

fn url(url: &str) -> Result<(), Refusal> {
    match url.len() {
        0 => Err(Refusal::invalid("url < 1 byte")),
        1..=256 => Ok(()),
        _ => Err(Refusal::invalid("url > 256 bytes")),
    }
}

fn reaction(body: &ReactionBody) -> Result<(), Refusal> {
    let kind = ReactionType::try_from(body.r#type).unwrap_or(ReactionType::None);
    if kind == ReactionType::None {
        return Err(Refusal::invalid("invalid reaction type"));
    }
    match &body.target {
        Some(reaction_body::Target::TargetCastId(id)) => cast_id(id),
        Some(reaction_body::Target::TargetUrl(target)) => url(target),
        None => Err(Refusal::invalid("target is missing")),
    }
}

fn link_type(kind: &str) -> Result<(), Refusal> {
    if (1..=8).contains(&kind.len()) {
        Ok(())
    } else {
        Err(Refusal::invalid("type must be between 1-8 characters"))
    }
}

fn link(body: &LinkBody) -> Result<(), Refusal> {
    link_type(&body.r#type)?;
    match body.target {
        Some(link_body::Target::TargetFid(target)) => fid(target),
        None => Err(Refusal::invalid("target is missing")),
    }
}

fn compact_state(body: &LinkCompactStateBody) -> Result<(), Refusal> {
    link_type(&body.r#type)?;
    if body.target_fids.is_empty() {
        return Err(Refusal::invalid("target is missing"));
    }
    body.target_fids.iter().try_for_each(|target| fid(*target))
}

fn frame_action(body: &FrameActionBody) -> Result<(), Refusal> {
    if body.button_index > 5 {
        return Err(Refusal::invalid("Invalid button index"));
    }
    if body.url.is_empty() {
        return Err(Refusal::invalid("value is missing"));
    }
    let lengths = [
        (body.url.len(), 1024),
        (body.input_text.len(), 256),
        (body.state.len(), 4096),
        (body.transaction_id.len(), 256),
        (body.address.len(), 64),
    ];
    if lengths.iter().any(|(len, max)| len > max) {
        return Err(Refusal::invalid("value is too long"));
    }
    body.cast_id.as_ref().map_or(Ok(()), cast_id)
}
