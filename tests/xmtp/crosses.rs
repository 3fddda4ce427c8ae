//! Whatever people do with XMTP's official client is heard in a room beside it, and the other way.

use serde_json::{Value, json};
use threadbridge_loopback::network::Heard;

use super::bridged::{Bridged, den, own_address};
use super::person::{Person, Sdk};

/// A conversation of two that is bridged, and whoever is in it.
async fn talk(sdk: Sdk) -> (Bridged, Person, String) {
    let mut bridged = Bridged::stands().await;
    let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let dm = ann.opens_dm(&own_address()).await;
    (bridged, ann, dm)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_the_bridge_begins_is_read_and_answered() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
        bridged.starts(&format!("dm/{}", ann.address())).await;
        bridged.zoe_says("hello from the den");
        let dm = ann.opens_dm(&own_address()).await;
        bridged.reads(&mut ann, &dm, "zoe: hello from the den").await;
        ann.says(&dm, "hello yourself").await;
        bridged.zoe_hears("hello yourself").await;
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_somebody_begins_is_heard_and_answered() {
    for sdk in Sdk::all() {
        let (bridged, mut ann, dm) = talk(sdk).await;
        ann.says(&dm, "is anybody there?").await;
        bridged.zoe_hears("is anybody there?").await;
        bridged.zoe_says("I am");
        bridged.reads(&mut ann, &dm, "zoe: I am").await;
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_and_reactions_find_what_they_are_to() {
    let (bridged, mut ann, dm) = talk(Sdk::newest()).await;
    let asked = ann.says(&dm, "what do you read?").await;
    let copy = bridged.zoe_hears("what do you read?").await;
    bridged.zoe.replies(&den(), &copy.id, "the trial").unwrap();
    let seen = bridged.reads(&mut ann, &dm, "zoe: the trial").await;
    let answer = seen.iter().find(|it| it["text"] == "zoe: the trial").unwrap();
    assert_eq!(answer["in_reply_to"], asked);
    let again = ann.replies(&dm, answer["id"].as_str().unwrap(), "by whom?").await;
    let heard = bridged.zoe_hears("by whom?").await;
    assert!(heard.reply_to.is_some(), "{heard:#?}");

    ann.reacts(&dm, answer["id"].as_str().unwrap(), "👍").await;
    let liked =
        |it: &Heard| it.text == "the trial" && it.reactions.iter().any(|(_, it)| it == "👍");
    bridged.zoe_waits("ann's reaction", liked).await;
    bridged.zoe.reacts(&den(), &heard.id, "🎉").unwrap();
    let is_there = |seen: &[Value]| {
        let it = seen.iter().find(|it| it["id"] == json!(again));
        it.is_some_and(|it| it["reactions"][0]["emoji"] == "🎉")
    };
    bridged.waits(&mut ann, &dm, "zoe's reaction", is_there).await;
    ann.leaves().await;
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_on_one_side_goes_on_the_other() {
    let (bridged, mut ann, dm) = talk(Sdk::newest()).await;
    let said = ann.says(&dm, "the trail").await;
    bridged.zoe_hears("the trail").await;
    ann.does(json!({ "do": "delete", "conversation": dm, "message": said })).await;
    bridged.zoe_hears_no_more("the trail").await;

    let said = bridged.zoe_says("I mean the trial");
    bridged.reads(&mut ann, &dm, "zoe: I mean the trial").await;
    bridged.zoe.deletes(&den(), &said).unwrap();
    let is_gone = |seen: &[Value]| seen.iter().any(|it| it["type"] == "deletedMessage");
    bridged.waits(&mut ann, &dm, "zoe's words to go", is_gone).await;
    ann.leaves().await;
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_a_leg_and_its_members_come_and_go() {
    let mut bridged = Bridged::stands().await;
    let mut ann = Person::joins(&bridged.node, "ann", Sdk::Five).await;
    let mut ben = Person::joins(&bridged.node, "ben", Sdk::newest()).await;
    // The bridge has to be somebody before it can be added.
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let group = ann.makes_group("books", &[&own_address()]).await;
    bridged.stops().await;
    bridged.starts(&format!("group/{group}")).await;
    ann.says(&group, "welcome").await;
    bridged.zoe_hears("welcome").await;
    let add = json!({ "do": "add", "conversation": group, "members": [ben.address()] });
    ann.does(add).await;
    bridged.zoe_says("who is new?");
    bridged.reads(&mut ben, &group, "zoe: who is new?").await;
    ben.says(&group, "I am").await;
    bridged.zoe_hears("I am").await;
    let remove = json!({ "do": "remove", "conversation": group, "members": [ben.inbox()] });
    ann.does(remove).await;
    bridged.zoe_says("and who is gone?");
    bridged.reads(&mut ann, &group, "zoe: and who is gone?").await;
    let seen = ben.texts(&group).await;
    assert!(!seen.iter().any(|it| it.contains("who is gone")), "{seen:#?}");
    for person in [ann, ben] {
        person.leaves().await;
    }
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_keeps_the_installation_and_loses_and_doubles_nothing() {
    let (mut bridged, mut ann, dm) = talk(Sdk::Five).await;
    ann.says(&dm, "before").await;
    bridged.zoe_hears("before").await;
    bridged.stops().await;
    ann.says(&dm, "while it was away").await;
    bridged.zoe_says("said meanwhile");
    bridged.starts(&format!("dm/{}", ann.address())).await;
    bridged.zoe_hears("while it was away").await;
    let seen = bridged.reads(&mut ann, &dm, "zoe: said meanwhile").await;
    let inbox = bridged.node.inbox_of(&own_address()).unwrap();
    assert_eq!(bridged.node.installations(&inbox).len(), 1);
    let texts: Vec<_> = seen.iter().filter_map(|it| it["text"].as_str()).collect();
    assert_eq!(texts, ["before", "while it was away", "zoe: said meanwhile"]);
    ann.leaves().await;
    bridged.ends().await;
}
