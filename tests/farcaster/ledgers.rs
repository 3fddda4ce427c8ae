//! What crosses to people with the official client stands in the register once, and the register that
//! is written down can be checked without the store.

use std::fs;

use serde_json::Value;
use threadbridge_kit::deadline::until;

use super::daemon::Home;
use super::person::{Person, find};
use super::world::hub;

const LEFT: &str = "https://farcaster.xyz/~/channel/books";
const RIGHT: &str = "https://farcaster.xyz/~/channel/papers";

#[tokio::test(flavor = "multi_thread")]
async fn what_crossed_is_counted_and_can_be_checked_without_the_store() {
    let (left, right) = (hub().await, hub().await);
    let mut alice = Person::arrives(left.grpc_addr(), 101, "alice").await;
    let mut bob = Person::looks_in(right.grpc_addr(), 1);
    let home = Home::new().with_account("left", &left, 901).with_account("right", &right, 902);
    let home = home.with_link("books", ["left:channel/books", "right:channel/papers"]);
    let daemon = home.starts();
    home.connects().await;
    for words in ["one", "two", "three"] {
        alice.casts_in(LEFT, words).await;
    }
    until("bob reads them", async || find(&bob.channel(RIGHT).await, "alice: three")).await;
    until("all of it to be confirmed", async || {
        home.asks(&["outbox"]).contains("nothing").then_some(())
    })
    .await;

    let shown = home.asks(&["ledger"]);
    let line = shown.lines().find(|it| it.contains("right:channel/papers")).unwrap();
    let words: Vec<&str> = line.split_whitespace().skip(1).collect();
    let told = "farcaster right:channel/papers words 3 link, speaker named (books)";
    assert_eq!(words.join(" "), told, "{shown}");
    assert!(shown.lines().any(|it| it.contains("books") && it.contains("allowed")), "{shown}");
    assert!(!shown.contains("three"), "{shown}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("register.json");
    let file = path.to_str().unwrap();
    home.asks(&["ledger", file]);
    let owner = home.asks(&["archive", "owner"]);
    let whole = home.asks(&["ledger", "verify", file, "--owner", owner.trim()]);
    assert!(whole.contains("whole and unaltered"), "{whole}");
    let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    document["open"][0]["count"] = 4.into();
    fs::write(&path, document.to_string()).unwrap();
    let altered = home.asks(&["ledger", "verify", file]);
    assert!(altered.contains("is not this owner's over this register"), "{altered}");
    document["open"][0]["count"] = 3.into();
    document["entries"].as_array_mut().unwrap().remove(0);
    fs::write(&path, document.to_string()).unwrap();
    let cut = home.asks(&["ledger", "verify", file]);
    assert!(cut.contains("something was cut out or altered"), "{cut}");
    daemon.stops().await;
    left.stop().await;
    right.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_another_program_comes_by_the_daemon_and_without_it() {
    let hub = hub().await;
    let home = Home::new().with_account("left", &hub, 901);
    let daemon = home.starts();
    home.connects().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.json");
    let file = path.to_str().unwrap();
    let message = |id: &str, text: &str| {
        serde_json::json!({
            "text": text, "account": "irc.mine", "userid": "ann", "gateway": "books", "id": id,
            "timestamp": "2021-03-01T09:00:00Z",
        })
    };
    fs::write(&path, serde_json::json!([message("1", "long ago")]).to_string()).unwrap();
    let import = ["import", "--from", "matterbridge", file];
    let told = home.asks(&import);
    assert!(told.contains("1 came, as history that goes to no leg"), "{told}");
    let all = serde_json::json!([message("1", "long ago"), message("2", "and later")]);
    fs::write(&path, format!("{all}]")).unwrap();
    let refused = home.asks(&import);
    assert!(refused.contains("trailing characters at line 1"), "{refused}");
    let nothing = home.asks(&["import", "--from", "x", file]);
    assert!(nothing.contains("there is no file of messages or posts"), "{nothing}");
    daemon.stops().await;
    fs::write(&path, all.to_string()).unwrap();
    let told = home.asks(&import);
    assert!(told.contains("1 came") && told.contains("1 were here already"), "{told}");
    let thread = home.asks(&["thread", "matterbridge:gateway/books"]);
    assert!(thread.contains("long ago") && thread.contains("and later"), "{thread}");
    let taken = home.asks(&["import", "--from", "matterbridge", "--account", "left", file]);
    assert!(taken.contains("the settings have an account of that name"), "{taken}");
    hub.stop().await;
}
