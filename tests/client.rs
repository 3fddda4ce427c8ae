//! A network's official client, or a script beside it, in a process of its own: it obeys JSON lines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// After this long a client is taken to hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// A running client; killed if a test fails before it ends it.
#[derive(Debug)]
pub(crate) struct Client {
    name: String,
    process: Child,
    commands: Option<ChildStdin>,
    answers: Lines<BufReader<ChildStdout>>,
    asked: u64,
    /// What came in between, in order.
    pub(crate) events: Vec<Value>,
}

/// Where the scripts of a network's clients lie.
pub(crate) fn folder(network: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clients").join(network)
}

/// Installs what `package.json` in this folder names, once, if it is not there as it is named now.
pub(crate) fn install(folder: &Path) {
    static DONE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut done = DONE.lock().unwrap();
    if done.contains(folder) {
        return;
    }
    // Tests of other processes may want to install them, too.
    let lock = std::fs::File::open(folder.join("package.json")).unwrap();
    lock.lock().unwrap();
    let changed = |file: &str| folder.join(file).metadata().and_then(|it| it.modified()).ok();
    if changed("node_modules/.package-lock.json") < changed("package-lock.json") {
        let status = std::process::Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund"])
            .current_dir(folder)
            .status()
            .unwrap();
        assert!(status.success(), "npm ci failed in {}", folder.display());
    }
    done.insert(folder.to_owned());
}

impl Client {
    /// Starts a process that obeys JSON lines.
    pub(crate) fn spawns(name: &str, command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let commands = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { name: name.to_owned(), process, commands, answers, asked: 0, events: Vec::new() }
    }

    /// The line by which it says that it is ready, which is the first.
    pub(crate) async fn is_ready(&mut self) -> Value {
        let ready = self.next().await.unwrap_or_else(|| panic!("{} ended at once", self.name));
        assert_eq!(ready["event"], "ready", "{}", self.name);
        ready
    }

    async fn next(&mut self) -> Option<Value> {
        let line = timeout(PATIENCE, self.answers.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("{} hangs", self.name)).unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }

    /// What it tells next by itself, however long that takes.
    pub(crate) async fn sees(&mut self) -> Value {
        if !self.events.is_empty() {
            return self.events.remove(0);
        }
        let line = self.answers.next_line().await.unwrap();
        serde_json::from_str(&line.unwrap_or_else(|| panic!("{} has ended", self.name))).unwrap()
    }

    /// Waits until it has told something that fits, and keeps all that it tells.
    pub(crate) async fn tells(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        if let Some(event) = self.events.iter().find(|it| fits(it)) {
            return event.clone();
        }
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("{} has ended", self.name));
            self.events.push(event.clone());
            if fits(&event) {
                return event;
            }
        }
    }

    /// Has it do something, and returns its answer. Fails if it could not.
    pub(crate) async fn does(&mut self, command: Value) -> Value {
        let answer = self.tries(command.clone()).await;
        assert_eq!(answer["ok"], true, "{}: {command} was answered {answer}", self.name);
        answer
    }

    /// Has it do something that may fail.
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

    /// Ends it; says whether it was content, and everything that it said besides answers.
    pub(crate) async fn ends(mut self) -> (bool, Vec<Value>) {
        drop(self.commands.take());
        while let Some(line) = self.next().await {
            self.events.push(line);
        }
        let status = timeout(PATIENCE, self.process.wait()).await.unwrap().unwrap();
        (status.success(), self.events)
    }
}
