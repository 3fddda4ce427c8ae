//! A script beside the network's own clients, driven by JSON lines.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// After this long a script is taken to hang.
const PATIENCE: Duration = Duration::from_secs(180);

/// A running script; killed if a test fails before it ends it.
#[derive(Debug)]
pub(crate) struct Script {
    name: String,
    process: Child,
    commands: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
    asked: u64,
    /// The line with which it began.
    pub(crate) ready: Value,
    /// What came in between, in order.
    pub(crate) events: Vec<Value>,
}

/// Where the scripts lie.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients/lens")
}

/// Installs the official clients, once, if they are not there.
fn install() {
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| {
        // Tests of other crates may want to install them, too.
        let lock = std::fs::File::open(folder().join("package.json")).unwrap();
        lock.lock().unwrap();
        if !folder().join("node_modules/.package-lock.json").exists() {
            let status = std::process::Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund"])
                .current_dir(folder())
                .status()
                .unwrap();
            assert!(status.success(), "npm ci failed in tests/clients/lens");
        }
    });
}

fn node(script: &str, args: &[&str]) -> Command {
    install();
    let mut command = Command::new("node");
    command.arg(folder().join(script)).args(args).kill_on_drop(true);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// Runs a script to its end; says whether it was content, and what it said.
pub(crate) async fn run(script: &str, args: &[&str], input: &str) -> (bool, String) {
    let mut process = node(script, args).spawn().unwrap();
    process.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output = timeout(PATIENCE, process.wait_with_output()).await.unwrap().unwrap();
    (output.status.success(), String::from_utf8(output.stdout).unwrap())
}

impl Script {
    pub(crate) async fn starts(name: &str, args: &[&str]) -> Self {
        let mut process = node(name, args).spawn().unwrap();
        let commands = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut script = Self {
            name: name.to_owned(),
            process,
            commands,
            answers,
            asked: 0,
            ready: Value::Null,
            events: Vec::new(),
        };
        script.ready = script.next().await.expect("the script ended at once");
        assert_eq!(script.ready["event"], "ready", "{name}");
        script
    }

    /// What the script said it is reached by.
    pub(crate) fn at(&self, what: &str) -> String {
        self.ready[what].as_str().unwrap().to_owned()
    }

    async fn next(&mut self) -> Option<Value> {
        let line = timeout(PATIENCE, self.answers.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("{} hangs", self.name)).unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// Has the script do something, and returns its answer. Fails if it could not.
    pub(crate) async fn does(&mut self, command: Value) -> Value {
        let answer = self.tries(command.clone()).await;
        assert_eq!(answer["ok"], true, "{command} was answered {answer}");
        answer
    }

    /// Has the script do something that may fail.
    pub(crate) async fn tries(&mut self, mut command: Value) -> Value {
        self.asked += 1;
        command["id"] = json!(self.asked);
        let commands = self.commands.as_mut().unwrap();
        commands.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        loop {
            let line = self.next().await.unwrap_or_else(|| panic!("{} has ended", self.name));
            if line["id"] == json!(self.asked) {
                return line;
            }
            self.events.push(line);
        }
    }

    /// Ends the script; says whether it was content, and everything that it said besides answers.
    pub(crate) async fn ends(mut self) -> (bool, Vec<Value>) {
        drop(self.commands.take());
        while let Some(line) = self.next().await {
            self.events.push(line);
        }
        let status = timeout(PATIENCE, self.process.wait()).await.unwrap().unwrap();
        (status.success(), self.events)
    }
}
