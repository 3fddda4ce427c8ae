//! What can be said on a loopback network. Each network has capabilities of its own making, so
//! that every step down of the bridge can be tried.

use std::collections::BTreeMap;
use std::time::Duration;

use threadbridge_core::media::Hosts;
use threadbridge_core::model::capabilities::{
    Backfill, Capabilities, Carry, Features, Limit, Limits, MediaRule, Order, Permanence,
    Reactions, Support, Unit,
};
use threadbridge_core::model::level::Level;

use crate::network::{Naming, Rules, Secrecy};
use crate::wire::MAX_BESIDE;

/// All that a loopback network has.
#[must_use]
pub fn everything() -> Capabilities {
    Capabilities {
        version: 1,
        level: Level::Operator,
        permanence: Permanence::UntilDeleted,
        features: Features {
            text: Support::Full,
            reply: Support::Full,
            thread: Support::Dropped,
            mention: Support::Full,
            reaction: Support::Full,
            other_reaction: Support::Full,
            edit: Support::Full,
            delete: Support::Full,
            receipt: Support::Full,
            link: Support::Full,
            quote: Support::Full,
            system: Support::Fallback,
            expiry: Support::Full,
        },
        reactions: Reactions::Any,
        media: vec![MediaRule {
            kind: None,
            media_type: None,
            carry: Carry::PublicUrl,
            max_bytes: None,
        }],
        media_stands_alone: false,
        media_hosts: Hosts::default(),
        limits: Limits {
            text: Limit { max: 16_000, unit: Unit::Bytes },
            embeds: MAX_BESIDE,
            url_bytes: 512,
            mentions: MAX_BESIDE,
            payload: None,
        },
        rates: Vec::new(),
        ids_known_before_sending: true,
        ids_known_within: Duration::ZERO,
        order: Order::PerConversation,
        backfill: Backfill::Everything,
    }
}

/// Short texts and nothing else: all the rest must become words.
#[must_use]
pub fn bare(limit: Limit) -> Capabilities {
    Capabilities {
        features: Features { delete: Support::Fallback, ..Features::default() },
        reactions: Reactions::Only(BTreeMap::new()),
        media: Capabilities::default().media,
        limits: Limits { text: limit, ..Limits::default() },
        ..everything()
    }
}

/// What an account on a network of these rules states.
pub(crate) fn stated(rules: &Rules) -> Capabilities {
    let mut stated = rules.capabilities.clone();
    stated.ids_known_before_sending = rules.naming == Naming::Digest;
    if matches!(rules.secrecy, Secrecy::Encrypted { .. }) {
        stated.level = Level::EndToEnd;
    }
    stated
}
