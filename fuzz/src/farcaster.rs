//! Farcaster's protobuf: as nodes hand it over, as somebody with a key of their own signs it, and as
//! it stands between opening and parsing.

use std::collections::BTreeSet;
use std::num::NonZeroU64;
use std::sync::LazyLock;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use prost::Message as _;
use threadbridge_core::adapter::{Adapter, Envelope, Inbound, Missing, Opened, Outcome};
use threadbridge_core::model::id::{AccountName, RemoteConversation, RemoteId};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::{Keys, Store};
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::person::{Person, Words, sign};
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::farcaster::wire::message_data::Body;
use threadbridge_devnet::farcaster::wire::{
    CastId, CastRemoveBody, Message, MessageData, MessageType, ReactionBody, ReactionType,
    reaction_body,
};
use threadbridge_farcaster::{Config, Credentials, Endpoint, Farcaster, Realm};
use tokio::runtime::Runtime;

use crate::Target;

/// Any envelope is opened, or refused, or lacks something that can be named.
pub const ENVELOPES: Target =
    Target { name: "farcaster-envelopes", run: open, seeds: envelopes, rounds: 4_000 };

/// Whatever somebody signs as they should is opened or refused, and if it is opened then it is parsed
/// or malformed.
pub const SIGNED: Target =
    Target { name: "farcaster-signed", run: open_signed, seeds: signed, rounds: 2_000 };

/// Any plaintext is parsed or malformed.
pub const PLAINTEXTS: Target =
    Target { name: "farcaster-plaintexts", run: parse, seeds: plaintexts, rounds: 10_000 };

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
const FID: u64 = 9;
const SEED: [u8; 32] = [9; 32];
const ANN: [u8; 32] = [1; 32];
const LISTENED_FOR: Duration = Duration::from_secs(20);

static BRIDGE: LazyLock<Bridge> = LazyLock::new(Bridge::talked_with);

/// Another, since events of the chain carry no signature: a spoilt one takes people's keys away.
static UNSPOILT: LazyLock<Bridge> = LazyLock::new(Bridge::talked_with);

/// An account that has listened to people for a while.
struct Bridge {
    adapter: Farcaster,
    keys: std::sync::Mutex<Keys>,
    linked: BTreeSet<RemoteConversation>,
    envelopes: Vec<Envelope>,
    plaintexts: Vec<Vec<u8>>,
}

fn open(bytes: &[u8]) {
    let bridge = &*BRIDGE;
    let id = RemoteId::parse("1:0x0a1b2c3d4e5f60718293a4b5c6d7e8f901234567").unwrap();
    let envelope = Envelope { id, bytes: bytes.to_vec() };
    match bridge.opened(&envelope) {
        Opened::Plaintext(plaintext) => assert!(bridge.adapter.parse(&plaintext).is_ok()),
        Opened::Missing(Missing { what, reason }) => {
            assert!(!what.is_empty() && !reason.is_empty())
        }
        Opened::Refused(refusal) => assert!(!refusal.reason.is_empty()),
        Opened::Rejected { reason, .. } => assert!(!reason.is_empty()),
        Opened::Learnt | Opened::Elsewhere | Opened::Confirmed(_) => {}
    }
}

fn open_signed(bytes: &[u8]) {
    match opened_signed(bytes) {
        Some(Opened::Plaintext(plaintext)) => parse(&plaintext),
        Some(Opened::Refused(refusal)) => assert!(!refusal.reason.is_empty()),
        Some(Opened::Missing(missing)) => assert!(!missing.what.is_empty()),
        Some(
            Opened::Learnt | Opened::Elsewhere | Opened::Confirmed(_) | Opened::Rejected { .. },
        )
        | None => {}
    }
}

/// What comes of a message, if it is one, once its author has signed it.
pub(crate) fn opened_signed(bytes: &[u8]) -> Option<Opened> {
    let data = MessageData::decode(bytes).ok()?;
    Some(UNSPOILT.opened(&enveloped(&sign(&SigningKey::from_bytes(&ANN), &data))))
}

