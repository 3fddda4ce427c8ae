//! The API and Grove, with somebody on the way who changes what they answer, in proper form.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use threadbridge_core::adapter::{Adapter, Inbound, Opened, Outcome, Outlet, Sealing, SendRequest};
use threadbridge_core::model::id::{AccountName, RemoteConversation};
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Clock;
use threadbridge_core::store::{Keys, Store};
use threadbridge_lens::{Config, Lens};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::Town;
use crate::Target;
use crate::farcaster::runtime;
use crate::shape::{choices, spoiled};

/// Whatever the API answers, nothing hangs, and what is handed over is opened or refused.
pub const ANSWERS: Target = Target { name: "lens-answers", run, seeds, rounds: 80 };

/// How long somebody listens, and tries to say something.
const A_MOMENT: Duration = Duration::from_millis(60);
/// A call that takes longer although nobody waits for it any more is a finding.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest request and answer that are passed on.
const MAX_BYTES: u64 = 16 << 20;

static BETWEEN: LazyLock<Between> = LazyLock::new(Between::start);
/// What is done to the answers: to which of them, and what.
static CHOICES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Somebody between an account and its network.
struct Between {
    runtime: Runtime,
    town: Town,
    address: SocketAddr,
}

/// The first byte says which answers are spoiled, of each eight; the others how.
fn seeds() -> Vec<Vec<u8>> {
    choices(20, 26)
}

fn run(bytes: &[u8]) {
    let between = &*BETWEEN;
    *CHOICES.lock().unwrap_or_else(PoisonError::into_inner) = bytes.to_vec();
    ASKED.store(0, Ordering::Relaxed);
    between.runtime.block_on(async {
        let url = |path: &str| format!("http://{}{path}", between.address).parse().unwrap();
        let config =
            Config { endpoint: url("/graphql"), grove: url("/"), ..between.town.config.clone() };
        let adapter = Lens::connect(&config).unwrap();
        let all = async {
            drop(timeout(A_MOMENT, listen(&adapter, &between.town.feed)).await);
            drop(timeout(A_MOMENT, speak(&adapter, &between.town.feed)).await);
            drop(timeout(A_MOMENT, adapter.account_report()).await);
        };
        timeout(PATIENCE, all).await.unwrap();
    });
}

fn keys() -> Keys {
    Store::in_memory().unwrap().keys(&AccountName::parse("posts").unwrap()).unwrap()
}

/// Listens, and opens and parses whatever is handed over.
async fn listen(adapter: &Lens, feed: &str) {
    let linked = BTreeSet::from([RemoteConversation::parse(feed).unwrap()]);
    let (inbound, outlet) = Inbound::channel([], linked.clone());
    tokio::select! {
        _ended = adapter.listen(inbound) => {}
        () = hear(adapter, &linked, outlet) => {}
    }
}

async fn hear(adapter: &Lens, linked: &BTreeSet<RemoteConversation>, mut outlet: Outlet) {
    let keys = keys();
    while let Some(handed_over) = outlet.next().await {
        for envelope in &handed_over.batch().envelopes {
            let opened = adapter.open(&keys, linked, envelope);
            // Nothing else comes of what Lens says.
            assert!(
                matches!(
                    opened,
                    Opened::Plaintext(_)
                        | Opened::Refused(_)
                        | Opened::Confirmed(_)
                        | Opened::Elsewhere
                ),
                "{opened:?}"
            );
            if let Opened::Plaintext(plaintext) = opened {
                drop(adapter.parse(&plaintext));
            }
        }
        let outcomes = handed_over.batch().envelopes.iter().map(|_| Outcome::Kept).collect();
        handed_over.keep(outcomes);
    }
}

/// Says something.
async fn speak(adapter: &Lens, feed: &str) {
    let conversation = RemoteConversation::parse(feed).unwrap();
    let now = Clock::System.now();
    let say = Say {
        text: "hello".to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: now,
        mark: None,
        expires: None,
    };
    let plaintext = adapter.render(&conversation, &Outgoing::Say(say)).unwrap();
    let sealing = adapter.seal(&keys(), &conversation, &plaintext, now);
    assert!(matches!(sealing, Sealing::Ready(_)), "{sealing:?}");
    if let Sealing::Ready(sealed) = sealing {
        let request = SendRequest { conversation, sealed, idempotency_key: [7; 16] };
        drop(adapter.send(&[request]).await);
    }
}

impl Between {
    fn start() -> Self {
        let runtime = runtime();
        let town = runtime.block_on(Town::opens());
        let (api, grove) = (town.lens.api_addr(), town.lens.grove_addr());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || drop(pass_on(stream, api, grove)));
            }
        });
        Self { runtime, town, address }
    }
}

/// Passes a request on, and its answer back, spoiled if it is its turn.
fn pass_on(mut stream: TcpStream, api: SocketAddr, grove: SocketAddr) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let (head, body) = message(&mut stream)?;
    let to = if head.starts_with("POST /graphql") { api } else { grove };
    let mut there = TcpStream::connect(to)?;
    there.set_read_timeout(Some(Duration::from_secs(5)))?;
    let kept = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head = kept.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\r\n");
    there.write_all(format!("{head}\r\nconnection: close\r\n\r\n").as_bytes())?;
    there.write_all(&body)?;
    let (head, body) = message(&mut there)?;
    let status = head.lines().next().unwrap_or_default();
    let body = answer(&body);
    let length = body.len();
    write!(
        stream,
        "{status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

fn answer(body: &[u8]) -> Vec<u8> {
    let chosen = CHOICES.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let turn = ASKED.fetch_add(1, Ordering::Relaxed) % 8;
    let is_spoiled = chosen.first().is_some_and(|which| which >> turn & 1 == 1);
    match serde_json::from_slice::<Value>(body) {
        Ok(answer) if is_spoiled => spoiled(&answer, &chosen[1..]).to_string().into_bytes(),
        _ => body.to_vec(),
    }
}

/// A request or an answer: its head, and as many bytes behind it as that says.
fn message(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 16 * 1024 {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<u64>().ok())?
    });
    let mut body = Vec::new();
    stream.take(length.unwrap_or(0).min(MAX_BYTES)).read_to_end(&mut body)?;
    Ok((head, body))
}
