//! The program as people run it: a folder with a bridge in it, and real processes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(180);

/// A folder with a bridge in it.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    /// No bridge yet.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A bridge of one account, made by `init`, whose node is nowhere.
    pub(crate) fn new() -> Self {
        let place = Self::empty();
        let node = ["init", "--node", "grpc://127.0.0.1:9", "--realm", "dev", "--fid", "5"];
        let made =
            place.run(&[&node[..], &["--join", "channel/books", "channel/reading"]].concat());
        assert_eq!(made.0, 0, "{}", made.2);
        place
    }

    /// A bridge of these settings, with its store made by `init`.
    pub(crate) fn with(settings: &str, keys: &[(&str, [u8; 32])]) -> Self {
        let place = Self::empty();
        place.write("bridge.toml", settings);
        for (name, key) in keys {
            let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            place.write(name, &hex);
            place.set_mode(name, 0o600);
        }
        let made = place.run(&["init", "--yes"]);
        assert_eq!(made.0, 0, "{}", made.2);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_threadbridge"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("RUST_LOG");
        command
    }

    /// Exit code, standard output and standard error.
    pub(crate) fn run(&self, args: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    /// Starts the daemon and waits until it can be spoken to.
    pub(crate) fn daemon(&self) -> Daemon {
        self.daemon_with(&[])
    }

    /// The same with these environment variables.
    pub(crate) fn daemon_with(&self, variables: &[(&str, &str)]) -> Daemon {
        let log = fs::OpenOptions::new().create(true).append(true).open(self.path("log")).unwrap();
        let mut command = self.command(&["run"]);
        command.envs(variables.iter().copied()).stderr(log);
        let daemon = Daemon(command.spawn().unwrap());
        // The socket of a daemon that was killed is still there.
        until("the daemon", || {
            std::os::unix::net::UnixStream::connect(self.path("threadbridge.store.sock")).is_ok()
        });
        daemon
    }

    /// Waits until the daemon has logged `text`.
    pub(crate) fn logs(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.read("log").contains(text) {
            assert!(Instant::now() < deadline, "no {text:?} in the log:\n{}", self.read("log"));
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A running daemon; killed if a test fails before it stops it.
pub(crate) struct Daemon(Child);

impl Daemon {
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(name).arg(self.0.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    /// Stops it in order. Its exit code.
    pub(crate) fn stops(mut self) -> i32 {
        self.signal("-TERM");
        self.0.wait().unwrap().code().unwrap()
    }

    /// Kills it on the spot.
    pub(crate) fn dies(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Waits for a state that nobody tells of.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}