/// A message as the account hands it over.
fn enveloped(message: &Message) -> Envelope {
    let id = RemoteId::parse(format!("1:0x{}", hex::encode(&message.hash))).unwrap();
    let message = message.encode_to_vec();
    // The second field of an envelope, of wire type 2.
    let mut bytes = vec![0x12];
    prost::encode_length_delimiter(message.len(), &mut bytes).unwrap();
    bytes.extend(message);
    Envelope { id, bytes }
}

fn signed() -> Vec<Vec<u8>> {
    let ann = Person::new(1, ANN);
    let parent = || Some(Parent::ParentUrl(CHANNEL.to_owned()));
    let cast = CastId { fid: 2, hash: vec![7; 20] };
    let urls = vec!["https://example.org/a.png".to_owned()];
    let quote = Some(cast.clone());
    let said = [
        Words {
            parent: parent(), mentions: vec![(2, 3), (1, 5)], ..Words::from("hi , you  👋🏽")
        },
        Words { parent: parent(), urls, quote, ..Words::from("look") },
        Words { parent: Some(Parent::ParentCastId(cast.clone())), ..Words::from("gladly") },
    ];
    let reaction = ReactionBody {
        r#type: ReactionType::Like.into(),
        target: Some(reaction_body::Target::TargetCastId(cast.clone())),
    };
    let removal = CastRemoveBody { target_hash: cast.hash };
    let mut messages: Vec<Message> = said.map(|words| ann.say(words)).to_vec();
    messages.push(ann.sign(MessageType::ReactionAdd, Body::ReactionBody(reaction)));
    messages.push(ann.sign(MessageType::CastRemove, Body::CastRemoveBody(removal)));
    messages.into_iter().map(|it| it.data_bytes.unwrap()).collect()
}

fn parse(bytes: &[u8]) {
    if let Err(malformed) = BRIDGE.adapter.parse(bytes) {
        assert!(!malformed.reason.is_empty());
    }
}

fn envelopes() -> Vec<Vec<u8>> {
    BRIDGE.envelopes.iter().map(|it| it.bytes.clone()).collect()
}

fn plaintexts() -> Vec<Vec<u8>> {
    BRIDGE.plaintexts.clone()
}

/// The settings of an account on a hub of the devnet.
pub(crate) fn config(url: String) -> Config {
    Config {
        realm: Realm::Dev,
        fid: NonZeroU64::new(FID),
        signer: Some(Secret::new(hex::encode(SEED))),
        poll_every: Duration::from_millis(1),
        ..Config::reading(vec![Endpoint { url, credentials: Credentials::None }])
    }
}

