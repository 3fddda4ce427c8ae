//! The command line as people use it: real processes, exit codes and all.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use super::process::{Place, until};

#[test]
fn init_makes_what_is_missing_and_never_writes_what_is_there() {
    let place = Place::new();
    for private in ["store.key", "casts.key", "threadbridge.store"] {
        assert_eq!(place.mode(private), 0o600, "{private}");
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
    assert!(!place.read("log").contains("hello"));
    let (code, out, _) = place.run(&["send", "first", "later"]);
    assert_eq!(code, 0);
    assert!(out.contains("no daemon is running"), "{out}");
    assert!(place.run(&["status"]).1.starts_with("not running, 2 events journaled"));
}

#[test]
fn a_changed_file_is_followed_and_a_wrong_one_is_not() {
    let place = Place::new();
    let daemon = place.daemon();
    let text = place.read("bridge.toml");
    place.write("bridge.toml", &text.replace("endpoints", "endpoint"));
    place.logs("nearest:  endpoints");
    let added = text.clone()
        + "\n[accounts.reader]\nnetwork = \"farcaster\"\nendpoints = \
        [\"grpc://127.0.0.1:9\"]\nrealm = \"dev\"\n";
    place.write("bridge.toml", &added);
    place.logs("1 account undisturbed, 1 begun, 0 gone");
    place.write("bridge.toml", &text);
    place.logs("1 account undisturbed, 0 begun, 1 gone");
    daemon.signal("-HUP");
    place.logs("1 account undisturbed, 0 begun, 0 gone, the same links");
    place.write("bridge.toml", &text.replace("name = \"first\"", "name = \"second\""));
    until("the name", || place.run(&["send", "second", "hello"]).0 == 0);
    assert_eq!(daemon.stops(), 0);
}

#[test]
fn systemd_is_told_when_the_daemon_is_ready_and_when_it_stops() {
    let place = Place::new();
    let path = place.path("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    systemd.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let told = || {
        let mut state = [0; 64];
        let length = systemd.recv(&mut state).unwrap();
        String::from_utf8(state[..length].to_vec()).unwrap()
    };
    let daemon = place.daemon_with(&[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    assert_eq!(told(), "READY=1");
    daemon.signal("-HUP");
    assert_eq!((told(), told()), ("RELOADING=1".to_owned(), "READY=1".to_owned()));
    assert_eq!(daemon.stops(), 0);
    assert_eq!(told(), "STOPPING=1");
}

#[test]
fn every_failure_has_its_exit_code() {
    let place = Place::new();
    assert_eq!(place.run(&["no-such-command"]).0, 2);
    assert_eq!(place.run(&["--config", "elsewhere.toml", "check"]).0, 2);
    assert_eq!(place.run(&["--set", "store.kye=1", "run"]).0, 2);
    assert_eq!(place.run(&["thread", "nothing-of-that-name"]).0, 1);
    place.write("other.key", &"0".repeat(64));
    assert_eq!(place.run(&["--set", "store.key=file:other.key", "status"]).0, 3, "mode");
    place.set_mode("other.key", 0o600);
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
    place.set_mode("casts.key", 0o644);
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
fn a_preview_says_how_long_what_is_said_stays() {
    let place = Place::new();
    let feed = format!("feed/0x{}", "ab".repeat(20));
    let settings = format!(
        "{}\n[accounts.posts]\nnetwork = \"lens\"\nendpoint = \"http://127.0.0.1:9/graphql\"\n\
         grove = \"http://127.0.0.1:9\"\norigin = \"https://app.example\"\n\
         app = \"0x{}\"\naccount = \"0x{}\"\nmanager = \"file:casts.key\"\n\n\
         [[links]]\nname = \"both\"\nlegs = [\"casts:channel/both\", \"posts:{feed}\"]\n",
        place.read("bridge.toml"),
        "01".repeat(20),
        "02".repeat(20),
    );
    place.write("bridge.toml", &settings);
    let (code, out, err) = place.run(&["preview", "both", "hello"]);
    assert_eq!(code, 0, "{out}{err}");
    let (casts, posts) = out.split_once(&format!("posts:{feed}\n")).unwrap();
    assert!(posts.contains("it stays for good and cannot be taken back"), "{out}");
    assert!(!casts.contains("for good") && casts.contains("it stays until"), "{out}");
    let (_, out, _) = place.run(&["preview", "casts:channel/both", "--as", "Alice", "hello"]);
    assert!(out.contains("it stays for good"), "{out}");
    // A test network keeps nothing for good.
    let test = settings.replace("network = \"lens\"", "network = \"lens\"\nchain_id = 37111");
    place.write("bridge.toml", &test);
    let (_, out, _) = place.run(&["preview", "casts:channel/both", "--as", "Alice", "hello"]);
    assert!(out.contains("it stays until whoever runs the test network clears it"), "{out}");
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
