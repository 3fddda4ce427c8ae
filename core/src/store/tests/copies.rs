//! Backups, migrations and checks.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use super::opens::set_format;
use super::*;
use crate::store::fsck::{Findings, Invariant, fsck};
use crate::store::key::RowKey;
use crate::store::migrate::{MigrateError, Migration, Outcome, migrate};
use crate::store::span::Span;

/// A store of format 1, written and closed by the first version that had one. Its passphrase is
/// «tide pool»; what is in it is what the test below reads, and a conversation that was erased.
const FORMAT_1: &[u8] = include_bytes!("../fixtures/format-1.store");

#[test]
fn a_store_of_format_1_still_opens_and_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fs::write(&path, FORMAT_1).unwrap();
    let store = Store::open(&path, &RootSecret::passphrase("tide pool")).unwrap();
    let snapshot = store.snapshot().unwrap();
    let id = ConversationId::from_bytes([1; 16]);
    assert_eq!(texts(&snapshot, id), ["first", "second", "third"]);
    let label = snapshot.get(&LABELS, &(account("casts"), 1)).unwrap();
    assert_eq!(label, Some(note("label")));
    let keys = store.keys(&account("casts")).unwrap();
    assert_eq!(keys.get(b"ratchet").unwrap().unwrap().as_slice(), b"1");
    let erased = ConversationId::from_bytes([2; 16]);
    assert!(texts(&snapshot, erased).is_empty());
    assert!(fsck(&snapshot, &[], &mut |_| ()).unwrap().is_clean());
}

#[tokio::test]
async fn a_backup_under_load_is_a_store_of_one_moment() {
    let (folder, path, store) = fresh();
    let id = ConversationId::fresh();
    for seq in 0..40 {
        put(&store, id, seq, &"z".repeat(200_000)).await;
    }
    let erased = ConversationId::fresh();
    put(&store, erased, 1, "gone").await;
    store.write(move |unit| unit.erase_conversation(erased)).await.unwrap();
    let reader = Reader::open(&path, &secret()).unwrap();
    let snapshot = reader.snapshot().unwrap();
    let target = folder.path().join("backup");
    let copying = {
        let target = target.clone();
        tokio::task::spawn_blocking(move || snapshot.backup_to(target).unwrap())
    };
    for seq in 40..60 {
        put(&store, id, seq, "later").await;
    }
    copying.await.unwrap();
    assert!(matches!(reader.snapshot().unwrap().backup_to(&target), Err(BackupError::Exists)));
    let copy = Store::open(&target, &secret()).unwrap();
    let there = copy.snapshot().unwrap();
    assert_eq!(texts(&there, id), vec!["z".repeat(200_000); 40]);
    // The row that was left of the erased conversation was not copied.
    assert!(fsck(&there, &[], &mut |_| ()).unwrap().is_clean());
    put(&copy, id, 40, "goes its own way").await;
}

struct NotesAreShort;

impl Invariant for NotesAreShort {
    fn name(&self) -> &'static str {
        "notes are short"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        for (row, note) in snapshot.scan(&NOTES, Span::all(), 1000)? {
            if note.text.is_some_and(|text| text.len() > 10) {
                findings.add(self.name(), Some(row), "is long");
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn fsck_counts_checks_and_reports_on_a_live_store() {
    let (_folder, path, store) = fresh();
    let id = ConversationId::from_bytes([3; 16]);
    put(&store, id, 1, "short").await;
    put(&store, id, 2, "much too long").await;
    let erased = ConversationId::fresh();
    put(&store, erased, 1, "gone").await;
    store.write(move |unit| unit.erase_conversation(erased)).await.unwrap();
    let reader = Reader::open(&path, &secret()).unwrap();
    let mut shown = 0;
    let snapshot = reader.snapshot().unwrap();
    let report = fsck(&snapshot, &[&NotesAreShort], &mut |_| shown += 1).unwrap();
    assert!(report.tables.contains(&("test_notes".to_owned(), 3)));
    let said: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(report.count, 2);
    assert!(said[0].starts_with("test_notes: is left of an erased conversation; erase it again"));
    let row = format!("{}{:016x}", "03".repeat(16), 2);
    assert_eq!(said[1], format!("notes are short: is long, row {row}"));
    assert!(shown > 0);
}

static STEPS: AtomicU32 = AtomicU32::new(0);
static FAIL_AT: AtomicU32 = AtomicU32::new(u32::MAX);

/// Marks ten notes at a time.
fn mark(unit: &mut Unit<'_>, from: Option<&RowKey>) -> Result<Option<RowKey>, ChangeError> {
    if STEPS.fetch_add(1, Ordering::SeqCst) == FAIL_AT.load(Ordering::SeqCst) {
        return Err(ChangeError::Erased);
    }
    let span = from.map_or(Span::all(), |from| Span::all().after(from));
    let rows = unit.scan(&NOTES, span, 10)?;
    for (row, old) in &rows {
        let id = ConversationId::from_bytes(row.part(0).unwrap());
        let seq = Seq(u64::from_be_bytes(row.part(16).unwrap()));
        let text = old.text.clone().unwrap();
        assert!(!text.starts_with("marked"), "a step was taken twice");
        unit.put(&NOTES, &(id, seq), &note(&format!("marked {text}")))?;
    }
    Ok(rows.last().map(|(row, _)| row.clone()))
}

#[tokio::test]
async fn a_migration_runs_dry_resumes_and_keeps_what_was() {
    let (_folder, path, store) = fresh();
    let id = ConversationId::fresh();
    for seq in 0..45 {
        put(&store, id, seq, &seq.to_string()).await;
    }
    drop(store);
    let migrations = [Migration { from: 0, name: "mark notes", step: mark }];
    let up_to_date = migrate(&path, &secret(), &migrations, Outcome::Replace);
    assert!(matches!(up_to_date, Err(MigrateError::UpToDate)));
    set_format(&path, 0);
    let before = fs::read(&path).unwrap();
    let no_way = migrate(&path, &secret(), &[], Outcome::Replace);
    assert!(matches!(no_way, Err(MigrateError::NoWay { found: 0 })));
    let wrong = migrate(&path, &RootSecret::key_file([8; 32]), &migrations, Outcome::Replace);
    assert!(matches!(wrong, Err(MigrateError::Open(OpenError::WrongSecret))));

    let dry = migrate(&path, &secret(), &migrations, Outcome::DryRun).unwrap();
    assert_eq!((dry.from, dry.steps, dry.backup), (0, 6, None));
    assert!(dry.report.is_clean());
    assert_eq!(fs::read(&path).unwrap(), before);

    FAIL_AT.store(STEPS.load(Ordering::SeqCst) + 4, Ordering::SeqCst);
    let failed = migrate(&path, &secret(), &migrations, Outcome::Replace);
    assert!(matches!(failed, Err(MigrateError::Step { name: "mark notes", .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
    FAIL_AT.store(u32::MAX, Ordering::SeqCst);

    let done = migrate(&path, &secret(), &migrations, Outcome::Replace).unwrap();
    assert_eq!(done.steps, 2);
    let backup = done.backup.unwrap();
    assert_eq!(fs::read(&backup).unwrap(), before);
    assert!(matches!(Reader::open(&backup, &secret()), Err(OpenError::Older { found: 0, .. })));
    let store = Store::open(&path, &secret()).unwrap();
    let expected: Vec<_> = (0..45).map(|seq| format!("marked {seq}")).collect();
    assert_eq!(texts(&store.snapshot().unwrap(), id), expected);
    let names: Vec<_> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".lock"))
        .collect();
    assert_eq!(names.len(), 2, "{names:?}");
}
