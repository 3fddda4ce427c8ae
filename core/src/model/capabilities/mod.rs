//! What a conversation on a network can express and promise, as data.
//!
//! An adapter states it; only `fit` and the pipeline act on it. Nothing of it is a promise that
//! the network keeps by itself: what is said there always fits before it is rendered.

mod features;
mod limits;

use std::collections::BTreeMap;
use std::time::Duration;

use super::level::Level;
use crate::media::Hosts;

pub use features::{Feature, Features, Reactions, Support};
pub use limits::{Carry, Limit, Limits, MediaRule, Payload, Rate, Unit};

/// In which order what is sent arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// In no particular one.
    None,
    /// In the order in which each author sent it.
    PerAuthor,
    /// In one order that everybody sees.
    PerConversation,
}

/// How much of what was said before can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backfill {
    /// Nothing.
    Nothing,
    /// The last so many messages.
    Messages(u32),
    /// What was said within this span.
    Within(Duration),
    /// Everything.
    Everything,
}

/// How long what is said stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permanence {
    /// For good: it cannot be taken back.
    Forever,
    /// Until it is deleted, though copies may remain elsewhere.
    UntilDeleted,
    /// Until it is deleted or room is needed for newer messages.
    UntilEvicted,
    /// For a span that the network sets.
    For(Duration),
    /// Nobody can take it back, but whoever runs the network may clear it: a test network.
    UntilCleared,
}

impl Permanence {
    /// It in words, as the end of a sentence that begins «It stays».
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Forever => "for good and cannot be taken back".to_owned(),
            Self::UntilDeleted => "until it is deleted; copies may remain elsewhere".to_owned(),
            Self::UntilEvicted => {
                "until it is deleted or pushed out by newer messages; copies may remain elsewhere"
                    .to_owned()
            }
            Self::UntilCleared => {
                "until whoever runs the test network clears it; nobody else can take it back"
                    .to_owned()
            }
            Self::For(span) => format!("for {} hours", span.as_secs() / 3600),
        }
    }
}

/// What a conversation on a network can express and promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Changes whenever any of the rest does.
    pub version: u32,
    /// How well it protects what is said there, and so who can read it.
    pub level: Level,
    /// How long what is said stays.
    pub permanence: Permanence,
    /// What can be expressed.
    pub features: Features,
    /// Which reactions can be expressed, if any can.
    pub reactions: Reactions,
    /// How media gets there; what no rule matches is refused.
    pub media: Vec<MediaRule>,
    /// Whether media is a message by itself, with no words beside it.
    pub media_stands_alone: bool,
    /// From where media can be brought for [`Carry::Upload`]: the hosts of the adapter's
    /// [`Porter`](crate::media::Porter).
    pub media_hosts: Hosts,
    /// How much a message may hold.
    pub limits: Limits,
    /// How often something may be sent; all of them hold.
    pub rates: Vec<Rate>,
    /// Whether a message's id there is known before it is sent.
    pub ids_known_before_sending: bool,
    /// How long it may take, where they are not, until the id of what was sent is known. What answers
    /// or quotes something unknown waits so long, because it may be that.
    pub ids_known_within: Duration,
    /// In which order what is sent arrives.
    pub order: Order,
    /// How much of what was said before can be fetched.
    pub backfill: Backfill,
}

/// A place where one can say short texts in public and nothing else: what holds everywhere.
impl Default for Capabilities {
    fn default() -> Self {
        Self {
            version: 1,
            level: Level::Public,
            permanence: Permanence::Forever,
            features: Features::default(),
            reactions: Reactions::Only(BTreeMap::new()),
            media: vec![MediaRule {
                kind: None,
                media_type: None,
                carry: Carry::Link,
                max_bytes: None,
            }],
            media_stands_alone: false,
            media_hosts: Hosts::default(),
            limits: Limits::default(),
            rates: Vec::new(),
            ids_known_before_sending: false,
            ids_known_within: Duration::ZERO,
            order: Order::None,
            backfill: Backfill::Nothing,
        }
    }
}
