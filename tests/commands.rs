//! The command line as people use it: real processes, exit codes and all.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);

/// A folder with a bridge in it, whose node is nowhere.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        let made = place.run(&[
            "init",
            "--node",
            "grpc://127.0.0.1:9",
            "--realm",
            "dev",
            "--fid",
            "5",
            "--join",
            "channel/books",
            "channel/reading",
        ]);
        assert_eq!(made.0, 0, "{}", made.2);
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_threadbridge"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command.env_remove("RUST_LOG");
        command
    }

    /// Exit code, standard output and standard error.
    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (status.code().unwrap(), text(stdout), text(stderr))
    }

    fn daemon(&self) -> Daemon {
        let log = fs::File::create(self.path("log")).unwrap();
        let child = self.command(&["run"]).stderr(log).spawn().unwrap();
        let daemon = Daemon(child);
        until("the socket", || self.path("threadbridge.store.sock").exists());
        daemon
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }

    /// Waits until the daemon has logged `text`.
    fn logs(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.log().contains(text) {
            assert!(Instant::now() < deadline, "no {text:?} in the log:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A running daemon; killed if a test fails before it stops it.
struct Daemon(Child);

impl Daemon {
    fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(name).arg(self.0.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    fn stops(mut self) -> i32 {
        self.signal("-TERM");
        self.0.wait().unwrap().code().unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} did not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn init_makes_what_is_missing_and_never_writes_what_is_there() {
    let place = Place::new();
    for private in ["store.key", "casts.key", "threadbridge.store"] {
        assert_eq!(mode(&place.path(private)), 0o600, "{private}");
    }
    let before = fs::read(place.path("bridge.toml")).unwrap();
    let keys = fs::read(place.path("store.key")).unwrap();
    assert!(before.split(|byte| *byte == b'\n').count() <= 15);
    let again = place.run(&["init", "--node", "grpc://127.0.0.1:10", "--yes"]);
    assert_eq!(again.0, 0);
    assert_eq!(fs::read(place.path("bridge.toml")).unwrap(), before);
    assert_eq!(fs::read(place.path("store.key")).unwrap(), keys);
    // A key that was lost is not replaced by another one that does not open the store.
    fs::remove_file(place.path("store.key")).unwrap();
    place.run(&["init", "--yes"]);
    assert!(!place.path("store.key").exists());
}

#[test]
fn a_first_bridge_is_sound_and_says_its_public_key() {
    let place = Place::new();
    assert_eq!(place.run(&["check"]).1, "the settings are sound: 1 account, 1 link\n");
    fs::remove_file(place.path("casts.key")).unwrap();
    let (code, out, _) = place.run(&["check"]);
    assert_eq!(code, 2);
    assert!(out.contains("accounts.casts.signer") && out.contains("does not exist"), "{out}");
    let (_, out, _) = place.run(&["init", "--yes"]);
    assert!(out.contains("public key: 0x"), "{out}");
}

#[test]
fn a_daemon_runs_is_spoken_to_and_stops_in_order() {
    let place = Place::new();
    let daemon = place.daemon();
    let (code, message, err) = place.run(&["send", "first", "hello", "there"]);
    assert_eq!((code, message.trim().len()), (0, 64), "{err}");
    let pending = || place.run(&["thread", "first"]).1;
    until("the message", || pending().matches("pending on casts:channel/").count() == 2);
    assert!(pending().contains("you: hello there"));
    assert!(place.run(&["status"]).1.starts_with("running, 1 events journaled"));
    let status: serde_json::Value =
        serde_json::from_str(&place.run(&["status", "--json"]).1).unwrap();
    assert_eq!(status["accounts"][0]["state"], "down");
    assert_eq!(place.run(&["fsck"]).0, 0);
    assert_eq!(place.run(&["outbox"]).1.lines().count(), 3);
    let (code, _, err) = place.run(&["send", "firts", "hello"]);
    assert_eq!(code, 1);
    assert!(err.contains("nearest: `first`"), "{err}");
    let (code, _, err) = place.run(&["run"]);
    assert_eq!(code, 3, "{err}");
    assert_eq!(daemon.stops(), 0);
    assert!(!place.path("threadbridge.store.sock").exists());
    assert!(!place.log().contains("hello"));
    let (code, out, _) = place.run(&["send", "first", "later"]);
    assert_eq!(code, 0);
    assert!(out.contains("no daemon is running"), "{out}");
    assert!(place.run(&["status"]).1.starts_with("not running, 2 events journaled"));
}

#[test]
fn a_changed_file_is_followed_and_a_wrong_one_is_not() {
    let place = Place::new();
    let daemon = place.daemon();
    let text = fs::read_to_string(place.path("bridge.toml")).unwrap();
    fs::write(place.path("bridge.toml"), text.replace("endpoints", "endpoint")).unwrap();
    place.logs("nearest:  endpoints");
    let added = text.clone()
        + "\n[accounts.reader]\nnetwork = \"farcaster\"\nendpoints = \
        [\"grpc://127.0.0.1:9\"]\nrealm = \"dev\"\n";
    fs::write(place.path("bridge.toml"), added).unwrap();
    place.logs("1 account undisturbed, 1 begun, 0 gone");
    fs::write(place.path("bridge.toml"), &text).unwrap();
    place.logs("1 account undisturbed, 0 begun, 1 gone");
    daemon.signal("-HUP");
    place.logs("1 account undisturbed, 0 begun, 0 gone, the same links");
    fs::write(place.path("bridge.toml"), text.replace("name = \"first\"", "name = \"second\""))
        .unwrap();
    until("the name", || place.run(&["send", "second", "hello"]).0 == 0);
    assert_eq!(daemon.stops(), 0);
}

#[test]
fn every_failure_has_its_exit_code() {
    let place = Place::new();
    assert_eq!(place.run(&["no-such-command"]).0, 2);
    assert_eq!(place.run(&["--config", "elsewhere.toml", "check"]).0, 2);
    assert_eq!(place.run(&["--set", "store.kye=1", "run"]).0, 2);
    assert_eq!(place.run(&["thread", "nothing-of-that-name"]).0, 1);
    fs::write(place.path("other.key"), "0".repeat(64)).unwrap();
    assert_eq!(place.run(&["--set", "store.key=file:other.key", "status"]).0, 3, "mode");
    let private = fs::Permissions::from_mode(0o600);
    fs::set_permissions(place.path("other.key"), private).unwrap();
    let (code, _, err) = place.run(&["--set", "store.key=file:other.key", "status"]);
    assert_eq!(code, 3);
    assert!(err.contains("does not open with this passphrase or key"), "{err}");
    assert_eq!(place.run(&["--set", "store.key=passphrase", "status"]).0, 2, "no terminal");
    let mut command = place.command(&["check"]);
    let stray = command.env("BRIDGE_LOG", "debug").output().unwrap();
    assert_eq!(stray.status.code(), Some(2));
    assert!(String::from_utf8(stray.stdout).unwrap().contains("RUST_LOG"));
}

#[test]
fn the_doctor_says_what_has_to_be_mended() {
    let place = Place::new();
    let (code, out, _) = place.run(&["doctor"]);
    assert_eq!(code, 5, "{out}");
    assert!(out.contains("OK    store.key: `file:store.key` is there"), "{out}");
    assert!(
        out.contains("FAIL  accounts.casts 127.0.0.1:9: node is unavailable\n      → "),
        "{out}"
    );
    fs::set_permissions(place.path("casts.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(place.run(&["doctor"]).1.contains("chmod 600"));
    let findings: serde_json::Value =
        serde_json::from_str(&place.run(&["doctor", "--json"]).1).unwrap();
    assert!(findings.as_array().unwrap().iter().any(|finding| finding["grade"] == "fail"));
}

#[test]
fn a_store_is_backed_up_beside_a_daemon_and_the_copy_opens() {
    let place = Place::new();
    let daemon = place.daemon();
    assert_eq!(place.run(&["send", "first", "kept"]).0, 0);
    assert_eq!(place.run(&["backup", "copy.store"]).0, 0);
    assert_eq!(place.run(&["backup", "copy.store"]).0, 3, "it is there already");
    assert_eq!(daemon.stops(), 0);
    let (_, out, _) = place.run(&["--set", "store.path=copy.store", "thread", "first"]);
    assert!(out.contains("you: kept"), "{out}");
}

#[test]
fn a_preview_says_what_a_message_becomes_on_each_leg() {
    let place = Place::new();
    let (code, out, err) = place.run(&["preview", "casts:channel/books", "--as", "Alice", "hello"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("casts:channel/reading\n"), "{out}");
    assert!(out.contains("| Alice: hello") && out.contains("everybody"), "{out}");
    assert_eq!(place.run(&["preview", "first", "hello"]).1.matches("| hello").count(), 2);
    assert_eq!(place.run(&["preview", "frist", "hello"]).0, 1);
}
