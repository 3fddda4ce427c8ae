//! What posts can express, as data.

use std::{collections::BTreeMap, time::Duration};

use threadbridge_core::{
    media::{Hosts, strippable},
    model::{
        capabilities::{
            Backfill, Capabilities, Carry, Features, Limit, Limits, MediaRule, Order, Permanence,
            Reactions, Support, Unit,
        },
        level::Level,
    },
};

use crate::{
    parse::{REPOST, UPVOTE},
    wire::metadata::media_types,
};

/// The standard sets no limit; beyond this length no app shows a post whole.
const TEXT_CHARACTERS: usize = 10_000;
/// Media beside the main one are attachments; the standard sets no limit either.
const EMBEDS: usize = 10;
const URL_BYTES: usize = 2048;
const MENTIONS: usize = 50;
/// The number of Lens Chain's test network.
pub(crate) const TEST_CHAIN: u64 = 37_111;
/// After how many times as long as a post may take to show its id is known, though the bridge died
/// again while it looked for it.
const NAMED_AFTER: u32 = 6;
/// The largest picture that is laid down on Grove.
pub(crate) const PICTURE_BYTES: u64 = 16 << 20;

/// What each kind of conversation can express.
#[derive(Clone, Debug)]
pub(crate) struct Offers {
    pub(crate) posts: Capabilities,
    pub(crate) nothing: Capabilities,
}

impl Offers {
    /// What can be expressed where pictures are brought from these hosts.
    pub(crate) fn of(hosts: &Hosts, chain_id: u64, settle_for: Duration) -> Self {
        let features = Features { text: Support::Rejected, ..Features::default() };
        let nothing = Capabilities { features, ..Capabilities::default() };
        let permanence = match chain_id {
            // What lies on Grove for the test network may be deleted.
            TEST_CHAIN => Permanence::UntilCleared,
            // A deleted post is marked so; what it said stays on chain and storage.
            _ => Permanence::Forever,
        };
        let ids_known_within = settle_for.saturating_mul(NAMED_AFTER);
        let posts = posts(hosts.clone());
        Self { posts: Capabilities { permanence, ids_known_within, ..posts }, nothing }
    }
}

fn posts(media_hosts: Hosts) -> Capabilities {
    Capabilities {
        version: 2,
        level: Level::Public,
        permanence: Permanence::Forever,
        features: Features {
            text: Support::Full,
            reply: Support::Full,
            thread: Support::Dropped,
            mention: Support::Full,
            reaction: Support::Partial,
            other_reaction: Support::Fallback,
            edit: Support::Full,
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
        media_hosts,
        limits: Limits {
            text: Limit { max: TEXT_CHARACTERS, unit: Unit::Characters },
            embeds: EMBEDS,
            url_bytes: URL_BYTES,
            mentions: MENTIONS,
            payload: None,
        },
        rates: Vec::new(),
        ids_known_before_sending: false,
        ids_known_within: Duration::ZERO,
        order: Order::PerAuthor,
        backfill: Backfill::Everything,
    }
}

/// An upvote stands for approval of any shade; a repost is a share.
fn reactions() -> BTreeMap<String, String> {
    let upvotes = ["❤️", "👍", "♥️", "🧡", "💛", "💚", "💙", "💜", "🩷"];
    let mut reactions: BTreeMap<_, _> =
        upvotes.map(|emoji| (emoji.to_owned(), UPVOTE.to_owned())).into();
    reactions.insert(REPOST.to_owned(), REPOST.to_owned());
    reactions
}

/// Pictures are laid down on Grove; those that cannot be, and whatever else is of the standard's
/// closed lists, are shown from where they lie. The rest can only be named.
fn media() -> Vec<MediaRule> {
    let rule = |media_type: Option<&str>, carry| MediaRule {
        kind: None,
        media_type: media_type.map(str::to_owned),
        carry,
        max_bytes: None,
    };
    let upload = Carry::Upload { max_bytes: PICTURE_BYTES };
    let pictures = media_types().filter(|media_type| strippable(media_type));
    let mut rules: Vec<_> = pictures.map(|it| rule(Some(it), upload)).collect();
    rules.extend(media_types().map(|it| rule(Some(it), Carry::PublicUrl)));
    rules.push(rule(None, Carry::Link));
    rules
}
