//! The bridge beside official clients that do whatever they can do: every commit of theirs counts, what
//! is not known is shown by its fallback, and an outage costs nothing.

use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_core::model::group::Regroup;
use threadbridge_core::model::time::Clock;
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tokio::time::sleep;

use super::bridged::{Bridged, own_address};
use super::person::{Person, Sdk, eventually};
use super::side::Side;
use crate::trial::Lots;

/// How many commits are tried.
const COMMITS: usize = 40;
const OUTAGE: Duration = Duration::from_secs(5);

/// Something that changes a group, by somebody who may.
fn change(lots: &mut Lots, round: usize, group: &str, others: &[String]) -> (usize, Value) {
    let other = &others[lots.below(others.len())];
    let (by, mut act) = match lots.below(8) {
        0 => (lots.below(2), json!({ "do": "rename", "name": format!("books {round}") })),
        1 => (lots.below(2), json!({ "do": "describe", "description": "x".repeat(round * 20) })),
        2 => (lots.below(2), json!({ "do": "picture", "url": format!("https://a.test/{round}") })),
        3 => (lots.below(2), json!({ "do": "app_data", "text": format!("tag {round}") })),
        4 => (0, json!({ "do": "admin", "whom": other, "off": round % 2 == 1 })),
        5 => (0, json!({ "do": "disappear", "from_ns": "0", "in_ns": round.to_string() })),
        6 => (0, json!({ "do": "remove", "members": [other] })),
        _ => (lots.below(2), json!({ "do": "add", "members": [other] })),
    };
    act["conversation"] = json!(group);
    (by, act)
}

/// Waits until somebody reads what is said in the room.
async fn reads(zoe: &Side, person: &mut Person, group: &str, text: &str) {
    zoe.says(text);
    eventually(&format!("«{text}» is read"), async || {
        person.texts(group).await.iter().any(|it| it.ends_with(text))
    })
    .await;
}

async fn epoch(person: &mut Person, group: &str) -> u64 {
    person.does(json!({ "do": "sync" })).await;
    let state = person.does(json!({ "do": "inspect", "conversation": group })).await;
    assert_eq!(state["forked"], false, "{state}");
    let epoch = &state["epoch"];
    epoch.as_u64().or_else(|| epoch.as_str()?.parse().ok()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_commit_of_an_official_client_counts() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut zoe = Side::stands("zoe", &Clock::System);
    let ann = Person::joins(&node, "ann", Sdk::Five).await;
    let ben = Person::joins(&node, "ben", Sdk::newest()).await;
    let others = [
        Person::joins(&node, "cyd", Sdk::newest()).await,
        Person::joins(&node, "dot", Sdk::Five).await,
    ];
    zoe.starts(&node, &format!("dm/{}", ann.address())).await;
    let mut people = [ann, ben];
    let group = people[0].makes_group("books", &[&zoe.address(), &people[1].inbox()]).await;
    zoe.stops().await;
    zoe.starts(&node, &format!("group/{group}")).await;
    let inboxes = [others[0].inbox(), others[1].inbox()];
    let (mut lots, mut done) = (Lots(20), 0);
    reads(&zoe, &mut people[0], &group, "here I am").await;
    for round in 0..COMMITS {
        let (by, act) = change(&mut lots, round, &group, &inboxes);
        let person = &mut people[by];
        person.does(json!({ "do": "sync" })).await;
        // To take out who is not there, say, is refused by the client itself.
        done += usize::from(person.tries(act).await["ok"] == true);
        let expected = epoch(person, &group).await;
        eventually(&format!("round {round} counts"), async || {
            zoe.standing(&group).epoch == expected
        })
        .await;
        assert_eq!(zoe.refused(), [].into(), "{}", zoe.state());
    }
    assert!(done > COMMITS / 2, "only {done} were made");
    reads(&zoe, &mut people[0], &group, "still here").await;
    zoe.stops().await;
    for person in people.into_iter().chain(others) {
        person.leaves().await;
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_shows_live_what_the_bridge_begins_and_says() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
        ann.listens().await;
        bridged.starts(&format!("dm/{}", ann.address())).await;
        for text in ["one", "two", "three"] {
            bridged.zoe_says(text);
        }
        ann.hears_text("zoe: three").await;
        let heard = ann.heard().await;
        assert_eq!(heard, ["zoe: one", "zoe: two", "zoe: three"]);
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_known_is_shown_by_its_fallback_and_receipts_are_no_words() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
        bridged.starts(&format!("dm/{}", ann.address())).await;
        let dm = ann.opens_dm(&own_address()).await;
        let kind = json!({ "authority": "chess.test", "id": "move", "major": 3 });
        let send = json!({
            "do": "send", "conversation": dm, "type": kind, "base64": "ZTRlNQ==",
            "fallback": "plays e4",
        });
        ann.does(send).await;
        bridged.zoe_hears("plays e4").await;
        ann.does(json!({ "do": "receipt", "conversation": dm })).await;
        ann.says(&dm, "your turn").await;
        bridged.zoe_hears("your turn").await;
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_app_keeps_in_a_group_outlives_our_rename() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
        bridged.starts(&format!("dm/{}", ann.address())).await;
        let bridge = bridged.node.inbox_of(&own_address()).unwrap();
        let group = ann.makes_group("books", &[&bridge]).await;
        bridged.stops().await;
        let kept = "tag and profiles of another app";
        ann.does(json!({ "do": "app_data", "conversation": group, "text": kept })).await;
        bridged.starts(&format!("group/{group}")).await;
        bridged.regroups(&group, &Regroup::Rename("more books".to_owned())).await;
        eventually("the group is renamed", async || {
            ann.does(json!({ "do": "sync" })).await;
            let seen = ann.does(json!({ "do": "get", "conversation": group })).await;
            let seen = &seen["conversation"];
            assert_eq!(seen["app_data"], kept);
            seen["name"] == "more books"
        })
        .await;
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_node_and_an_outage_lose_and_double_nothing() {
    let mut bridged = Bridged::stands().await;
    let mut ann = Person::joins(&bridged.node, "ann", Sdk::newest()).await;
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let dm = ann.opens_dm(&own_address()).await;
    let mut said = Vec::new();
    for (round, outage) in [Duration::ZERO, OUTAGE].into_iter().enumerate() {
        let before = format!("before {round}");
        ann.says(&dm, &before).await;
        bridged.zoe_hears(&before).await;
        bridged.node.down().await;
        bridged.zoe_says(&format!("meanwhile {round}"));
        sleep(outage).await;
        bridged.node.up().await.unwrap();
        let after = format!("after {round}");
        ann.says(&dm, &after).await;
        bridged.zoe_hears(&after).await;
        bridged.reads(&mut ann, &dm, &format!("zoe: meanwhile {round}")).await;
        said.extend([before, after]);
    }
    let heard = bridged.zoe.hears(&super::bridged::den());
    let of_ann = |text: &str| said.iter().find(|it| text.ends_with(it.as_str())).cloned();
    let heard: Vec<_> = heard.iter().filter_map(|it| of_ann(&it.text)).collect();
    assert_eq!(heard, said);
    let texts = ann.texts(&dm).await;
    let of_zoe: Vec<_> = texts.iter().filter(|it| it.starts_with("zoe: ")).collect();
    assert_eq!(of_zoe, ["zoe: meanwhile 0", "zoe: meanwhile 1"]);
    ann.leaves().await;
    bridged.ends().await;
}
