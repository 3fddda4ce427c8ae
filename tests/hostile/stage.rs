//! Three hubs, one of which lies, and a bridge: an honest conversation from left to right, and a den
//! that the liar's people share with the right.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::TempDir;
use threadbridge_core::adapter::{Adapter, Health};
use threadbridge_core::model::id::{AccountName, Leg};
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Backoff, Bridge, Limits, Setup};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::{RootSecret, Store};
use threadbridge_core::view;
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::person::{Person, Words};
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::farcaster::wire::hub_service_client::HubServiceClient;
use threadbridge_devnet::farcaster::wire::message_data::Body;
use threadbridge_devnet::farcaster::wire::{
    CastAddBody, CastId, FidRequest, HubEvent, MessageType, UserDataType,
};
use threadbridge_farcaster::{Config, Credentials, Endpoint, Farcaster, Realm};
use threadbridge_kit::deadline::until;
use tokio::time::{Instant, interval};

use super::forge::{data, merged, words};
use super::liar::Liar;
use super::panics;

/// The den as it is called on the right.
const LAIR: &str = "https://farcaster.xyz/~/channel/lair";
const BOOKS: &str = "https://farcaster.xyz/~/channel/books";
/// After this long what was disturbed is taken never to recover.
const PATIENCE: Duration = Duration::from_secs(180);
/// The bridge's fid on the right.
const RIGHT: u64 = 903;
/// The bridge's fid on the liar's hub.
pub(crate) const OWN: u64 = 901;
/// The bridge's key there.
pub(crate) const OWN_KEY: [u8; 32] = seed(OWN);

/// The key of a fid.
pub(crate) const fn seed(fid: u64) -> [u8; 32] {
    let [.., a, b] = fid.to_be_bytes();
    let mut seed = [a; 32];
    seed[31] = b;
    seed
}

/// Everything that is there.
pub(crate) struct Stage {
    pub(crate) evil: Hub,
    pub(crate) liar: Liar,
    pub(crate) bridge: Bridge,
    pub(crate) folder: TempDir,
    left: Hub,
    right: Hub,
    /// Honest, on the left.
    alice: Person,
    /// Honest, in the den.
    pub(crate) eve: Person,
    /// Not honest, in the den.
    pub(crate) mallory: Person,
    /// Honest, in the den on the right.
    bob: Person,
    /// What eve said before everything else, and its copy on the right.
    pub(crate) known: CastId,
    said: AtomicUsize,
}

/// How the liar is reached.
pub(crate) struct Manner {
    pub(crate) url: Option<String>,
    pub(crate) realm: Realm,
    /// What it does from the beginning.
    pub(crate) first: fn(&Liar),
}

