//! Hubs that do not do what hubs do. Only their own account may suffer, and only while it lasts.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prost::Message as _;
use threadbridge_core::adapter::Health;
use threadbridge_devnet::farcaster::wire::hub_event::Body as EventBody;
use threadbridge_devnet::farcaster::wire::{
    BlockConfirmedBody, EventsResponse, FarcasterNetwork, GetInfoResponse, HubEvent, HubEventType,
    KeyAddBody, Message, MessageData, MessageType, MessagesResponse,
};
use threadbridge_farcaster::Realm;
use threadbridge_kit::deadline::{soon, until};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tonic::Status;

use super::forge::{POISON, data, merged, signed_by, words};
use super::liar::{Liar, Twist};
use super::stage::{Manner, OWN, Stage, patiently, seed};

/// A height that no chain reaches.
const FAR: u64 = (1 << 50) - 1;
const HTML: &str = "<!doctype html><html><body>502 Bad Gateway</body></html>";

/// Breaks the stream, so that everything is asked for again. Where no stream was open, that fails by
/// itself.
async fn breaks_off(stage: &Stage) {
    stage.liar.puts_frame(vec![0xff; 64]);
    patiently("the stream is broken", async || {
        stage.liar.is_done() || matches!(stage.health(), Health::Down(_))
    })
    .await;
    stage.liar.takes_back();
}

