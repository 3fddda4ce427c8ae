//! Pictures and files that people on XMTP's official client send and are sent: stripped on their way,
//! encrypted anew, and in words where they cannot be carried.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use threadbridge::web::Web;
use threadbridge_core::media::{Hosts, Porter};
use threadbridge_core::model::content::ExternalPart;
use threadbridge_core::model::outgoing::{Embed, Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Clock;
use threadbridge_devnet::lens::app::{Place, Shown};
use threadbridge_kit::contract::AdapterWorld as _;
use threadbridge_kit::deadline::until;
use threadbridge_lens::Lens;
use threadbridge_xmtp::{Attachments, Upload};

use super::bridged::{Bridged, den, own_address};
use super::person::{Person, Sdk};
use crate::lens::shelf::{MARKER, PIXELS, Shelf, photo};
use crate::lens::world::{Room, World};

fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).filter(|it| *it == wanted).count()
}

/// What a server gives to anybody.
async fn lies_at(url: &str) -> Vec<u8> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    client.get(url).send().await.unwrap().bytes().await.unwrap().to_vec()
}

/// Expects the photo without the place where it was taken.
fn is_stripped(bytes: &[u8]) {
    assert_eq!([PIXELS, MARKER, b"Exif"].map(|it| count(bytes, it)), [1, 0, 0]);
}

/// zoe shows what lies at an address, with words beside it.
fn zoe_shows(bridged: &Bridged, url: String, content_type: &str, text: &str) {
    let part = ExternalPart {
        content_type: content_type.to_owned(),
        filename: "cat.jpg".to_owned(),
        url,
        ..ExternalPart::default()
    };
    let say = Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: vec![Embed::Media(part)],
        reply_to: ReplyTo::Conversation,
        sent_at: Clock::System.now(),
        mark: None,
        expires: None,
    };
    bridged.zoe.does(&den(), &Outgoing::Say(say)).unwrap();
}

fn of_type<'s>(seen: &'s [Value], wanted: &str) -> Vec<&'s Value> {
    seen.iter().filter(|it| it["type"] == wanted).collect()
}

