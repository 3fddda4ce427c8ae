//! What is said on XMTP stays there unless the link says otherwise, while the thread goes on between
//! the others.

use std::net::SocketAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use threadbridge_devnet::farcaster::hub::Hub;
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tokio::time::{Instant, interval};

use crate::farcaster::daemon::{Daemon, Home};
use crate::farcaster::person::{Cast, Person as Caster};
use crate::farcaster::world::{hub, register};
use crate::lens::script::Script;
use crate::lens::town::Town;
use crate::tap::Tap;
use crate::xmtp::bridged::own_address;
use crate::xmtp::person::{Person, Sdk, wallet};

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
/// By whom the bridge speaks on Farcaster.
const FID: u64 = 901;
/// After this long what should have crossed is taken never to.
const WITHIN: Duration = Duration::from_secs(180);
const ATTEMPTS: u32 = 20;

/// What is called and said on XMTP only, each in words of its own.
const GROUP: &str = "conspicuous-circle";
const RENAMED: &str = "renamed-parlour";
const DESCRIBED: &str = "described-vestibule";
const SAID: &str = "murmured-quicksilver";
const ANSWERED: &str = "answered-marzipan";
const LATER: &str = "whispered-obsidian";
const MARKED: &str = "emphasized-tamarisk";
const FILE: &str = "attached-palimpsest";
const FILE_NAME: &str = "portfolio-heliotrope.txt";
const ALONE: &str = "confided-labyrinth";
const TAKEN_BACK: &str = "regretted-chrysalis";
const AFTERWARDS: &str = "permitted-sandalwood";

/// Alice on Farcaster, Bob on Lens, Cyd and Dot on XMTP, and a daemon whose every word to either of the
/// public networks is written down.
struct Thread {
    hub: Hub,
    town: Town,
    node: Node,
    to_hub: Tap,
    to_lens: Tap,
    to_grove: Tap,
    home: Home,
    daemon: Daemon,
    alice: Caster,
    bob: Script,
    cyd: Person,
    dot: Person,
    group: String,
}

fn addr(url: &str) -> SocketAddr {
    let rest = url.split("://").nth(1).unwrap();
    rest.split('/').next().unwrap().parse().unwrap()
}

impl Thread {
    async fn begins() -> Self {
        // Another test may have installed it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let (hub, town) = (hub().await, Town::opens().await);
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let (to_hub, to_lens, to_grove) = (
            Tap::before(hub.grpc_addr()).await,
            Tap::before(addr(&town.lens.api_url())).await,
            Tap::before(addr(&town.lens.grove_url())).await,
        );
        let alice = Caster::arrives(hub.grpc_addr(), 101, "alice").await;
        let mut bob = town.person("bob").await;
        bob.does(json!({ "do": "login", "attempts": ATTEMPTS })).await;
        let mut cyd = Person::joins(&node, "cyd", Sdk::newest()).await;
        let dot = Person::joins(&node, "dot", Sdk::Five).await;
        let seed: String = register(&hub, FID).iter().map(|it| format!("{it:02x}")).collect();
        let accounts = format!(
            "\n[accounts.casts]\nnetwork = \"farcaster\"\nrealm = \"dev\"\nfid = {FID}\n\
             endpoints = [\"grpc://{}\"]\nsigner = \"file:casts.key\"\n\
             \n[accounts.group]\nnetwork = \"xmtp\"\nhost = {:?}\nwallet = \"file:group.key\"\n",
            to_hub.addr,
            node.url()
        );
        let home = Home::new()
            .with_key("casts", &seed)
            .with_key("group", wallet("bridge").secret().trim_start_matches("0x"))
            .with_text(&accounts);
        let (api, grove) =
            (format!("http://{}/graphql", to_lens.addr), format!("http://{}", to_grove.addr));
        let home = town.account_at(home, "posts", (&api, &grove));
        let daemon = home.starts();
        home.connects().await;
        daemon.dies().await;
        let group = cyd.makes_group(GROUP, &[&dot.inbox(), &own_address()]).await;
        let home = home.with_text(&format!(
            "\n[[links]]\nname = \"books\"\n\
             legs = [\"casts:channel/books\", \"posts:feed/{}\", \"group:group/{group}\"]\n",
            town.feed
        ));
        let daemon = home.starts();
        home.connects().await;
        Self {
            hub,
            town,
            node,
            to_hub,
            to_lens,
            to_grove,
            home,
            daemon,
            alice,
            bob,
            cyd,
            dot,
            group,
        }
    }

