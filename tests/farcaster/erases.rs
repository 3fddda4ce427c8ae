//! What the owner erases by the command line is gone for people with the official client, wherever
//! the bridge had put it, and the signed report says what is not.

use serde_json::Value;
use threadbridge_core::archive::owner::OwnerId;
use threadbridge_kit::deadline::until;

use super::daemon::Home;
use super::person::{Person, find};
use super::world::hub;

const LEFT: &str = "https://farcaster.xyz/~/channel/books";
const RIGHT: &str = "https://farcaster.xyz/~/channel/papers";
const WORDS: &str = "what nobody should have heard";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_by_hand_is_taken_back_and_the_report_is_signed() {
    let (left, right) = (hub().await, hub().await);
    let mut alice = Person::arrives(left.grpc_addr(), 101, "alice").await;
    let mut bob = Person::looks_in(right.grpc_addr(), 1);
    let home = Home::new().with_account("left", &left, 901).with_account("right", &right, 902);
    let home = home.with_link("books", ["left:channel/books", "right:channel/papers"]);
    let daemon = home.starts();
    home.connects().await;
    alice.casts_in(LEFT, WORDS).await;
    alice.casts_in(LEFT, "and what they may").await;
    until("bob reads both", async || {
        let casts = bob.channel(RIGHT).await;
        find(&casts, &format!("alice: {WORDS}")).and(find(&casts, "alice: and what they may"))
    })
    .await;

    let thread: Vec<Value> =
        serde_json::from_str(&home.asks(&["thread", "books", "--json"])).unwrap();
    let id = thread.iter().find(|it| it["text"] == WORDS).unwrap()["message"].as_str().unwrap();
    let refused = home.asks(&["erase", "message", id]);
    assert!(refused.contains("nothing brings back what was erased; say so with `--yes`"));
    let unknown = home.asks(&["erase", "message", &"0".repeat(64), "--yes"]);
    assert!(unknown.contains("there is no such message"), "{unknown}");
    home.asks(&["erase", "message", id, "--yes"]);
    until("bob reads it no longer", async || {
        let casts = bob.channel(RIGHT).await;
        let is_gone = find(&casts, &format!("alice: {WORDS}")).is_none();
        (is_gone && find(&casts, "alice: and what they may").is_some()).then_some(())
    })
    .await;
    until("the end of it", async || home.asks(&["erase", "report"]).contains("done").then_some(()))
        .await;
    for asked in [&["thread", "books"][..], &["thread", "books", "--json"]] {
        let shown = home.asks(asked);
        assert!(!shown.contains(WORDS) && shown.contains("and what they may"), "{shown}");
    }

    let signed: Value = serde_json::from_str(&home.asks(&["erase", "report", "1"])).unwrap();
    let text = |key: &str| signed[key].as_str().unwrap();
    let owner = OwnerId::from_bytes(hex(text("signed_by")).try_into().unwrap());
    let signature = hex(text("signature")).try_into().unwrap();
    assert!(owner.has_signed(text("signed_for"), text("report").as_bytes(), &signature));
    let other = text("report").replacen('1', "2", 1);
    assert!(!owner.has_signed(text("signed_for"), other.as_bytes(), &signature));
    let report: Value = serde_json::from_str(text("report")).unwrap();
    assert_eq!(report["messages_taken_back"], 1);
    assert_eq!(report["stays"][0]["account"], "left", "only alice can take her own cast back");
    daemon.stops().await;
    left.stop().await;
    right.stop().await;
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2).map(|it| str::from_utf8(it).unwrap());
    digits.map(|it| u8::from_str_radix(it, 16).unwrap()).collect()
}
