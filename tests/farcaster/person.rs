//! Somebody who uses nothing but Farcaster's official client.

use std::net::SocketAddr;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::client::{Client, folder, install};

/// A person: a process of their own that speaks to one hub.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) fid: u64,
    client: Client,
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

impl Person {
    /// Starts the client of `fid` and registers it under `name` at the hub.
    pub(crate) async fn arrives(hub: SocketAddr, fid: u64, name: &str) -> Self {
        let mut person = Self::looks_in(hub, fid);
        person.does(json!({ "do": "register", "name": name, "display": name, "units": 20 })).await;
        person
    }

    /// Starts the client of somebody who only reads.
    pub(crate) fn looks_in(hub: SocketAddr, fid: u64) -> Self {
        let folder = folder("farcaster");
        install(&folder);
        let mut command = Command::new("node");
        command.arg(folder.join("person.mjs"));
        command.args(["--hub", &hub.to_string(), "--fid", &fid.to_string()]);
        Self { fid, client: Client::spawns(&format!("fid {fid}"), &mut command) }
    }

    /// What happens on the hub next, once somebody watches.
    pub(crate) async fn sees(&mut self) -> Value {
        self.client.sees().await
    }

    /// Has the client do something, and returns its answer. Fails if it could not.
    pub(crate) async fn does(&mut self, command: Value) -> Value {
        self.client.does(command).await
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