    /// Looks until something is found.
    async fn waits<T>(
        &mut self,
        what: &str,
        mut look: impl AsyncFnMut(&mut Self) -> Option<T>,
    ) -> T {
        let (began, mut ticks) = (Instant::now(), interval(Duration::from_millis(100)));
        loop {
            ticks.tick().await;
            if let Some(found) = look(self).await {
                return found;
            }
            let state =
                || ["status", "outbox", "dead-letters"].map(|it| self.home.asks(&[it])).concat();
            assert!(began.elapsed() < WITHIN, "waited for {what}: {}{}", state(), self.home.log());
        }
    }

    async fn alice_says(&mut self, text: &str) -> Cast {
        self.alice.casts(text, json!({ "parent": { "url": CHANNEL } })).await
    }

    async fn bob_says(&mut self, text: &str) {
        let post =
            json!({ "do": "post", "text": text, "feed": self.town.feed, "attempts": ATTEMPTS });
        self.bob.does(post).await;
    }

    /// Waits until Alice reads this.
    async fn alice_reads(&mut self, text: &str) {
        self.waits(text, async |it| {
            let casts = it.alice.does(json!({ "do": "casts", "fid": FID })).await;
            casts["casts"].as_array().unwrap().iter().any(|it| it["text"] == text).then_some(())
        })
        .await;
    }

    /// Waits until Bob reads this.
    async fn bob_reads(&mut self, text: &str) {
        self.waits(text, async |it| {
            let posts = it.bob.does(json!({ "do": "recent", "feed": it.town.feed })).await;
            posts["posts"].as_array().unwrap().iter().any(|it| it["text"] == text).then_some(())
        })
        .await;
    }

    /// What everybody on XMTP reads, once this is there; the id of that.
    async fn cyd_reads(&mut self, text: &str) -> String {
        self.waits(text, async |it| {
            let messages = it.cyd.reads(&it.group).await;
            let found = messages.iter().find(|it| it["text"] == text)?;
            found["id"].as_str().map(str::to_owned)
        })
        .await
    }

    /// What the daemon shows of the thread.
    fn lines(&self) -> Vec<Value> {
        let told = self.home.asks(&["thread", "books", "--json", "--limit", "100"]);
        serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told}"))
    }

    /// The thread's line of this text, once it is there.
    async fn line(&mut self, text: &str) -> Value {
        self.waits(text, async |it| it.lines().into_iter().find(|it| it["text"] == text)).await
    }

    /// Which of these a public network was given.
    fn given(&self, needles: &[&str]) -> Vec<String> {
        let taps = [("hub", &self.to_hub), ("lens", &self.to_lens), ("grove", &self.to_grove)];
        let found = taps.map(|(name, tap)| {
            tap.finds(needles).into_iter().map(move |it| format!("{it} by the {name}"))
        });
        found.into_iter().flatten().collect()
    }

    /// The daemon dies at once, and another goes on.
    async fn dies_and_rises(mut self) -> Self {
        self.daemon.dies().await;
        self.daemon = self.home.starts();
        self.home.connects().await;
        self
    }

    async fn ends(self) {
        self.daemon.stops().await;
        self.cyd.leaves().await;
        self.dot.leaves().await;
        self.bob.ends().await;
        self.node.stop().await;
        self.hub.stop().await;
        self.town.ends().await;
    }
}