impl Default for Manner {
    fn default() -> Self {
        Self { url: None, realm: Realm::Dev, first: |_| {} }
    }
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::start_as(Manner::default()).await
    }

    pub(crate) async fn start_as(manner: Manner) -> Self {
        panics::watch();
        // Every test comes here first; only one of them can be the first.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (left, right, evil) = (hub().await, hub().await, hub().await);
        let liar = Liar::start(evil.grpc_addr()).await;
        (manner.first)(&liar);
        let alice = arrives(&left, 101, "alice").await;
        let bob = arrives(&right, 202, "bob").await;
        let (eve, mallory) =
            (arrives(&evil, 303, "eve").await, arrives(&evil, 666, "mallory").await);
        for (hub, fid) in [(&left, 902), (&right, RIGHT), (&evil, OWN)] {
            Person::new(fid, seed(fid)).register(hub, 50);
        }
        let folder = tempfile::tempdir().unwrap();
        let url = manner.url.unwrap_or_else(|| format!("grpc://{}", liar.addr));
        let grpc = |hub: &Hub| format!("grpc://{}", hub.grpc_addr());
        let accounts = BTreeMap::from([
            (name("left"), account(&grpc(&left), 902, Realm::Dev)),
            (name("right"), account(&grpc(&right), RIGHT, Realm::Dev)),
            (name("evil"), account(&url, OWN, manner.realm)),
        ]);
        let links = vec![
            link("books", &["left:channel/books", "right:channel/books"]),
            link("den", &["evil:channel/den", "right:channel/lair"]),
        ];
        let backoff =
            Backoff { first: Duration::from_millis(50), longest: Duration::from_millis(300) };
        let limits =
            Limits { backoff, confirm_within: Duration::from_millis(500), ..Limits::default() };
        let setup = Setup { accounts, links, limits, ..Setup::default() };
        let secret = RootSecret::key_file([7; 32]);
        let store = Store::create(folder.path().join("store"), &secret).unwrap();
        let bridge = Bridge::start(store, setup, Clock::System).await.unwrap();
        let known = CastId::default();
        let said = AtomicUsize::new(0);
        let stage =
            Self { evil, liar, bridge, folder, left, right, alice, eve, mallory, bob, known, said };
        // What is said before that is the past, which is not carried.
        until("the honest accounts listen", async || {
            let honest = stage.healths().filter(|(it, _)| *it != name("evil"));
            let are_well = honest.filter(|(_, health)| *health == Health::Connected).count() == 2;
            are_well.then_some(())
        })
        .await;
        stage
    }

    /// Waits until the den is bridged.
    pub(crate) async fn settled(mut self) -> Self {
        until("the bridge listens", async || (self.health() == Health::Connected).then_some(()))
            .await;
        self.known = self.eve.cast(&self.evil, words("well known")).unwrap();
        self.crosses("eve: well known").await;
        self
    }

    /// Puts events before the bridge, and waits until it has dealt with them: until what eve said
    /// right behind them has crossed, and something else of the honest conversation, too.
    pub(crate) async fn hears(&self, mut events: Vec<HubEvent>) {
        let behind = self.next("behind");
        events.push(merged(self.eve.say(words(&behind))));
        self.liar.puts(events);
        // Where somebody else took her name, her identity stands beside it.
        let is_hers =
            |text: &str| text.starts_with("eve") && text.ends_with(&format!(": {behind}"));
        until(&format!("«{behind}» on the right"), async || {
            self.shown().await.iter().any(|cast| is_hers(&cast.text)).then_some(())
        })
        .await;
        self.goes_on().await;
    }

    /// The honest conversation is not disturbed.
    pub(crate) async fn goes_on(&self) {
        let text = self.next("honest");
        let parent = Some(Parent::ParentUrl(BOOKS.to_owned()));
        self.alice.cast(&self.left, Words { parent, ..Words::from(text.as_str()) }).unwrap();
        self.crosses(&format!("alice: {text}")).await;
        panics::none();
    }

    /// The den itself works (again): what eve says through the honest hub crosses.
    pub(crate) async fn den_goes_on(&self) {
        let text = self.next("den");
        self.eve.cast(&self.evil, words(&text)).unwrap();
        self.crosses(&format!("eve: {text}")).await;
    }

    /// The den works again, after whatever befell it, and soon; then the bridge is connected, too.
    pub(crate) async fn den_comes_back(&self, after: &str) {
        let text = self.next("den");
        self.eve.cast(&self.evil, words(&text)).unwrap();
        self.comes_back(&format!("eve: {text}"), after).await;
        until("the bridge listens", async || (self.health() == Health::Connected).then_some(()))
            .await;
    }

    /// Waits longer than for anything else until this stands on the right, and tells how long.
    pub(crate) async fn comes_back(&self, text: &str, after: &str) {
        let began = Instant::now();
        patiently(&format!("«{text}» {after}"), async || {
            self.shown().await.iter().any(|cast| cast.text == text)
        })
        .await;
        println!("{after}: «{text}» after {:?}", began.elapsed());
    }

    fn next(&self, what: &str) -> String {
        format!("{what} {}", self.said.fetch_add(1, Ordering::Relaxed))
    }

    /// Waits until this stands on the right.
    pub(crate) async fn crosses(&self, text: &str) {
        until(&format!("«{text}» on the right"), async || {
            self.shown().await.iter().any(|cast| cast.text == text).then_some(())
        })
        .await;
    }

    /// Everything that the bridge has said on the right.
    pub(crate) async fn shown(&self) -> Vec<CastAddBody> {
        said_by(self.right.grpc_addr(), RIGHT).await
    }

    /// How many envelopes are on their way to the den.
    pub(crate) fn on_their_way(&self) -> usize {
        let rows = view::outbox(&self.bridge.store().snapshot().unwrap()).unwrap();
        rows.iter().filter(|row| row.leg.account == name("evil")).count()
    }

    /// How the liar's account is doing.
    pub(crate) fn health(&self) -> Health {
        let health = self.healths().find(|(account, _)| *account == name("evil"));
        health.map_or(Health::Starting, |(_, health)| health)
    }

    fn healths(&self) -> impl Iterator<Item = (AccountName, Health)> {
        let status = view::status(&self.bridge.store().snapshot().unwrap()).unwrap();
        status.accounts.into_iter().map(|account| (account.name, account.health))
    }

    /// Everything that the bridge has said in the den.
    pub(crate) async fn shown_in_the_den(&self) -> Vec<CastAddBody> {
        said_by(self.evil.grpc_addr(), OWN).await
    }

    /// How often what was refused on the liar's account.
    pub(crate) fn refusals(&self) -> BTreeMap<String, u64> {
        let status = view::status(&self.bridge.store().snapshot().unwrap()).unwrap();
        let evil = status.accounts.into_iter().find(|it| it.name == name("evil")).unwrap();
        evil.refusals.into_iter().map(|refusal| (refusal.reason, refusal.count)).collect()
    }

    /// Somebody in the den shows themself under a name.
    pub(crate) fn shows_as(who: &Person, kind: UserDataType, value: &str) -> HubEvent {
        let field = threadbridge_devnet::farcaster::wire::UserDataBody {
            r#type: kind.into(),
            value: value.to_owned(),
        };
        merged(who.sign(MessageType::UserDataAdd, Body::UserDataBody(field)))
    }

    /// Says something in the den on the right.
    pub(crate) fn bob_says(&self, text: &str) {
        let parent = Some(Parent::ParentUrl(LAIR.to_owned()));
        self.bob.cast(&self.right, Words { parent, ..Words::from(text) }).unwrap();
    }

    /// The likes of the bridge on the right.
    pub(crate) async fn likes(&self) -> usize {
        let mut client = client(self.right.grpc_addr()).await;
        let request = threadbridge_devnet::farcaster::wire::ReactionsByFidRequest {
            fid: RIGHT,
            ..Default::default()
        };
        client.get_reactions_by_fid(request).await.unwrap().into_inner().messages.len()
    }

    pub(crate) async fn end(self) {
        panics::none();
        self.bridge.stop().await.unwrap();
        self.left.stop().await;
        self.right.stop().await;
        self.evil.stop().await;
        panics::none();
    }
}

