//! Messages and legs for the tests of `fit`.

mod golden;
mod long;

use std::collections::BTreeMap;
use std::ops::Range;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::preview::preview;
use super::splitter::width;
use super::*;
use crate::model::capabilities::{
    Capabilities, Carry, Features, Limit, Limits, MediaRule, Payload, Permanence, Reactions,
    Support, Unit,
};
use crate::model::content::{
    Actor, Content, Disposition, Expiration, ExternalPart, MediaKey, Mention, Part, Quote, Salt,
    SystemEvent,
};
use crate::model::id::{Identity, MessageId, Network, RemoteAuthor, RemoteId};
use crate::model::level::Level;
use crate::model::mark::{Mark, Origin};
use crate::model::outgoing::{Embed, Outgoing, ReplyTo, Say};
use crate::model::time::Timestamp;

const LEVELS: [(&str, Support); 5] = [
    ("full", Support::Full),
    ("partial", Support::Partial),
    ("fallback", Support::Fallback),
    ("dropped", Support::Dropped),
    ("rejected", Support::Rejected),
];

fn identity(network: &str, author: &str) -> Identity {
    Identity {
        network: Network::parse(network).unwrap(),
        author: RemoteAuthor::parse(author).unwrap(),
    }
}

fn remote(id: &str) -> RemoteId {
    RemoteId::parse(id).unwrap()
}

fn message() -> MessageId {
    MessageId::from_bytes([1; 32])
}

fn salt() -> Salt {
    Salt::from_bytes([0; 16])
}

fn plain(text: &str) -> Content {
    Content::plain(salt(), text)
}

/// Everything as well as `support`, but a text can always be said.
fn leg(support: Support) -> Capabilities {
    let reactions = [("❤️", "❤️"), ("👍", "❤️")];
    let reactions = reactions.map(|(meant, sent)| (meant.to_owned(), sent.to_owned()));
    let carry = match support {
        Support::Full => Carry::External,
        Support::Partial => Carry::PublicUrl,
        Support::Fallback => Carry::Link,
        Support::Dropped | Support::Rejected => Carry::Refuse,
    };
    Capabilities {
        features: Features {
            text: Support::Full,
            other_reaction: support.min(Support::Fallback),
            expiry: Support::Dropped,
            ..Features::all(support)
        },
        reactions: Reactions::Only(BTreeMap::from(reactions)),
        media: vec![MediaRule { kind: None, media_type: None, carry, max_bytes: Some(1_000_000) }],
        limits: Limits {
            text: Limit { max: 320, unit: Unit::Bytes },
            embeds: 2,
            url_bytes: 256,
            mentions: 10,
            payload: None,
        },
        ..Capabilities::default()
    }
}

fn bob() -> Referent {
    Referent {
        copies: vec![remote("bob-1")],
        excerpt: Some("When is\ntea?".to_owned()),
        author: Some("Bob".to_owned()),
        is_original: true,
    }
}

fn absent() -> Referent {
    Referent { copies: Vec::new(), ..bob() }
}

struct Case {
    content: Content,
    change: fn(&mut Telling<'_>),
}

impl Case {
    fn of(content: Content) -> Self {
        Self { content, change: |_| {} }
    }

    fn with(content: Content, change: fn(&mut Telling<'_>)) -> Self {
        Self { content, change }
    }

    fn telling<'a>(&'a self, network: &'a Network, capabilities: &'a Capabilities) -> Telling<'a> {
        let mut telling = Telling {
            content: &self.content,
            sent_at: Timestamp::from_secs(0),
            level: Level::Public,
            speaker: Some(Speaker {
                identity: identity("chats", "7"),
                name: "Ann".to_owned(),
                handle: None,
                is_known: false,
            }),
            attribution: attribution::DEFAULT_TEMPLATE,
            others: Vec::new(),
            people: BTreeMap::new(),
            mark: None,
            network,
            capabilities,
            reply_to: None,
            target: None,
            reaction: None,
            emoji: self.content.reactions().first().map(|it| (*it).to_owned()),
            quotes: Vec::new(),
            reaction_is_shared: false,
            is_expiry: false,
            is_erasure: false,
        };
        (self.change)(&mut telling);
        telling
    }

    fn told(&self, capabilities: &Capabilities) -> String {
        let network = Network::parse("feeds").unwrap();
        let shown = preview(&self.telling(&network, capabilities), Level::Public).to_string();
        let lines = shown.lines().filter(|line| !line.starts_with("it "));
        lines.map(|line| format!("{line}\n")).collect()
    }

    /// Compares what it becomes at each level; equal ones are told once.
    fn check(&self, expected: &Expect) {
        let mut out = String::new();
        let mut told: Vec<(String, String)> = Vec::new();
        for (name, support) in LEVELS {
            let what = self.told(&leg(support));
            match told.last_mut() {
                Some((names, last)) if *last == what => *names = format!("{names}, {name}"),
                _ => told.push((name.to_owned(), what)),
            }
        }
        for (names, what) in told {
            out.push_str(&format!("== {names}\n{what}"));
        }
        expected.assert_eq(&out);
    }
}
