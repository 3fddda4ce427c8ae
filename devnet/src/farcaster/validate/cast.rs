//! What a cast may hold. All lengths are UTF-8 bytes.

use crate::farcaster::refusal::Refusal;
use crate::farcaster::wire::cast_add_body::Parent;
use crate::farcaster::wire::{CastAddBody, CastType, Embed, embed};

const MAX_CAST: usize = 320;
const MAX_LONG_CAST: usize = 1024;
const MAX_TEN_K_CAST: usize = 10_000;
const MAX_EMBEDS: usize = 4;
const MAX_MENTIONS: usize = 10;
/// Embeds were strings before this time, in the network's seconds.
const STRING_EMBEDS_UNTIL: u32 = 73_612_800;

pub(super) fn check(body: &CastAddBody, timestamp: u32, is_pro: bool) -> Result<(), Refusal> {
    check_length(body, is_pro)?;
    check_embeds(body, timestamp)?;
    if body.mentions.len() > MAX_MENTIONS {
        return Err(Refusal::invalid("mentions > 10"));
    }
    if body.mentions.len() != body.mentions_positions.len() {
        return Err(Refusal::invalid("mentions and mentionsPositions must match"));
    }
    if body.text.is_empty()
        && body.embeds.is_empty()
        && body.embeds_deprecated.is_empty()
        && body.mentions.is_empty()
    {
        return Err(Refusal::invalid("cast is empty"));
    }
    body.embeds.iter().try_for_each(check_embed)?;
    body.embeds_deprecated.iter().try_for_each(|url| super::url(url))?;
    check_mentions(body)?;
    match &body.parent {
        Some(Parent::ParentCastId(id)) => super::cast_id(id),
        Some(Parent::ParentUrl(url)) => super::url(url),
        None => Ok(()),
    }
}

fn check_length(body: &CastAddBody, is_pro: bool) -> Result<(), Refusal> {
    let len = body.text.len();
    let reason = match CastType::try_from(body.r#type) {
        Ok(CastType::Cast) if len > MAX_CAST => "text > 320 bytes",
        Ok(CastType::LongCast) if len > MAX_LONG_CAST => "text > 1024 bytes for long cast",
        Ok(CastType::LongCast) if len <= MAX_CAST => "text too short for long cast",
        Ok(CastType::TenKCast) if !is_pro => "Pro subscription required",
        // The real node says the opposite of what it means in the next two.
        Ok(CastType::TenKCast) if len > MAX_TEN_K_CAST => "text too short for 10k cast",
        Ok(CastType::TenKCast) if len <= MAX_LONG_CAST => "text > 10,000 bytes for 10k cast",
        Ok(CastType::Cast | CastType::LongCast | CastType::TenKCast) => return Ok(()),
        Err(_) => "invalid cast type",
    };
    Err(Refusal::invalid(reason))
}

fn check_embeds(body: &CastAddBody, timestamp: u32) -> Result<(), Refusal> {
    if body.embeds.len() > MAX_EMBEDS {
        return Err(Refusal::invalid("embeds > 4"));
    }
    let may_be_strings = timestamp < STRING_EMBEDS_UNTIL;
    if may_be_strings && body.embeds_deprecated.len() > 2 {
        return Err(Refusal::invalid("string embeds > 2"));
    }
    if !may_be_strings && !body.embeds_deprecated.is_empty() {
        return Err(Refusal::invalid("string embeds have been deprecated"));
    }
    if !body.embeds.is_empty() && !body.embeds_deprecated.is_empty() {
        return Err(Refusal::invalid("cannot use both embeds and string embeds"));
    }
    Ok(())
}

fn check_embed(embed: &Embed) -> Result<(), Refusal> {
    match &embed.embed {
        Some(embed::Embed::Url(url)) => super::url(url),
        Some(embed::Embed::CastId(id)) => super::cast_id(id),
        None => Err(Refusal::invalid("embed is missing")),
    }
}

/// Equal positions pass, and so do positions inside a character.
fn check_mentions(body: &CastAddBody) -> Result<(), Refusal> {
    let mut previous = 0;
    for (fid, position) in body.mentions.iter().zip(&body.mentions_positions) {
        super::fid(*fid)?;
        if *position as usize > body.text.len() {
            return Err(Refusal::invalid("mentionsPositions must be a position in text"));
        }
        if *position < previous {
            return Err(Refusal::invalid("mentionsPositions must be sorted in ascending order"));
        }
        previous = *position;
    }
    Ok(())
}
