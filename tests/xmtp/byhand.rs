//! A daemon with one account on XMTP, ordered about by its command line, and people on the official
//! client.

use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_core::pipeline::Step;
use threadbridge_devnet::xmtp::wire::mls::mls_api_client::MlsApiClient;
use threadbridge_devnet::xmtp::wire::mls::{
    SendWelcomeMessagesRequest, WelcomeMessageInput, welcome_message_input,
};
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tokio::time::{Instant, interval};

use super::bridged::own_address;
use super::person::{Outfit, Person, Sdk, eventually, wallet};
use crate::farcaster::daemon::{Daemon, Home};
use crate::farcaster::person::Person as Caster;

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
/// After this long what was ordered is taken never to be done.
const WITHIN: Duration = Duration::from_secs(180);

/// A node, and the folder of a bridge.
struct Desk {
    node: Node,
    home: Home,
}

impl Desk {
    async fn stands() -> Self {
        Self::stands_with("").await
    }

    async fn stands_with(settings: &str) -> Self {
        // Another test may have installed it.
        drop(rustls::crypto::ring::default_provider().install_default());
        Self::at(Node::start(NodeSettings::default()).await.unwrap(), settings)
    }

    /// The same at a node that is there already.
    fn at(node: Node, settings: &str) -> Self {
        let settings = format!(
            "\n[accounts.dm]\nnetwork = \"xmtp\"\nhost = {:?}\nwallet = \"file:dm.key\"\n{settings}",
            node.url()
        );
        let home = Home::new().with_text(&settings);
        let home = home.with_key("dm", wallet("bridge").secret().trim_start_matches("0x"));
        home.writes_settings();
        Self { node, home }
    }

    async fn runs(&self) -> Daemon {
        let daemon = self.home.starts();
        self.home.connects().await;
        daemon
    }

    /// Orders something; what is answered.
    fn orders(&self, args: &[&str]) -> String {
        self.home.asks(args)
    }

    /// Waits until a command answers with a text in it.
    async fn shows(&self, args: &[&str], text: &str) -> String {
        let began = Instant::now();
        let mut ticks = interval(Duration::from_millis(200));
        loop {
            ticks.tick().await;
            let shown = self.home.asks(args);
            if shown.contains(text) {
                return shown;
            }
            let state = || format!("{}{}", self.home.asks(&["status"]), self.home.log());
            assert!(began.elapsed() < WITHIN, "«{text}» is not in {shown}\n{}", state());
        }
    }

    /// Waits until somebody reads a text in a conversation.
    async fn is_read(&self, person: &mut Person, conversation: &str, text: &str) {
        let began = Instant::now();
        let mut ticks = interval(Duration::from_millis(200));
        loop {
            ticks.tick().await;
            let read = json!({ "do": "read", "conversation": conversation });
            let seen = person.tries(read).await;
            let texts = seen["messages"].as_array().into_iter().flatten();
            if texts.filter_map(|it| it["text"].as_str()).any(|it| it == text) {
                return;
            }
            let state = || format!("{}{}", self.home.asks(&["status"]), self.home.log());
            assert!(began.elapsed() < WITHIN, "«{text}» is not in {seen}\n{}", state());
        }
    }

    async fn ends(self, people: Vec<Person>) {
        for person in people {
            person.leaves().await;
        }
        self.node.stop().await;
    }
}

/// The members of a group as somebody sees them, in order.
async fn members(person: &mut Person, group: &str) -> Vec<String> {
    person.tries(json!({ "do": "sync" })).await;
    let seen = person.tries(json!({ "do": "members", "conversation": group })).await;
    let members = seen["members"].as_array().into_iter().flatten();
    let mut inboxes: Vec<_> =
        members.filter_map(|it| it["inbox"].as_str().map(str::to_owned)).collect();
    inboxes.sort();
    inboxes
}

async fn seen(person: &mut Person, group: &str) -> Value {
    person.does(json!({ "do": "sync" })).await;
    person.tries(json!({ "do": "get", "conversation": group })).await["conversation"].clone()
}

