//! The official clients among themselves, of either version, over our node alone.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use threadbridge_devnet::xmtp::{Node, NodeSettings};

use super::person::{Outfit, Person, Sdk, eventually, wallet};

async fn node() -> Node {
    Node::start(NodeSettings::default()).await.unwrap()
}

/// All pairs of versions that run here.
fn pairs() -> Vec<[Sdk; 2]> {
    let all = Sdk::all();
    all.iter().flat_map(|one| all.iter().map(|other| [*one, *other])).collect()
}

fn types(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["type"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_talk_directly_over_our_node() {
    for [anns, bens] in pairs() {
        let node = node().await;
        let mut ann = Person::joins(&node, "ann", anns).await;
        let mut ben = Person::joins(&node, "ben", bens).await;
        assert_eq!(node.inbox_of(&ann.address()), Some(ann.inbox()));
        assert_eq!(node.installations(&ben.inbox()), [ben.installation()]);
        ben.listens().await;
        let dm = ann.opens_dm(&ben.address()).await;
        let first = ann.says(&dm, "hello").await;
        assert_eq!(ben.hears_text("hello").await["id"], first);
        ben.replies(&dm, &first, "hello yourself").await;
        ben.reacts(&dm, &first, "👍").await;
        let seen = ann.reads(&dm).await;
        assert_eq!(types(&seen), ["group_updated", "text", "reply"]);
        assert_eq!(seen[1]["reactions"][0]["emoji"], "👍");
        assert_eq!(seen[2]["in_reply_to"], first);
        assert_eq!(seen[2]["sender"], ben.inbox());
        let unreact = json!({ "do": "unreact", "conversation": dm, "to": first, "emoji": "👍" });
        ben.does(unreact).await;
        assert_eq!(ann.reads(&dm).await[1]["reactions"], json!([]));
        let delete = json!({ "do": "delete", "conversation": dm, "message": first });
        ann.does(delete).await;
        assert_eq!(types(&ben.reads(&dm).await)[1], "deletedMessage");
        ann.leaves().await;
        ben.leaves().await;
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_takes_members_in_and_out_and_is_renamed() {
    for [anns, bens] in pairs() {
        let node = node().await;
        let mut ann = Person::joins(&node, "ann", anns).await;
        let mut ben = Person::joins(&node, "ben", bens).await;
        let mut cyd = Person::joins(&node, "cyd", anns).await;
        let group = ann.makes_group("books", &[&ben.inbox()]).await;
        ann.says(&group, "before cyd").await;
        let add = json!({ "do": "add", "conversation": group, "members": [cyd.address()] });
        ann.does(add).await;
        ann.says(&group, "with cyd").await;
        cyd.does(json!({ "do": "sync" })).await;
        cyd.says(&group, "thanks").await;
        ben.does(json!({ "do": "rename", "conversation": group, "name": "more books" })).await;
        let remove = json!({ "do": "remove", "conversation": group, "members": [cyd.inbox()] });
        ann.does(remove).await;
        ann.says(&group, "without cyd").await;
        assert_eq!(cyd.texts(&group).await, ["with cyd", "thanks"]);
        let expected = ["before cyd", "with cyd", "thanks", "without cyd"];
        assert_eq!(ben.texts(&group).await, expected);
        let seen = ben.does(json!({ "do": "get", "conversation": group })).await;
        assert_eq!(seen["conversation"]["name"], "more books");
        assert_eq!(seen["conversation"]["policy"], "default");
        let seen = cyd.does(json!({ "do": "get", "conversation": group })).await;
        assert_eq!(seen["conversation"]["active"], false);
        let refused = json!({ "do": "remove", "conversation": group, "members": [ann.inbox()] });
        assert_eq!(ben.tries(refused).await["ok"], false, "only admins remove");
        for person in [ann, ben, cyd] {
            person.leaves().await;
        }
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn attachments_of_all_kinds_arrive() {
    for [anns, bens] in pairs() {
        let node = node().await;
        let mut ann = Person::joins(&node, "ann", anns).await;
        let mut ben = Person::joins(&node, "ben", bens).await;
        let dm = ann.opens_dm(&ben.inbox()).await;
        let files = [
            json!({ "name": "a.txt", "type": "text/plain", "base64": "aGVsbG8=" }),
            json!({ "name": "b.txt", "type": "text/plain", "base64": "d29ybGQ=" }),
        ];
        let mut attach = files[0].clone();
        attach["do"] = json!("attach");
        attach["conversation"] = json!(dm);
        ann.does(attach).await;
        assert_eq!(
            ben.reads(&dm).await.last().unwrap()["content"]["content"]["base64"],
            "aGVsbG8="
        );
        for count in [1, 2] {
            let remote = json!({
                "do": "remote", "conversation": dm, "files": files[..count],
                "host": node.history_url(),
            });
            let message = ann.does(remote).await["message"].clone();
            let fetched = ben.does(json!({ "do": "fetch", "message": message })).await;
            assert_eq!(fetched["files"], json!(files[..count]));
        }
        assert_eq!(node.archives(), 3);
        ann.leaves().await;
        ben.leaves().await;
        node.stop().await;
    }
}

/// How often a stream was opened again, as far as it is known.
fn times_open(person: &Person) -> usize {
    let is_open = |event: &&Value| event["event"] == "stream" && event["state"] == "open";
    person.events().iter().filter(is_open).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_go_on_after_a_restart_and_an_outage_of_five_seconds() {
    let mut node = node().await;
    let mut ann = Person::joins(&node, "ann", Sdk::Five).await;
    let mut ben = Person::joins(&node, "ben", Sdk::newest()).await;
    let group = ann.makes_group("books", &[&ben.inbox()]).await;
    ben.listens().await;
    ann.says(&group, "before").await;
    ben.hears_text("before").await;
    node.down().await;
    node.up().await.unwrap();
    ann.says(&group, "after a restart").await;
    // What came while it was away a client has, but does not emit.
    assert_eq!(ben.texts(&group).await, ["before", "after a restart"]);
    node.down().await;
    let failed = ann.tries(json!({ "do": "rename", "conversation": group, "name": "x" })).await;
    assert_eq!(failed["ok"], false, "nobody is there");
    tokio::time::sleep(Duration::from_secs(5)).await;
    ben.does(json!({ "do": "seen" })).await;
    let opened = times_open(&ben);
    node.up().await.unwrap();
    // The stream is open again before anything else is said.
    eventually("the stream is open again", async || {
        ben.does(json!({ "do": "seen" })).await;
        times_open(&ben) > opened
    })
    .await;
    ann.says(&group, "after an outage").await;
    ben.hears_text("after an outage").await;
    let expected = ["before", "after a restart", "after an outage"];
    assert_eq!(ben.texts(&group).await, expected);
    ann.leaves().await;
    ben.leaves().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_is_kept_and_another_is_revoked() {
    let folder = TempDir::new().unwrap();
    let node = node().await;
    let outfit = Outfit { db: Some(folder.path().join("phone.db3")), ..Outfit::default() };
    let phone = Person::joins_with(&node, "ann", Sdk::newest(), outfit.clone()).await;
    let mut ben = Person::joins(&node, "ben", Sdk::Five).await;
    let kept = phone.installation();
    phone.leaves().await;
    let mut phone = Person::joins_with(&node, "ann", Sdk::newest(), outfit).await;
    assert_eq!(phone.installation(), kept);
    let dm = ben.opens_dm(&phone.inbox()).await;
    ben.says(&dm, "to one").await;
    let mut tablet = Person::joins(&node, "ann", Sdk::Five).await;
    assert_eq!(tablet.inbox(), phone.inbox());
    assert_eq!(node.installations(&phone.inbox()).len(), 2);
    // Ben's client looks for installations when it sends, every five seconds at the most.
    let mut said = 0;
    eventually("the tablet is added", async || {
        said += 1;
        ben.says(&dm, &format!("to both {said}")).await;
        let found = tablet.tries(json!({ "do": "get", "conversation": dm })).await;
        found["ok"] == true
    })
    .await;
    assert_eq!(tablet.texts(&dm).await, [format!("to both {said}")]);
    tablet.says(&dm, "from the tablet").await;
    assert_eq!(phone.texts(&dm).await.last().unwrap(), "from the tablet");
    let revoke = json!({ "do": "revoke", "installations": [tablet.installation()] });
    phone.does(revoke).await;
    assert_eq!(node.installations(&phone.inbox()), [kept]);
    for person in [phone, tablet, ben] {
        person.leaves().await;
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_wallet_registers_and_is_believed() {
    for sdk in Sdk::all() {
        let node = node().await;
        let contract = "0x00000000000000000000000000000000000000aa".to_owned();
        let owner = wallet("ann").address();
        node.chains().set_owner(232, contract.parse().unwrap(), owner);
        let outfit = Outfit { contract: Some((232, contract.clone())), ..Outfit::default() };
        let mut ann = Person::joins_with(&node, "ann", sdk, outfit).await;
        let mut ben = Person::joins(&node, "ben", sdk).await;
        assert_eq!(ann.address(), contract);
        let dm = ben.opens_dm(&contract).await;
        ben.says(&dm, "hello").await;
        assert_eq!(ann.texts(&dm).await, ["hello"]);
        ann.leaves().await;
        ben.leaves().await;
        node.stop().await;
    }
}
