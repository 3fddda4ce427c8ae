//! Who proves one wallet on three networks is one person there, for as long as each proof holds.

use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_devnet::farcaster::hub::Hub;
use threadbridge_devnet::lens::wallet::Wallet;
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tokio::time::{Instant, interval};

use crate::farcaster::daemon::{Daemon, Home};
use crate::farcaster::person::Person as Caster;
use crate::farcaster::world::{hub, register};
use crate::lens::script::Script;
use crate::lens::town::Town;
use crate::xmtp::bridged::own_address;
use crate::xmtp::person::{Person, Sdk, wallet};

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
/// By whom the bridge speaks on Farcaster.
const FID: u64 = 901;
/// After this long what should be so is taken never to be.
const WITHIN: Duration = Duration::from_secs(60);
const ATTEMPTS: u32 = 20;

/// Ann, who has one wallet and three apps, and somebody on Farcaster who calls themself Ann.
struct Scene {
    hub: Hub,
    town: Town,
    node: Node,
    home: Home,
    daemon: Daemon,
    caster: Caster,
    poster: Script,
    talker: Person,
    namesake: Caster,
    group: String,
    lens: String,
}

impl Scene {
    async fn begins() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let (hub, town) = (hub().await, Town::opens().await);
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let key = Wallet::parse(&wallet("ann").secret()).unwrap();
        let caster = Caster::arrives(hub.grpc_addr(), 101, "ann").await;
        let mut namesake = Caster::looks_in(hub.grpc_addr(), 102);
        let register_as =
            json!({ "do": "register", "name": "ann2", "display": "ann", "units": 20 });
        namesake.does(register_as).await;
        let (lens, mut poster) = town.person_of("ann", &key).await;
        poster.does(json!({ "do": "login", "attempts": ATTEMPTS })).await;
        let talker = Person::joins(&node, "ann", Sdk::newest()).await;
        let seed: String = register(&hub, FID).iter().map(|it| format!("{it:02x}")).collect();
        let accounts = format!(
            "\n[accounts.casts]\nnetwork = \"farcaster\"\nrealm = \"dev\"\nfid = {FID}\n\
             endpoints = [\"grpc://{}\"]\nsigner = \"file:casts.key\"\n\
             \n[accounts.group]\nnetwork = \"xmtp\"\nhost = {:?}\nwallet = \"file:group.key\"\n",
            hub.grpc_addr(),
            node.url()
        );
        let home = Home::new()
            .with_key("casts", &seed)
            .with_key("group", wallet("bridge").secret().trim_start_matches("0x"))
            .with_text(&accounts);
        let home = town.account(home, "posts");
        let daemon = home.starts();
        home.connects().await;
        daemon.dies().await;
        let mut talker = talker;
        let group = talker.makes_group("books", &[&own_address()]).await;
        let home = home.with_text(&format!(
            "\n[[links]]\nname = \"books\"\ndowngrade = \"allow\"\n\
             legs = [\"casts:channel/books\", \"posts:feed/{}\", \"group:group/{group}\"]\n",
            town.feed
        ));
        let daemon = home.starts();
        home.connects().await;
        Self { hub, town, node, home, daemon, caster, poster, talker, namesake, group, lens }
    }

    /// Looks until something is so.
    async fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let (began, mut ticks) = (Instant::now(), interval(Duration::from_millis(200)));
        while !is_so(self) {
            ticks.tick().await;
            let people = || self.home.asks(&["people", "--all"]);
            assert!(began.elapsed() < WITHIN, "no {what}: {}{}", people(), self.home.log());
        }
    }

    fn json(&self, args: &[&str]) -> Value {
        let told = self.home.asks(args);
        serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"))
    }

    /// Everybody who is one person with somebody, but for the wallets that have custody of fids.
    fn kin(&self, who: &str) -> Vec<String> {
        let own = format!("ethereum:{}", self.talker.address().to_lowercase());
        let shown = self.json(&["person", who, "--json"]);
        let identities = shown["identities"].as_array().unwrap().iter();
        let identities = identities.map(|it| it.as_str().unwrap().to_owned());
        identities.filter(|it| !it.starts_with("ethereum:") || *it == own).collect()
    }

    /// The thread, with what does not change when somebody is somebody else.
    fn thread(&self) -> Vec<Value> {
        let told = self.json(&["thread", "books", "--json", "--limit", "100"]);
        told.as_array().unwrap().clone()
    }

    fn says(&self, text: &str) -> bool {
        self.thread().iter().any(|it| it["text"] == text)
    }

    async fn ends(self) {
        self.daemon.stops().await;
        self.talker.leaves().await;
        self.poster.ends().await;
        self.node.stop().await;
        self.hub.stop().await;
        self.town.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wallet_on_three_networks_is_one_person_until_a_proof_is_taken_back() {
    let mut scene = Scene::begins().await;
    let key = wallet("ann").secret();
    let inbox = format!("xmtp:{}", scene.talker.inbox());
    let (lens, group) = (format!("lens:{}", scene.lens), scene.group.clone());
    scene.caster.casts_in(CHANNEL, "ann casts").await;
    scene.namesake.casts_in(CHANNEL, "somebody else casts").await;
    let feed = scene.town.feed.clone();
    let post = json!({ "do": "post", "text": "ann posts", "feed": feed, "attempts": ATTEMPTS });
    scene.poster.does(post).await;
    scene.talker.says(&group, "ann talks").await;
    for text in ["ann casts", "somebody else casts", "ann posts", "ann talks"] {
        scene.until(text, |it| it.says(text)).await;
    }
    // A wallet that owns an account and an inbox has told already; Farcaster has not.
    let address = format!("ethereum:{}", scene.talker.address().to_lowercase());
    let two = [&address, &lens, &inbox].map(String::clone);
    scene.until("proofs of two", |it| it.kin(&address) == two).await;
    assert_eq!(scene.kin("farcaster:101"), ["farcaster:101"]);
    scene.caster.does(json!({ "do": "verify", "wallet": key })).await;
    let all = [address.as_str(), "farcaster:101", &lens, &inbox].map(str::to_owned);
    scene.until("proofs of three", |it| it.kin("farcaster:101") == all).await;
    for who in &all {
        assert_eq!(scene.kin(who), all, "{who}");
    }
    assert_eq!(scene.kin("farcaster:102"), ["farcaster:102"]);
    let shown = scene.home.asks(&["person", "farcaster:101"]);
    for by in ["a claim that both signed", "the registry of owners", "a log that the one keeps"] {
        assert!(shown.contains(by), "{by}: {shown}");
    }

    let thread = scene.thread();
    scene.caster.does(json!({ "do": "unverify", "wallet": key })).await;
    scene.until("the parting", |it| it.kin("farcaster:101") == ["farcaster:101"]).await;
    assert_eq!(scene.kin(&lens), two);
    assert_eq!(scene.thread(), thread, "a message changed its place");
    let people = scene.home.asks(&["people"]);
    assert!(people.contains("farcaster:101 is one person no longer with"), "{people}");
    assert!(people.contains("its owner took the address back"), "{people}");
    assert!(scene.home.log().contains("identities are no longer one person"));
    scene.ends().await;
}
