//! What casts and direct casts can express, as data.

use std::{collections::BTreeMap, time::Duration};

use threadbridge_core::{
    media::Hosts,
    model::{
        capabilities::{
            Backfill, Capabilities, Carry, Features, Limit, Limits, MediaRule, Order, Payload,
            Permanence, Rate, Reactions, Support, Unit,
        },
        content::MediaKind,
        level::Level,
    },
};

use crate::{
    mark::MARK_BYTES,
    parse::{LIKE, RECAST},
    wire::limits::{self, Tier},
};

/// Longest direct cast, in characters.
pub(crate) const DIRECT_CHARACTERS: usize = 1024;

/// Everything but text, embeds and mentions: fid, time, type, the parent (a URL at most) and the
/// mark.
const FIXED_BYTES: usize = 48 + limits::URL_BYTES + MARK_BYTES + 6;

/// What each kind of conversation can express.
#[derive(Clone, Debug)]
pub(crate) struct Offers {
    pub(crate) casts: Capabilities,
    pub(crate) direct: Capabilities,
    pub(crate) nothing: Capabilities,
}

impl Offers {
    /// For a fid of that tier.
    pub(crate) fn new(version: u32, tier: Tier) -> Self {
        Self { casts: casts(version, tier), direct: direct(), nothing: nothing() }
    }
}

fn casts(version: u32, tier: Tier) -> Capabilities {
    let max_bytes = match tier {
        Tier::Standard => limits::DATA_BYTES,
        Tier::Pro => limits::PRO_CAST_DATA_BYTES,
    };
    Capabilities {
        version,
        level: Level::Public,
        permanence: Permanence::UntilEvicted,
        features: Features {
            text: Support::Full,
            reply: Support::Full,
            thread: Support::Dropped,
            mention: Support::Full,
            reaction: Support::Partial,
            other_reaction: Support::Fallback,
            edit: Support::Fallback,
            delete: Support::Full,
            receipt: Support::Dropped,
            link: Support::Full,
            quote: Support::Full,
            system: Support::Fallback,
            expiry: Support::Dropped,
        },
        reactions: Reactions::Only(reactions()),
        media: media(),
        media_stands_alone: false,
        media_hosts: Hosts::default(),
        limits: Limits {
            text: Limit { max: tier.text_bytes(), unit: Unit::Bytes },
            // One embed is kept for the mark.
            embeds: limits::EMBEDS - 1,
            url_bytes: limits::URL_BYTES,
            mentions: limits::MENTIONS,
            payload: Some(Payload {
                max_bytes,
                fixed_bytes: FIXED_BYTES,
                embed_bytes: 6,
                mention_bytes: 12,
            }),
        },
        rates: Vec::new(),
        ids_known_before_sending: true,
        ids_known_within: Duration::ZERO,
        order: Order::PerAuthor,
        backfill: Backfill::Nothing,
    }
}

/// A like stands for approval of any shade; a recast is a share.
fn reactions() -> BTreeMap<String, String> {
    let likes = ["❤️", "👍", "♥️", "🧡", "💛", "💚", "💙", "💜", "🩷"];
    let mut reactions: BTreeMap<_, _> =
        likes.map(|emoji| (emoji.to_owned(), LIKE.to_owned())).into();
    reactions.insert(RECAST.to_owned(), RECAST.to_owned());
    reactions
}

/// The network stores no media: what has an address that everybody can open is shown, the rest can
/// only be named.
fn media() -> Vec<MediaRule> {
    let rule = |kind, carry| MediaRule { kind, media_type: None, carry, max_bytes: None };
    vec![
        rule(Some(MediaKind::Image), Carry::PublicUrl),
        rule(Some(MediaKind::Gif), Carry::PublicUrl),
        rule(Some(MediaKind::Video), Carry::PublicUrl),
        rule(None, Carry::Link),
    ]
}

fn direct() -> Capabilities {
    Capabilities {
        version: 1,
        level: Level::Operator,
        permanence: Permanence::UntilDeleted,
        limits: Limits {
            text: Limit { max: DIRECT_CHARACTERS, unit: Unit::Characters },
            ..Limits::default()
        },
        // 5 a minute to one person, 5000 a day in all.
        rates: vec![
            Rate { messages: 5, per: Duration::from_secs(60) },
            Rate { messages: 5000, per: Duration::from_secs(24 * 3600) },
        ],
        ..Capabilities::default()
    }
}

/// For names of conversations that the network does not have.
fn nothing() -> Capabilities {
    let features = Features { text: Support::Rejected, ..Features::default() };
    Capabilities { features, ..Capabilities::default() }
}
