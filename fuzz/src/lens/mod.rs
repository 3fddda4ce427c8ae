//! What Lens's API says of posts and people: as an account hands it over, as it stands between
//! opening and parsing, and as it answers whoever listens and speaks.

mod answers;

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_core::adapter::{Adapter, Envelope, Inbound, Opened, Outcome, Parsed};
use threadbridge_core::model::id::{AccountName, RemoteConversation};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::{Keys, Store};
use threadbridge_devnet::lens::person::Where;
use threadbridge_devnet::lens::{self as devnet, LensSettings, Permissions, Person, Vote};
use threadbridge_lens::{Begin, Config, Lens, Pace, Role, Speaker};

use crate::Target;
use crate::farcaster::runtime;
use crate::shape::{choices, spoiled};

pub use self::answers::ANSWERS;

/// Any envelope is opened or refused, and if it is opened then it is parsed or malformed.
pub const ENVELOPES: Target = Target { name: "lens-envelopes", run: open, seeds, rounds: 4_000 };

/// Any plaintext is parsed or malformed.
pub const PLAINTEXTS: Target = Target { name: "lens-plaintexts", run: parse, seeds, rounds: 6_000 };

/// How long an account listens to people before anything is tried.
const LISTENED_FOR: Duration = Duration::from_secs(20);
/// What has happened by then, at the least.
const HAPPENED: usize = 14;
/// What an adapter puts before an envelope's JSON.
const DIGEST: &str = "threadbridge 2026 lens envelope";
const DIGEST_BYTES: usize = 16;

static BRIDGE: LazyLock<Bridge> = LazyLock::new(Bridge::talked_with);

/// An account that has listened to people for a while.
struct Bridge {
    adapter: Lens,
    keys: Mutex<Keys>,
    linked: BTreeSet<RemoteConversation>,
    envelopes: Vec<Envelope>,
    /// What the envelopes hold.
    carried: Vec<Value>,
    plaintexts: Vec<Value>,
}

/// Which of the documents to spoil, and how: the first byte, and all others.
fn chosen<'d, 'b>(documents: &'d [Value], bytes: &'b [u8]) -> (usize, &'d Value, &'b [u8]) {
    let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
    let which = usize::from(*first) % documents.len();
    (which, &documents[which], rest)
}

fn seeds() -> Vec<Vec<u8>> {
    choices(80, 26)
}

fn open(bytes: &[u8]) {
    let opened = opened(bytes);
    if let Opened::Plaintext(plaintext) = &opened {
        read(plaintext);
    }
    assert!(!matches!(opened, Opened::Missing(_) | Opened::Rejected { .. }), "{opened:?}");
    // And bytes as they are.
    let id = BRIDGE.envelopes[0].id.clone();
    let opened = BRIDGE.opened(&Envelope { id, bytes: bytes.to_vec() });
    assert!(matches!(opened, Opened::Refused(_)), "{opened:?}");
}

/// What comes of an envelope that says what it may not, in proper form.
pub(crate) fn opened(bytes: &[u8]) -> Opened {
    let bridge = &*BRIDGE;
    let (which, carried, choices) = chosen(&bridge.carried, bytes);
    let id = bridge.envelopes[which].id.clone();
    bridge.opened(&Envelope { id, bytes: digested(&spoiled(carried, choices)) })
}

fn digested(carried: &Value) -> Vec<u8> {
    let json = carried.to_string();
    let mut bytes = vec![0; DIGEST_BYTES];
    blake3::Hasher::new_derive_key(DIGEST).update(json.as_bytes()).finalize_xof().fill(&mut bytes);
    bytes.extend_from_slice(json.as_bytes());
    bytes
}

fn parse(bytes: &[u8]) {
    let (_, plaintext, choices) = chosen(&BRIDGE.plaintexts, bytes);
    read(spoiled(plaintext, choices).to_string().as_bytes());
    read(bytes);
}

fn read(plaintext: &[u8]) {
    match BRIDGE.adapter.parse(plaintext) {
        Ok(parsed) => assert!(parsed.iter().any(|it| matches!(it, Parsed::Event(_)))),
        Err(malformed) => assert!(!malformed.reason.is_empty()),
    }
}

/// The network, with everybody in it, and what they say.
struct Town {
    lens: devnet::Lens,
    feed: String,
    config: Config,
}

impl Town {
    async fn opens() -> Self {
        let settings =
            LensSettings { index_after: Duration::from_millis(5), ..LensSettings::default() };
        let lens = devnet::Lens::start(settings).await.unwrap();
        let (bridge, manager) = (lens.make_account("bridge"), lens.make_wallet("manager"));
        bridge.add_manager(&lens, manager.address(), Permissions::SPEAK).unwrap();
        let address = |it: devnet::Address| it.to_string().parse().unwrap();
        let speaker = Speaker {
            account: address(bridge.account()),
            app: address(devnet::TEST_APP),
            role: Role::Manager,
            key: Secret::new(manager.secret()),
        };
        let url = |text: &str| text.parse().unwrap();
        let reading =
            Config::reading(url(&lens.api_url()), url(&lens.grove_url()), url("https://app.test"));
        let pace = Pace { active: Duration::from_millis(1), idle: Duration::from_millis(2) };
        let settle_for = Duration::from_millis(20);
        let (begin, chain_id) = (Begin::All, devnet::CHAIN_ID.into());
        let config =
            Config { speaker: Some(speaker), begin, pace, settle_for, chain_id, ..reading };
        let tea = lens.make_feed("tea");
        talk(&lens, tea);
        Self { lens, feed: format!("feed/{tea:#x}"), config }
    }
}

