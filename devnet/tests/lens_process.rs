//! The network as a process of its own, and its console.

use std::process::Stdio;

use serde_json::{Value, json};
use threadbridge_devnet::lens::wallet::Wallet;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;

use crate::kit::{PATIENCE, http};

#[tokio::test]
async fn the_console_makes_people_who_talk_and_ends_with_its_input() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_threadbridge-devnet"))
        .args(["lens", "--seed", "7"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut says = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut hears = child.stdin.take().unwrap();
    let talking = async {
        let ready: Value = serde_json::from_str(&says.next_line().await.unwrap().unwrap()).unwrap();
        assert_eq!(ready["ready"], true);
        let mut ask = async |command: Value| -> Value {
            hears.write_all(format!("{command}\n").as_bytes()).await.unwrap();
            serde_json::from_str(&says.next_line().await.unwrap().unwrap()).unwrap()
        };
        let ann = ask(json!({ "do": "account", "name": "ann", "id": 5 })).await;
        assert_eq!((&ann["ok"], &ann["id"]), (&json!(true), &json!(5)));
        let wallet = Wallet::parse(ann["key"].as_str().unwrap()).unwrap();
        assert_eq!(ann["owner"], wallet.address().to_string());
        let feed = ask(json!({ "do": "feed", "name": "books" })).await["feed"].clone();
        let said = ask(json!({ "do": "say", "name": "ann", "text": "hi", "feed": feed })).await;
        let post = &said["post"];
        ask(json!({ "do": "say", "name": "ann", "text": "ho", "comment_on": post })).await;
        ask(json!({ "do": "edit", "name": "ann", "post": post, "text": "hi!" })).await;
        let shown = ask(json!({ "do": "show", "feed": feed })).await;
        assert_eq!(shown["lines"], json!(["ann: hi!", "  ann: ho"]));
        assert_eq!(shown["posts"][1]["parent"], *post);
        let refused = ask(json!({ "do": "say", "name": "eve", "text": "hi" })).await;
        assert_eq!(refused["ok"], false);
        let fault = json!({ "do": "fault", "fault": { "kind": "unavailable" }, "scope": "reads" });
        let set = ask(fault).await;
        let addr = ready["api"].as_str().unwrap().split('/').nth(2).unwrap().parse().unwrap();
        let request = "POST /graphql HTTP/1.1\r\ncontent-type: application/json\r\n";
        let health = || http(addr, request, br#"{"query":"{ health }"}"#);
        assert!(health().await.starts_with("HTTP/1.1 503"));
        ask(json!({ "do": "clear", "fault": set["fault"] })).await;
        assert!(health().await.starts_with("HTTP/1.1 200"));
        let struck = ask(json!({ "do": "struck" })).await;
        assert_eq!(struck["struck"]["unavailable"], 1);
    };
    tokio::time::timeout(PATIENCE, talking).await.unwrap();
    drop(hears);
    let ended = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}
