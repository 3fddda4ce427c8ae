//! A group that asks for a newer client than there is: shown as such, by the bridge as by the official
//! client, and nothing that is said behind it is lost or taken for read.

use serde_json::json;
use threadbridge_core::model::time::Clock;
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use threadbridge_xmtp::hostile::rogue::{Flaw, Wrapped};

use super::person::{Person, Sdk, eventually};
use super::rogue::Mallory;
use super::side::Side;

const MINIMUM: &str = "minimum_supported_protocol_version";

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_asks_for_a_newer_client_waits_visibly_here_as_in_the_official_client() {
    for sdk in Sdk::all() {
        let node = Node::start(NodeSettings::default()).await.unwrap();
        let mut ann = Person::joins(&node, "ann", sdk).await;
        let mut zoe = Side::stands("zoe", &Clock::System);
        zoe.starts(&node, &format!("dm/{}", ann.address())).await;
        let mut mallory = Mallory::joins(&node, "mallory").await;
        let both = [mallory.fellow(&ann.address()), mallory.fellow(&zoe.address())];
        let group = mallory.begins(&both, Flaw::None, Wrapped::XWing).await;
        eventually("zoe is in", async || zoe.stands_in(&group)).await;
        zoe.stops().await;
        zoe.starts(&node, &format!("group/{group}")).await;
        let id = hex::decode(&group).unwrap();
        // What both can do is no reason to wait.
        let fits = mallory.rogue.rule(&id, MINIMUM, "1.9.0").unwrap();
        mallory.sends(fits).await;
        mallory.states(&group, &super::malformed::text("for all")).await;
        eventually("zoe hears it", async || zoe.heard().contains(&"for all".to_owned())).await;
        eventually("ann reads it", async || {
            ann.texts(&group).await.contains(&"for all".to_owned())
        })
        .await;

        let newer = mallory.rogue.rule(&id, MINIMUM, "9.9.9").unwrap();
        mallory.sends(newer).await;
        mallory.states(&group, &super::malformed::text("for newer ones")).await;
        eventually("ann's client pauses", async || {
            ann.tries(json!({ "do": "sync" })).await;
            let seen = ann.does(json!({ "do": "get", "conversation": group })).await;
            seen["conversation"]["paused_for"] == "9.9.9"
        })
        .await;
        let told = (format!("group/{group}"), "needs a newer client (9.9.9 or later)".to_owned());
        eventually("the bridge pauses", async || zoe.facts().contains(&told)).await;
        // What is said here waits, and says for what; what came waits too, over a restart.
        zoe.says("said here meanwhile");
        eventually("the leg says why", async || {
            zoe.lacks().is_some_and(|it| it.contains("newer client"))
        })
        .await;
        let waiting = zoe.waiting();
        assert!(waiting > 0, "{}", zoe.state());
        zoe.stops().await;
        zoe.starts(&node, &format!("group/{group}")).await;
        assert!(zoe.facts().contains(&told), "{:?}", zoe.facts());
        assert!(zoe.waiting() >= waiting);
        assert!(!zoe.heard().contains(&"for newer ones".to_owned()));
        // Others are not held up by it.
        let both = [mallory.fellow(&ann.address()), mallory.fellow(&zoe.address())];
        let other = mallory.begins(&both, Flaw::None, Wrapped::XWing).await;
        eventually("zoe is in another", async || zoe.stands_in(&other)).await;
        zoe.stops().await;
        ann.leaves().await;
        node.stop().await;
    }
}