/// People say, answer, quote, show, edit, delete, like and share something.
fn talk(lens: &devnet::Lens, tea: devnet::Address) {
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    ann.call_themself(lens, "Ann 📚").unwrap();
    let place = Where { feed: Some(tea), ..Where::default() };
    let asked = ann.say_in(lens, place, "tea, @lens/ben? https://x.test/a").unwrap();
    let answer = ben.comment(lens, asked, "gladly").unwrap();
    ann.comment(lens, answer, "at five").unwrap();
    ben.quote(lens, asked, "a good idea").unwrap();
    ben.repost(lens, asked).unwrap();
    ann.react(lens, answer, Vote::Upvote).unwrap();
    ben.react(lens, asked, Vote::Upvote).unwrap();
    for metadata in kinds() {
        shows(lens, &ann, place, &metadata);
    }
    let wrong = ben.say_in(lens, place, "coffee").unwrap();
    ben.edit(lens, wrong, "cocoa").unwrap();
    let gone = ben.say_in(lens, place, "milk").unwrap();
    ben.delete(lens, gone).unwrap();
}

fn shows(lens: &devnet::Lens, who: &Person, place: Where, lens_part: &Value) {
    let kind = lens_part["mainContentFocus"].as_str().unwrap().to_lowercase();
    let metadata = json!({
        "$schema": format!("https://json-schemas.lens.dev/posts/{kind}/3.0.0.json"),
        "lens": lens_part,
    });
    who.publish(lens, place, &metadata).unwrap();
}

fn kinds() -> [Value; 5] {
    let with = |focus: &str, more: Value| {
        let mut lens =
            json!({ "id": focus, "locale": "en", "mainContentFocus": focus, "content": "look" });
        for (key, value) in more.as_object().unwrap() {
            lens[key] = value.clone();
        }
        lens
    };
    let media = |kind: &str| json!({ "item": "https://x.test/1", "type": kind });
    let attribute = json!({ "type": "String", "key": "threadbridge.mark", "value": "AQ" });
    [
        with("IMAGE", json!({ "image": media("image/png"), "attachments": [media("image/gif")] })),
        with("VIDEO", json!({ "video": media("video/mp4") })),
        with("AUDIO", json!({ "audio": media("audio/mpeg") })),
        with("LINK", json!({ "sharingLink": "https://x.test/page", "attributes": [attribute] })),
        with("ARTICLE", json!({ "title": "On tea" })),
    ]
}

impl Bridge {
    fn talked_with() -> Self {
        runtime().block_on(async {
            let town = Town::opens().await;
            let adapter = Lens::connect(&town.config).unwrap();
            let store = Store::in_memory().unwrap();
            let account = AccountName::parse("posts").unwrap();
            let linked = BTreeSet::from([RemoteConversation::parse(town.feed.clone()).unwrap()]);
            let keys = Mutex::new(store.keys(&account).unwrap());
            let (envelopes, carried, plaintexts) = (Vec::new(), Vec::new(), Vec::new());
            let mut bridge = Self { adapter, keys, linked, envelopes, carried, plaintexts };
            let listening = tokio::time::timeout(LISTENED_FOR, bridge.listen());
            listening.await.unwrap();
            town.lens.stop().await;
            bridge
        })
    }

    async fn listen(&mut self) {
        let (inbound, mut outlet) = Inbound::channel([], self.linked.clone());
        let mut envelopes = Vec::new();
        let hearing = async {
            while let Some(handed_over) = outlet.next().await {
                let batch = handed_over.batch().envelopes.clone();
                let outcomes = batch.iter().map(|_| Outcome::Kept).collect();
                envelopes.extend(batch);
                handed_over.keep(outcomes);
                if envelopes.len() >= HAPPENED {
                    return;
                }
            }
        };
        tokio::select! {
            () = hearing => {}
            ended = self.adapter.listen(inbound) => ended.unwrap(),
        }
        assert!(envelopes.len() >= HAPPENED, "only {} envelopes", envelopes.len());
        for envelope in envelopes {
            let opened = self.opened(&envelope);
            assert!(matches!(opened, Opened::Plaintext(_)), "it is refused: {opened:?}");
            if let Opened::Plaintext(plaintext) = opened {
                self.plaintexts.push(serde_json::from_slice(&plaintext).unwrap());
            }
            let carried = serde_json::from_slice(&envelope.bytes[DIGEST_BYTES..]).unwrap();
            assert_eq!(digested(&carried).len(), envelope.bytes.len());
            self.carried.push(carried);
            self.envelopes.push(envelope);
        }
    }

    fn opened(&self, envelope: &Envelope) -> Opened {
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        self.adapter.open(&keys, &self.linked, envelope)
    }
}
