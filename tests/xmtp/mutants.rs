//! Commits of official clients, of every kind, a thousand times otherwise than they were made: none of
//! them ever counts, nothing that is kept of the group changes, and then the commit itself counts.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use threadbridge_core::model::time::Clock;
use threadbridge_core::store::Keys;
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use threadbridge_xmtp::hostile::{Judged, judge};

use super::person::{Person, Sdk, eventually};
use super::side::Side;
use crate::trial::Lots;

/// How many mutants are made of each commit.
const MUTANTS: usize = 72;

/// All that is kept.
fn kept(keys: &Keys) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let names = keys.list().unwrap().into_iter();
    names.map(|name| (name.clone(), keys.get(&name).unwrap().unwrap().to_vec())).collect()
}

/// A commit otherwise than it was made.
fn mutant(lots: &mut Lots, commit: &[u8], before: Option<&Vec<u8>>) -> Vec<u8> {
    let mut bytes = commit.to_vec();
    let at = lots.below(bytes.len());
    match lots.below(8) {
        0 => bytes.truncate(at),
        1 => bytes.extend(vec![7; 1 + lots.below(64)]),
        2 => drop(bytes.remove(at)),
        3 => bytes.insert(at, 0),
        // The beginning of one and the end of another.
        4 if before.is_some_and(|it| it.len() > at) => {
            bytes.truncate(at);
            bytes.extend(&before.unwrap()[at..]);
        }
        _ => bytes[at] ^= u8::try_from(1 + lots.below(255)).unwrap(),
    }
    bytes
}

/// Everything that a client can do to a group, by ann or by ben.
fn acts(cyd: &str, dot: &str) -> Vec<(usize, Value)> {
    vec![
        (0, json!({ "do": "rename", "name": "more books" })),
        (1, json!({ "do": "describe", "description": "about books" })),
        (0, json!({ "do": "picture", "url": "https://a.test/books" })),
        (0, json!({ "do": "app_data", "text": "tag" })),
        (0, json!({ "do": "disappear", "from_ns": "1", "in_ns": "3600000000000" })),
        (0, json!({ "do": "add", "members": [cyd] })),
        (0, json!({ "do": "admin", "whom": cyd })),
        (0, json!({ "do": "admin", "whom": cyd, "off": true })),
        (0, json!({ "do": "admin", "whom": cyd, "level": "super_admin" })),
        (0, json!({ "do": "admin", "whom": cyd, "level": "super_admin", "off": true })),
        (0, json!({ "do": "permit", "what": 4, "field": 1, "policy": 2 })),
        (0, json!({ "do": "permit", "what": 0, "policy": 2 })),
        (0, json!({ "do": "remove", "members": [cyd] })),
        (0, json!({ "do": "add", "members": [cyd, dot] })),
        (0, json!({ "do": "remove", "members": [cyd, dot] })),
    ]
}

/// Has a thousand mutants of a commit judged by the account, which is away meanwhile.
fn tried(
    lots: &mut Lots,
    zoe: &Side,
    group: &str,
    commit: &[u8],
    before: Option<&Vec<u8>>,
) -> usize {
    let store = zoe.store();
    let id = hex::decode(group).unwrap();
    let keys = || store.keys(&Side::account()).unwrap();
    let as_it_was = kept(&keys());
    let mut tried = 0;
    while tried < MUTANTS {
        let mutant = mutant(lots, commit, before);
        if mutant == commit {
            continue;
        }
        let keys = keys();
        let judged = judge(&keys, &id, &mutant).unwrap();
        let mut now = kept(&keys);
        // That somebody claims an epoch to come is counted, and nothing else of it is believed.
        if judged == Judged::Ahead {
            let record = [b"mls/record/".as_slice(), &id].concat();
            now.insert(record.clone(), as_it_was[&record].clone());
        }
        assert!(matches!(judged, Judged::Refused | Judged::Ahead | Judged::Stale), "{judged:?}");
        assert!(now == as_it_was, "{judged:?} changed something");
        tried += 1;
    }
    // Its author's and its members' logs may still have to be asked for.
    let itself = judge(&keys(), &id, commit).unwrap();
    assert!(matches!(itself, Judged::Counts | Judged::Waits), "{itself:?}");
    tried
}

async fn epoch(person: &mut Person, group: &str) -> u64 {
    person.does(json!({ "do": "sync" })).await;
    let state = person.does(json!({ "do": "inspect", "conversation": group })).await;
    let epoch = &state["epoch"];
    epoch.as_u64().or_else(|| epoch.as_str()?.parse().ok()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_commit_of_an_official_client_counts_but_as_it_was_made() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut zoe = Side::stands("zoe", &Clock::System);
    let ann = Person::joins(&node, "ann", Sdk::newest()).await;
    let ben = Person::joins(&node, "ben", Sdk::Five).await;
    let cyd = Person::joins(&node, "cyd", Sdk::newest()).await;
    let dot = Person::joins(&node, "dot", Sdk::Five).await;
    zoe.starts(&node, &format!("dm/{}", ann.address())).await;
    let mut people = [ann, ben];
    let group = people[0].makes_group("books", &[&zoe.address(), &people[1].inbox()]).await;
    let place = format!("group/{group}");
    let mut acts = acts(&cyd.inbox(), &dot.inbox());
    // Whoever came renews their keys before they speak for the first time.
    acts.insert(0, (1, json!({ "do": "say", "text": "hello" })));
    let (mut lots, mut done, mut before) = (Lots(7), 0, None);
    for (by, mut act) in acts {
        zoe.stops().await;
        zoe.starts(&node, &place).await;
        let expected = epoch(&mut people[0], &group).await;
        eventually("zoe has followed", async || {
            zoe.stands_in(&group) && zoe.standing(&group).epoch == expected
        })
        .await;
        zoe.stops().await;
        people[by].does(json!({ "do": "sync" })).await;
        let sent = node.messages(&group).len();
        act["conversation"] = json!(group);
        people[by].does(act.clone()).await;
        let commit = node.messages(&group)[sent].clone();
        assert!(epoch(&mut people[by], &group).await > expected, "{act} is no commit");
        done += tried(&mut lots, &zoe, &group, &commit, before.as_ref());
        before = Some(commit);
        zoe.starts(&node, &place).await;
    }
    assert!(done > 1000, "only {done} were tried");
    let expected = epoch(&mut people[0], &group).await;
    eventually("zoe has followed all", async || zoe.standing(&group).epoch == expected).await;
    zoe.says("I believe them all");
    eventually("zoe is read", async || {
        people[0].texts(&group).await.iter().any(|it| it.ends_with("I believe them all"))
    })
    .await;
    zoe.stops().await;
    for person in people.into_iter().chain([cyd, dot]) {
        person.leaves().await;
    }
    node.stop().await;
}
