//! The daemon is killed at any moment between Farcaster's official client and XMTP's, and no message
//! is lost, doubled or put out of order.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_core::pipeline::Step;
use threadbridge_devnet::farcaster::hub::Hub;
use threadbridge_devnet::xmtp::faults::{Fault, Scope, When};
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tokio::time::{Instant, interval, sleep};

use super::bridged::own_address;
use super::person::{Person, Sdk, wallet};
use crate::farcaster::daemon::Home;
use crate::farcaster::person::Person as Caster;
use crate::farcaster::world::hub;

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
/// By whom the bridge speaks on Farcaster.
const FID: u64 = 901;
/// After this long what should have crossed is taken never to.
const WITHIN: Duration = Duration::from_secs(60);
/// How many kills at random moments, where the environment does not say.
const KILLS: usize = 6;
const FAULTY: f64 = 0.05;

/// Alice in a channel of Farcaster, Ann on XMTP, and a daemon between them.
struct Chat {
    hub: Hub,
    node: Node,
    home: Home,
    alice: Caster,
    ann: Person,
    dm: String,
    /// What alice said, in order.
    cast: Vec<String>,
    /// What ann said, in order.
    said: Vec<String>,
}

impl Chat {
    async fn begins() -> Self {
        // Another test may have installed it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let hub = hub().await;
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let alice = Caster::arrives(hub.grpc_addr(), 101, "alice").await;
        let mut ann = Person::joins(&node, "ann", Sdk::Five).await;
        let settings = format!(
            "\n[accounts.dm]\nnetwork = \"xmtp\"\nhost = {:?}\nwallet = \"file:dm.key\"\n\
             \n[[links]]\nname = \"books\"\nlegs = [\"casts:channel/books\", \"dm:dm/{}\"]\n\
             downgrade = \"allow\"\n",
            node.url(),
            ann.address()
        );
        let home = Home::new().with_account("casts", &hub, FID);
        let home = home.with_key("dm", wallet("bridge").secret().trim_start_matches("0x"));
        let home = home.with_text(&settings);
        let daemon = home.starts();
        home.connects().await;
        let dm = ann.opens_dm(&own_address()).await;
        daemon.dies().await;
        Self { hub, node, home, alice, ann, dm, cast: Vec::new(), said: Vec::new() }
    }

    /// Each of them says something.
    async fn goes_round(&mut self) {
        let text = format!("alice {}", self.cast.len());
        self.alice.casts(&text, json!({ "parent": { "url": CHANNEL } })).await;
        self.cast.push(text);
        let text = format!("ann {}", self.said.len());
        self.ann.says(&self.dm, &text).await;
        self.said.push(text);
    }

    /// What ann reads of alice, in order.
    async fn read_on_xmtp(&mut self) -> Vec<String> {
        let texts = self.ann.texts(&self.dm).await;
        texts.iter().filter_map(|it| it.strip_prefix("alice: ").map(str::to_owned)).collect()
    }

    /// What the bridge cast of ann's words, in order.
    async fn read_on_farcaster(&mut self) -> Vec<String> {
        let answer = self.alice.does(json!({ "do": "casts", "fid": FID })).await;
        let casts = answer["casts"].as_array().unwrap();
        let text =
            |it: &Value| it["text"].as_str().unwrap().rsplit(": ").next().unwrap().to_owned();
        casts.iter().map(text).collect()
    }

    /// Waits until everything has crossed, and expects it once and in order.
    async fn settles(&mut self) {
        let began = Instant::now();
        let mut ticks = interval(Duration::from_millis(200));
        loop {
            ticks.tick().await;
            let (here, there) = (self.read_on_xmtp().await, self.read_on_farcaster().await);
            if here.len() >= self.cast.len() && there.len() >= self.said.len() {
                break;
            }
            let told = ["status", "outbox", "dead-letters"].map(|it| self.home.asks(&[it]));
            let state = || format!("{here:?} {there:?}\n{}\n{}", told.concat(), self.home.log());
            assert!(began.elapsed() < WITHIN, "not everything crossed: {}", state());
        }
        assert_eq!(self.read_on_xmtp().await, self.cast, "on XMTP");
        assert_eq!(self.read_on_farcaster().await, self.said, "on Farcaster");
    }

    async fn ends(self) {
        self.ann.leaves().await;
        self.node.stop().await;
        drop(self.hub);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_may_be_the_last_between_farcaster_and_xmtp() {
    let mut chat = Chat::begins().await;
    for (round, step) in Step::ALL.into_iter().chain(Step::ALL).enumerate() {
        let passing = if round < Step::ALL.len() { 0 } else { 3 };
        let mut dying = chat.home.starts_to_die(step, passing);
        let status = loop {
            chat.goes_round().await;
            sleep(Duration::from_millis(300)).await;
            if let Some(status) = dying.has_ended() {
                break status;
            }
        };
        assert_eq!(status.signal(), Some(9), "{step:?}: {}", chat.home.log());
        let daemon = chat.home.starts();
        chat.settles().await;
        daemon.dies().await;
    }
    println!("a death after each of {} steps: {} said", 2 * Step::ALL.len(), chat.said.len() * 2);
    chat.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_moment_may_be_the_last_between_farcaster_and_xmtp() {
    let kills = std::env::var("XMTP_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(KILLS);
    let mut chat = Chat::begins().await;
    let mut daemon = chat.home.starts();
    chat.home.connects().await;
    for fault in [
        Fault::Delay { ms: 40 },
        Fault::RateLimited,
        Fault::Unavailable,
        Fault::AnswerLost,
        Fault::DropLive,
        Fault::Duplicate,
        Fault::Reorder,
        Fault::CutStream,
    ] {
        chat.node.faults().set(fault, Scope::Any, When::Chance(FAULTY));
    }
    for kill in 0..kills {
        for _ in 0..=(kill * 7919) % 4 {
            chat.goes_round().await;
        }
        sleep(Duration::from_millis((kill as u64 * 7919) % 1900)).await;
        assert!(daemon.has_ended().is_none(), "{}", chat.home.log());
        daemon.dies().await;
        daemon = chat.home.starts();
    }
    chat.node.faults().clear_all();
    chat.settles().await;
    chat.home.connects().await;
    daemon.stops().await;
    println!(
        "{kills} kills: {} said; faults {:?}",
        chat.said.len() * 2,
        chat.node.faults().struck()
    );
    chat.ends().await;
}
