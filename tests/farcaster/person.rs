//! Somebody who uses nothing but Farcaster's official client.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// A person: a process of their own that speaks to one hub.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) fid: u64,
    _process: Child,
    commands: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    asked: u64,
    /// What came in between, in order.
    pub(crate) events: Vec<Value>,
}

/// A cast, as the official client names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cast {
    pub(crate) fid: u64,
    pub(crate) hash: String,
}

impl Cast {
    pub(crate) fn of(value: &Value) -> Self {
        Self {
            fid: value["fid"].as_u64().unwrap(),
            hash: value["hash"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({ "fid": self.fid, "hash": self.hash })
    }
}

fn clients() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients/farcaster")
}

/// Installs the official client, once, if it is not there.
fn install() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        if !clients().join("node_modules/@farcaster/hub-nodejs").exists() {
            let status = std::process::Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund"])
                .current_dir(clients())
                .status()
                .unwrap();
            assert!(status.success(), "npm ci failed in tests/clients/farcaster");
        }
    });
}

impl Person {
    /// Starts the client of `fid` and registers it under `name` at the hub.
    pub(crate) async fn arrives(hub: SocketAddr, fid: u64, name: &str) -> Self {
        let mut person = Self::looks_in(hub, fid);
        person.does(json!({ "do": "register", "name": name, "display": name, "units": 20 })).await;
        person
    }

    /// Starts the client of somebody who only reads.
    pub(crate) fn looks_in(hub: SocketAddr, fid: u64) -> Self {
        install();
        let mut process = Command::new("node")
            .arg(clients().join("person.mjs"))
            .args(["--hub", &hub.to_string(), "--fid", &fid.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { fid, _process: process, commands, answers, asked: 0, events: Vec::new() }
    }

    /// What happens on the hub next, once somebody watches.
    pub(crate) async fn sees(&mut self) -> Value {
        if !self.events.is_empty() {
            return self.events.remove(0);
        }
        let line = self.answers.next_line().await.unwrap().expect("the client has ended");
        serde_json::from_str(&line).unwrap()
    }

    /// Has the client do something, and returns its answer. Fails if it could not.
    pub(crate) async fn does(&mut self, command: Value) -> Value {
        let answer = self.tries(command.clone()).await;
        assert_eq!(answer["ok"], true, "{command} was answered {answer}");
        answer
    }

    /// Has the client do something that may fail.
    pub(crate) async fn tries(&mut self, mut command: Value) -> Value {
        self.asked += 1;
        command["id"] = json!(self.asked);
        self.commands.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        loop {
            let line = self.answers.next_line().await.unwrap().expect("the client has ended");
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["id"] == json!(self.asked) {
                return line;
            }
            self.events.push(line);
        }
    }

    /// Casts; `more` holds parent, embeds, mentions.
    pub(crate) async fn casts(&mut self, text: &str, more: Value) -> Cast {
        let long = text.len() > 320;
        let mut command = json!({
            "do": if long { "longcast" } else { "cast" }, "text": text, "attempts": 20,
            "ten_k": text.len() > 1024,
        });
        for (key, value) in more.as_object().unwrap() {
            command[key] = value.clone();
        }
        Cast::of(&self.does(command).await)
    }

    /// Casts into a channel.
    pub(crate) async fn casts_in(&mut self, channel: &str, text: &str) -> Cast {
        self.casts(text, json!({ "parent": { "url": channel } })).await
    }

    /// Answers a cast.
    pub(crate) async fn replies(&mut self, to: &Cast, text: &str) -> Cast {
        self.casts(text, json!({ "parent": to.json() })).await
    }

    /// All casts below a root, the root included.
    pub(crate) async fn thread(&mut self, root: &Cast) -> Vec<Value> {
        let answer = self.does(json!({ "do": "thread", "fid": root.fid, "hash": root.hash })).await;
        answer["casts"].as_array().unwrap().clone()
    }

    /// All casts directly in a channel.
    pub(crate) async fn channel(&mut self, url: &str) -> Vec<Value> {
        let answer = self.does(json!({ "do": "channel", "url": url })).await;
        answer["casts"].as_array().unwrap().clone()
    }

    /// The reactions of a kind to a cast.
    pub(crate) async fn reactions(&mut self, target: &Cast, kind: &str) -> Vec<Value> {
        let command = json!({ "do": "reactions", "target": target.json(), "type": kind });
        self.does(command).await["reactions"].as_array().unwrap().clone()
    }

    /// Does something to a cast: `like`, `unlike`, `recast`, `unrecast`.
    pub(crate) async fn reacts(&mut self, what: &str, target: &Cast) {
        self.does(json!({ "do": what, "target": target.json(), "attempts": 20 })).await;
    }

    /// Takes a cast back.
    pub(crate) async fn removes(&mut self, cast: &Cast) {
        self.does(json!({ "do": "remove", "hash": cast.hash, "attempts": 20 })).await;
    }
}

/// The cast that `casts` shows with this text.
pub(crate) fn find(casts: &[Value], text: &str) -> Option<Cast> {
    casts.iter().find(|it| it["text"] == text).map(Cast::of)
}
