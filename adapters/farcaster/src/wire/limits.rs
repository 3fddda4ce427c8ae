//! What a node refuses, as numbers, and the same checks before anything is sent or believed.

use thiserror::Error;

use super::{
    hash::HASH_BYTES,
    proto::{
        CastAddBody, CastId, CastType, MessageData, MessageType, ReactionBody, ReactionType,
        UserDataBody, UserDataType, cast_add_body, embed, message_data::Body, reaction_body,
    },
    time::FarcasterTime,
};

/// Longest text of a `CAST`, in UTF-8 bytes.
pub(crate) const CAST_TEXT_BYTES: usize = 320;
/// Longest text of a `LONG_CAST`, in UTF-8 bytes.
pub(crate) const LONG_CAST_TEXT_BYTES: usize = 1024;
/// Longest text of a `TEN_K_CAST`, in UTF-8 bytes; for Pro fids.
pub(crate) const TEN_K_CAST_TEXT_BYTES: usize = 10_000;
/// Most embeds in a cast, since engine V20.
pub(crate) const EMBEDS: usize = 4;
/// Most mentions in a cast.
pub(crate) const MENTIONS: usize = 10;
/// Longest URL in an embed, a parent or a reaction target, in bytes.
pub(crate) const URL_BYTES: usize = 256;
/// Largest serialized `MessageData` of an ordinary fid.
pub(crate) const DATA_BYTES: usize = 2048;
/// The same for a cast of a Pro fid.
pub(crate) const PRO_CAST_DATA_BYTES: usize = 16_384;
/// The largest of all kinds: a compacted list of links.
pub(crate) const LARGEST_DATA_BYTES: usize = 65_536;
/// How far ahead of the block's time a timestamp may lie.
pub(crate) const AHEAD_S: u32 = 600;
/// `embeds_deprecated` was allowed until then.
const OLD_EMBEDS_UNTIL: u32 = 73_612_800;

/// What the fid has paid for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    /// Up to 1024 bytes of text.
    Standard,
    /// Up to 10,000 bytes of text.
    Pro,
}

impl Tier {
    /// The longest text that may be cast, in UTF-8 bytes.
    pub(crate) fn text_bytes(self) -> usize {
        match self {
            Self::Standard => LONG_CAST_TEXT_BYTES,
            Self::Pro => TEN_K_CAST_TEXT_BYTES,
        }
    }

    fn cast_data_bytes(self) -> usize {
        match self {
            Self::Standard => DATA_BYTES,
            Self::Pro => PRO_CAST_DATA_BYTES,
        }
    }
}

/// Which rule of the network a message breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Violation {
    /// The serialized data, all fields together.
    #[error("message data is larger than the network takes")]
    DataSize,
    /// The text is longer than the tier allows.
    #[error("text is longer than the network takes")]
    TextSize,
    /// The cast type must follow from the length of the text.
    #[error("cast type does not match the length of the text")]
    CastType,
    /// Neither text nor embeds nor mentions.
    #[error("cast is empty")]
    Empty,
    /// More than four.
    #[error("more than 4 embeds")]
    Embeds,
    /// No URL and no cast, or a URL of 0 or more than 256 bytes.
    #[error("embed is not a url of 1 to 256 bytes or a cast")]
    Embed,
    /// Only casts from before April 2023 have them.
    #[error("deprecated embeds in a recent cast")]
    OldEmbeds,
    /// More than ten.
    #[error("more than 10 mentions")]
    Mentions,
    /// Not one position per mention, decreasing, or beyond the text.
    #[error("mention positions do not fit mentions and text")]
    MentionPositions,
    /// A fid of 0 or a hash that is not 20 bytes.
    #[error("cast id needs a fid and a hash of 20 bytes")]
    CastId,
    /// A URL of 0 or more than 256 bytes.
    #[error("url is not 1 to 256 bytes")]
    Url,
    /// Neither like nor recast, or no target.
    #[error("reaction is not a like or recast of something")]
    Reaction,
    /// A profile field beyond its limit.
    #[error("profile field is longer than the network takes")]
    UserData,
    /// The fid is 0.
    #[error("author has no fid")]
    Fid,
    /// The declared type and the body differ.
    #[error("message type does not match its body")]
    BodyType,
    /// More than ten minutes ahead.
    #[error("timestamp is more than 10 minutes in the future")]
    Future,
}

/// The cast type that a text of that many bytes must have; `None` beyond all of them.
pub(crate) fn cast_type(text_bytes: usize) -> Option<CastType> {
    if text_bytes <= CAST_TEXT_BYTES {
        Some(CastType::Cast)
    } else if text_bytes <= LONG_CAST_TEXT_BYTES {
        Some(CastType::LongCast)
    } else if text_bytes <= TEN_K_CAST_TEXT_BYTES {
        Some(CastType::TenKCast)
    } else {
        None
    }
}

