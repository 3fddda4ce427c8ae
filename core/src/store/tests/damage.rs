//! Altered files.

use std::fs;

use super::*;
use crate::store::disk::Disk;
use crate::store::fsck::fsck;
use crate::store::rows::{Changes, Rows};
use crate::store::span::Stretch;

/// Rows of each conversation.
const ROWS: u64 = 30;

fn conversations() -> [ConversationId; 5] {
    [1, 2, 3, 4, 5].map(|n| ConversationId::from_bytes([n; 16]))
}

fn text_of(n: u8, seq: u64) -> String {
    format!("{n} {seq} {}", "said ".repeat(60))
}

/// A store with some hundred rows, closed in order.
async fn filled() -> (TempDir, PathBuf) {
    let (folder, path, store) = fresh();
    for (n, id) in (0..).zip(conversations()) {
        store
            .write(move |unit| {
                (0..ROWS)
                    .try_for_each(|seq| unit.put(&NOTES, &(id, Seq(seq)), &note(&text_of(n, seq))))
            })
            .await
            .unwrap();
    }
    store.close().await.unwrap();
    (folder, path)
}

#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Refused,
    ErrorsOnly,
    Whole,
    /// Rows were missing, and nobody said so but fsck.
    MissingButFound,
}

/// Opens and reads a damaged store; nothing that it gives may differ from what was written.
fn examine(path: &Path) -> Seen {
    let Ok(store) = Store::open(path, &secret()) else { return Seen::Refused };
    let Ok(snapshot) = store.snapshot() else { return Seen::Refused };
    let (mut errors, mut missing) = (0, 0);
    for (n, id) in (0..).zip(conversations()) {
        for seq in 0..ROWS {
            match snapshot.get(&NOTES, &(id, Seq(seq))) {
                Ok(Some(note)) => assert_eq!(note.text, Some(text_of(n, seq))),
                Ok(None) => missing += 1,
                Err(_) => errors += 1,
            }
        }
        if let Ok(rows) = snapshot.scan(&NOTES, span::Span::under(&id), 1000) {
            missing += usize::try_from(ROWS).unwrap() - rows.len();
            for (key, note) in rows {
                let seq = u64::from_be_bytes(key.part(16).unwrap());
                assert_eq!(note.text, Some(text_of(n, seq)));
            }
        } else {
            errors += 1;
        }
    }
    match (missing, errors) {
        (0, 0) => Seen::Whole,
        (0, _) => Seen::ErrorsOnly,
        _ => {
            let report = fsck(&snapshot, &[], &mut |_| ());
            assert!(report.is_ok_and(|report| !report.is_clean()) || errors > 0, "unnoticed");
            Seen::MissingButFound
        }
    }
}

#[tokio::test]
async fn a_truncated_store_never_reads_as_if_it_were_whole() {
    let (folder, path) = filled().await;
    let whole = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged");
    let lengths = (0..whole.len()).step_by(2039).chain([1, 9, 10, 64, 320, 4095, 4096]);
    for length in lengths {
        fs::write(&damaged, &whole[..length]).unwrap();
        assert_eq!(examine(&damaged), Seen::Refused, "{length} of {} bytes", whole.len());
    }
}

#[tokio::test]
async fn flipped_bits_never_read_as_other_values() {
    let (folder, path) = filled().await;
    let whole = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged");
    let (mut noticed, mut missing) = (0, 0);
    // The header's bytes one by one, then some of each page.
    for at in (0..320).step_by(3).chain((320..whole.len()).step_by(4201)) {
        let mut altered = whole.clone();
        altered[at] ^= 1 << (at % 8);
        fs::write(&damaged, &altered).unwrap();
        match examine(&damaged) {
            Seen::Refused | Seen::ErrorsOnly => noticed += 1,
            Seen::MissingButFound => missing += 1,
            // Most bytes of a page are free, and the header has a spare of each commit.
            Seen::Whole => {}
        }
    }
    println!("{noticed} noticed when read, {missing} only by fsck");
    assert!(noticed > 30 && missing * 20 < noticed);
}

#[tokio::test]
async fn values_that_change_places_do_not_open() {
    let (folder, path, store) = fresh();
    let (one, two) = (ConversationId::fresh(), ConversationId::fresh());
    put(&store, one, 1, "a").await;
    put(&store, one, 2, "b").await;
    put(&store, two, 1, "c").await;
    store.close().await.unwrap();
    let disk = Disk::open(&path).unwrap();
    let mut rows = Vec::new();
    let mut take = |row: &[u8], value: &[u8]| {
        rows.push((row.to_vec(), value.to_vec()));
        std::ops::ControlFlow::Continue(())
    };
    disk.view().unwrap().range("test_notes", &Stretch::all(), &mut take).unwrap();
    let mut changes = Changes::default();
    for (row, value) in
        [(&rows[0].0, &rows[1].1), (&rows[1].0, &rows[0].1), (&rows[2].0, &rows[0].1)]
    {
        changes.put("test_notes", row.clone(), value.clone());
    }
    disk.commit(&changes).unwrap();
    disk.close().unwrap();
    let store = Store::open(&path, &secret()).unwrap();
    let snapshot = store.snapshot().unwrap();
    for key in [(one, Seq(1)), (one, Seq(2)), (two, Seq(1))] {
        let read = snapshot.get(&NOTES, &key);
        assert!(matches!(read, Err(ReadError::Altered { table: "test_notes" })));
    }
    assert_eq!(fsck(&snapshot, &[], &mut |_| ()).unwrap().count, 3);
    let backup = snapshot.backup_to(folder.path().join("backup"));
    assert!(matches!(backup, Err(BackupError::Read(ReadError::Altered { .. }))));
    assert!(!folder.path().join("backup").exists());
}

#[tokio::test]
async fn the_file_shows_nothing_that_was_said_nor_by_whom() {
    let (_folder, path, store) = fresh();
    let name = account("casts-of-marker");
    for n in 0..100_u32 {
        let (id, name) = (ConversationId::fresh(), name.clone());
        store
            .write(move |unit| {
                unit.put(&NOTES, &(id, Seq(1)), &note(&format!("marker-{n}")))?;
                unit.put(&LABELS, &(name, n), &note("a label with a marker"))
            })
            .await
            .unwrap();
    }
    let keys = store.keys(&name).unwrap();
    keys.put(b"key-of-marker", b"value-of-marker");
    store.write(move |unit| unit.apply(keys)).await.unwrap();
    store.close().await.unwrap();
    let bytes = fs::read(&path).unwrap();
    for hidden in ["marker", "casts-of", &hex(&secret())] {
        assert!(!bytes.windows(hidden.len()).any(|part| part == hidden.as_bytes()), "{hidden}");
    }
    // What may be read there is found by the same scan.
    assert!(bytes.windows(10).any(|part| part == b"test_notes"));
}

fn hex(secret: &RootSecret) -> String {
    match secret {
        RootSecret::KeyFile(bytes) => String::from_utf8_lossy(bytes.as_slice()).into_owned(),
        RootSecret::Passphrase(text) => text.to_string(),
    }
}
