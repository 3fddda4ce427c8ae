//! The official client against our node with its faults turned on: what the dial does is what a
//! client of the network sees.

use serde_json::json;
use threadbridge_devnet::xmtp::faults::{Fault, Scope, When};
use threadbridge_devnet::xmtp::{Node, NodeSettings};

use super::person::{Person, Sdk};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_is_there_once() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let sdk = Sdk::newest();
    let mut ann = Person::joins(&node, "ann", sdk).await;
    let mut ben = Person::joins(&node, "ben", Sdk::Five).await;
    let group = ann.makes_group("books", &[&ben.inbox()]).await;
    let faults = node.faults();
    let sending = Scope::Method("SendGroupMessages".to_owned());
    faults.set(Fault::AnswerLost, sending.clone(), When::Next(2));
    ann.says(&group, "answered late").await;
    assert_eq!(faults.struck().get("answer_lost"), Some(&2));
    faults.set(Fault::Unavailable, Scope::Writes, When::Every(2));
    faults.set(Fault::Refused { code: 13 }, Scope::Reads, When::Every(3));
    faults.set(Fault::Delay { ms: 20 }, Scope::Any, When::Chance(0.3));
    let mut expected = vec!["answered late".to_owned()];
    for number in 1..=5 {
        ann.says(&group, &format!("number {number}")).await;
        expected.push(format!("number {number}"));
    }
    assert_eq!(ben.texts(&group).await, expected);
    faults.clear_all();
    faults.set(Fault::Cut, sending, When::Next(1));
    ann.says(&group, "cut off").await;
    expected.push("cut off".to_owned());
    assert_eq!(ben.texts(&group).await, expected);
    let struck = faults.struck();
    for name in ["answer_lost", "unavailable", "refused", "delay", "cut"] {
        assert!(struck.contains_key(name), "{name} never struck: {struck:?}");
    }
    ann.leaves().await;
    ben.leaves().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_show_what_the_dial_does_to_them() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut ann = Person::joins(&node, "ann", Sdk::Five).await;
    let mut ben = Person::joins(&node, "ben", Sdk::newest()).await;
    let group = ann.makes_group("books", &[&ben.inbox()]).await;
    ben.does(json!({ "do": "sync" })).await;
    ben.listens().await;
    let faults = node.faults();
    faults.set(Fault::Duplicate, Scope::Streams, When::Next(1));
    ann.says(&group, "twice").await;
    ben.hears_text("twice").await;
    faults.set(Fault::DropLive, Scope::Streams, When::Next(1));
    ann.says(&group, "dropped").await;
    ann.says(&group, "behind it").await;
    ben.hears_text("behind it").await;
    assert_eq!(ben.heard().await.iter().filter(|text| *text == "twice").count(), 1);
    // What a stream leaves out, a query has.
    assert_eq!(ben.texts(&group).await, ["twice", "dropped", "behind it"]);
    let struck = faults.struck();
    assert_eq!((struck["duplicate"], struck["drop_live"]), (1, 1));
    ann.leaves().await;
    ben.leaves().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_cutover_the_network_is_for_reading() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut ann = Person::joins(&node, "ann", Sdk::newest()).await;
    let mut ben = Person::joins(&node, "ben", Sdk::Five).await;
    let group = ann.makes_group("books", &[&ben.inbox()]).await;
    ann.says(&group, "before").await;
    node.cut_over(true);
    let say = json!({ "do": "say", "conversation": group, "text": "after" });
    assert_eq!(ann.tries(say).await["ok"], false);
    assert_eq!(ben.texts(&group).await, ["before"]);
    node.cut_over(false);
    ann.says(&group, "after all").await;
    let texts = ben.texts(&group).await;
    assert_eq!(texts.last().map(String::as_str), Some("after all"));
    ann.leaves().await;
    ben.leaves().await;
    node.stop().await;
}
