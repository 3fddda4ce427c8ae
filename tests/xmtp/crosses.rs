//! Whatever people do with XMTP's official client is heard in a room beside it, and the other way.

use super::bridged::{Bridged, own_address};
use super::person::{Person, Sdk};

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_the_bridge_begins_is_read_and_answered() {
    let mut bridged = Bridged::stands().await;
    let mut ann = Person::joins(&bridged.node, "ann", Sdk::Five).await;
    bridged.starts(&format!("dm/{}", ann.address())).await;
    bridged.zoe_says("hello from the den");
    let dm = ann.opens_dm(&own_address()).await;
    bridged.reads(&mut ann, &dm, "zoe: hello from the den").await;
    ann.says(&dm, "hello yourself").await;
    bridged.zoe_hears("hello yourself").await;
    ann.leaves().await;
    bridged.ends().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_that_somebody_begins_is_heard_and_answered() {
    let mut bridged = Bridged::stands().await;
    let mut ann = Person::joins(&bridged.node, "ann", Sdk::Five).await;
    bridged.starts(&format!("dm/{}", ann.address())).await;
    let dm = ann.opens_dm(&own_address()).await;
    ann.says(&dm, "is anybody there?").await;
    bridged.zoe_hears("is anybody there?").await;
    bridged.zoe_says("I am");
    bridged.reads(&mut ann, &dm, "zoe: I am").await;
    ann.leaves().await;
    bridged.ends().await;
}
