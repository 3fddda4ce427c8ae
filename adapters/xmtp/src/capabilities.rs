//! What groups on XMTP can express, as data.

use std::time::Duration;

use threadbridge_core::{
    media::{Hosts, SEALED, strippable},
    model::{
        capabilities::{
            Backfill, Capabilities, Carry, Features, Limit, Limits, MediaRule, Order, Permanence,
            Rate, Reactions, Support, Unit,
        },
        level::Level,
    },
};

/// A reply says its text twice, the second time in the words that stand for it where replies cannot
/// be shown: twice this and all that surrounds it is less than the network takes.
const TEXT_BYTES: usize = 500_000;

/// What the public network takes from one client.
pub(crate) const SEND_RATES: [Rate; 1] = [Rate { messages: 3_000, per: Duration::from_secs(300) }];

/// The media types that travel as files: those whose pictures can be stripped, and what is sealed.
const PICTURES: [&str; 6] =
    ["image/jpeg", "image/png", "image/webp", "image/gif", "image/apng", SEALED];

/// What a conversation can express: DMs and groups alike. Pictures of at most `picture_bytes` are
/// brought from `media_hosts`.
pub(crate) fn conversation(media_hosts: Hosts, picture_bytes: u64) -> Capabilities {
    Capabilities {
        version: 2,
        level: Level::Healing,
        // The server keeps ciphertext for a month; what members' clients keep is theirs.
        permanence: Permanence::UntilDeleted,
        features: Features {
            text: Support::Full,
            reply: Support::Full,
            thread: Support::Dropped,
            mention: Support::Fallback,
            reaction: Support::Full,
            other_reaction: Support::Full,
            edit: Support::Fallback,
            delete: Support::Full,
            // It says that everything was read, and not as far as what.
            receipt: Support::Partial,
            link: Support::Fallback,
            quote: Support::Fallback,
            system: Support::Fallback,
            // A group's setting, not a message's.
            expiry: Support::Dropped,
        },
        reactions: Reactions::Any,
        media: media(picture_bytes),
        // A file has no words beside it there, and who said it is said in words.
        media_stands_alone: true,
        media_hosts,
        limits: Limits {
            text: Limit { max: TEXT_BYTES, unit: Unit::Bytes },
            embeds: 1,
            url_bytes: 2_048,
            mentions: 0,
            payload: None,
        },
        rates: Vec::new(),
        ids_known_before_sending: true,
        ids_known_within: Duration::ZERO,
        order: Order::PerConversation,
        // Whoever joins a group cannot read what was said before.
        backfill: Backfill::Nothing,
    }
}

fn media(max_bytes: u64) -> Vec<MediaRule> {
    let rule = |media_type: Option<&str>, carry| MediaRule {
        kind: None,
        media_type: media_type.map(str::to_owned),
        carry,
        max_bytes: None,
    };
    let pictures = PICTURES.into_iter().filter(|it| strippable(it));
    let mut rules: Vec<_> =
        pictures.map(|it| rule(Some(it), Carry::Upload { max_bytes })).collect();
    rules.push(rule(None, Carry::Link));
    rules
}
