//! Power cuts, kills and full disks.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::Duration;

use super::*;
use crate::store::disk::faulty::FaultyDisk;
use crate::store::fsck::fsck;

fn on(disk: &FaultyDisk) -> Store {
    let opened = create::create_in(Place::Faulty(disk.clone()), &secret()).unwrap();
    Store::start(None, opened).unwrap()
}

fn reopened(disk: &FaultyDisk) -> Store {
    let opened = open::open_in(Place::Faulty(disk.clone()), &secret()).unwrap();
    Store::start(None, opened).unwrap()
}

/// The same numbers for the same seed (xorshift).
fn random(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

#[tokio::test]
async fn a_power_cut_at_any_moment_loses_nothing_that_was_confirmed() {
    let disk = FaultyDisk::default();
    let store = on(&disk);
    let created = disk.changes();
    let id = ConversationId::fresh();
    let mut confirmed_at = Vec::new();
    for seq in 0..30_u64 {
        // Each unit has two rows: both are there, or neither.
        store
            .write(move |unit| {
                unit.put(&NOTES, &(id, Seq(seq * 2)), &note(&"a".repeat(700)))?;
                unit.put(&NOTES, &(id, Seq(seq * 2 + 1)), &note("b"))
            })
            .await
            .unwrap();
        confirmed_at.push(disk.changes());
    }
    let mut random = random(7);
    for cut in created..=disk.changes() {
        let after = disk.cut_after(cut, || random().is_multiple_of(2));
        let store = reopened(&after);
        let snapshot = store.snapshot().unwrap();
        let count = texts(&snapshot, id).len();
        let confirmed = confirmed_at.iter().filter(|at| **at <= cut).count();
        assert_eq!(count % 2, 0, "half a unit after a cut at {cut}");
        assert!(count / 2 >= confirmed, "{count} rows after a cut at {cut}, {confirmed} confirmed");
        let report = fsck(&snapshot, &[], &mut |_| ()).unwrap();
        assert!(report.is_clean(), "{:?} after a cut at {cut}", report.findings);
        put(&store, id, 1000, "goes on").await;
    }
}

#[tokio::test]
async fn a_disk_that_is_full_at_any_moment_loses_nothing_and_the_store_goes_on_with_room() {
    let disk = FaultyDisk::default();
    let store = on(&disk);
    let id = ConversationId::fresh();
    let (mut kept, mut refused, mut unsettled) = (Vec::new(), 0, 0);
    for seq in 0..120_u64 {
        let text = format!("{seq} {}", "x".repeat(900));
        let row = note(&text);
        disk.fill_after(Some(usize::try_from(seq % 40).unwrap()));
        let written = store.write(move |unit| unit.put(&NOTES, &(id, Seq(seq)), &row)).await;
        disk.fill_after(None);
        match written {
            Ok(()) => kept.push(text),
            Err(WriteError::Disk(error)) => {
                assert!(matches!(*error, DiskError::Full(_) | DiskError::Closed), "{error:?}");
                refused += 1;
            }
            Err(WriteError::Unsettled(error)) => {
                assert!(matches!(*error, DiskError::Full(_)), "{error:?}");
                unsettled += 1;
                kept.push(text);
                put(&store, ConversationId::fresh(), 1, "recovers").await;
                let is_there = texts(&store.snapshot().unwrap(), id).len() == kept.len();
                kept.truncate(kept.len() - usize::from(!is_there));
            }
            Err(other) => panic!("{other:?}"),
        }
        put(&store, ConversationId::fresh(), 1, "goes on").await;
        assert_eq!(texts(&store.snapshot().unwrap(), id), kept, "after {seq}");
    }
    println!("{refused} refused, {unsettled} unsettled, {} kept", kept.len());
    assert!(refused > 20 && kept.len() > 20);
    drop(store);
    assert_eq!(texts(&reopened(&disk).snapshot().unwrap(), id), kept);
}

/// Writes until it is killed or fails; says what was confirmed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_that_writes() {
    let Some(path) = path_of_child() else { return };
    let store = Store::open(&path, &secret()).unwrap();
    let writers = (0..8_u8).map(|writer| {
        let store = store.clone();
        async move {
            let id = ConversationId::from_bytes([writer; 16]);
            let begin = texts(&store.snapshot().unwrap(), id).len() as u64;
            for seq in begin..100_000 {
                let row = note(&format!("{seq} {}", "y".repeat(400)));
                let written = store.write(move |unit| unit.put(&NOTES, &(id, Seq(seq)), &row));
                match written.await {
                    Ok(()) => println!("\nconfirmed {writer} {seq}"),
                    Err(WriteError::Disk(error)) if matches!(*error, DiskError::Full(_)) => {
                        println!("\nfull {writer} {seq}");
                        return;
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    });
    let mut all = tokio::task::JoinSet::new();
    for writer in writers {
        all.spawn(writer);
    }
    all.join_all().await;
    println!("\nend");
}

/// Reads what a child says: the last row that was confirmed to each writer.
fn hear(child: &mut Child, until: impl Fn(usize, &str) -> bool) -> [Option<u64>; 8] {
    let mut confirmed = [None; 8];
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut count = 0;
    let mut note = |line: &str| {
        if let Some((writer, seq)) = line.strip_prefix("confirmed ").and_then(|l| l.split_once(' '))
        {
            confirmed[writer.parse::<usize>().unwrap()] = Some(seq.parse::<u64>().unwrap());
        }
    };
    for line in lines.by_ref() {
        note(&line);
        count += 1;
        if until(count, &line) {
            break;
        }
    }
    // SIGKILL: the process gets no chance to put anything in order.
    child.kill().unwrap();
    child.wait().unwrap();
    lines.for_each(|line| note(&line));
    confirmed
}

fn check_rows(snapshot: &Snapshot, confirmed: &[Option<u64>; 8]) {
    for (writer, last) in (0..8_u8).zip(confirmed) {
        let rows = texts(snapshot, ConversationId::from_bytes([writer; 16]));
        let expected = (0..rows.len()).map(|seq| format!("{seq} {}", "y".repeat(400)));
        assert!(rows.iter().cloned().eq(expected), "writer {writer}");
        assert!(last.is_none_or(|last| rows.len() as u64 > last), "{last:?}, {} rows", rows.len());
    }
    let report = fsck(snapshot, &[], &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
}

#[test]
fn a_killed_process_loses_nothing_that_was_confirmed() {
    let (_folder, path, store) = fresh();
    drop(store);
    let mut random = random(11);
    for round in 0..12 {
        let mut child = child("store::tests::cuts::child_that_writes", &path, "");
        let lines = usize::try_from(random() % 400).unwrap() + 40;
        let confirmed = hear(&mut child, |count, _| count > lines);
        assert!(confirmed.iter().any(Option::is_some));
        let before = std::fs::read(&path).unwrap();
        let wrong = RootSecret::key_file([8; 32]);
        assert!(matches!(Store::open(&path, &wrong), Err(OpenError::WrongSecret)));
        assert!(matches!(Reader::open(&path, &wrong), Err(OpenError::WrongSecret)));
        assert!(std::fs::read(&path).unwrap() == before, "a wrong secret changed the file");
        if round % 2 == 0 {
            let reader = Reader::open(&path, &secret()).unwrap();
            check_rows(&reader.snapshot().unwrap(), &confirmed);
        }
        let started = std::time::Instant::now();
        let store = Store::open(&path, &secret()).unwrap();
        assert!(started.elapsed() < Duration::from_secs(5));
        check_rows(&store.snapshot().unwrap(), &confirmed);
    }
}

#[test]
fn a_file_that_may_not_grow_is_a_full_disk_and_nothing_is_lost() {
    let (_folder, path, store) = fresh();
    drop(store);
    // Writes behind the limit then fail with EFBIG instead of a signal.
    let setup = "trap '' XFSZ; ulimit -f 8192;";
    let mut child = child("store::tests::cuts::child_that_writes", &path, setup);
    let full = std::cell::Cell::new(0);
    let confirmed = hear(&mut child, |_, line| {
        full.set(full.get() + usize::from(line.starts_with("full ")));
        line == "end"
    });
    assert_eq!(full.get(), 8);
    let store = Store::open(&path, &secret()).unwrap();
    check_rows(&store.snapshot().unwrap(), &confirmed);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(put(&store, ConversationId::fresh(), 1, "goes on"));
}
