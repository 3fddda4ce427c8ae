//! What a Farcaster node answers over HTTP, or what a page for people says in its place.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use threadbridge_core::adapter::{Adapter, Inbound, Missing};
use threadbridge_core::model::id::RemoteConversation;
use threadbridge_farcaster::Farcaster;
use tokio::runtime::Runtime;

use crate::Target;
use crate::farcaster::{config, hub, runtime, talk};

/// Every call comes back, whatever the node answers.
pub const TARGET: Target = Target { name: "http", run, seeds, rounds: 150 };

const HUB_SPEAKS: [&str; 12] = [
    "info",
    "castsByFid?fid=1",
    "castsByParent?url=https://farcaster.xyz/~/channel/books",
    "userDataByFid?fid=9",
    "onChainSignersByFid?fid=9",
    "onChainEventsByFid?fid=9&event_type=EVENT_TYPE_SIGNER",
    "storageLimitsByFid?fid=9",
    "reactionsByFid?fid=1&reaction_type=Like",
    "linksByFid?fid=1",
    "events?from_event_id=0&shard_index=1",
    "events?from_event_id=0&shard_index=2",
    "nothing",
];

/// How long one call may take beyond the time that it is given; a call that hangs is a finding.
const PATIENCE: Duration = Duration::from_secs(30);

static NODE: LazyLock<Node> = LazyLock::new(Node::start);

/// A node that answers everything with the same body.
struct Node {
    runtime: Runtime,
    address: SocketAddr,
}

/// The body.
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn run(bytes: &[u8]) {
    let node = &*NODE;
    *ANSWER.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
    node.runtime.block_on(async {
        let url = format!("http://{}", node.address);
        let adapter = Farcaster::connect(&config(url)).unwrap();
        let hash = "0x0a1b2c3d4e5f60718293a4b5c6d7e8f901234567";
        let author = format!("author/1/{}", "ab".repeat(32));
        for what in [format!("cast/1:{hash}"), "people/1,2".to_owned(), author] {
            let missing = Missing { what, reason: "it is asked for".to_owned() };
            let fetched = tokio::time::timeout(PATIENCE, adapter.fetch(&missing)).await;
            drop(fetched.unwrap());
        }
        drop(tokio::time::timeout(PATIENCE, adapter.budget()).await.unwrap());
        let linked = BTreeSet::from([RemoteConversation::parse("channel/books").unwrap()]);
        let (inbound, mut outlet) = Inbound::channel([], linked);
        // It may go on listening to what looks like a node.
        let a_moment = Duration::from_millis(20);
        let hears = async {
            tokio::select! {
                _ended = adapter.listen(inbound) => {}
                _batch = outlet.next() => {}
            }
        };
        drop(tokio::time::timeout(a_moment, hears).await);
    });
}

impl Node {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || drop(answer(stream)));
            }
        });
        Self { runtime: runtime(), address }
    }
}

fn answer(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut request = [0; 4096];
    let _length = stream.read(&mut request)?;
    let body = ANSWER.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// What the hub of the devnet answers to the questions of an adapter.
fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = NODE.runtime.block_on(async {
        let hub = hub().await;
        talk(&hub).await;
        let address = hub.http_addr();
        let asking = tokio::task::spawn_blocking(move || HUB_SPEAKS.map(|it| ask(address, it)));
        let answers = asking.await.unwrap();
        hub.stop().await;
        answers.to_vec()
    });
    assert!(seeds.iter().filter(|it| it.starts_with(b"{\"messages\"")).count() > 2);
    seeds.push(b"<!doctype html><title>Just a moment...</title>".to_vec());
    seeds
}

fn ask(address: SocketAddr, question: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /v1/{question} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let body = answer.windows(4).position(|it| it == b"\r\n\r\n").map_or(0, |at| at + 4);
    answer.split_off(body)
}
