//! What somebody else said, told where less can be said.

use std::collections::BTreeMap;

use threadbridge_core::fit::splitter::width;
use threadbridge_core::fit::{Referent, Speaker, Telling, fit};
use threadbridge_core::model::capabilities::{Capabilities, Limit, Unit};
use threadbridge_core::model::content::Content;
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor, RemoteId};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::outgoing::{Outgoing, Say};
use threadbridge_core::model::time::Timestamp;
use threadbridge_loopback::{bare, everything};

use crate::{Target, content};

/// Whatever the content and whoever speaks, what is said is within the limits, and nothing of it
/// disappears without a word.
pub const TARGET: Target = Target { name: "fit", run, seeds: content::seeds, rounds: 1_000 };

fn run(bytes: &[u8]) {
    let content = Content::decode(bytes).unwrap_or_else(|_| {
        let salt = threadbridge_core::model::content::Salt::from_bytes([1; 16]);
        Content::plain(salt, &String::from_utf8_lossy(bytes))
    });
    let name = String::from_utf8_lossy(bytes.get(bytes.len() / 2..).unwrap_or_default());
    for (max, unit) in
        [(40, Unit::Bytes), (100, Unit::Utf16), (60, Unit::Characters), (60, Unit::Graphemes)]
    {
        tell(&content, &name, &bare(Limit { max, unit }));
    }
    tell(&content, &name, &everything());
}

fn tell(content: &Content, name: &str, capabilities: &Capabilities) {
    let network = Network::parse("farcaster").unwrap();
    let author = RemoteAuthor::parse("6").unwrap();
    let speaker = Speaker {
        identity: Identity { network: network.clone(), author },
        name: name.to_owned(),
        handle: None,
        is_known: false,
    };
    let there = || Referent {
        copies: vec![RemoteId::parse("6:0xab").unwrap()],
        excerpt: Some(name.to_owned()),
        author: Some(name.to_owned()),
        is_original: true,
    };
    let fitted = fit(&Telling {
        content,
        sent_at: Timestamp::default(),
        level: Level::Healing,
        speaker: Some(speaker.clone()),
        attribution: "{name}: ",
        others: vec![speaker],
        people: BTreeMap::new(),
        mark: None,
        network: &network,
        capabilities,
        reply_to: content.in_reply_to.map(|_| there()),
        target: Some(there()),
        reaction: Some(there()),
        emoji: content.reactions().first().map(|it| (*it).to_owned()),
        quotes: content.quotes().iter().map(|_| there()).collect(),
        reaction_is_shared: false,
        is_expiry: false,
        is_erasure: false,
    });
    for outgoing in &fitted.outgoing {
        if let Outgoing::Say(say) | Outgoing::Edit { say, .. } = outgoing {
            is_within(say, capabilities);
        }
    }
    let says_something = content.text().is_some_and(|it| !it.as_str.trim().is_empty());
    assert!(!says_something || !fitted.outgoing.is_empty() || !fitted.losses.is_empty());
}

fn is_within(say: &Say, capabilities: &Capabilities) {
    let limits = &capabilities.limits;
    assert!(width(&say.text, limits.text.unit) <= limits.text.max);
    assert!(say.embeds.len() <= limits.embeds);
    assert!(say.mentions.len() <= limits.mentions);
    assert!(say.mentions.iter().all(|it| say.text.get(it.range.clone()).is_some()));
}
