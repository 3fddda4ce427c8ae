//! Groups that the official clients make and change, followed by the bridge.

use serde_json::json;

use threadbridge_core::model::group::Regroup;

use super::bridged::{Bridged, own_address};
use super::person::{Person, Sdk, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_followed_through_every_change_that_its_members_make() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
        let mut ben = Person::joins(&bridged.node, "ben", Sdk::Five).await;
        let mut cyd = Person::joins(&bridged.node, "cyd", sdk).await;
        bridged.starts(&format!("dm/{}", ann.address())).await;
        let bridge = bridged.node.inbox_of(&own_address()).unwrap();
        let group = ann.makes_group("books", &[&bridge, &ben.inbox()]).await;
        bridged.stops().await;
        bridged.starts(&format!("group/{group}")).await;

        ann.says(&group, "who is there?").await;
        bridged.zoe_hears("who is there?").await;
        bridged.zoe_says("zoe is");
        bridged.reads(&mut ann, &group, "zoe: zoe is").await;
        bridged.reads(&mut ben, &group, "zoe: zoe is").await;
        ben.does(json!({ "do": "rename", "conversation": group, "name": "more books" })).await;
        let add = json!({ "do": "add", "conversation": group, "members": [cyd.address()] });
        ann.does(add).await;
        ann.says(&group, "welcome cyd").await;
        bridged.zoe_hears("welcome cyd").await;
        bridged.zoe_says("welcome from the den");
        bridged.reads(&mut cyd, &group, "zoe: welcome from the den").await;
        cyd.says(&group, "thanks").await;
        bridged.zoe_hears("thanks").await;

        // Another device of Ben's is brought in by whoever speaks next: the bridge.
        let mut tablet = Person::joins(&bridged.node, "ben", sdk).await;
        eventually("the bridge brings the tablet in", async || {
            bridged.zoe_says("is the tablet there?");
            let read = json!({ "do": "read", "conversation": group });
            let seen = tablet.tries(read).await;
            let texts = seen["messages"].as_array().into_iter().flatten();
            texts.filter_map(|it| it["text"].as_str()).any(|it| it.ends_with("tablet there?"))
        })
        .await;
        tablet.says(&group, "from the tablet").await;
        bridged.zoe_hears("from the tablet").await;

        let remove = json!({ "do": "remove", "conversation": group, "members": [cyd.inbox()] });
        ann.does(remove).await;
        ann.says(&group, "without cyd").await;
        bridged.zoe_hears("without cyd").await;
        bridged.zoe_says("the last word");
        bridged.reads(&mut ben, &group, "zoe: the last word").await;
        assert!(!cyd.texts(&group).await.iter().any(|it| it.ends_with("the last word")));
        for person in [ann, ben, cyd, tablet] {
            person.leaves().await;
        }
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_with_many_devices_is_reached_on_each_by_one_welcome() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let mut devices = Vec::new();
        for _ in 0..4 {
            devices.push(Person::joins(&bridged.node, "ann", sdk).await);
        }
        bridged.starts(&format!("dm/{}", devices[0].address())).await;
        bridged.zoe_says("to all your devices");
        for device in &mut devices {
            let dm = device.opens_dm(&own_address()).await;
            bridged.reads(device, &dm, "zoe: to all your devices").await;
            device.says(&dm, "and back").await;
        }
        bridged.zoe_hears("and back").await;
        for device in devices {
            device.leaves().await;
        }
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_the_account_out_of_a_group_is_told_of_and_may_bring_it_back() {
    for sdk in Sdk::all() {
        let mut bridged = Bridged::stands().await;
        let mut ann = Person::joins(&bridged.node, "ann", sdk).await;
        bridged.starts(&format!("dm/{}", ann.address())).await;
        let bridge = bridged.node.inbox_of(&own_address()).unwrap();
        let group = ann.makes_group("books", &[&bridge]).await;
        bridged.stops().await;
        bridged.starts(&format!("group/{group}")).await;
        ann.says(&group, "hello").await;
        bridged.zoe_hears("hello").await;
        let members = json!([bridge]);
        ann.does(json!({ "do": "remove", "conversation": group, "members": members })).await;
        bridged.zoe_waits("who was taken out", |it| it.text.contains("was removed by")).await;
        bridged.zoe_says("can you hear me?");
        bridged.lacks("the account was taken out of the group").await;
        ann.does(json!({ "do": "add", "conversation": group, "members": members })).await;
        bridged.reads(&mut ann, &group, "zoe: can you hear me?").await;
        ann.says(&group, "again").await;
        bridged.zoe_hears("again").await;
        ann.leaves().await;
        bridged.ends().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_leaves_a_group_that_somebody_else_made() {
    let mut bridged = Bridged::stands().await;
    let mut ann = Person::joins(&bridged.node, "ann", Sdk::newest()).await;
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let bridge = bridged.node.inbox_of(&own_address()).unwrap();
    let group = ann.makes_group("books", &[&bridge]).await;
    bridged.stops().await;
    bridged.starts(&format!("group/{group}")).await;
    bridged.zoe_says("farewell");
    bridged.reads(&mut ann, &group, "zoe: farewell").await;
    bridged.regroups(&group, &Regroup::Leave).await;
    eventually("ann's app has taken it out", async || {
        ann.does(json!({ "do": "sync" })).await;
        let members = ann.does(json!({ "do": "members", "conversation": group })).await;
        members["members"].as_array().unwrap().len() == 1
    })
    .await;
    bridged.zoe_says("too late");
    bridged.lacks("the account was taken out of the group").await;
    ann.leaves().await;
    bridged.ends().await;
}
