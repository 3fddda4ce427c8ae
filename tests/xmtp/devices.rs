//! What the official client gets along with beside talking: other devices of the same person, and a
//! node that is known by a certificate only.

use std::path::Path;

use serde_json::json;
use tempfile::TempDir;
use threadbridge_devnet::xmtp::{Node, NodeSettings, Tls};

use super::person::{Outfit, Person, Sdk, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_goes_on_on_another_device_with_its_history() {
    for sdk in Sdk::all() {
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let synced = Outfit { has_history: true, ..Outfit::default() };
        let mut phone = Person::joins_with(&node, "ann", Sdk::Five, synced.clone()).await;
        let mut ben = Person::joins(&node, "ben", sdk).await;
        let dm = phone.opens_dm(&ben.inbox()).await;
        phone.says(&dm, "one").await;
        ben.says(&dm, "two").await;
        assert_eq!(phone.texts(&dm).await, ["one", "two"]);
        let mut tablet = Person::joins_with(&node, "ann", sdk, synced).await;
        for device in [&mut phone, &mut tablet] {
            device.does(json!({ "do": "devices" })).await;
        }
        tablet.does(json!({ "do": "history" })).await;
        eventually("the tablet has the history", async || {
            for device in [&mut phone, &mut tablet] {
                device.does(json!({ "do": "sync" })).await;
                device.does(json!({ "do": "devices" })).await;
            }
            let read = json!({ "do": "read", "conversation": dm });
            let seen = tablet.tries(read).await;
            let texts = seen["messages"].as_array().into_iter().flatten();
            texts.filter_map(|message| message["text"].as_str()).collect::<Vec<_>>()
                == ["one", "two"]
        })
        .await;
        assert!(node.archives() > 0);
        tablet.says(&dm, "three").await;
        assert_eq!(ben.texts(&dm).await, ["one", "two", "three"]);
        for person in [phone, tablet, ben] {
            person.leaves().await;
        }
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_the_newer_client_is_imported_by_it() {
    if Sdk::newest() != Sdk::Six {
        return;
    }
    let folder = TempDir::new().unwrap();
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut phone = Person::joins(&node, "ann", Sdk::Six).await;
    let mut ben = Person::joins(&node, "ben", Sdk::Six).await;
    let dm = phone.opens_dm(&ben.inbox()).await;
    phone.says(&dm, "one").await;
    let (path, key) = (folder.path().join("archive"), "07".repeat(32));
    phone.does(json!({ "do": "export", "path": path, "key": key })).await;
    let mut tablet = Person::joins(&node, "ann", Sdk::Six).await;
    let wrong = json!({ "do": "import", "path": path, "key": "08".repeat(32) });
    assert_eq!(tablet.tries(wrong).await["ok"], false);
    tablet.does(json!({ "do": "import", "path": path, "key": key })).await;
    assert_eq!(tablet.texts(&dm).await, ["one"]);
    let seen = tablet.does(json!({ "do": "get", "conversation": dm })).await;
    assert_eq!(seen["conversation"]["active"], false, "restored, until somebody adds the tablet");
    ben.says(&dm, "two").await;
    for person in [phone, tablet, ben] {
        person.leaves().await;
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_know_its_certificate_reach_a_node_over_tls() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/xmtp/tls");
    let read = |name| std::fs::read_to_string(folder.join(name)).unwrap();
    let tls = Some(Tls { certificate: read("node.pem"), key: read("node.key") });
    let node = Node::start(NodeSettings { tls, ..NodeSettings::default() }).await.unwrap();
    assert!(node.url().starts_with("https://"));
    let trusting = Outfit { trusts: Some(folder.join("ca.pem")), ..Outfit::default() };
    for sdk in Sdk::all() {
        let mut ann = Person::joins_with(&node, "ann", sdk, trusting.clone()).await;
        let mut ben = Person::joins_with(&node, "ben", sdk, trusting.clone()).await;
        let group = ann.makes_group("books", &[&ben.inbox()]).await;
        ben.listens().await;
        ann.says(&group, "under seal").await;
        ben.hears_text("under seal").await;
        ann.leaves().await;
        ben.leaves().await;
    }
    node.stop().await;
}