/// A runtime, with the provider of TLS that clients ask for.
pub(crate) fn runtime() -> Runtime {
    // Another target may have installed it before.
    drop(rustls::crypto::ring::default_provider().install_default());
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A hub where people have said, liked, quoted and removed something.
pub(crate) async fn hub() -> Hub {
    let block_interval = Duration::from_millis(20);
    let hub = Hub::start(HubSettings { block_interval, ..HubSettings::default() }).await.unwrap();
    Person::new(FID, SEED).register(&hub, 5);
    hub
}

/// What the people say.
pub(crate) async fn talk(hub: &Hub) {
    let people = [Person::new(1, ANN), Person::new(2, [2; 32])];
    for person in &people {
        person.register(hub, 5);
    }
    let [ann, ben] = &people;
    let parent = || Some(Parent::ParentUrl(CHANNEL.to_owned()));
    let words = Words { parent: parent(), mentions: vec![(2, 3)], ..Words::from("hi , tea?") };
    let question = included(|| ann.cast(hub, words.clone()).ok()).await;
    let answer = included(|| ben.reply(hub, &question, "gladly 📚").ok()).await;
    let urls = vec!["https://example.org/a.png".to_owned()];
    let quote = Some(question.clone());
    let words = Words { parent: parent(), urls, quote, ..Words::from("look") };
    let shown = included(|| ben.cast(hub, words.clone()).ok()).await;
    included(|| ann.react(hub, ReactionType::Like, &answer).ok()).await;
    included(|| ann.react(hub, ReactionType::Recast, &shown).ok()).await;
    included(|| ann.unreact(hub, ReactionType::Like, &answer).ok()).await;
    included(|| ben.remove(hub, &shown).ok()).await;
}

/// Does it again until the hub takes it: what it needs may not be in a block yet.
async fn included<T>(mut work: impl FnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + LISTENED_FOR;
    loop {
        if let Some(done) = work() {
            return done;
        }
        assert!(tokio::time::Instant::now() < deadline, "the hub takes nothing");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

impl Bridge {
    fn talked_with() -> Self {
        runtime().block_on(async {
            let hub = hub().await;
            let adapter =
                Farcaster::connect(&config(format!("grpc://{}", hub.grpc_addr()))).unwrap();
            let store = Store::in_memory().unwrap();
            let account = AccountName::parse("casts").unwrap();
            let linked = BTreeSet::from([RemoteConversation::parse("channel/books").unwrap()]);
            let keys = std::sync::Mutex::new(store.keys(&account).unwrap());
            let (envelopes, plaintexts) = (Vec::new(), Vec::new());
            let mut bridge = Self { adapter, keys, linked, envelopes, plaintexts };
            bridge.listen(&hub).await;
            hub.stop().await;
            bridge
        })
    }

    async fn listen(&mut self, hub: &Hub) {
        let (inbound, mut outlet) = Inbound::channel([], self.linked.clone());
        let mut health = outlet.health();
        let mut envelopes = Vec::new();
        let hear = async {
            let connected = health.wait_for(|it| format!("{it:?}").contains("Connected"));
            let talking = async {
                connected.await.unwrap();
                talk(hub).await;
                std::future::pending::<()>().await;
            };
            let keeping = async {
                while let Some(handed_over) = outlet.next().await {
                    let batch = handed_over.batch().envelopes.clone();
                    let outcomes = batch.iter().map(|_| Outcome::Kept).collect();
                    envelopes.extend(batch);
                    handed_over.keep(outcomes);
                    if envelopes.len() >= 60 {
                        return;
                    }
                }
            };
            tokio::select! {
                () = talking => {}
                () = keeping => {}
                ended = self.adapter.listen(inbound) => panic!("listening ended: {ended:?}"),
            }
        };
        // However much there is: the seeds need not be the same number each time.
        drop(tokio::time::timeout(Duration::from_secs(4), hear).await);
        assert!(envelopes.len() > 10, "only {} envelopes", envelopes.len());
        self.learn(envelopes).await;
    }

    async fn learn(&mut self, envelopes: Vec<Envelope>) {
        for envelope in envelopes {
            let opened = self.opened(&envelope);
            if let Opened::Missing(missing) = &opened {
                for found in self.adapter.fetch(missing).await.unwrap() {
                    drop(self.opened(&found));
                    self.envelopes.push(found);
                }
            }
            if let Opened::Plaintext(plaintext) = self.opened(&envelope) {
                self.plaintexts.push(plaintext);
            }
            self.envelopes.push(envelope);
        }
        // However slow the machine was: she is known before anything is tried in her name.
        let parent = Some(Parent::ParentUrl(CHANNEL.to_owned()));
        let hers = enveloped(&Person::new(1, ANN).say(Words { parent, ..Words::from("hello") }));
        while let Opened::Missing(missing) = self.opened(&hers) {
            for found in self.adapter.fetch(&missing).await.unwrap() {
                drop(self.opened(&found));
            }
        }
        assert!(self.plaintexts.len() > 3, "only {} plaintexts", self.plaintexts.len());
    }

    fn opened(&self, envelope: &Envelope) -> Opened {
        let keys = self.keys.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        self.adapter.open(&keys, &self.linked, envelope)
    }
}
