//! A hub with a bridge that carries on what Alice says in one channel.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use threadbridge_core::adapter::{Adapter, Health};
use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::outbox::{DeadLetter, OutboxRow};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Backoff, Bridge, Limits, Setup};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::{RootSecret, Store};
use threadbridge_core::view;
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::person::{Person, Words};
use threadbridge_devnet::farcaster::wire::UserDataType;
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_farcaster::{Begin, Config, Credentials, Endpoint, Farcaster, Realm};
use threadbridge_kit::deadline::until;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::world::leg;

const SOURCE: &str = "https://farcaster.xyz/~/channel/source";
const DEN: &str = "https://farcaster.xyz/~/channel/den";
const OWN: u64 = 5;

/// The hub, Alice, and the bridge's own fid and key.
pub(crate) struct Den {
    pub(crate) hub: Hub,
    pub(crate) alice: Person,
    pub(crate) own: Person,
    folder: TempDir,
}

impl Den {
    /// A hub where the bridge's fid has so many units of storage.
    pub(crate) async fn new(settings: HubSettings, units: u32) -> Self {
        // Another test may have installed it.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let block_interval = Duration::from_millis(20);
        let hub = Hub::start(HubSettings { block_interval, ..settings }).await.unwrap();
        let (alice, own) = (Person::new(9, [9; 32]), Person::new(OWN, [5; 32]));
        alice.register(&hub, 50);
        own.register(&hub, units);
        let den = Self { hub, alice, own, folder: tempfile::tempdir().unwrap() };
        den.next_blocks().await;
        den.alice.show(&den.hub, UserDataType::Display, "alice").unwrap();
        den.next_blocks().await;
        den
    }

    /// What was submitted before is in by then.
    pub(crate) async fn next_blocks(&self) {
        let heights = [0, 1, 2].map(|shard| self.hub.height(shard));
        let is_past = || (0..).zip(heights).all(|(shard, it)| self.hub.height(shard) >= it + 3);
        until("the next blocks", async || is_past().then_some(())).await;
    }

    /// An account that reaches the hub at `url`.
    pub(crate) fn config(&self, url: String, credentials: Credentials) -> Config {
        Config {
            realm: Realm::Dev,
            fid: NonZeroU64::new(OWN),
            signer: Some(Secret::new("05".repeat(32))),
            begin: Begin::Kept,
            silent_for: Duration::from_millis(500),
            poll_every: Duration::from_millis(20),
            ..Config::reading(vec![Endpoint { url, credentials }])
        }
    }

    /// An account that reaches the hub by gRPC.
    pub(crate) fn over_grpc(&self) -> Config {
        self.config(format!("grpc://{}", self.hub.grpc_addr()), Credentials::None)
    }

    /// Carries what is said in the source to these conversations.
    pub(crate) fn setup(config: &Config, to: &[&str]) -> Setup {
        let adapter: Arc<dyn Adapter> = Arc::new(Farcaster::connect(config).unwrap());
        let told = to.iter().map(|it| (leg("casts", it), Direction::To));
        let link = Link {
            name: "den".to_owned(),
            legs: told.chain([(leg("casts", "channel/source"), Direction::From)]).collect(),
            downgrade: Downgrade::Refuse,
            attribution: "{name}: ".to_owned(),
        };
        let backoff =
            Backoff { first: Duration::from_millis(5), longest: Duration::from_millis(50) };
        let confirm_within = Duration::from_millis(500);
        Setup {
            accounts: BTreeMap::from([(AccountName::parse("casts").unwrap(), adapter)]),
            links: vec![link],
            limits: Limits { backoff, confirm_within, ..Limits::default() },
            ..Setup::default()
        }
    }

    /// A bridge of that setup.
    pub(crate) async fn bridge(&self, setup: Setup) -> Bridge {
        if std::env::var_os("RUST_LOG").is_some() {
            tracing_subscriber::fmt()
                .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
                .try_init()
                .ok();
        }
        let secret = RootSecret::key_file([7; 32]);
        let store = Store::create(self.folder.path().join("store"), &secret).unwrap();
        Bridge::start(store, setup, Clock::System).await.unwrap()
    }

    /// Alice says each of these in the source.
    pub(crate) fn alice_says(&self, texts: &[&str]) {
        for text in texts {
            let parent = Some(Parent::ParentUrl(SOURCE.to_owned()));
            self.alice.cast(&self.hub, Words { parent, ..Words::from(*text) }).unwrap();
        }
    }

    /// The texts in the den, the oldest first.
    pub(crate) async fn den(&self) -> Vec<String> {
        let mut connection = TcpStream::connect(self.hub.http_addr()).await.unwrap();
        let path = format!("/v1/castsByParent?url={DEN}&pageSize=1000");
        let request = format!("GET {path} HTTP/1.1\r\nhost: hub\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        let mut casts = body["messages"].as_array().unwrap().clone();
        casts.sort_by_key(|cast| cast["data"]["timestamp"].as_u64());
        let text = |cast: &Value| cast["data"]["castAddBody"]["text"].as_str().unwrap().to_owned();
        casts.iter().map(text).collect()
    }

    /// Waits until exactly these are in the den, in this order.
    pub(crate) async fn den_hears(&self, texts: &[&str]) {
        let expected: Vec<_> = texts.iter().map(|text| format!("alice: {text}")).collect();
        let mut heard = Vec::new();
        let came = tokio::time::timeout(Duration::from_secs(60), async {
            while heard != expected {
                tokio::time::sleep(Duration::from_millis(10)).await;
                heard = self.den().await;
            }
        });
        let came = came.await.is_ok();
        assert!(came, "{heard:?} instead of {expected:?}");
    }
}

/// Why the account is suspended, once it is.
pub(crate) async fn suspended(bridge: &Bridge) -> String {
    until("the account to be suspended", async || match health(bridge) {
        Some(Health::Suspended(reason)) => Some(reason),
        Some(_) | None => None,
    })
    .await
}

/// What `threadbridge status` says of the account.
pub(crate) fn health(bridge: &Bridge) -> Option<Health> {
    let status = view::status(&bridge.store().snapshot().unwrap()).unwrap();
    status.accounts.into_iter().next().map(|account| account.health)
}

/// Waits until the account hears and may speak.
pub(crate) async fn connected(bridge: &Bridge) {
    until("the account to be connected", async || {
        (health(bridge) == Some(Health::Connected)).then_some(())
    })
    .await;
}

/// What waits to be sent.
pub(crate) fn outbox(bridge: &Bridge) -> Vec<OutboxRow> {
    view::outbox(&bridge.store().snapshot().unwrap()).unwrap()
}

/// Waits until so much waits to be sent.
pub(crate) async fn waits(bridge: &Bridge, count: usize) -> Vec<OutboxRow> {
    until("what is to wait", async || Some(outbox(bridge)).filter(|it| it.len() == count)).await
}

/// Waits until so much waits to be sent, and the first of it was told to wait; why.
pub(crate) async fn told_to_wait(bridge: &Bridge, count: usize) -> String {
    let rows = until("what is told to wait", async || {
        let rows = outbox(bridge);
        (rows.len() == count && rows.first()?.last_error.is_some()).then_some(rows)
    })
    .await;
    assert!(rows.iter().all(|row| row.attempts == 0), "{rows:?}");
    rows[0].last_error.clone().unwrap()
}

/// What was given up.
pub(crate) fn dead_letters(bridge: &Bridge) -> Vec<DeadLetter> {
    view::dead_letters(&bridge.store().snapshot().unwrap()).unwrap()
}