/// A bridge that brings pictures from a shelf, and ann in a conversation with it.
async fn talk(sdk: Sdk, shelf: &Shelf, uploads: bool) -> (Bridged, Person, String) {
    let mut bridged = Bridged::stands().await;
    bridged.porter = shelf.porter();
    let url = format!("{}/files/", bridged.node.history_url()).parse().unwrap();
    bridged.upload = uploads.then_some(Upload { url, token: None });
    let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let dm = ann.opens_dm(&own_address()).await;
    (bridged, ann, dm)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_arrives_in_its_message_without_the_place_where_it_was_taken() {
    for sdk in Sdk::all() {
        let shelf = Shelf::opens().await;
        let (bridged, mut ann, dm) = talk(sdk, &shelf, false).await;
        zoe_shows(&bridged, shelf.photo(), "image/jpeg", "look");
        let is_there = |seen: &[Value]| !of_type(seen, "attachment").is_empty();
        let seen = bridged.waits(&mut ann, &dm, "the picture", is_there).await;
        let texts: Vec<_> = seen.iter().filter_map(|it| it["text"].as_str()).collect();
        assert_eq!(texts, ["zoe: look"]);
        let file = &of_type(&seen, "attachment")[0]["content"];
        assert_eq!(
            (&file["filename"], &file["mimeType"]),
            (&json!("cat.jpg"), &json!("image/jpeg"))
        );
        is_stripped(&STANDARD.decode(file["content"]["base64"].as_str().unwrap()).unwrap());
        assert_eq!(shelf.asked(), 1);
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_laid_down_encrypted_under_a_fresh_key_each_time() {
    for sdk in Sdk::all() {
        let shelf = Shelf::opens().await;
        let (bridged, mut ann, dm) = talk(sdk, &shelf, true).await;
        for _ in 0..2 {
            zoe_shows(&bridged, shelf.photo(), "image/jpeg", "");
        }
        let are_there = |seen: &[Value]| of_type(seen, "remoteStaticAttachment").len() == 2;
        let seen = bridged.waits(&mut ann, &dm, "the pictures", are_there).await;
        let sent = of_type(&seen, "remoteStaticAttachment");
        for key in ["secret", "salt", "nonce", "contentDigest", "url"] {
            assert_ne!(sent[0]["content"][key], sent[1]["content"][key], "{key}");
        }
        for message in sent {
            let fetched = ann.does(json!({ "do": "fetch", "message": message["id"] })).await;
            let file = &fetched["files"][0];
            assert_eq!((&file["name"], &file["type"]), (&json!("cat.jpg"), &json!("image/jpeg")));
            is_stripped(&STANDARD.decode(file["base64"].as_str().unwrap()).unwrap());
            let url = message["content"]["url"].as_str().unwrap();
            let lies = lies_at(url).await;
            assert_eq!(count(&lies, PIXELS), 0, "it lies there encrypted");
        }
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_carried_to_xmtp_is_said() {
    let (shelf, other) = (Shelf::opens().await, Shelf::opens().await);
    let (bridged, mut ann, dm) = talk(Sdk::newest(), &shelf, false).await;
    zoe_shows(&bridged, other.photo(), "image/jpeg", "elsewhere");
    zoe_shows(&bridged, shelf.page(), "image/jpeg", "no picture");
    zoe_shows(&bridged, shelf.page(), "application/pdf", "a paper");
    let seen = bridged.reads(&mut ann, &dm, &format!("[image: cat.jpg] {}", shelf.page())).await;
    let texts: Vec<_> = seen.iter().filter_map(|it| it["text"].as_str()).collect();
    assert!(
        texts.contains(&format!("zoe: elsewhere\n[image: cat.jpg] {}", other.photo()).as_str())
    );
    assert!(of_type(&seen, "attachment").is_empty(), "{seen:#?}");
    assert_eq!(other.asked(), 0, "nobody named that host");
    let paper = format!("zoe: a paper\n[file: cat.jpg] {}", shelf.page());
    bridged.reads(&mut ann, &dm, &paper).await;
    ann.leaves().await;
    bridged.ends().await;
}

/// A bridge between XMTP and a feed on Lens, and ann in a conversation with it.
async fn talk_beside_lens(sdk: Sdk) -> (Bridged, World, Person, String) {
    let mut bridged = Bridged::stands().await;
    let world = World::feed().await;
    let history = bridged.node.history_url();
    let host = history.strip_prefix("http://").unwrap();
    let porter = Porter::new(Hosts::parse([host]).unwrap(), Arc::new(Web::new().unwrap()));
    let porter = porter.unsealing(Arc::new(Attachments));
    let lens = Lens::connect(&threadbridge_lens::Config { porter, ..world.config() }).unwrap();
    bridged.beside = Some((Arc::new(lens), world.conversation()));
    let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let dm = ann.opens_dm(&own_address()).await;
    (bridged, world, ann, dm)
}

fn posts(world: &World) -> Vec<Shown> {
    let Room::Feed(feed) = world.room else { panic!("it is a feed") };
    world.lens.shows(Place::Feed(feed))
}

/// Waits for a post that says this and no other has been seen before, and returns where its
/// pictures lie.
async fn pictures(
    world: &World,
    bridged: &Bridged,
    seen: &mut Vec<String>,
) -> (String, Vec<String>) {
    let new = until(&format!("a post; {}", bridged.state()), async || {
        let posts = posts(world).into_iter();
        posts.rev().find(|it| !seen.contains(&it.post.to_string()))
    })
    .await;
    seen.push(new.post.to_string());
    let query = "query P($r: PostRequest!) { post(request: $r) { ... on Post { metadata { \
                 ... on ImageMetadata { image { item } attachments { ... on MediaImage { item } } } \
                 } } } }";
    let variables = json!({ "r": { "post": new.post.to_string() } });
    let body = json!({ "query": query, "variables": variables });
    let asked = reqwest::Client::new().post(world.lens.api_url()).json(&body).send();
    let answer: Value = asked.await.unwrap().json().await.unwrap();
    let metadata = &answer["data"]["post"]["metadata"];
    let rest = metadata["attachments"].as_array().into_iter().flatten();
    let items = [&metadata["image"]].into_iter().chain(rest);
    let items = items.filter_map(|it| it["item"].as_str()).map(str::to_owned).collect();
    (new.text, items)
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_of_all_kinds_are_shown_on_lens_without_what_they_tell_besides() {
    for sdk in Sdk::all() {
        let (bridged, world, mut ann, dm) = talk_beside_lens(sdk).await;
        let file = |name: &str| json!({ "name": name, "type": "image/jpeg", "base64": STANDARD.encode(photo()) });
        let host = bridged.node.history_url();
        let inline = json!({ "do": "attach", "conversation": dm });
        let mut inline: serde_json::Map<_, _> = inline.as_object().unwrap().clone();
        inline.extend(file("a.jpg").as_object().unwrap().clone());
        let remote = |files: Value| json!({ "do": "remote", "conversation": dm, "files": files, "host": host });
        let mut seen = Vec::new();
        for (command, expected) in [
            (Value::Object(inline), 1),
            (remote(json!([file("b.jpg")])), 1),
            (remote(json!([file("c.jpg"), file("d.jpg")])), 2),
        ] {
            ann.does(command).await;
            let (text, items) = pictures(&world, &bridged, &mut seen).await;
            assert_eq!(items.len(), expected, "{text}: {items:?}");
            for item in items {
                assert!(item.starts_with(&world.lens.grove_url()), "{item}");
                is_stripped(&lies_at(&item).await);
            }
        }
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_carried_is_said_and_its_key_is_not() {
    let (bridged, world, mut ann, dm) = talk_beside_lens(Sdk::newest()).await;
    let paper = json!({ "name": "paper.pdf", "type": "application/pdf", "base64": "JVBERi0xLjc=" });
    let host = bridged.node.history_url();
    ann.does(json!({ "do": "remote", "conversation": dm, "files": [paper], "host": host })).await;
    let lies = json!({ "name": "lies.jpg", "type": "image/jpeg", "base64": "bm8gcGljdHVyZQ==" });
    ann.does(json!({ "do": "remote", "conversation": dm, "files": [lies], "host": host })).await;
    let mut seen = Vec::new();
    let mut texts = Vec::new();
    for _ in 0..2 {
        let (text, items) = pictures(&world, &bridged, &mut seen).await;
        assert_eq!(items, Vec::<String>::new());
        assert!(!text.contains("encrypted-media:") && !text.contains(&host), "{text}");
        texts.push(text);
    }
    assert!(texts.iter().any(|it| it.contains("[file: paper.pdf, not carried here")), "{texts:?}");
    let words = "[a picture that could not be brought here]";
    assert!(texts.iter().any(|it| it.contains(words)), "{texts:?}");
    bridged.zoe_waits("the paper in the room", |it| it.text.contains("paper.pdf")).await;
    ann.leaves().await;
    bridged.ends().await;
}
