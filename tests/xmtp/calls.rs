//! The daemon is killed before and after each call that it makes to XMTP takes effect, and everything
//! is said once.

use std::time::Duration;

use serde_json::json;
use threadbridge_devnet::farcaster::hub::Hub;
use threadbridge_devnet::xmtp::faults::{Fault, Scope, When};
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tokio::time::{Instant, interval, sleep};

use super::bridged::own_address;
use super::person::{Person, Sdk, eventually, wallet};
use crate::farcaster::daemon::Home;
use crate::farcaster::person::Person as Caster;
use crate::farcaster::world::hub;

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
/// By whom the bridge speaks on Farcaster.
const FID: u64 = 901;
/// After this long what should have crossed is taken never to.
const WITHIN: Duration = Duration::from_secs(180);
/// For longer than members' logs count as known.
const FRESH_FOR: Duration = Duration::from_secs(6);

/// Alice in a channel of Farcaster, Ann on XMTP, and a daemon between them.
struct Crossing {
    hub: Hub,
    node: Node,
    home: Home,
    alice: Caster,
    ann: Person,
    dm: String,
    /// What alice said, in order.
    cast: Vec<String>,
}

impl Crossing {
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
        Self { hub, node, home, alice, ann, dm, cast: Vec::new() }
    }

    /// What ann reads of alice, in order.
    async fn read_on_xmtp(&mut self) -> Vec<String> {
        let texts = self.ann.texts(&self.dm).await;
        texts.iter().filter_map(|it| it.strip_prefix("alice: ").map(str::to_owned)).collect()
    }

    /// Waits until everything has crossed, and expects it once and in order.
    async fn settles(&mut self) {
        let began = Instant::now();
        let mut ticks = interval(Duration::from_millis(200));
        while self.read_on_xmtp().await.len() < self.cast.len() {
            ticks.tick().await;
            let told = ["status", "outbox", "dead-letters"].map(|it| self.home.asks(&[it]));
            let state = || format!("{}\n{}", told.concat(), self.home.log());
            assert!(began.elapsed() < WITHIN, "not everything crossed: {}", state());
        }
        assert_eq!(self.read_on_xmtp().await, self.cast);
    }

    async fn ends(self) {
        self.ann.leaves().await;
        self.node.stop().await;
        drop(self.hub);
    }
}

/// A call that the daemon makes for what it says, and whether it has to bring somebody in first.
type Call = (&'static str, bool);

/// Every call between words and their being read back, in the order in which they are made.
const CALLS: [Call; 6] = [
    ("GetIdentityUpdates", false),
    ("FetchKeyPackages", true),
    // The commit, and then the words themselves.
    ("SendGroupMessages", true),
    ("SendWelcomeMessages", true),
    ("SendGroupMessages", false),
    ("QueryGroupMessages", false),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_death_before_or_after_any_call_says_it_once_to_every_device() {
    let mut crossing = Crossing::begins().await;
    let mut tablets: Vec<(Person, String)> = Vec::new();
    let faults = crossing.node.faults().clone();
    for (method, is_commit) in CALLS {
        for fault in [Fault::Hang, Fault::Mute] {
            let mut daemon = crossing.home.starts();
            crossing.home.connects().await;
            let text = format!("alice {}", crossing.cast.len());
            if is_commit {
                let tablet = Person::joins(&crossing.node, "ann", Sdk::Five).await;
                tablets.push((tablet, text.clone()));
                // What is known of members' apps is older than it may be.
                sleep(FRESH_FOR).await;
            }
            let before = faults.struck();
            faults.set(fault.clone(), Scope::Method(method.to_owned()), When::Always);
            crossing.alice.casts(&text, json!({ "parent": { "url": CHANNEL } })).await;
            crossing.cast.push(text);
            eventually(&format!("{method} is called"), async || {
                assert!(daemon.has_ended().is_none(), "{}", crossing.home.log());
                faults.struck() != before
            })
            .await;
            daemon.dies().await;
            faults.clear_all();
            let daemon = crossing.home.starts();
            crossing.settles().await;
            daemon.dies().await;
        }
    }
    for (tablet, first) in &mut tablets {
        let texts = tablet.texts(&crossing.dm).await;
        let said = |text: &String| texts.iter().filter(|it| it.ends_with(text.as_str())).count();
        let from = crossing.cast.iter().position(|it| it == first).unwrap();
        let counts: Vec<_> = crossing.cast[from..].iter().map(said).collect();
        assert!(counts.iter().all(|count| *count == 1), "{first}: {counts:?} in {texts:#?}");
    }
    for (tablet, _) in tablets {
        tablet.leaves().await;
    }
    crossing.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_death_on_the_way_into_the_inbox_makes_no_second_installation() {
    // Another test may have installed it.
    drop(rustls::crypto::ring::default_provider().install_default());
    for method in ["GetInboxIds", "UploadKeyPackage", "PublishIdentityUpdate", "GetIdentityUpdates"]
    {
        for fault in [Fault::Hang, Fault::Mute] {
            let node = Node::start(NodeSettings::default()).await.unwrap();
            let settings = format!(
                "\n[accounts.dm]\nnetwork = \"xmtp\"\nhost = {:?}\nwallet = \"file:dm.key\"\n",
                node.url()
            );
            let key = wallet("bridge").secret();
            let home = Home::new().with_key("dm", key.trim_start_matches("0x"));
            let home = home.with_text(&settings);
            node.faults().set(fault, Scope::Method(method.to_owned()), When::Always);
            let daemon = home.starts();
            eventually(&format!("{method} is called"), async || !node.faults().struck().is_empty())
                .await;
            daemon.dies().await;
            node.faults().clear_all();
            let daemon = home.starts();
            home.connects().await;
            let inbox = node.inbox_of(&own_address()).unwrap();
            let installations = node.installations(&inbox);
            assert_eq!(installations.len(), 1, "{method}");
            daemon.stops().await;
            let daemon = home.starts();
            home.connects().await;
            assert_eq!(node.installations(&inbox), installations, "{method}");
            daemon.stops().await;
            let published = node.faults().calls()["PublishIdentityUpdate"];
            assert!(published <= 2, "{method}: published {published} times");
            node.stop().await;
        }
    }
}
