//! The bridge is one installation of its owner's inbox, beside the owner's own app.

use serde_json::json;

use super::bridged::{Bridged, own_address};
use super::person::{Person, Sdk};

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_that_is_in_use_is_joined_only_where_the_owner_says_so() {
    let mut bridged = Bridged::stands().await;
    let owner = Person::joins(&bridged.node, "bridge", Sdk::Five).await;
    let mut ann = Person::joins(&bridged.node, "ann", Sdk::Five).await;
    let conversation = format!("dm/{}", ann.address());
    bridged.tries_to_start(&conversation).await;
    let reason = bridged.is_locked_out().await;
    assert!(reason.contains("may_join"), "{reason}");
    assert_eq!(bridged.node.installations(&owner.inbox()), [owner.installation()]);
    bridged.stops().await;
    bridged.may_join = true;
    bridged.starts(&conversation).await;
    assert_eq!(bridged.node.installations(&owner.inbox()).len(), 2);
    let dm = ann.opens_dm(&own_address()).await;
    ann.says(&dm, "to both of you").await;
    bridged.zoe_hears("to both of you").await;
    for person in [owner, ann] {
        person.leaves().await;
    }
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_owner_says_in_their_own_app_is_carried_on() {
    let mut bridged = Bridged::stands().await;
    let mut owner = Person::joins(&bridged.node, "bridge", Sdk::newest()).await;
    let mut ann = Person::joins(&bridged.node, "ann", Sdk::Five).await;
    bridged.may_join = true;
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let dm = owner.opens_dm(&ann.address()).await;
    owner.says(&dm, "from my phone").await;
    bridged.zoe_hears("from my phone").await;
    bridged.zoe_says("and from the den");
    bridged.reads(&mut ann, &dm, "zoe: and from the den").await;
    bridged.reads(&mut owner, &dm, "zoe: and from the den").await;
    for person in [owner, ann] {
        person.leaves().await;
    }
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_installation_says_so_and_stops() {
    let mut bridged = Bridged::stands().await;
    let ann = Person::joins(&bridged.node, "ann", Sdk::Five).await;
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let mut owner = Person::joins(&bridged.node, "bridge", Sdk::newest()).await;
    owner.does(json!({ "do": "revoke", "others": true })).await;
    let reason = bridged.is_locked_out().await;
    assert!(reason.contains("revoked"), "{reason}");
    for person in [owner, ann] {
        person.leaves().await;
    }
    bridged.ends().await;
}
