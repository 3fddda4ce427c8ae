//! Scripts beside the network's own clients.

use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::time::timeout;

use crate::client::{Client, PATIENCE, folder as folder_of, install};

/// Where the scripts lie.
pub(crate) fn folder() -> PathBuf {
    folder_of("lens")
}

fn node(script: &str, args: &[&str]) -> Command {
    install(&folder());
    let mut command = Command::new("node");
    command.arg(folder().join(script)).args(args).kill_on_drop(true);
    command
}

/// Runs a script to its end; says whether it was content, and what it said.
pub(crate) async fn run(script: &str, args: &[&str], input: &str) -> (bool, String) {
    let mut command = node(script, args);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output = timeout(PATIENCE, process.wait_with_output()).await.unwrap().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

/// A running script.
#[derive(Debug)]
pub(crate) struct Script {
    client: Client,
    /// The line with which it began.
    ready: Value,
}

impl Script {
    pub(crate) async fn starts(name: &str, args: &[&str]) -> Self {
        let mut client = Client::spawns(name, &mut node(name, args));
        let ready = client.is_ready().await;
        Self { client, ready }
    }

    /// What the script said it is reached by.
    pub(crate) fn at(&self, what: &str) -> String {
        self.ready[what].as_str().unwrap().to_owned()
    }

    /// Has the script do something, and returns its answer. Fails if it could not.
    pub(crate) async fn does(&mut self, command: Value) -> Value {
        self.client.does(command).await
    }

    /// Has the script do something that may fail.
    pub(crate) async fn tries(&mut self, command: Value) -> Value {
        self.client.tries(command).await
    }

    /// Ends the script; says whether it was content, and everything that it said besides answers.
    pub(crate) async fn ends(self) -> (bool, Vec<Value>) {
        self.client.ends().await
    }
}
