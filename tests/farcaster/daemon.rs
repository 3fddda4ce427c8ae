//! The daemon as people run it: a folder with its settings, its keys and its store, and a process
//! that can be killed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use threadbridge::registry::connect_all;
use threadbridge::settings::Settings;
use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::link::Link;
use threadbridge_core::pipeline::Step;
use threadbridge_core::store::{RootSecret, Store};
use threadbridge_devnet::farcaster::hub::Hub;
use threadbridge_kit::deadline::soon;
use tokio::process::{Child, Command};
use tokio::time::{Instant, interval};

use super::world::register;

/// Names the settings file to a daemon that dies at a step.
pub(crate) const HOME: &str = "SETTINGS_OF_A_CHILD";
/// Names the step to it, and how many of them it passes before.
pub(crate) const DIES_AT: &str = "STEP_OF_A_CHILD";

/// How long it may take, on a busy machine, until a daemon hears its networks.
const CONNECTS_WITHIN: Duration = Duration::from_secs(120);
const STORE_KEY: [u8; 32] = [7; 32];

/// Impatient where a test would have to wait.
const LIMITS: &str = "
[limits]
first_retry_after_ms = 50
longest_retry_after_seconds = 1
call_timeout_seconds = 5
confirm_timeout_seconds = 2
stop_timeout_seconds = 2
";

/// Where one bridge lives.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    text: String,
}

impl Home {
    /// A bridge with no account yet.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        write_key(&folder.path().join("store.key"), &STORE_KEY);
        let store = folder.path().join("threadbridge.store");
        drop(Store::create(store, &RootSecret::key_file(STORE_KEY)).unwrap());
        let text = format!("[store]\nkey = \"file:store.key\"\n{LIMITS}");
        let home = Self { folder, text };
        // A build that goes on meanwhile must not put another program in this one's place.
        for (from, to) in
            [(env!("CARGO_BIN_EXE_threadbridge"), "threadbridge"), ("/proc/self/exe", "tests")]
        {
            let to = home.path(to);
            if fs::canonicalize(from).and_then(|from| fs::hard_link(from, &to)).is_err() {
                fs::copy(from, &to).unwrap();
            }
        }
        home
    }

    /// Adds an account on a hub, which is registered there.
    pub(crate) fn with_account(self, name: &str, hub: &Hub, fid: u64) -> Self {
        let seed = register(hub, fid);
        self.with_fid(name, hub, (fid, seed))
    }

    /// Adds an account on a hub by a fid and a key of which the hub need not know.
    pub(crate) fn with_fid(mut self, name: &str, hub: &Hub, (fid, seed): (u64, [u8; 32])) -> Self {
        write_key(&self.path(&format!("{name}.key")), &seed);
        write!(
            self.text,
            "\n[accounts.{name}]\nnetwork = \"farcaster\"\nrealm = \"dev\"\nfid = {fid}\n\
             endpoints = [\"grpc://{}\"]\nsigner = \"file:{name}.key\"\nsilent_after_seconds = 2\n",
            hub.grpc_addr()
        )
        .unwrap();
        self
    }

    /// Lays down a key.
    pub(crate) fn with_key(self, name: &str, hex: &str) -> Self {
        write_private(&self.path(&format!("{name}.key")), hex);
        self
    }

    /// Adds settings, as they stand in the file.
    pub(crate) fn with_text(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Adds a link.
    pub(crate) fn with_link(mut self, name: &str, legs: [&str; 2]) -> Self {
        write!(self.text, "\n[[links]]\nname = {name:?}\nlegs = {legs:?}\n").unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the settings down, as starting a daemon does.
    pub(crate) fn writes_settings(&self) {
        self.writes("bridge.toml", &self.text);
    }

    /// Writes a file beside the settings.
    pub(crate) fn writes(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// The store, while no daemon runs.
    pub(crate) fn store(&self) -> Store {
        Store::open(self.path("threadbridge.store"), &RootSecret::key_file(STORE_KEY)).unwrap()
    }

    /// The accounts of the daemon that ran last, connected anew.
    pub(crate) fn accounts(&self) -> BTreeMap<AccountName, Arc<dyn Adapter>> {
        let (home, settings) = self.settings();
        let connected = connect_all(&home, &settings, &BTreeMap::new()).unwrap();
        connected.into_iter().map(|(name, it)| (name, it.adapter)).collect()
    }

    /// The links of the daemon that ran last.
    pub(crate) fn links(&self) -> Vec<Link> {
        self.settings().1.links()
    }

    fn settings(&self) -> (threadbridge::home::Home, Settings) {
        let config = self.path("bridge.toml");
        let home = threadbridge::home::Home { config, flags: Vec::new() };
        let settings = home.load().unwrap().settings;
        (home, settings)
    }

    /// Starts the daemon.
    pub(crate) fn starts(&self) -> Daemon {
        let mut command = Command::new(self.path("threadbridge"));
        self.start(command.arg("run"))
    }

    /// Starts a daemon that kills itself at `step`, after `passing` of them.
    pub(crate) fn starts_to_die(&self, step: Step, passing: usize) -> Daemon {
        let mut command = Command::new(self.path("tests"));
        command.args(["--exact", "farcaster::crashes::a_daemon_kills_itself_at_a_step"]);
        command.arg("--nocapture");
        command.env(HOME, self.path("bridge.toml")).env(DIES_AT, format!("{step:?} {passing}"));
        self.start(&mut command)
    }

    fn start(&self, command: &mut Command) -> Daemon {
        self.writes_settings();
        let log = fs::OpenOptions::new().append(true).create(true).open(self.path("log")).unwrap();
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log);
        Daemon(command.kill_on_drop(true).spawn().unwrap())
    }

    /// Waits until the daemon hears all its hubs.
    pub(crate) async fn connects(&self) {
        let accounts = self.text.matches("[accounts.").count();
        let mut ticks = interval(Duration::from_millis(20));
        let began = Instant::now();
        while self.asks(&["status"]).matches(" connected ").count() != accounts {
            ticks.tick().await;
            assert!(began.elapsed() < CONNECTS_WITHIN, "{}{}", self.asks(&["status"]), self.log());
        }
    }

    /// The end of what the daemons have logged.
    pub(crate) fn log(&self) -> String {
        let log = fs::read(self.path("log")).unwrap_or_default();
        String::from_utf8_lossy(&log[log.len().saturating_sub(6000)..]).into_owned()
    }

    /// What the daemon says of itself.
    pub(crate) fn asks(&self, args: &[&str]) -> String {
        let mut command = std::process::Command::new(self.path("threadbridge"));
        let output = command.args(args).current_dir(self.folder.path()).output().unwrap();
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    }
}

fn write_key(path: &Path, key: &[u8; 32]) {
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    write_private(path, &hex);
}

fn write_private(path: &Path, text: &str) {
    use std::io::Write as _;
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// A running daemon; killed if a test fails before it ends it.
#[derive(Debug)]
pub(crate) struct Daemon(Child);

impl Daemon {
    /// Ends it by SIGKILL.
    pub(crate) async fn dies(mut self) {
        self.0.start_kill().unwrap();
        assert_eq!(soon("its end", self.0.wait()).await.unwrap().signal(), Some(9), "it had ended");
    }

    /// Ends it by SIGTERM.
    pub(crate) async fn stops(mut self) {
        let pid = self.0.id().and_then(|id| Pid::from_raw(id.try_into().unwrap())).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        assert_eq!(soon("its end", self.0.wait()).await.unwrap().code(), Some(0));
    }

    /// How it ended by itself, if it has.
    pub(crate) fn has_ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().unwrap()
    }
}