/// Waits longer than for anything that was not disturbed.
pub(crate) async fn patiently(what: &str, is_so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    let mut ticks = interval(Duration::from_millis(10));
    while !is_so().await {
        ticks.tick().await;
        assert!(began.elapsed() < PATIENCE, "waited in vain for {what}");
    }
}

async fn client(hub: SocketAddr) -> HubServiceClient<tonic::transport::Channel> {
    HubServiceClient::connect(format!("http://{hub}")).await.unwrap()
}

async fn said_by(hub: SocketAddr, fid: u64) -> Vec<CastAddBody> {
    let (mut client, mut casts, mut page_token) = (client(hub).await, Vec::new(), None);
    loop {
        let request = FidRequest { fid, page_size: Some(1000), page_token, reverse: None };
        let page = client.get_casts_by_fid(request).await.unwrap().into_inner();
        casts.extend(page.messages.iter().filter_map(|message| match data(message).body {
            Some(Body::CastAddBody(cast)) => Some(cast),
            _ => None,
        }));
        page_token = page.next_page_token.filter(|token| !token.is_empty());
        if page_token.is_none() {
            return casts;
        }
    }
}

/// A hub that is quick.
pub(crate) async fn hub() -> Hub {
    let block_interval = Duration::from_millis(40);
    Hub::start(HubSettings { block_interval, ..HubSettings::default() }).await.unwrap()
}

/// Somebody new on a hub, under a name.
pub(crate) async fn arrives(hub: &Hub, fid: u64, called: &str) -> Person {
    let person = Person::new(fid, seed(fid));
    person.register(hub, 50);
    until("the person is registered", async || {
        person.show(hub, UserDataType::Display, called).ok()
    })
    .await;
    person
}

fn name(name: &str) -> AccountName {
    AccountName::parse(name).unwrap()
}

/// An account of the bridge.
pub(crate) fn account(url: &str, fid: u64, realm: Realm) -> Arc<dyn Adapter> {
    let hex: String = seed(fid).iter().map(|byte| format!("{byte:02x}")).collect();
    let endpoint = Endpoint { url: url.to_owned(), credentials: Credentials::None };
    let config = Config {
        realm,
        fid: NonZeroU64::new(fid),
        signer: Some(Secret::new(hex)),
        silent_for: Duration::from_secs(1),
        ..Config::reading(vec![endpoint])
    };
    Arc::new(Farcaster::connect(&config).unwrap())
}

/// A link.
pub(crate) fn link(name: &str, legs: &[&str]) -> Link {
    Link {
        name: name.to_owned(),
        legs: legs.iter().map(|leg| (Leg::parse(leg).unwrap(), Direction::Both)).collect(),
        downgrade: Downgrade::Refuse,
        attribution: "{name}: ".to_owned(),
    }
}
