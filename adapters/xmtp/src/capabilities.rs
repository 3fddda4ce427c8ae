//! What groups on XMTP can express, as data.

use std::time::Duration;

use threadbridge_core::{
    media::Hosts,
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

/// What a conversation can express: DMs and groups alike.
pub(crate) fn conversation() -> Capabilities {
    Capabilities {
        version: 1,
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
        // A file has no words beside it there, and who said it is said in words.
        media: vec![MediaRule {
            kind: None,
            media_type: None,
            carry: Carry::Link,
            max_bytes: None,
        }],
        media_hosts: Hosts::default(),
        limits: Limits {
            text: Limit { max: TEXT_BYTES, unit: Unit::Bytes },
            embeds: 0,
            url_bytes: 2_048,
            mentions: 0,
            payload: None,
        },
        rates: Vec::new(),
        ids_known_before_sending: true,
        order: Order::PerConversation,
        // Whoever joins a group cannot read what was said before.
        backfill: Backfill::Nothing,
    }
}
