//! Pictures on their way to Lens: fetched from where the owner said, freed of what they tell
//! besides, and laid down on Grove.

use std::sync::Arc;

use serde_json::{Value, json};
use threadbridge::web::Web;
use threadbridge_core::adapter::{Adapter, Receipt, Sealing, SendRequest};
use threadbridge_core::media::{Hosts, Porter};
use threadbridge_core::model::content::ExternalPart;
use threadbridge_core::model::id::{AccountName, RemoteId};
use threadbridge_core::model::outgoing::{Embed, Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Clock;
use threadbridge_core::store::Store;
use threadbridge_kit::contract::AdapterWorld;
use threadbridge_kit::deadline::soon;
use threadbridge_lens::{Config, Lens};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::world::World;

const MARKER: &[u8] = b"52.5163N 13.3777E";
const PIXELS: &[u8] = b"\x12\x34pixels\xff\0and more";

/// As a phone takes it: with its place in EXIF and behind the end.
fn photo() -> Vec<u8> {
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], content].concat()
    };
    let exif = [b"Exif\0\0MM\0*\0\0\0\x08\0\0", MARKER].concat();
    [
        b"\xff\xd8".to_vec(),
        segment(0xe1, &exif),
        segment(0xc0, b"\x08\0\x01\0\x01\x01\x01\x11\0"),
        segment(0xda, b"\x01\x01\0\0\x3f\0"),
        PIXELS.to_vec(),
        b"\xff\xd9".to_vec(),
        MARKER.to_vec(),
    ]
    .concat()
}

/// A server that gives out the photo, a few times.
async fn shelf(tasks: &TaskTracker) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tasks.spawn(async move {
        for _ in 0..8 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let _asked = stream.read(&mut request).await.unwrap();
            let photo = photo();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: image/jpeg\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n",
                photo.len()
            );
            stream.write_all(&[head.as_bytes(), &photo].concat()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    host
}

/// Sends a picture as the bridge would, and tells under which id it stands.
async fn sends(world: &World, config: &Config, url: &str) -> RemoteId {
    let adapter = Lens::connect(config).unwrap();
    let conversation = world.conversation();
    let part = ExternalPart {
        content_type: "image/jpeg".to_owned(),
        url: url.to_owned(),
        ..ExternalPart::default()
    };
    let say = Say {
        text: "Ann: look".to_owned(),
        mentions: Vec::new(),
        embeds: vec![Embed::Media(part)],
        reply_to: ReplyTo::Conversation,
        sent_at: Clock::System.now(),
        mark: None,
        expires: None,
    };
    let plaintext = adapter.render(&conversation, &Outgoing::Say(say)).unwrap();
    let store = Store::in_memory().unwrap();
    let keys = store.keys(&AccountName::parse("posts").unwrap()).unwrap();
    let Sealing::Ready(sealed) =
        adapter.seal(&keys, &conversation, &plaintext, Clock::System.now())
    else {
        panic!("it cannot be sealed")
    };
    let request = SendRequest { conversation, sealed, idempotency_key: [7; 16] };
    let mut answers = soon("the post", adapter.send(&[request])).await;
    match answers.remove(0).unwrap() {
        Receipt::Done(id) | Receipt::Taken(id) => id,
    }
}

/// Where the picture of a post lies.
async fn picture(world: &World, post: &RemoteId) -> String {
    let query = "query P($r: PostRequest!) { post(request: $r) { ... on Post { metadata { \
                 ... on ImageMetadata { image { item } } } } } }";
    let body = json!({ "query": query, "variables": { "r": { "post": post.as_str() } } });
    let asked = reqwest::Client::new().post(world.lens.api_url()).json(&body).send();
    let answer: Value = asked.await.unwrap().json().await.unwrap();
    let item = &answer["data"]["post"]["metadata"]["image"]["item"];
    item.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_laid_down_without_the_place_where_it_was_taken() {
    let world = World::feed().await;
    let tasks = TaskTracker::new();
    let host = shelf(&tasks).await;
    let url = format!("http://{host}/photo.jpg");
    let hosts = Hosts::parse([host.as_str()]).unwrap();
    let porter = Porter::new(hosts, Arc::new(Web::new().unwrap()));
    let post = sends(&world, &Config { porter, ..world.config() }, &url).await;
    let laid = picture(&world, &post).await;
    assert!(!laid.contains(&host), "{laid}");
    let bytes = reqwest::Client::new().get(&laid).send().await.unwrap().bytes().await.unwrap();
    let count = |wanted: &[u8]| bytes.windows(wanted.len()).filter(|it| *it == wanted).count();
    assert_eq!((count(PIXELS), count(MARKER), count(b"Exif")), (1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_on_a_host_that_nobody_named_is_not_fetched() {
    let world = World::feed().await;
    let tasks = TaskTracker::new();
    let host = shelf(&tasks).await;
    let url = format!("http://{host}/photo.jpg");
    let post = sends(&world, &world.config(), &url).await;
    assert_eq!(picture(&world, &post).await, url);
}
