//! `threadbridge demo`, as people run it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::thread;

use tempfile::TempDir;

/// A demo that runs, with a place of its own for temporary files.
struct Demo {
    temporary: TempDir,
    child: Child,
}

/// How a demo ended.
struct Ended {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Demo {
    fn start(args: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_threadbridge"))
            .arg("demo")
            .args(args)
            .env("TMPDIR", temporary.path())
            // Settings of another bridge are none of the demo's.
            .env("BRIDGE_STORE__PATH", "/nowhere")
            .env_remove("RUST_LOG")
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { temporary, child }
    }

    /// Reads on until a line has `text` in it; gives back all until then.
    fn reads_until(&mut self, text: &str) -> (String, BufReader<std::process::ChildStdout>) {
        let mut out = BufReader::new(self.child.stdout.take().unwrap());
        let mut read = String::new();
        while !read.lines().any(|line| line.contains(text)) {
            assert!(out.read_line(&mut read).unwrap() > 0, "{text:?} did not come:\n{read}");
        }
        (read, out)
    }

    /// Waits for its end. Nothing of it may be left: no file, no process.
    fn ends(mut self, mut out: String, rest: impl Read + Send + 'static) -> Ended {
        drop(self.child.stdin.take());
        let mut stderr = self.child.stderr.take().unwrap();
        let reading = thread::spawn(move || {
            let mut err = String::new();
            stderr.read_to_string(&mut err).unwrap();
            err
        });
        let mut rest = rest;
        rest.read_to_string(&mut out).unwrap();
        let code = self.child.wait().unwrap().code();
        let err = reading.join().unwrap();
        let left: Vec<_> = std::fs::read_dir(self.temporary.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?} is left behind\n{out}\n{err}");
        let processes = processes(&out);
        assert!(!processes.is_empty(), "no process is named:\n{out}");
        for id in processes {
            let is_there = Command::new("kill").args(["-0", &id]).stderr(Stdio::null()).status();
            assert!(!is_there.unwrap().success(), "process {id} goes on");
        }
        Ended { code, out, err }
    }
}

/// The processes that the demo says it has started.
fn processes(out: &str) -> BTreeSet<String> {
    out.split("process ")
        .skip(1)
        .map(|rest| rest.chars().take_while(char::is_ascii_digit).collect())
        .filter(|id: &String| !id.is_empty())
        .collect()
}

/// The numbers of the first line that begins with `name` after `heading`.
fn counts(out: &str, name: &str) -> Vec<usize> {
    let (_, counted) = out.rsplit_once("All that was said").unwrap();
    let line = counted.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
    line.split_whitespace().filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn the_demo_loses_nothing_while_its_bridge_is_killed() {
    let mut demo = Demo::start(&["--once"]);
    let out = demo.child.stdout.take().unwrap();
    let Ended { code, out, err } = demo.ends(String::new(), out);
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert_eq!(err, "");
    assert!(!out.contains('\u{1b}'), "{out}");
    for (from, others, said) in [
        ("Farcaster", ["Lens", "XMTP"], 42),
        ("Lens", ["Farcaster", "XMTP"], 43),
        ("XMTP", ["Farcaster", "Lens"], 41),
    ] {
        for to in others {
            assert_eq!(counts(&out, &format!("{from} → {to}")), [said, said, 0, 0, 0], "{out}");
        }
    }
    let kills: Vec<&str> = out.lines().filter(|line| line.contains("kill -9 ")).collect();
    assert_eq!(kills.len(), 2, "{out}");
    for kill in kills {
        let (_, told) = kill.split_once(": ").unwrap();
        let numbers: Vec<usize> = told
            .split(|c: char| !c.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        let said = numbers[0];
        assert!(said < 40 && numbers[1..].iter().any(|arrived| *arrived > 0), "{kill}");
    }
    assert_eq!(processes(&out).len(), 3, "{out}");
    // Each app shows the words of the other side under the bridge's account, and its own as they
    // are; what was taken back is in neither.
    let shown = out.split("What Alice, Bob and Dana see").nth(1).unwrap();
    let row = shown.lines().find(|line| line.starts_with("#2 ")).unwrap();
    assert!(row.contains("bridge  Bob: Who has? ♥ 1") && row.contains("└ Bob  Who has? ♥ 1"));
    assert_eq!(row.matches("bridge  Bob: Who has? ♥ 1").count(), 2, "{shown}");
    // What Dana said end to end encrypted says so where it is not.
    let row = shown.lines().find(|line| line.contains("[L4] Dana: ")).unwrap();
    assert_eq!(row.matches("bridge  [L4] Dana: I read").count(), 2, "{shown}");
    assert!(shown.contains("└ Dana  I read"), "{shown}");
    // What Bob edited in place is told where nothing can be edited.
    let row = shown.lines().find(|line| line.contains("bridge  (edited) Bob: I")).unwrap();
    assert!(row.contains("Bob  I will begin"), "{shown}");
    assert!(shown.contains("(1/2)") && shown.contains("(2/2)"), "{shown}");
    assert!(!shown.contains("Wrong window"), "{shown}");
}

#[test]
fn whoever_watches_can_talk_on_either_side_and_kill_the_bridge() {
    let mut demo = Demo::start(&[]);
    let typed = "alice: hello there\nbob: >8 hello back\n/kill\ncarol: is anybody here?\n/start\n\
                 dana: yes\n/like 10\n/delete 11\n/edit 9 hello again\n/edit 8 no\n/dance\n/like 99\n/show\n/quit\n";
    demo.child.stdin.as_mut().unwrap().write_all(typed.as_bytes()).unwrap();
    let out = demo.child.stdout.take().unwrap();
    let Ended { code, out, err } = demo.ends(String::new(), out);
    assert_eq!(code, Some(0), "{out}\n{err}");
    let (_, told) = out.split_once("Now you").unwrap();
    for expected in [
        "#8 is on the other sides after",
        "#9 is on the other sides after",
        "#10 is said, but the bridge is dead",
        "#11 is on the other sides after",
        "Bob likes #10; its author sees that after",
        "#11 is gone from the other sides after",
        "the other sides are told that #9 changed after",
        "#8 cannot be changed where it was said",
        "there is no `/dance`",
        "there is no #99",
        "└ bridge  Bob: hello back",
        "Carol: is anybody here?",
    ] {
        assert!(told.contains(expected), "{expected:?} is not in\n{told}");
    }
    assert_eq!(counts(&out, "Farcaster → XMTP"), [44, 44, 0, 0, 0], "{out}");
    assert_eq!(counts(&out, "Lens → Farcaster"), [44, 44, 0, 0, 0], "{out}");
    assert_eq!(counts(&out, "XMTP → Lens"), [41, 41, 0, 0, 0], "{out}");
}

#[test]
fn an_interrupted_demo_leaves_nothing_behind() {
    let mut demo = Demo::start(&["--once"]);
    let (out, rest) = demo.reads_until("#2 ");
    let id = demo.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let Ended { code, out, err } = demo.ends(out, rest);
    assert_eq!(code, Some(1), "{out}");
    assert_eq!(err, "threadbridge: it was interrupted before everything had arrived\n");
    assert!(!out.contains("All that was said"), "{out}");
}
