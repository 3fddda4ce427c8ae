//! The bridge as one of several apps of the same person: threads that were begun in one go on in the
//! others, with what was said before.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as STANDARD;
use serde_json::json;
use threadbridge::web::Web;
use threadbridge_core::media::{Hosts, Porter};
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor};
use threadbridge_core::model::person::Attitude;
use threadbridge_xmtp::Attachments;

use super::bridged::{Bridged, den};
use super::person::{Outfit, Person, Sdk, eventually};

/// An app of the bridge's owner on the official client, which takes part in device sync.
async fn app(bridged: &Bridged, sdk: Sdk) -> Person {
    let outfit = Outfit { has_history: true, ..Outfit::default() };
    Person::joins_with(&bridged.node, "bridge", sdk, outfit).await
}

async fn syncs(app: &mut Person) {
    app.does(json!({ "do": "sync" })).await;
    app.does(json!({ "do": "devices" })).await;
}

/// ben's app learns who is in the conversation. What it says before, newcomers cannot read.
async fn joins_in(ben: &mut Person, dm: &str) {
    assert_eq!(ben.texts(dm).await, ["one", "two"]);
}

/// The owner's app and ben have talked, and the bridge comes to the same inbox.
async fn begun(sdk: Sdk) -> (Bridged, Person, Person, String) {
    let mut bridged = Bridged::stands().await;
    let mut phone = app(&bridged, sdk).await;
    let mut ben = Person::joins(&bridged.node, "ben", sdk).await;
    let dm = phone.opens_dm(&ben.inbox()).await;
    phone.says(&dm, "one").await;
    ben.says(&dm, "two").await;
    assert_eq!(phone.texts(&dm).await, ["one", "two"]);
    bridged.may_join = true;
    bridged.history = Some(bridged.node.history_url().parse().unwrap());
    (bridged, phone, ben, dm)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_begun_in_one_app_goes_on_here_and_in_a_third_with_nothing_missing() {
    for sdk in Sdk::all() {
        let (mut bridged, mut phone, mut ben, dm) = begun(sdk).await;
        bridged.starts(&format!("dm/{}", ben.address())).await;
        eventually("the bridge has the history", async || {
            syncs(&mut phone).await;
            bridged.thread() == ["one", "two"]
        })
        .await;
        joins_in(&mut ben, &dm).await;
        ben.says(&dm, "three").await;
        bridged.zoe_hears("three").await;
        bridged.zoe_says("four");
        bridged.reads(&mut ben, &dm, "zoe: four").await;
        assert_eq!(bridged.thread(), ["one", "two", "three", "four"]);
        let heard = bridged.zoe.hears(&den());
        assert!(heard.iter().all(|it| !it.text.contains("one") && !it.text.contains("two")));
        phone.leaves().await;

        // Nobody but the bridge is there to answer.
        let mut tablet = app(&bridged, sdk).await;
        tablet.does(json!({ "do": "devices" })).await;
        tablet.does(json!({ "do": "history" })).await;
        eventually("the tablet has the history", async || {
            syncs(&mut tablet).await;
            let read = json!({ "do": "read", "conversation": dm });
            let seen = tablet.tries(read).await;
            let texts = seen["messages"].as_array().into_iter().flatten();
            let texts: Vec<_> = texts.filter_map(|it| it["text"].as_str()).collect();
            texts == ["one", "two", "three", "zoe: four"]
        })
        .await;
        eventually("the tablet is in the conversation", async || {
            syncs(&mut tablet).await;
            let seen = tablet.does(json!({ "do": "get", "conversation": dm })).await;
            seen["conversation"]["active"] == true
        })
        .await;
        tablet.says(&dm, "five").await;
        bridged.zoe_hears("five").await;
        bridged.reads(&mut ben, &dm, "five").await;
        ben.says(&dm, "six").await;
        bridged.zoe_hears("six").await;
        let expected = ["one", "two", "three", "zoe: four", "five", "six"];
        assert_eq!(tablet.texts(&dm).await, expected);
        assert_eq!(ben.texts(&dm).await, expected);
        for person in [tablet, ben] {
            person.leaves().await;
        }
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn history_that_does_not_open_is_refused_visibly_and_asked_for_again() {
    let (mut bridged, mut phone, mut ben, dm) = begun(Sdk::newest()).await;
    let leg = format!("dm/{}", ben.address());
    let spoils: [(threadbridge_devnet::xmtp::Spoil, &str); 3] = [
        (|bytes| bytes[..bytes.len() / 2].to_vec(), "archive ends in the middle"),
        (|bytes| [&[9, 0], &bytes[2..]].concat(), "archive is of version 9"),
        (
            |mut bytes| {
                bytes[5] ^= 1;
                bytes
            },
            "archive does not open: it has another key, or was changed",
        ),
    ];
    for (spoil, reason) in spoils {
        bridged.node.spoil_archives(Some(spoil));
        bridged.starts(&leg).await;
        eventually(reason, async || {
            syncs(&mut phone).await;
            bridged.state().contains(reason)
        })
        .await;
        assert_eq!(bridged.thread(), Vec::<String>::new());
        bridged.stops().await;
    }
    bridged.node.spoil_archives(None);
    bridged.starts(&leg).await;
    eventually("the bridge has the history", async || {
        syncs(&mut phone).await;
        bridged.thread() == ["one", "two"]
    })
    .await;
    joins_in(&mut ben, &dm).await;
    ben.says(&dm, "three").await;
    bridged.zoe_hears("three").await;
    phone.leaves().await;
    ben.leaves().await;
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_owner_denies_in_another_app_is_not_bridged() {
    let (mut bridged, mut phone, mut ben, dm) = begun(Sdk::newest()).await;
    bridged.starts(&format!("dm/{}", ben.address())).await;
    eventually("the bridge has the history", async || {
        syncs(&mut phone).await;
        bridged.thread() == ["one", "two"]
    })
    .await;
    joins_in(&mut ben, &dm).await;
    ben.says(&dm, "three").await;
    bridged.zoe_hears("three").await;
    phone.does(json!({ "do": "consent", "conversation": dm, "state": "Denied" })).await;
    eventually("nothing is said to ben any more", async || {
        syncs(&mut phone).await;
        bridged.zoe_says("are you there?");
        bridged.notes().iter().any(|it| it.contains("the owner denied the conversation"))
    })
    .await;
    ben.says(&dm, "unheard").await;
    phone.does(json!({ "do": "consent", "conversation": dm, "state": "Allowed" })).await;
    let mut said = 0;
    eventually("ben is heard again", async || {
        syncs(&mut phone).await;
        said += 1;
        ben.says(&dm, &format!("heard {said}")).await;
        bridged.thread().iter().any(|it| it.starts_with("heard"))
    })
    .await;
    assert!(!bridged.thread().contains(&"unheard".to_owned()));
    phone.leaves().await;
    ben.leaves().await;
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_owner_blocks_and_accepts_here_is_so_in_their_other_apps() {
    for sdk in Sdk::all() {
        let (mut bridged, mut phone, mut ben, dm) = begun(sdk).await;
        bridged.starts(&format!("dm/{}", ben.address())).await;
        eventually("the bridge has the history", async || {
            syncs(&mut phone).await;
            bridged.thread() == ["one", "two"]
        })
        .await;
        joins_in(&mut ben, &dm).await;
        let network = Network::parse("xmtp").unwrap();
        let bens = Identity { network, author: RemoteAuthor::parse(ben.inbox()).unwrap() };
        for (attitude, consent) in [(Attitude::Blocked, "denied"), (Attitude::Accepted, "allowed")]
        {
            bridged.thinks(&bens, attitude).await;
            eventually(consent, async || {
                syncs(&mut phone).await;
                let seen = phone.does(json!({ "do": "get", "conversation": dm })).await;
                seen["conversation"]["consent"] == consent
            })
            .await;
        }
        ben.says(&dm, "three").await;
        bridged.zoe_hears("three").await;
        phone.leaves().await;
        ben.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_lies_elsewhere_is_one_in_the_history_that_the_bridge_gives() {
    let (mut bridged, mut phone, mut ben, dm) = begun(Sdk::newest()).await;
    // The owner named the server on which files lie.
    let server = bridged.node.history_url();
    let hosts = Hosts::parse([server.strip_prefix("http://").unwrap()]).unwrap();
    let porter = Porter::new(hosts, Arc::new(Web::new().unwrap()));
    bridged.porter = porter.unsealing(Arc::new(Attachments));
    bridged.starts(&format!("dm/{}", ben.address())).await;
    eventually("the bridge has the history", async || {
        syncs(&mut phone).await;
        bridged.thread() == ["one", "two"]
    })
    .await;
    joins_in(&mut ben, &dm).await;
    let bytes = STANDARD.encode(b"what is in the file");
    let file = json!({ "name": "cat.jpg", "type": "image/jpeg", "base64": bytes });
    let host = bridged.node.history_url();
    ben.does(json!({ "do": "remote", "conversation": dm, "files": [file], "host": host })).await;
    ben.says(&dm, "look").await;
    bridged.zoe_hears("look").await;
    phone.leaves().await;
    let mut tablet = app(&bridged, Sdk::newest()).await;
    tablet.does(json!({ "do": "devices" })).await;
    tablet.does(json!({ "do": "history" })).await;
    eventually("the tablet has the file", async || {
        syncs(&mut tablet).await;
        let seen = tablet.tries(json!({ "do": "read", "conversation": dm })).await;
        let all = seen["messages"].as_array().cloned().unwrap_or_default();
        let Some(it) = all.iter().find(|it| it["type"] == "remoteStaticAttachment") else {
            return false;
        };
        let had = tablet.tries(json!({ "do": "fetch", "message": it["id"] })).await;
        had["files"][0]["base64"] == bytes && had["files"][0]["name"] == "cat.jpg"
    })
    .await;
    tablet.leaves().await;
    ben.leaves().await;
    bridged.ends().await;
}
