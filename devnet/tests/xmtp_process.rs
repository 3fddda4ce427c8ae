//! XMTP's node as a process of its own: its console, and the server for archives beside it.

use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::{Value, json};
use threadbridge_devnet::xmtp::make::{Installation, Wallet, registration};
use threadbridge_devnet::xmtp::wire::identity::PublishIdentityUpdateRequest;
use threadbridge_devnet::xmtp::wire::identity::identity_api_client::IdentityApiClient;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Command;
use tonic::Code;

use crate::kit::{PATIENCE, http};

#[tokio::test]
async fn the_console_of_a_node_sets_faults_and_tells_who_is_there() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_threadbridge-devnet"))
        .args(["xmtp", "--seed", "7"])
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
        let api = ready["api"].as_str().unwrap().to_owned();
        let mut client = IdentityApiClient::connect(api).await.unwrap();
        let (ann, phone) = (Wallet::of("ann"), Installation::of("phone"));
        let update = registration(&ann, &phone, 1_700_000_000_000_000_000);
        let inbox = update.inbox_id.clone();
        let request = PublishIdentityUpdateRequest { identity_update: Some(update) };
        let fault = json!({ "do": "fault", "fault": { "kind": "unavailable" }, "scope": "writes" });
        let set = ask(fault).await;
        let refused = client.publish_identity_update(request.clone()).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
        ask(json!({ "do": "clear", "fault": set["fault"] })).await;
        ask(json!({ "do": "cutover", "over": true })).await;
        let refused = client.publish_identity_update(request.clone()).await.unwrap_err();
        assert!(refused.message().starts_with("publishing to XMTP V3 is no longer available"));
        ask(json!({ "do": "cutover", "over": false })).await;
        client.publish_identity_update(request).await.unwrap();
        let found = ask(json!({ "do": "inbox", "address": ann.identifier(), "id": 3 })).await;
        let installations = json!([hex::encode(phone.public_key())]);
        let expected =
            json!({ "id": 3, "ok": true, "inbox": inbox, "installations": installations });
        assert_eq!(found, expected);
        let calls = ask(json!({ "do": "calls" })).await;
        assert_eq!(calls["calls"]["PublishIdentityUpdate"], 3);
        let wrong = json!({ "do": "contract", "chain": 1, "contract": "0x", "owner": "0x" });
        assert_eq!(ask(wrong).await["ok"], false);

        let history = ready["history"].as_str().unwrap().trim_start_matches("http://");
        let history: SocketAddr = history.parse().unwrap();
        let answer = http(history, "POST /upload HTTP/1.1\r\n", b"an archive").await;
        let id = answer.rsplit("\r\n").next().unwrap();
        let found = http(history, &format!("GET /files/{id} HTTP/1.1\r\n"), b"").await;
        assert!(found.starts_with("HTTP/1.1 200") && found.ends_with("an archive"), "{found}");
        let nothing = http(history, "GET /files/00 HTTP/1.1\r\n", b"").await;
        assert!(nothing.starts_with("HTTP/1.1 404"), "{nothing}");
        let nothing = http(history, "POST /upload HTTP/1.1\r\n", b"").await;
        assert!(nothing.starts_with("HTTP/1.1 400"), "{nothing}");
    };
    tokio::time::timeout(PATIENCE, talking).await.unwrap();
    drop(hears);
    let ended = tokio::time::timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}
