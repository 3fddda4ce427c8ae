//! The program itself between two hubs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::person::{Person, Words};
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;

use super::process::{Daemon, Place, until};

fn channel(name: &str) -> String {
    format!("https://farcaster.xyz/~/channel/{name}")
}

/// Two hubs, a person on each, and a bridge between them.
struct Between {
    left: Hub,
    right: Hub,
    alice: Person,
    place: Place,
}

impl Between {
    async fn start() -> Self {
        let block_interval = Duration::from_millis(50);
        let hub = || Hub::start(HubSettings { block_interval, ..HubSettings::default() });
        let (left, right) = (hub().await.unwrap(), hub().await.unwrap());
        let alice = Person::new(101, [1; 32]);
        alice.register(&left, 50);
        for (hub, fid, seed) in [(&left, 901, [3; 32]), (&right, 902, [4; 32])] {
            Person::new(fid, seed).register(hub, 50);
        }
        until("the keys", || {
            [&left, &right].iter().all(|hub| (0..3).all(|shard| hub.height(shard) > 2))
        });
        let settings = settings(left.grpc_addr(), right.grpc_addr());
        let keys = [("store.key", [9; 32]), ("left.key", [3; 32]), ("right.key", [4; 32])];
        let place = Place::with(&settings, &keys);
        Self { left, right, alice, place }
    }

    /// A daemon that hears both hubs: an account that was never read begins with what is said once
    /// it is connected.
    fn connected(&self) -> Daemon {
        let daemon = self.place.daemon();
        until("both", || self.place.run(&["status"]).1.matches("connected").count() == 2);
        daemon
    }

    fn says(&self, room: &str, text: &str) {
        let parent = Some(Parent::ParentUrl(channel(room)));
        self.alice.cast(&self.left, Words { parent, ..Words::from(text) }).unwrap();
    }

    /// What stands in a channel of the right hub.
    fn heard(&self, room: &str) -> Vec<String> {
        let url: String = channel(room).bytes().map(|byte| format!("%{byte:02x}")).collect();
        let path = format!("/v1/castsByParent?pageSize=1000&url={url}");
        let answer = get(self.right.http_addr(), &path);
        let texts = answer["messages"].as_array().into_iter().flatten();
        texts
            .filter_map(|message| message["data"]["castAddBody"]["text"].as_str())
            .filter_map(|text| text.split_once(": ").map(|(_, said)| said.to_owned()))
            .collect()
    }

    async fn stop(self) {
        self.left.stop().await;
        self.right.stop().await;
    }
}

fn settings(left: SocketAddr, right: SocketAddr) -> String {
    format!(
        r#"
[store]
key = "file:store.key"

[accounts.left]
network = "farcaster"
endpoints = ["grpc://{left}"]
realm = "dev"
fid = 901
signer = "file:left.key"

[accounts.right]
network = "farcaster"
endpoints = ["grpc://{right}"]
realm = "dev"
fid = 902
signer = "file:right.key"

[[links]]
name = "books"
legs = ["left:channel/books", "right:channel/books"]
"#
    )
}

/// A GET over HTTP, with nothing between us and the hub.
fn get(hub: SocketAddr, path: &str) -> Value {
    let mut stream = TcpStream::connect(hub).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {hub}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_nothing_wrong_with_a_sound_bridge() {
    let it = Between::start().await;
    let (code, out, err) = it.place.run(&["doctor"]);
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("accounts.left.signer: it may sign everything"), "{out}");
    assert!(out.contains("casts kept"), "{out}");
    assert!(out.contains("clock: 0 s apart") || out.contains("clock: 1 s apart"), "{out}");
    it.place.write("left.key", &"77".repeat(32));
    let (code, out, _) = it.place.run(&["doctor"]);
    assert_eq!(code, 5);
    assert!(out.contains("FAIL  accounts.left.signer: the fid does not have it"), "{out}");
    it.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_cross_and_a_killed_daemon_loses_and_doubles_none() {
    let it = Between::start().await;
    let mut expected = Vec::new();
    it.connected().dies();
    for round in 0..4 {
        let daemon = it.place.daemon();
        for number in 0..5 {
            let text = format!("message {round}.{number}");
            it.says("books", &text);
            expected.push(text);
        }
        // The first two die while they are at it, the third before it has begun.
        until("something", || round == 2 || it.heard("books").len() > round * 4);
        if round < 3 {
            daemon.dies();
        } else {
            until("everything", || sorted(it.heard("books")) == sorted(expected.clone()));
            until("rest", || it.place.run(&["outbox"]).1 == "nothing is on its way\n");
            assert_eq!(daemon.stops(), 0);
        }
    }
    assert_eq!(sorted(it.heard("books")), sorted(expected));
    let (code, out, _) = it.place.run(&["fsck"]);
    assert_eq!(code, 0, "{out}");
    it.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_bounds_change_under_way_and_what_is_taken_out_stops_at_once() {
    let it = Between::start().await;
    let text = it.place.read("bridge.toml");
    let more = text.clone()
        + "\n[[links]]\nname = \"poems\"\nlegs = [\"left:channel/poems\", \"right:channel/poems\"]\n\
        [limits]\ncall_timeout_seconds = 20\n";
    let daemon = it.connected();
    it.says("books", "one");
    until("the first", || it.heard("books") == ["one"]);
    it.place.write("bridge.toml", &more);
    let (code, out, err) = it.place.run(&["reload"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("2 accounts undisturbed, 0 begun, 0 gone"), "{out}");
    it.says("poems", "two");
    until("the second", || it.heard("poems") == ["two"]);
    it.place.write("bridge.toml", &text);
    assert_eq!(it.place.run(&["reload"]).0, 0);
    it.says("poems", "three");
    it.says("books", "four");
    until("the fourth", || it.heard("books").len() == 2);
    assert_eq!(it.heard("poems"), ["two"]);
    assert_eq!(it.place.read("log").matches("listening failed").count(), 0);
    assert_eq!(daemon.stops(), 0);
    it.stop().await;
}