/// Checks what can be checked without asking the network. `data_bytes` is the serialized size.
pub(crate) fn check(data: &MessageData, data_bytes: usize, tier: Tier) -> Result<(), Violation> {
    if data.fid == 0 {
        return Err(Violation::Fid);
    }
    let cap = match &data.body {
        Some(Body::CastAddBody(_)) => tier.cast_data_bytes(),
        Some(Body::LinkCompactStateBody(_)) => LARGEST_DATA_BYTES,
        Some(Body::UsernameProofBody(_)) => PRO_CAST_DATA_BYTES,
        _ => DATA_BYTES,
    };
    if data_bytes > cap {
        return Err(Violation::DataSize);
    }
    check_body(data, tier)
}

/// Refuses timestamps that no node would have accepted yet. Old ones are fine: back-dating is
/// allowed.
pub(crate) fn check_time(timestamp: u32, at: FarcasterTime) -> Result<(), Violation> {
    if timestamp > at.seconds().saturating_add(AHEAD_S) {
        return Err(Violation::Future);
    }
    Ok(())
}

fn check_body(data: &MessageData, tier: Tier) -> Result<(), Violation> {
    let kind = data.r#type();
    match &data.body {
        Some(Body::CastAddBody(cast)) if kind == MessageType::CastAdd => {
            check_cast(cast, data.timestamp, tier)
        }
        Some(Body::CastRemoveBody(remove)) if kind == MessageType::CastRemove => {
            if remove.target_hash.len() == HASH_BYTES { Ok(()) } else { Err(Violation::CastId) }
        }
        Some(Body::ReactionBody(reaction))
            if matches!(kind, MessageType::ReactionAdd | MessageType::ReactionRemove) =>
        {
            check_reaction(reaction)
        }
        Some(Body::UserDataBody(field)) if kind == MessageType::UserDataAdd => {
            check_user_data(field)
        }
        Some(
            Body::CastAddBody(_)
            | Body::CastRemoveBody(_)
            | Body::ReactionBody(_)
            | Body::UserDataBody(_),
        )
        | None => Err(Violation::BodyType),
        Some(_) => Ok(()),
    }
}

fn check_cast(cast: &CastAddBody, timestamp: u32, tier: Tier) -> Result<(), Violation> {
    if cast.text.len() > tier.text_bytes() {
        return Err(Violation::TextSize);
    }
    if cast_type(cast.text.len()) != CastType::try_from(cast.r#type).ok() {
        return Err(Violation::CastType);
    }
    if !cast.embeds_deprecated.is_empty() && timestamp >= OLD_EMBEDS_UNTIL {
        return Err(Violation::OldEmbeds);
    }
    let embeds = cast.embeds.len() + cast.embeds_deprecated.len();
    if cast.text.is_empty() && embeds == 0 && cast.mentions.is_empty() {
        return Err(Violation::Empty);
    }
    if embeds > EMBEDS {
        return Err(Violation::Embeds);
    }
    check_mentions(cast)?;
    for embed in &cast.embeds {
        match &embed.embed {
            Some(embed::Embed::Url(url)) => check_url(url).map_err(|_url| Violation::Embed)?,
            Some(embed::Embed::CastId(id)) => check_cast_id(id)?,
            None => return Err(Violation::Embed),
        }
    }
    match &cast.parent {
        Some(cast_add_body::Parent::ParentCastId(id)) => check_cast_id(id),
        Some(cast_add_body::Parent::ParentUrl(url)) => check_url(url),
        None => Ok(()),
    }
}

fn check_mentions(cast: &CastAddBody) -> Result<(), Violation> {
    if cast.mentions.len() > MENTIONS {
        return Err(Violation::Mentions);
    }
    // Repeated positions and positions inside a character pass, as they do on nodes.
    let fits = cast.mentions.len() == cast.mentions_positions.len()
        && cast.mentions_positions.is_sorted()
        && cast
            .mentions_positions
            .last()
            .is_none_or(|last| usize::try_from(*last).is_ok_and(|last| last <= cast.text.len()));
    if fits { Ok(()) } else { Err(Violation::MentionPositions) }
}

fn check_reaction(reaction: &ReactionBody) -> Result<(), Violation> {
    match ReactionType::try_from(reaction.r#type) {
        Ok(ReactionType::Like | ReactionType::Recast) => {}
        Ok(ReactionType::None) | Err(_) => return Err(Violation::Reaction),
    }
    match &reaction.target {
        Some(reaction_body::Target::TargetCastId(id)) => check_cast_id(id),
        Some(reaction_body::Target::TargetUrl(url)) => check_url(url),
        None => Err(Violation::Reaction),
    }
}

fn check_user_data(field: &UserDataBody) -> Result<(), Violation> {
    let cap = match UserDataType::try_from(field.r#type) {
        Ok(UserDataType::Display) => 32,
        Ok(_) | Err(_) => URL_BYTES,
    };
    if field.value.len() > cap { Err(Violation::UserData) } else { Ok(()) }
}

fn check_cast_id(id: &CastId) -> Result<(), Violation> {
    if id.fid > 0 && id.hash.len() == HASH_BYTES { Ok(()) } else { Err(Violation::CastId) }
}

fn check_url(url: &str) -> Result<(), Violation> {
    if (1..=URL_BYTES).contains(&url.len()) { Ok(()) } else { Err(Violation::Url) }
}
