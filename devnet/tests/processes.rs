//! A hub and a person as processes of their own, as the crash tests run them.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::farcaster_client::{folder, install};
use crate::kit::PATIENCE;

/// A process that speaks JSON lines.
struct Talker {
    child: Child,
    says: Lines<BufReader<ChildStdout>>,
    hears: ChildStdin,
}

impl Talker {
    fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let says = BufReader::new(child.stdout.take().unwrap()).lines();
        let hears = child.stdin.take().unwrap();
        Self { child, says, hears }
    }

    /// The next line that fits.
    async fn line(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let listening = async {
            loop {
                let line = self.says.next_line().await.unwrap().unwrap();
                let value: Value = serde_json::from_str(&line).unwrap();
                if fits(&value) {
                    return value;
                }
            }
        };
        tokio::time::timeout(PATIENCE * 2, listening).await.unwrap()
    }

    async fn ask(&mut self, command: &Value) -> Value {
        self.hears.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        let id = command["id"].clone();
        self.line(|answer| answer.get("id") == Some(&id)).await
    }

    async fn end(mut self) {
        drop(self.hears);
        let ended = tokio::time::timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        assert!(ended.success(), "{ended}");
    }
}

fn hub(state: &Path, grpc: &str) -> Talker {
    let mut command = Command::new(env!("CARGO_BIN_EXE_threadbridge-devnet"));
    command.args(["farcaster", "--block-ms", "20", "--grpc", grpc, "--state"]).arg(state);
    Talker::start(&mut command)
}

#[tokio::test]
async fn a_person_goes_on_where_a_killed_hub_left_off() {
    install().await;
    let state = tempfile::tempdir().unwrap();
    let mut first = hub(state.path(), "0");
    let ready = first.line(|line| line["ready"] == true).await;
    let addr = ready["grpc"].as_str().unwrap().to_owned();
    let port = addr.rsplit(':').next().unwrap().to_owned();

    let mut command = Command::new("node");
    command.arg("person.mjs").args(["--hub", &addr, "--fid", "42"]).current_dir(folder());
    let mut person = Talker::start(&mut command);
    person.line(|line| line["event"] == "ready").await;
    let registered = person.ask(&json!({ "id": 1, "do": "register", "name": "zoe" })).await;
    assert_eq!(registered["ok"], true, "{registered}");
    person.ask(&json!({ "id": 2, "do": "watch" })).await;
    let root =
        person.ask(&json!({ "id": 3, "do": "cast", "text": "before", "confirm": true })).await;

    first.child.kill().await.unwrap();
    let mut second = hub(state.path(), &port);
    second.line(|line| line["ready"] == true).await;

    let parent = json!({ "fid": 42, "hash": root["hash"] });
    let cast = json!({
        "id": 4, "do": "cast", "text": "after", "parent": parent, "attempts": 50, "confirm": true,
    });
    let reply = person.ask(&cast).await;
    assert_eq!(reply["ok"], true, "{reply}");
    let thread = json!({ "id": 5, "do": "thread", "fid": 42, "hash": root["hash"] });
    let thread = person.ask(&thread).await;
    let texts: Vec<&Value> =
        thread["casts"].as_array().unwrap().iter().map(|cast| &cast["text"]).collect();
    assert_eq!(texts, [&json!("before"), &json!("after")]);

    let merged = json!({ "id": 6, "do": "remove", "hash": reply["hash"] });
    person.hears.write_all(format!("{merged}\n").as_bytes()).await.unwrap();
    let removal = person.line(|line| line["event"] == "remove").await;
    assert_eq!(removal["deleted"][0]["hash"], reply["hash"]);
    person.end().await;
    second.end().await;
}

#[tokio::test]
async fn a_hub_ends_when_its_console_is_closed() {
    let state = tempfile::tempdir().unwrap();
    let mut hub = hub(state.path(), "0");
    hub.line(|line| line["ready"] == true).await;
    let answer = hub.ask(&json!({ "id": 1, "do": "height", "shard": 1 })).await;
    assert_eq!(answer["ok"], true);
    tokio::time::timeout(Duration::from_secs(5), hub.end()).await.unwrap();
}