/// Everything that Cyd and Dot do: words, answers, reactions, files, names, and what they take back.
/// Returns the messages' ids.
async fn confide(thread: &mut Thread, about: &str) -> Vec<String> {
    let group = thread.group.clone();
    let mut ids = vec![thread.cyd.says(&group, SAID).await];
    ids.push(thread.dot.replies(&group, about, ANSWERED).await);
    thread.cyd.reacts(&group, about, "❤️").await;
    thread.dot.reacts(&group, about, "🦎").await;
    let marked = json!({ "do": "say", "conversation": group, "text": MARKED, "markdown": true });
    thread.cyd.does(marked).await;
    thread
        .dot
        .does(json!({
            "do": "attach", "conversation": group, "base64": STANDARD.encode(FILE),
            "type": "text/plain", "name": FILE_NAME,
        }))
        .await;
    thread.cyd.does(json!({ "do": "rename", "conversation": group, "name": RENAMED })).await;
    let describe = json!({ "do": "describe", "conversation": group, "description": DESCRIBED });
    thread.cyd.does(describe).await;
    let taken_back = thread.dot.says(&group, TAKEN_BACK).await;
    let delete = json!({ "do": "delete", "conversation": group, "message": taken_back });
    thread.dot.does(delete).await;
    ids.push(taken_back);
    let dm = thread.cyd.opens_dm(&own_address()).await;
    ids.push(thread.cyd.says(&dm, ALONE).await);
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_xmtp_reaches_a_public_network_unless_the_link_says_so() {
    let mut thread = Thread::begins().await;
    let cast = thread.alice_says("said-in-public-1").await;
    thread.bob_reads("alice: said-in-public-1").await;
    let copy = thread.cyd_reads("alice: said-in-public-1").await;
    let mut ids = confide(&mut thread, &copy).await;
    thread.line(ANSWERED).await;
    // The thread goes on between the others, whatever is refused and whoever dies.
    thread.bob_says("said-in-public-2").await;
    thread.alice_reads("bob: said-in-public-2").await;
    thread.cyd_reads("bob: said-in-public-2").await;
    let mut thread = thread.dies_and_rises().await;
    let group = thread.group.clone();
    ids.push(thread.cyd.says(&group, LATER).await);
    thread.alice_says("said-in-public-3").await;
    thread.bob_reads("alice: said-in-public-3").await;
    thread.cyd_reads("alice: said-in-public-3").await;
    // It is refused where it can be seen.
    let line = thread.line(LATER).await;
    assert_eq!(line["level"], "L4", "{line}");
    let refused = |of: &str| {
        let leg = line["legs"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["leg"].as_str().unwrap().starts_with(of));
        leg.is_some_and(|it| it["reason"].as_str().is_some_and(|it| it.contains("downgrade")))
    };
    assert!(refused("casts:") && refused("posts:"), "{line:#}");
    let status = thread.home.asks(&["status"]);
    assert!(status.contains("downgrade"), "{status}");

    let inboxes = [thread.cyd.inbox(), thread.dot.inbox()];
    let addresses = [thread.cyd.address(), thread.dot.address(), own_address()];
    let installations = [thread.cyd.installation(), thread.dot.installation()];
    let own_inbox = thread.node.inbox_of(&own_address()).unwrap();
    let known = ids.iter().chain(&inboxes).chain(&addresses).chain(&installations);
    let mut needles: Vec<&str> = known.map(String::as_str).collect();
    needles.extend([
        GROUP, RENAMED, DESCRIBED, SAID, ANSWERED, LATER, MARKED, FILE, FILE_NAME, ALONE,
        TAKEN_BACK, "🦎", &group, &own_inbox,
    ]);
    assert_eq!(thread.given(&needles), Vec::<String>::new());
    let likes = thread.alice.reactions(&cast, "like").await;
    assert!(likes.is_empty(), "{likes:?}");
    // What was said in public did go that way, so the taps would have seen the rest.
    assert_eq!(thread.given(&["said-in-public-1"]), ["said-in-public-1 by the grove"]);
    assert_eq!(thread.given(&["said-in-public-2"]), ["said-in-public-2 by the hub"]);
    assert!(thread.to_lens.bytes() > 1000);

    // From now on the link says so.
    thread.daemon.dies().await;
    thread.home = thread.home.with_text("downgrade = \"allow\"\n");
    thread.daemon = thread.home.starts();
    thread.home.connects().await;
    thread.cyd.says(&group, AFTERWARDS).await;
    thread.waits(AFTERWARDS, async |it| (it.given(&[AFTERWARDS]).len() == 2).then_some(())).await;
    assert_eq!(thread.given(&needles[..ids.len()]), Vec::<String>::new(), "what was refused stays");
    thread.ends().await;
}