/// What a hub says to a method that is nothing at all.
fn nonsense() -> [(&'static str, Twist); 8] {
    let long = Status::unknown("\u{202e}\u{1b}[2J secret ".repeat(500));
    [
        ("GetEvents", Twist::Page("text/html", HTML.to_owned())),
        ("GetInfo", Twist::Page("application/json", "{\"error\":\"no\"}".to_owned())),
        ("Subscribe", Twist::Page("text/html", HTML.repeat(10_000))),
        ("GetEvents", Twist::Refuse(long)),
        ("GetEvents", Twist::Gzip),
        ("GetInfo", Twist::Invent(Arc::new(|_| Vec::new()))),
        ("GetEvents", Twist::Invent(Arc::new(|_| vec![0xff; 1000]))),
        ("GetEvents", Twist::Invent(Arc::new(|_| vec![0; 21 * 1024 * 1024]))),
    ]
}

/// Status says that the account is down, and why, in words that are fit for a terminal.
async fn shows_trouble(stage: &Stage, twist: &Twist) {
    let what = format!("the trouble with {twist:?} shows");
    let shown = until(&what, async || match stage.health() {
        Health::Down(reason) => Some(reason),
        Health::Starting
        | Health::CatchingUp
        | Health::Connected
        | Health::Stalled(_)
        | Health::Suspended(_) => None,
    });
    let reason = shown.await;
    assert!(reason.len() < 1000 && !reason.contains('\u{1b}'), "{reason}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_in_place_of_an_answer_disturbs_nobody() {
    for (method, twist) in nonsense() {
        let stage = Stage::start().await.settled().await;
        stage.liar.twist(method, twist.clone());
        breaks_off(&stage).await;
        stage.goes_on().await;
        if method == "GetEvents" {
            shows_trouble(&stage, &twist).await;
        }
        stage.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_of_many_kinds_in_a_row_is_got_over() {
    let stage = Stage::start().await.settled().await;
    for (method, twist) in nonsense() {
        stage.liar.twist(method, twist.clone());
        breaks_off(&stage).await;
        stage.goes_on().await;
        if method == "GetEvents" {
            shows_trouble(&stage, &twist).await;
        }
        stage.liar.repents(method);
        stage.den_comes_back(&format!("after {twist:?} to {method}")).await;
    }
    stage.end().await;
}

fn confirmed(height: u64) -> HubEvent {
    let body = BlockConfirmedBody { total_events: 1, ..BlockConfirmedBody::default() };
    HubEvent {
        r#type: HubEventType::BlockConfirmed.into(),
        id: height << 14,
        body: Some(EventBody::BlockConfirmedBody(body)),
        ..HubEvent::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn event_ids_that_go_back_jump_or_repeat_lose_nothing() {
    let stage = Stage::start().await.settled().await;
    for id in [u64::MAX, 0, 1 << 14, u64::MAX >> 1] {
        stage.liar.puts_frame(HubEvent { id, ..confirmed(0) }.encode_to_vec());
        stage.den_goes_on().await;
    }
    for count in [1_000_000, u64::MAX, 0] {
        stage.liar.miscounts(count);
        stage.den_goes_on().await;
    }
    let twice = HubEvent { id: 1, ..merged(stage.mallory.say(words(POISON))) };
    stage.liar.puts(vec![merged(stage.mallory.say(words("first"))), twice]);
    stage.den_goes_on().await;
    stage.goes_on().await;
    assert!(stage.shown().await.iter().all(|cast| !cast.text.contains(POISON)));
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_junk_is_given_up_and_not_gathered() {
    let stage = Stage::start().await.settled().await;
    let before = memory_kb();
    let junk = merged(stage.mallory.say(words(&"x".repeat(10_000)))).encode_to_vec();
    for _ in 0..25_000 {
        stage.liar.puts_frame(junk.clone());
    }
    drop(junk);
    stage.goes_on().await;
    stage.den_goes_on().await;
    let old = EventsResponse { events: vec![confirmed(0); 1000], ..EventsResponse::default() };
    let old = old.encode_to_vec();
    stage.liar.twist("GetEvents", Twist::Invent(Arc::new(move |_| old.clone())));
    breaks_off(&stage).await;
    stage.goes_on().await;
    stage.liar.repents("GetEvents");
    stage.den_goes_on().await;
    let grown = memory_kb().saturating_sub(before);
    // The junk itself waits in this process, before it is said.
    assert!(grown < 600_000, "{grown} kB");
    stage.end().await;
}

/// What this process holds, where the system tells.
fn memory_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

/// Every shard of the liar is asked for again, and it says that the chain is far ahead.
async fn is_led_astray(stage: &Stage) {
    stage.liar.twist("GetEvents", Twist::Refuse(Status::unavailable("a moment")));
    breaks_off(stage).await;
    shows_trouble(stage, &Twist::Gzip).await;
    let far = EventsResponse { events: vec![confirmed(FAR)], ..EventsResponse::default() };
    let far = far.encode_to_vec();
    stage.liar.twist("GetEvents", Twist::Invent(Arc::new(move |_| far.clone())));
    stage.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_was_led_astray_comes_back() {
    let stage = Stage::start().await.settled().await;
    // It lies about its own height, too, or nobody would follow.
    stage.liar.answer("GetInfo", |_, answer| {
        let mut status = GetInfoResponse::decode(answer.as_slice()).unwrap();
        status.shard_infos.iter_mut().for_each(|shard| shard.max_height = FAR);
        status.encode_to_vec()
    });
    is_led_astray(&stage).await;
    // There is nothing to hear where it has gone.
    until("the bridge follows", async || {
        matches!(stage.health(), Health::Connected | Health::Stalled(_)).then_some(())
    })
    .await;
    stage.eve.cast(&stage.evil, words("said meanwhile")).unwrap();
    stage.liar.repents("GetEvents");
    stage.liar.repents("GetInfo");
    stage.comes_back("eve: said meanwhile", "from afar").await;
    stage.den_comes_back("from afar").await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_follows_a_hub_to_where_it_is_not_itself() {
    let stage = Stage::start().await.settled().await;
    is_led_astray(&stage).await;
    stage.eve.cast(&stage.evil, words("said meanwhile")).unwrap();
    stage.liar.repents("GetEvents");
    stage.comes_back("eve: said meanwhile", "from nowhere").await;
    stage.den_comes_back("from nowhere").await;
    stage.end().await;
}

/// A listing that has always one page more, with what was never there before.
fn endless(liar: &Liar) {
    let pages = Mutex::new(0_u32);
    let page = move |_: &[u8]| {
        let mut number = pages.lock().unwrap();
        let messages = (0..100).map(|n| {
            *number += 1;
            let mut message = signed_by(seed(666), 666, 1000 + n);
            message.hash[..4].copy_from_slice(&number.to_be_bytes());
            message
        });
        let messages = messages.collect();
        let next_page_token = Some(number.to_string().into_bytes());
        MessagesResponse { messages, next_page_token }.encode_to_vec()
    };
    let page = Arc::new(page);
    liar.twist("GetCastsByParent", Twist::Invent(page.clone()));
    liar.twist("GetCastsByFid", Twist::Invent(page));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_without_end_is_cut_and_holds_up_nobody() {
    let stage = Stage::start_as(Manner { first: endless, ..Manner::default() }).await;
    let stage = stage.settled().await;
    stage.goes_on().await;
    // Each of them is hashed, which takes its time.
    patiently("the listing is read and refused", async || {
        stage.refusals().values().any(|count| *count > 5000)
    })
    .await;
    assert!(stage.refusals().values().sum::<u64>() <= 10_000);
    stage.den_goes_on().await;
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hub_takes_and_never_includes_is_kept_until_it_does() {
    let stage = Stage::start().await.settled().await;
    let taken: Arc<Mutex<Option<Message>>> = Arc::default();
    let taking = Arc::clone(&taken);
    let take = move |asked: &[u8]| {
        *taking.lock().unwrap() = Some(Message::decode(asked).unwrap());
        asked.to_vec()
    };
    stage.liar.twist("SubmitMessage", Twist::Invent(Arc::new(take)));
    stage.bob_says("is anybody there?");
    let own = until("it is taken", async || taken.lock().unwrap().clone()).await;
    // Other bytes under its name prove nothing, whatever they are.
    let mut elsewhere = signed_by(seed(666), OWN, data(&own).timestamp);
    elsewhere.hash.clone_from(&own.hash);
    let keys = MessageData {
        r#type: MessageType::KeyAdd.into(),
        fid: OWN,
        network: FarcasterNetwork::Devnet.into(),
        body: Some(threadbridge_devnet::farcaster::wire::message_data::Body::KeyAddBody(
            KeyAddBody::default(),
        )),
        ..MessageData::default()
    };
    let keys = Message { data_bytes: Some(keys.encode_to_vec()), ..elsewhere.clone() };
    let mut far = data(&stage.mallory.say(threadbridge_devnet::farcaster::person::Words::from("")));
    far.fid = OWN;
    let far = Message { data_bytes: Some(far.encode_to_vec()), ..elsewhere.clone() };
    stage.hears(vec![merged(elsewhere), merged(keys), merged(far)]).await;
    assert_eq!(stage.on_their_way(), 1, "{:?}", stage.refusals());
    stage.liar.repents("SubmitMessage");
    until("it is included", async || (stage.on_their_way() == 0).then_some(())).await;
    let shown = stage.shown_in_the_den().await;
    assert_eq!(shown.iter().filter(|it| it.text == "bob: is anybody there?").count(), 1);
    stage.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_for_another_network_of_that_name_are_refused() {
    let stage = Stage::start_as(Manner { realm: Realm::Main, ..Manner::default() }).await;
    until("the bridge listens", async || (stage.health() == Health::Connected).then_some(())).await;
    stage.eve.cast(&stage.evil, words(POISON)).unwrap();
    until("it is refused", async || {
        let refused = stage.refusals();
        refused.keys().any(|it| it.contains("another farcaster network")).then_some(())
    })
    .await;
    stage.goes_on().await;
    assert!(stage.shown().await.iter().all(|cast| !cast.text.contains(POISON)));
    stage.end().await;
}

/// Somebody who answers as they like wherever a hub is expected.
async fn stranger(answer: fn(TcpStream) -> JoinSet<()>) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open = Vec::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            open.push(answer(stream));
        }
    });
    (addr, tasks)
}

fn says(
    mut stream: TcpStream,
    words: impl Iterator<Item = Vec<u8>> + Send + 'static,
) -> JoinSet<()> {
    let mut task = JoinSet::new();
    task.spawn(async move {
        for words in words {
            if stream.write_all(&words).await.is_err() {
                return;
            }
        }
    });
    task
}

fn http(kind: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_hub_at_all_harms_only_its_own_account() {
    type Answer = fn(TcpStream) -> JoinSet<()>;
    let html: Answer = |stream| says(stream, std::iter::once(http("text/html", HTML)));
    let deep: Answer =
        |stream| says(stream, std::iter::once(http("application/json", &"[".repeat(1_000_000))));
    let error: Answer = |stream| {
        let head = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n".to_vec();
        let body = (0..3000).map(|_| "x\u{1b}[2J".repeat(2000).into_bytes());
        says(stream, std::iter::once(head).chain(body))
    };
    let endless: Answer = |stream| {
        let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"a\":\"".to_vec();
        says(stream, std::iter::once(head).chain(std::iter::repeat(vec![b'x'; 65_536])))
    };
    let gzip: Answer = |stream| {
        let head =
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nconnection: close\r\n\r\n".to_vec();
        says(stream, [head, vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], vec![0; 1000]].into_iter())
    };
    let slow: Answer = |mut stream| {
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut ticks = tokio::time::interval(Duration::from_secs(1));
            while stream.write_all(b"H").await.is_ok() {
                ticks.tick().await;
            }
        });
        task
    };
    let cases = [("http", html), ("http", deep), ("http", error), ("http", endless)];
    let more = [("http", gzip), ("http", slow), ("grpc", html), ("grpc", endless), ("grpc", slow)];
    for (scheme, answer) in cases.into_iter().chain(more) {
        let (addr, _tasks) = stranger(answer).await;
        let url = Some(format!("{scheme}://{addr}"));
        let stage = Stage::start_as(Manner { url, ..Manner::default() }).await;
        soon("the honest go on", stage.goes_on()).await;
        assert_ne!(stage.health(), Health::Connected);
        stage.end().await;
    }
}
