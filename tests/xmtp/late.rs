//! What comes too late, and who is left behind: where keys have gone on without somebody.

use serde_json::json;
use threadbridge_core::model::time::Clock;
use threadbridge_devnet::xmtp::faults::{Fault, Scope, When};
use threadbridge_devnet::xmtp::{Node, NodeSettings};

use super::bridged::den;
use super::person::{Person, Sdk, eventually};
use super::side::Side;

/// More commits than a message outlives.
const COMMITS: usize = 5;
/// More messages than it takes to notice that the others went on.
const MESSAGES: usize = 9;

/// Ann and Ben with the official client, and Zoe beyond a bridge, all of whom have spoken.
async fn group_of_three(node: &Node, sdk: Sdk) -> (Side, [Person; 2], String) {
    let mut zoe = Side::stands("zoe", &Clock::System);
    let mut ann = Person::joins(node, "ann", sdk).await;
    let mut ben = Person::joins(node, "ben", Sdk::Five).await;
    zoe.starts(node, &format!("dm/{}", ann.address())).await;
    let group = ann.makes_group("books", &[&zoe.address(), &ben.address()]).await;
    zoe.stops().await;
    zoe.starts(node, &format!("group/{group}")).await;
    zoe.says("here I am");
    ben.says(&group, "here, too").await;
    let mut people = [ann, ben];
    reads_once(&zoe, &mut people, &group, "here I am").await;
    (zoe, people, group)
}

/// Waits until both read something, and expects that they read it once.
async fn reads_once(zoe: &Side, people: &mut [Person; 2], group: &str, text: &str) {
    let count = async |person: &mut Person| {
        person.texts(group).await.iter().filter(|it| it.ends_with(text)).count()
    };
    for person in &mut *people {
        eventually(&format!("«{text}» is read; {}", zoe.state()), async || {
            count(person).await > 0
        })
        .await;
    }
    zoe.rests().await;
    for person in people {
        assert_eq!(count(person).await, 1, "{text}");
    }
}

async fn end(mut zoe: Side, people: [Person; 2], node: Node) {
    zoe.stops().await;
    for person in people {
        person.leaves().await;
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_too_late_to_be_read_is_said_once_with_later_keys() {
    // It arrives when its keys are thrown away; and it never arrived, and they are when it is sent
    // again.
    for fault in [Fault::Delay { ms: 5000 }, Fault::Hang] {
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let (zoe, mut people, group) = group_of_three(&node, Sdk::newest()).await;
        let sending = Scope::Method("SendGroupMessages".to_owned());
        node.faults().set(fault.clone(), sending, When::Next(1));
        zoe.says("said late");
        eventually("it is on its way", async || !node.faults().struck().is_empty()).await;
        let (epoch, sent) = (zoe.standing(&group).epoch, node.messages(&group).len());
        for n in 0..COMMITS {
            let rename = json!({ "do": "rename", "conversation": group, "name": n.to_string() });
            people[0].does(rename).await;
        }
        assert_eq!(node.messages(&group).len(), sent + COMMITS, "it came before them");
        reads_once(&zoe, &mut people, &group, "said late").await;
        assert!(zoe.standing(&group).epoch >= epoch + 5);
        let late = if fault == Fault::Hang { 0 } else { 1 };
        assert!(node.messages(&group).len() > sent + COMMITS + late, "{fault:?}");

        // What answers it finds it.
        let seen = people[0].reads(&group).await;
        let said = seen.iter().find(|it| it["text"].as_str().unwrap_or("").ends_with("said late"));
        let said = said.unwrap()["id"].as_str().unwrap().to_owned();
        people[0].replies(&group, &said, "better than never").await;
        eventually("the answer is heard", async || {
            let heard = zoe.neighbor.hears(&den());
            heard.iter().any(|it| it.text.ends_with("than never") && it.reply_to.is_some())
        })
        .await;
        end(zoe, people, node).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_left_behind_says_so_and_goes_on_when_added_anew() {
    for sdk in Sdk::all() {
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let (mut zoe, mut people, group) = group_of_three(&node, sdk).await;
        zoe.stops().await;
        // The node loses a commit that all have read but the bridge.
        people[0].does(json!({ "do": "rename", "conversation": group, "name": "on" })).await;
        people[1].texts(&group).await;
        node.lose_newest(&group);
        zoe.starts(&node, &format!("group/{group}")).await;
        for n in 0..MESSAGES {
            people[0].says(&group, &format!("unheard {n}")).await;
        }
        let why = "went on without this account";
        eventually("the bridge knows that it is left behind", async || {
            zoe.standing(&group).is_left_behind
                && zoe.refused().iter().any(|reason| reason.contains(why))
        })
        .await;
        zoe.says("does anybody hear me?");
        eventually("it says why nothing is sent", async || {
            zoe.waits_for().is_some_and(|reason| reason.contains(why))
        })
        .await;

        let zoes = node.inbox_of(&zoe.address()).unwrap();
        for act in ["remove", "add"] {
            people[0].does(json!({ "do": act, "conversation": group, "members": [zoes] })).await;
        }
        reads_once(&zoe, &mut people, &group, "does anybody hear me?").await;
        people[1].says(&group, "we do").await;
        eventually("zoe hears again", async || zoe.heard().contains(&"we do".to_owned())).await;
        assert!(!zoe.standing(&group).is_left_behind);
        end(zoe, people, node).await;
    }
}
