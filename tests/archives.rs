//! Archives as people make and use them: real processes, exit codes and all.

use std::fs;

use super::process::{Place, until};

/// A bridge in whose one conversation something was said, stopped.
fn spoken(words: &[&str]) -> Place {
    let place = Place::new();
    let daemon = place.daemon();
    for word in words {
        until("the conversation", || place.run(&["send", "first", word]).0 == 0);
    }
    assert_eq!(daemon.stops(), 0);
    place.write("archive.key", &"5".repeat(64));
    place.set_mode("archive.key", 0o600);
    place
}

/// The options that lock and open an archive.
const KEY: [&str; 2] = ["--key", "file:archive.key"];

fn export(place: &Place, name: &str, more: &[&str]) -> (i32, String, String) {
    let path = place.path(name);
    place.run(&[&["export", path.to_str().unwrap()], &KEY[..], more].concat())
}

#[test]
fn what_was_exported_is_verified_and_imported_elsewhere() {
    let here = spoken(&["hello", "again"]);
    let (code, out, err) = export(&here, "all.archive", &[]);
    assert!(code == 0 && out.contains("2 messages"), "{out}{err}");
    let path = here.path("all.archive");
    let path = path.to_str().unwrap();
    assert_eq!(here.mode("all.archive"), 0o600);
    assert!(!fs::read(path).unwrap().windows(5).any(|it| it == b"hello"));
    let owner = here.run(&["archive", "owner"]).1;
    let elsewhere = Place::new();
    elsewhere.write("archive.key", &"5".repeat(64));
    elsewhere.set_mode("archive.key", 0o600);
    // Verifying needs no store; the owner alone says less than the key, and enough.
    let (code, out, _) = elsewhere.run(&["archive", "verify", path, "--owner", owner.trim()]);
    assert!(code == 0 && out.contains(owner.trim()) && out.contains("not looked at"), "{out}");
    let (code, out, _) = elsewhere.run(&[&["archive", "verify", path], &KEY[..]].concat());
    assert!(code == 0 && out.contains("everything of a store, without its accounts"), "{out}");
    let (code, out, err) = elsewhere.run(&[&["import", path], &KEY[..]].concat());
    assert!(code == 0 && out.contains("2 messages came"), "{out}{err}");
    assert!(elsewhere.run(&["thread", "first"]).1.contains("hello"));
    assert_eq!(elsewhere.run(&["fsck"]).0, 0);
    let (code, out, _) = elsewhere.run(&[&["import", path], &KEY[..]].concat());
    assert!(code == 0 && !out.contains("came") && out.contains("were here already"), "{out}");
}

#[test]
fn a_daemon_takes_an_archive_in_and_sends_nothing_of_it() {
    let here = spoken(&["hello"]);
    assert_eq!(export(&here, "all.archive", &[]).0, 0);
    let path = here.path("all.archive");
    let elsewhere = Place::new();
    elsewhere.write("archive.key", &"5".repeat(64));
    elsewhere.set_mode("archive.key", 0o600);
    let daemon = elsewhere.daemon();
    until("the conversation", || elsewhere.run(&["send", "first", "own"]).0 == 0);
    let import = [&["import", path.to_str().unwrap()], &KEY[..]].concat();
    let (code, out, err) = elsewhere.run(&import);
    assert!(code == 0 && out.contains("goes to no leg"), "{out}{err}");
    assert!(out.contains("belongs to another conversation here"), "{out}");
    let sent = || elsewhere.run(&["outbox"]).1;
    until("its own message", || sent().matches("casts:channel/").count() == 2);
    assert_eq!(daemon.stops(), 0);
    assert_eq!(sent().matches("casts:channel/").count(), 2);
    assert_eq!(elsewhere.run(&["fsck"]).0, 0);
}

#[test]
fn what_was_altered_or_is_locked_otherwise_is_refused() {
    let here = spoken(&["hello"]);
    assert_eq!(export(&here, "all.archive", &[]).0, 0);
    let (code, _, err) = export(&here, "all.archive", &[]);
    assert!(code == 1 && err.contains("exists already"), "{err}");
    let mut bytes = fs::read(here.path("all.archive")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(here.path("altered.archive"), &bytes).unwrap();
    let altered = here.path("altered.archive");
    let altered = altered.to_str().unwrap();
    for key in [&KEY[..], &[]] {
        let (code, _, err) = here.run(&[&["archive", "verify", altered], key].concat());
        assert!(code == 5 && err.contains("was altered"), "{err}");
    }
    let (code, _, err) = here.run(&[&["import", altered], &KEY[..]].concat());
    assert!(code == 1 && err.contains("was altered"), "{err}");
    here.write("other.key", &"6".repeat(64));
    here.set_mode("other.key", 0o600);
    let whole = here.path("all.archive");
    let other = ["archive", "verify", whole.to_str().unwrap(), "--key", "file:other.key"];
    let (code, _, err) = here.run(&other);
    assert!(code == 1 && err.contains("does not open"), "{err}");
}

#[test]
fn accounts_are_moved_only_while_nobody_uses_them() {
    let here = spoken(&["hello"]);
    let daemon = here.daemon();
    let (code, _, err) = export(&here, "moved.archive", &["--with-accounts"]);
    assert!(code == 3 && err.contains("stop it"), "{err}");
    assert_eq!(daemon.stops(), 0);
    let (code, out, err) = export(&here, "moved.archive", &["--with-accounts"]);
    assert!(code == 0 && out.contains("2 outbox rows"), "{out}{err}");
    let elsewhere = Place::new();
    elsewhere.write("archive.key", &"5".repeat(64));
    elsewhere.set_mode("archive.key", 0o600);
    let path = here.path("moved.archive");
    let (code, out, err) = elsewhere.run(&[&["import", path.to_str().unwrap()], &KEY[..]].concat());
    assert!(code == 0 && out.contains("2 outbox rows came"), "{out}{err}");
    assert_eq!(elsewhere.run(&["outbox"]).1.matches("casts:channel/").count(), 2);
    assert_eq!(elsewhere.run(&["fsck"]).0, 0);
    let back = here.run(&[&["import", path.to_str().unwrap()], &KEY[..]].concat());
    assert!(back.0 == 1 && back.2.contains("has accounts"), "{}", back.2);
}

#[test]
fn people_read_what_was_exported_for_them() {
    let here = spoken(&["<b>hello</b>"]);
    let pages = here.path("pages");
    let (code, out, err) = here.run(&["export", pages.to_str().unwrap(), "--html"]);
    assert!(code == 0 && out.contains("1 conversation"), "{out}{err}");
    let index = here.read("pages/index.html");
    assert!(index.contains("first") && index.contains("1 message"), "{index}");
    let page = index.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let page = here.read(&format!("pages/{page}"));
    assert!(page.contains("&lt;b&gt;hello&lt;/b&gt;") && !page.contains("<b>hello"), "{page}");
    let json = here.path("all.json");
    assert_eq!(here.run(&["export", json.to_str().unwrap(), "--json"]).0, 0);
    let read: serde_json::Value = serde_json::from_str(&here.read("all.json")).unwrap();
    let items = read["items"].as_array().unwrap();
    assert!(items.iter().any(|it| it["text"] == "<b>hello</b>" && it["kind"] == "text"));
    let none = here.path("none.json");
    let since = ["export", none.to_str().unwrap(), "--json", "--since", "2200-01-01"];
    assert_eq!(here.run(&since).0, 0);
    assert!(!here.read("none.json").contains("hello"));
    let person = ["export", none.to_str().unwrap(), "--person", "nobody"];
    assert_eq!(here.run(&person).0, 1);
}