fn sorted<const N: usize>(mut all: [String; N]) -> [String; N] {
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_written_to_by_hand_reads_it_and_their_answer_is_heard() {
    for sdk in Sdk::all() {
        let desk = Desk::stands().await;
        let mut ann = Person::joins(&desk.node, "ann", sdk).await;
        let daemon = desk.runs().await;
        let address = ann.address();
        let answer = desk.orders(&["send", "--to", &address, "hello", "from", "here"]);
        let leg = format!("dm:dm/{}", ann.inbox());
        assert!(answer.contains(&leg), "{answer}");
        // Who opens it before hearing of it opens another, which is the same conversation all the same.
        eventually("ann is welcomed", async || desk.node.welcomes() > 0).await;
        ann.does(json!({ "do": "sync" })).await;
        let dm = ann.opens_dm(&own_address()).await;
        desk.is_read(&mut ann, &dm, "hello from here").await;
        ann.says(&dm, "hello yourself").await;
        desk.shows(&["thread", &leg], "hello yourself").await;
        // By their inbox, and as they are known here by now, it is the same conversation.
        for who in [ann.inbox(), address.to_uppercase().replacen("0X", "0x", 1)] {
            let text = format!("again to {who}");
            let answer = desk.orders(&["send", "--to", &who, "--account", "dm", &text]);
            assert!(answer.contains(&leg), "{answer}");
            desk.is_read(&mut ann, &dm, &text).await;
        }
        daemon.stops().await;
        let answer = desk.orders(&["send", "--to", &address, "while nobody ran"]);
        assert!(answer.contains("no daemon is running"), "{answer}");
        let daemon = desk.runs().await;
        desk.is_read(&mut ann, &dm, "while nobody ran").await;
        assert_eq!(desk.node.groups().len(), 1, "one conversation");
        daemon.stops().await;
        desk.ends(vec![ann]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_nobody_would_hear_is_refused_before_anything_is_written() {
    let desk = Desk::stands().await;
    let mut ann = Person::joins(&desk.node, "ann", Sdk::Five).await;
    let daemon = desk.runs().await;
    let cases = [
        (wallet("nobody").identifier(), "nobody has an inbox on XMTP with that address"),
        ("ab".repeat(32), "there is no such inbox"),
        ("ann".to_owned(), "nobody of that name is known here"),
        (own_address(), "that is the account itself"),
    ];
    for (who, why) in &cases {
        for order in
            [vec!["send", "--to", who, "hello"], vec!["group", "new", "x", "--member", who]]
        {
            let answer = desk.orders(&order);
            assert!(answer.contains(why), "{order:?}: {answer}");
        }
    }
    ann.does(json!({ "do": "revoke", "installations": [ann.installation()] })).await;
    let answer = desk.orders(&["send", "--to", &ann.address(), "hello"]);
    assert!(answer.contains("no app belongs to that inbox"), "{answer}");
    let answer = desk.orders(&["send", "--to", "ann", "--account", "nowhere", "hello"]);
    assert!(answer.contains("no account `nowhere`"), "{answer}");
    assert!(desk.orders(&["threads"]).contains("there are no conversations yet"));
    assert_eq!(desk.node.groups().len(), 0);
    daemon.stops().await;
    desk.ends(vec![]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_made_by_hand_is_what_its_members_see() {
    for sdk in Sdk::all() {
        let desk = Desk::stands().await;
        let mut ann = Person::joins(&desk.node, "ann", sdk).await;
        let mut ben = Person::joins(&desk.node, "ben", Sdk::Five).await;
        let mut cyd = Person::joins(&desk.node, "cyd", sdk).await;
        let daemon = desk.runs().await;
        let bridge = desk.node.inbox_of(&own_address()).unwrap();
        let (to_ann, to_ben) = (ann.address(), ben.inbox());
        let made =
            desk.orders(&["group", "new", "Books", "--member", &to_ann, "--member", &to_ben]);
        let leg = made.lines().next().unwrap().to_owned();
        let group = leg.strip_prefix("dm:group/").expect(&made).to_owned();
        let all = sorted([bridge.clone(), ann.inbox(), ben.inbox()]);
        eventually("ann is in it", async || members(&mut ann, &group).await == all).await;
        let shown = seen(&mut ann, &group).await;
        assert_eq!((&shown["name"], &shown["policy"]), (&json!("Books"), &json!("default")));
        assert_eq!(shown["super_admins"], json!([bridge]));
        desk.orders(&["send", &leg, "welcome"]);
        for person in [&mut ann, &mut ben] {
            desk.is_read(person, &group, "welcome").await;
        }
        ann.says(&group, "thanks").await;
        desk.shows(&["thread", &leg], "thanks").await;

        desk.orders(&["group", "add", &leg, &cyd.address()]);
        desk.orders(&["send", &leg, "cyd is here"]);
        desk.is_read(&mut cyd, &group, "cyd is here").await;
        assert_eq!(members(&mut ann, &group).await.len(), 4);
        let listed = desk.orders(&["group", "members", "Books"]);
        assert!(listed.contains(&cyd.address()) && listed.contains("owner"), "{listed}");

        desk.orders(&["group", "rename", "Books", "More books"]);
        desk.orders(&["group", "remove", &leg, &ben.address()]);
        desk.orders(&["send", &leg, "without ben"]);
        desk.is_read(&mut cyd, &group, "without ben").await;
        assert_eq!(members(&mut ann, &group).await.len(), 3);
        assert_eq!(seen(&mut cyd, &group).await["name"], "More books");
        assert!(!ben.texts(&group).await.iter().any(|it| it == "without ben"));
        let answer = desk.orders(&["group", "remove", &leg, &ben.address()]);
        assert!(answer.contains("is not in it"), "{answer}");
        let thread = desk.orders(&["thread", &leg]);
        assert!(thread.contains("you began the group “Books”"), "{thread}");
        daemon.stops().await;
        desk.ends(vec![ann, ben, cyd]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_group_names_others_and_leaves_it_to_them() {
    for sdk in Sdk::all() {
        let desk = Desk::stands().await;
        let mut ann = Person::joins(&desk.node, "ann", sdk).await;
        let mut ben = Person::joins(&desk.node, "ben", Sdk::Five).await;
        let daemon = desk.runs().await;
        let bridge = desk.node.inbox_of(&own_address()).unwrap();
        let (to_ann, to_ben) = (ann.address(), ben.address());
        let made =
            desk.orders(&["group", "new", "Books", "--member", &to_ann, "--member", &to_ben]);
        let leg = made.lines().next().unwrap().to_owned();
        let group = leg.strip_prefix("dm:group/").expect(&made).to_owned();
        let (anns, bens) = (ann.inbox(), ben.inbox());
        let all = sorted([bridge.clone(), anns.clone(), bens.clone()]);
        eventually("ann is in it", async || members(&mut ann, &group).await == all).await;
        desk.orders(&["group", "admin", &leg, &to_ben]);
        let admins = async |ann: &mut Person, admins: &[&str], super_admins: &[&str]| {
            eventually("the ranks are as they should be", async || {
                let seen = seen(ann, &group).await;
                let is = |what: &str, wanted: &[&str]| {
                    let all = seen[what].as_array().into_iter().flatten();
                    let mut all: Vec<_> = all.filter_map(Value::as_str).collect();
                    all.sort_unstable();
                    let mut wanted = wanted.to_vec();
                    wanted.sort_unstable();
                    all == wanted
                };
                is("admins", admins) && is("super_admins", super_admins)
            })
            .await;
        };
        admins(&mut ann, &[&bens], &[&bridge]).await;
        let thread = desk.orders(&["thread", &leg]);
        assert!(thread.contains("an admin of the group"), "{thread}");
        desk.orders(&["group", "admin", &leg, &to_ben, "--off"]);
        admins(&mut ann, &[], &[&bridge]).await;

        // Nobody leaves a group so that nobody is in charge of it.
        desk.orders(&["group", "leave", &leg]);
        desk.shows(&["thread", &leg], "name another owner first").await;
        desk.orders(&["group", "admin", &leg, &to_ann, "--owner"]);
        admins(&mut ann, &[], &[&bridge, &anns]).await;
        desk.orders(&["group", "leave", &leg]);
        let left = sorted([anns, bens]);
        eventually("the account is out", async || members(&mut ann, &group).await == left).await;
        ann.says(&group, "among ourselves").await;
        desk.is_read(&mut ben, &group, "among ourselves").await;
        daemon.stops().await;
        desk.ends(vec![ann, ben]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_to_leave_a_group_of_ours_is_let_go() {
    for sdk in Sdk::all() {
        let desk = Desk::stands().await;
        let mut ann = Person::joins(&desk.node, "ann", sdk).await;
        let mut ben = Person::joins(&desk.node, "ben", Sdk::newest()).await;
        let daemon = desk.runs().await;
        let bridge = desk.node.inbox_of(&own_address()).unwrap();
        let (to_ann, to_ben) = (ann.address(), ben.address());
        let made =
            desk.orders(&["group", "new", "Books", "--member", &to_ann, "--member", &to_ben]);
        let leg = made.lines().next().unwrap().to_owned();
        let group = leg.strip_prefix("dm:group/").expect(&made).to_owned();
        desk.orders(&["send", &leg, "welcome"]);
        for person in [&mut ann, &mut ben] {
            desk.is_read(person, &group, "welcome").await;
        }
        ben.does(json!({ "do": "leave", "conversation": group })).await;
        let left = sorted([ann.inbox(), bridge]);
        eventually("ben is out", async || members(&mut ann, &group).await == left).await;
        desk.orders(&["send", &leg, "without ben"]);
        desk.is_read(&mut ann, &group, "without ben").await;
        assert!(!ben.texts(&group).await.iter().any(|it| it == "without ben"));
        daemon.stops().await;
        desk.ends(vec![ann, ben]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_made_while_the_daemon_dies_is_made_once() {
    let desk = Desk::stands().await;
    let mut ann = Person::joins(&desk.node, "ann", Sdk::Five).await;
    let mut cyd = Person::joins(&desk.node, "cyd", Sdk::Five).await;
    desk.runs().await.dies().await;
    let mut groups = Vec::new();
    for (round, step) in Step::ALL.into_iter().chain(Step::ALL).enumerate() {
        let title = format!("group {round}");
        let made = desk.orders(&["group", "new", &title, "--member", &ann.address()]);
        let leg = made.lines().next().unwrap().to_owned();
        desk.orders(&["group", "add", &leg, &cyd.inbox()]);
        desk.orders(&["send", &leg, &title]);
        let mut dying = desk.home.starts_to_die(step, if round < Step::ALL.len() { 4 } else { 9 });
        let began = Instant::now();
        let mut ticks = interval(Duration::from_millis(50));
        while dying.has_ended().is_none() && began.elapsed() < Duration::from_secs(4) {
            ticks.tick().await;
        }
        if dying.has_ended().is_none() {
            dying.dies().await;
        }
        let daemon = desk.runs().await;
        let group = leg.strip_prefix("dm:group/").expect(&made).to_owned();
        desk.is_read(&mut cyd, &group, &title).await;
        groups.push((group, title));
        daemon.dies().await;
    }
    let bridge = desk.node.inbox_of(&own_address()).unwrap();
    let all = sorted([bridge, ann.inbox(), cyd.inbox()]);
    for (group, title) in &groups {
        assert_eq!(members(&mut ann, group).await, all, "{title}");
        assert_eq!(seen(&mut ann, group).await["name"], **title);
        for person in [&mut ann, &mut cyd] {
            assert_eq!(person.texts(group).await, std::slice::from_ref(title), "once");
        }
    }
    assert_eq!(desk.node.groups().len(), groups.len(), "none twice");
    desk.ends(vec![ann, cyd]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_first_waits_until_the_owner_accepts_them() {
    for sdk in Sdk::all() {
        let desk = Desk::stands_with("\n[direct]\naccounts = [\"dm\"]\n").await;
        let mut ann = Person::joins(&desk.node, "ann", sdk).await;
        let daemon = desk.runs().await;
        let dm = ann.opens_dm(&own_address()).await;
        ann.says(&dm, "you do not know me").await;
        let who = format!("xmtp:{}", ann.inbox());
        desk.shows(&["people"], &who).await;
        desk.shows(&["status"], "it is from somebody whom you have not accepted").await;
        assert!(desk.orders(&["threads"]).contains("there are no conversations yet"));
        desk.orders(&["person", "accept", &who]);
        let leg = format!("dm:dm/{}", ann.inbox());
        desk.shows(&["thread", &leg], "you do not know me").await;
        desk.orders(&["send", &leg, "now I do"]);
        desk.is_read(&mut ann, &dm, "now I do").await;
        daemon.stops().await;
        desk.ends(vec![ann]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_of_conversations_that_no_link_names_comes_where_all_are_heard() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let outfit = Outfit { has_history: true, ..Outfit::default() };
    let mut phone = Person::joins_with(&node, "bridge", Sdk::newest(), outfit).await;
    let mut ben = Person::joins(&node, "ben", Sdk::Five).await;
    let dm = phone.opens_dm(&ben.inbox()).await;
    phone.says(&dm, "one").await;
    ben.says(&dm, "two").await;
    assert_eq!(phone.texts(&dm).await, ["one", "two"]);
    let settings = format!(
        "may_join = true\nhistory = {:?}\n\n[direct]\naccounts = [\"dm\"]\n",
        node.history_url()
    );
    let desk = Desk::at(node, &settings);
    let daemon = desk.runs().await;
    let (who, leg) = (format!("xmtp:{}", ben.inbox()), format!("dm:dm/{}", ben.inbox()));
    desk.orders(&["person", "accept", &who]);
    eventually("the bridge has the history", async || {
        phone.does(json!({ "do": "sync" })).await;
        phone.does(json!({ "do": "devices" })).await;
        let thread = desk.orders(&["thread", &leg]);
        thread.contains("one") && thread.contains("two")
    })
    .await;
    daemon.stops().await;
    desk.ends(vec![phone, ben]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_that_the_official_client_exported_is_history_here() {
    if Sdk::newest() != Sdk::Six {
        return;
    }
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut phone = Person::joins(&node, "bridge", Sdk::Six).await;
    let mut ben = Person::joins(&node, "ben", Sdk::Six).await;
    let dm = phone.opens_dm(&ben.inbox()).await;
    let asked = phone.says(&dm, "what do you read?").await;
    assert_eq!(ben.texts(&dm).await.len(), 1);
    ben.replies(&dm, &asked, "the trial").await;
    ben.reacts(&dm, &asked, "👍").await;
    assert_eq!(phone.texts(&dm).await.len(), 2);
    let (folder, key) = (tempfile::TempDir::new().unwrap(), "07".repeat(32));
    let path = folder.path().join("archive");
    phone.does(json!({ "do": "export", "path": path, "key": key })).await;
    let Desk { node, home } = Desk::at(node, "may_join = true\n");
    let home = home.with_key("archive", &key).with_key("wrong", &"08".repeat(32));
    let desk = Desk { node, home };
    let import = |key: &str| {
        desk.orders(&["import", "--from", "xmtp", path.to_str().unwrap(), "--key", key])
    };
    let daemon = desk.runs().await;
    let answer = import("file:wrong.key");
    assert!(answer.contains("no archive of XMTP that this key opens"), "{answer}");
    assert!(desk.orders(&["threads"]).contains("there are no conversations yet"));
    let answer = import("file:archive.key");
    assert!(answer.contains("3 came"), "{answer}");
    let threads: Value = serde_json::from_str(&desk.orders(&["threads", "--json"])).unwrap();
    let thread = desk.orders(&["thread", threads[0]["id"].as_str().unwrap()]);
    assert!(thread.contains("what do you read?") && thread.contains("the trial"), "{thread}");
    let answer = import("file:archive.key");
    assert!(answer.contains("0 came") && answer.contains("3 were here already"), "{answer}");
    daemon.stops().await;
    desk.ends(vec![phone, ben]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_how_the_account_stands_and_what_was_refused() {
    let desk = Desk::stands().await;
    let daemon = desk.runs().await;
    let status = desk.orders(&["status"]);
    for what in ["calls left this minute", "of 5000", "installation", "to be replaced in 29 days"] {
        assert!(status.contains(what), "{what}: {status}");
    }
    let bridge = desk.node.inbox_of(&own_address()).unwrap();
    let key = hex::decode(&desk.node.installations(&bridge)[0]).unwrap();
    for data in [b"no welcome".to_vec(), b"none either".to_vec()] {
        let welcome = welcome_message_input::V1 {
            installation_key: key.clone(),
            data,
            hpke_public_key: vec![7; 32],
            wrapper_algorithm: 1,
            ..Default::default()
        };
        let version = Some(welcome_message_input::Version::V1(welcome));
        let messages = vec![WelcomeMessageInput { version }];
        let mut mls = MlsApiClient::connect(desk.node.url()).await.unwrap();
        mls.send_welcome_messages(SendWelcomeMessagesRequest { messages }).await.unwrap();
    }
    let counted = async || {
        let status: Value = serde_json::from_str(&desk.orders(&["status", "--json"])).unwrap();
        status["accounts"][0]["refused"][0]["count"] == 2
    };
    eventually("both are counted", counted).await;
    let log = desk.home.log();
    assert!(log.contains("was refused") && log.contains("welcome/"), "{log}");
    daemon.stops().await;
    desk.ends(vec![]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_made_by_hand_is_a_leg_of_a_link() {
    let hub = crate::farcaster::world::hub().await;
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut ann = Person::joins(&node, "ann", Sdk::newest()).await;
    let mut alice = Caster::arrives(hub.grpc_addr(), 101, "alice").await;
    let settings = format!(
        "\n[accounts.dm]\nnetwork = \"xmtp\"\nhost = {:?}\nwallet = \"file:dm.key\"\n",
        node.url()
    );
    let home = Home::new().with_account("casts", &hub, 901).with_text(&settings);
    let home = home.with_key("dm", wallet("bridge").secret().trim_start_matches("0x"));
    let daemon = home.starts();
    home.connects().await;
    let made = home.asks(&["group", "new", "Books", "--member", &ann.address()]);
    let leg = made.lines().next().unwrap().to_owned();
    daemon.stops().await;
    let link = format!(
        "\n[[links]]\nname = \"linked\"\nlegs = [\"casts:channel/books\", {leg:?}]\n\
         downgrade = \"allow\"\n"
    );
    let home = home.with_text(&link);
    home.writes_settings();
    let preview = home.asks(&["preview", "linked", "hello"]);
    assert!(preview.contains(&leg), "{preview}");
    let daemon = home.starts();
    home.connects().await;
    let desk = Desk { node, home };
    let group = leg.strip_prefix("dm:group/").expect(&made).to_owned();
    alice.casts("from the channel", json!({ "parent": { "url": CHANNEL } })).await;
    desk.is_read(&mut ann, &group, "alice: from the channel").await;
    ann.says(&group, "from the group").await;
    eventually("it is cast", async || {
        let casts = alice.does(json!({ "do": "casts", "fid": 901 })).await;
        casts["casts"].to_string().contains("from the group")
    })
    .await;
    daemon.stops().await;
    desk.ends(vec![ann]).await;
    drop(hub);
}
