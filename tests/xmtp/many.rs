//! Many official clients in one group over our node: welcomes by pointer, commits at one moment,
//! admins, and those who leave.

use serde_json::{Value, json};
use threadbridge_devnet::xmtp::{Node, NodeSettings};

use super::person::{Person, Sdk, eventually};

/// How often everybody commits at the same moment.
const ROUNDS: usize = 10;

async fn crowd(node: &Node, names: &[&str]) -> Vec<Person> {
    let versions = Sdk::all();
    let mut crowd = Vec::new();
    for (name, sdk) in names.iter().zip(versions.iter().cycle()) {
        crowd.push(Person::joins(node, name, *sdk).await);
    }
    crowd
}

async fn end(crowd: Vec<Person>, node: Node) {
    for person in crowd {
        person.leaves().await;
    }
    node.stop().await;
}

async fn epoch(person: &mut Person, group: &str) -> Value {
    person.does(json!({ "do": "sync" })).await;
    let state = person.does(json!({ "do": "inspect", "conversation": group })).await;
    assert_eq!(state["forked"], false, "{state}");
    state["epoch"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_welcomed_by_pointers_made_admins_and_leave() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut crowd = crowd(&node, &["ann", "ben", "cyd", "dot", "eve"]).await;
    let inboxes: Vec<String> = crowd.iter().map(Person::inbox).collect();
    let others: Vec<&str> = inboxes[1..].iter().map(String::as_str).collect();
    let group = crowd[0].makes_group("books", &others).await;
    // One welcome for all of them, and to each a pointer to it.
    assert_eq!((node.welcomes(), node.pointers()), (1, 4));
    crowd[0].says(&group, "hello all").await;
    for person in &mut crowd[1..] {
        assert_eq!(person.texts(&group).await, ["hello all"]);
    }
    let admin = json!({ "do": "admin", "conversation": group, "whom": inboxes[1] });
    crowd[0].does(admin).await;
    let remove = json!({ "do": "remove", "conversation": group, "members": [inboxes[2]] });
    assert_eq!(crowd[3].tries(remove.clone()).await["ok"], false, "no admin");
    crowd[1].does(json!({ "do": "sync" })).await;
    crowd[1].does(remove).await;
    crowd[3].does(json!({ "do": "leave", "conversation": group })).await;
    // An app of a super admin takes out who leaves, a while after.
    let (ann, rest) = crowd.split_first_mut().unwrap();
    eventually("dot has left", async || {
        ann.does(json!({ "do": "sync" })).await;
        let members = ann.does(json!({ "do": "members", "conversation": group })).await;
        members["members"].as_array().unwrap().len() == 3
    })
    .await;
    ann.says(&group, "fewer of us").await;
    let [ben, _, _, eve] = rest else { panic!() };
    for person in [ben, eve] {
        assert_eq!(person.texts(&group).await, ["hello all", "fewer of us"]);
    }
    end(crowd, node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_of_one_moment_end_in_one_epoch_with_nothing_lost() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut crowd = crowd(&node, &["ann", "ben", "cyd", "dot"]).await;
    let inboxes: Vec<String> = crowd.iter().map(Person::inbox).collect();
    let others: Vec<&str> = inboxes[1..].iter().map(String::as_str).collect();
    let group = crowd[0].makes_group("books", &others).await;
    for person in &mut crowd {
        // What a member first says is a commit, too: not here.
        person.says(&group, "here I am").await;
    }
    let mut said = Vec::new();
    for round in 0..ROUNDS {
        let acts = crowd.iter_mut().enumerate().map(async |(at, person)| {
            let text = format!("{round} by {at}");
            // Who loses too often gives up the name, and goes on trying to say what was said.
            person.tries(json!({ "do": "rename", "conversation": group, "name": text })).await;
            let say = json!({ "do": "say", "conversation": group, "text": text });
            person.tries(say).await;
            text
        });
        said.extend(futures::future::join_all(acts).await);
    }
    said.sort();
    eventually("all is said", async || {
        for person in &mut crowd {
            person.does(json!({ "do": "sync" })).await;
        }
        crowd[0].texts(&group).await.len() >= said.len() + 4
    })
    .await;
    let mut epochs = Vec::new();
    let mut orders = Vec::new();
    for person in &mut crowd {
        epochs.push(epoch(person, &group).await);
        let mut texts = person.texts(&group).await;
        texts.retain(|text| text != "here I am");
        let mut sorted = texts.clone();
        sorted.sort();
        assert_eq!(sorted, said);
        orders.push(texts);
    }
    assert!(epochs.iter().all(|epoch| *epoch == epochs[0]), "{epochs:?}");
    assert!(orders.iter().all(|order| *order == orders[0]), "{orders:#?}");
    end(crowd, node).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_disappears_says_when() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let mut crowd = crowd(&node, &["ann", "ben"]).await;
    let ben = crowd[1].inbox();
    let dm = crowd[0].opens_dm(&ben).await;
    let day: u64 = 24 * 60 * 60 * 1_000_000_000;
    let disappear =
        json!({ "do": "disappear", "conversation": dm, "from_ns": "1", "in_ns": day.to_string() });
    crowd[0].does(disappear).await;
    crowd[0].says(&dm, "gone tomorrow").await;
    let seen = crowd[1].reads(&dm).await;
    let said = seen.iter().find(|message| message["text"] == "gone tomorrow").unwrap();
    assert!(said["expires_at_ns"].is_string(), "{said}");
    end(crowd, node).await;
}
