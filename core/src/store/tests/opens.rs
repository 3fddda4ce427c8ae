//! Who may open what, and beside whom.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::*;
use crate::store::disk::Disk;
use crate::store::header::{FORMAT, Header};
use crate::store::lock::LockFile;
use crate::store::rows::Changes;

fn refusal(path: &Path, secret: &RootSecret) -> OpenError {
    let before = fs::read(path).ok();
    let reading = Reader::open(path, secret).err();
    let writing = Store::open(path, secret).unwrap_err();
    assert_eq!(fs::read(path).ok(), before, "a refused store was changed");
    if let Some(reading) = reading {
        assert_eq!(std::mem::discriminant(&reading), std::mem::discriminant(&writing));
    }
    writing
}

#[tokio::test]
async fn a_reader_follows_the_writer_and_never_holds_it_up() {
    let (_folder, path, store) = fresh();
    let id = ConversationId::fresh();
    let reader = Reader::open(&path, &secret()).unwrap();
    let empty = reader.snapshot().unwrap();
    for seq in 0..50 {
        put(&store, id, seq, "said").await;
    }
    assert_eq!(texts(&reader.snapshot().unwrap(), id).len(), 50);
    assert!(texts(&empty, id).is_empty());
    store.close().await.unwrap();
    assert_eq!(texts(&reader.snapshot().unwrap(), id).len(), 50);
}

/// Follows a writer; half a unit, or fewer rows than before, would be a failure.
#[test]
fn child_that_reads() {
    let Some(path) = path_of_child() else { return };
    let reader = Reader::open(&path, &secret()).unwrap();
    let id = ConversationId::from_bytes([1; 16]);
    let (mut seen, mut snapshots) = (0, 0);
    let deadline = Instant::now() + Duration::from_secs(60);
    println!("\nfollows");
    while seen < 400 && Instant::now() < deadline {
        let rows = texts(&reader.snapshot().unwrap(), id);
        assert!(rows.len().is_multiple_of(2) && rows.len() >= seen);
        seen = rows.len();
        snapshots += 1;
    }
    println!("\nsaw {seen} rows in {} snapshots", if snapshots > 1 { "many" } else { "one" });
}

#[tokio::test]
async fn a_reader_in_another_process_sees_each_unit_whole_while_it_is_written_beside() {
    let (_folder, path, store) = fresh();
    let id = ConversationId::from_bytes([1; 16]);
    let mut child = child("store::tests::opens::child_that_reads", &path, "");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "follows"));
    for seq in 0..200 {
        store
            .write(move |unit| {
                unit.put(&NOTES, &(id, Seq(seq * 2)), &note("one"))?;
                unit.put(&NOTES, &(id, Seq(seq * 2 + 1)), &note("other"))
            })
            .await
            .unwrap();
    }
    assert!(lines.any(|line| line == "saw 400 rows in many snapshots"));
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_store_is_readable_by_its_owner_only() {
    let (_folder, path, _store) = fresh();
    for file in [path.clone(), lock::beside(&path, "lock")] {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert!(!lock::beside(&path, "draft").exists());
}

#[test]
fn what_exists_is_not_created_again() {
    let (folder, path, store) = fresh();
    assert!(matches!(Store::create(&path, &secret()), Err(CreateError::InUse { .. })));
    drop(store);
    let before = fs::read(&path).unwrap();
    assert!(matches!(Store::create(&path, &secret()), Err(CreateError::Exists)));
    assert_eq!(fs::read(&path).unwrap(), before);
    let nowhere = folder.path().join("missing").join("store");
    assert!(matches!(Store::create(&nowhere, &secret()), Err(CreateError::NoFolder)));
    let empty = Store::create(folder.path().join("other"), &RootSecret::passphrase(""));
    assert!(matches!(empty, Err(CreateError::EmptyPassphrase)));
    assert!(!folder.path().join("other").exists());
}

#[test]
fn errors_are_one_clause_and_name_no_path_or_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let mut errors = vec![
        Store::open(&path, &secret()).unwrap_err().to_string(),
        Store::create(&path, &RootSecret::passphrase("")).unwrap_err().to_string(),
    ];
    let store = Store::create(&path, &RootSecret::passphrase("tide pool")).unwrap();
    errors.push(Store::open(&path, &secret()).unwrap_err().to_string());
    drop(store);
    for wrong in [secret(), RootSecret::passphrase("rock pool")] {
        errors.push(Store::open(&path, &wrong).unwrap_err().to_string());
    }
    fs::write(&path, "no store").unwrap();
    errors.push(Store::open(&path, &secret()).unwrap_err().to_string());
    for error in errors {
        assert!(error.starts_with(char::is_lowercase) && !error.ends_with('.'), "{error}");
        assert!(!error.contains("pool") && !error.contains("/"), "{error}");
    }
}

#[test]
fn a_second_writer_is_refused_and_told_who_is_first() {
    let (_folder, path, store) = fresh();
    let OpenError::InUse { pid } = Store::open(&path, &secret()).unwrap_err() else { panic!() };
    assert_eq!(pid, Some(std::process::id()));
    drop(store);
    Store::open(&path, &secret()).unwrap();
}

#[test]
fn whoever_has_the_lock_for_a_moment_is_waited_for() {
    let (_folder, path, store) = fresh();
    drop(store);
    let held = LockFile::take(&path).unwrap();
    let given_back = thread::spawn(move || {
        thread::sleep(Duration::from_millis(100));
        drop(held);
    });
    Store::open(&path, &secret()).unwrap();
    given_back.join().unwrap();
}

#[test]
fn the_wrong_secret_is_told_from_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(Store::create(&path, &RootSecret::passphrase("tide pool")).unwrap());
    let wrong = refusal(&path, &RootSecret::passphrase("tidepool"));
    assert!(matches!(wrong, OpenError::WrongSecret));
    assert!(matches!(refusal(&path, &secret()), OpenError::OtherKind));
    Store::open(&path, &RootSecret::passphrase("tide pool")).unwrap();
}

#[tokio::test]
async fn another_secret_replaces_the_first_and_writes_nothing_else_anew() {
    let (_folder, path, store) = fresh();
    let id = ConversationId::fresh();
    put(&store, id, 1, "kept").await;
    store.change_secret(&RootSecret::passphrase("tide pool")).await.unwrap();
    let empty = store.change_secret(&RootSecret::passphrase("")).await;
    assert!(matches!(empty, Err(ChangeSecretError::EmptyPassphrase)));
    drop(store);
    assert!(matches!(refusal(&path, &secret()), OpenError::OtherKind));
    let store = Store::open(&path, &RootSecret::passphrase("tide pool")).unwrap();
    assert_eq!(texts(&store.snapshot().unwrap(), id), ["kept"]);
}

#[test]
fn what_is_no_store_is_said_to_be_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    assert!(matches!(refusal(&path, &secret()), OpenError::Missing));
    assert!(!lock::beside(&path, "lock").exists());
    for not_one in [&b""[..], b"redb", b"SQLite format 3\0 and so on", &[0; 10_000]] {
        fs::write(&path, not_one).unwrap();
        assert!(matches!(refusal(&path, &secret()), OpenError::NotAStore));
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(matches!(refusal(&path, &secret()), OpenError::NotAStore));
    fs::remove_dir(&path).unwrap();
    // A database of somebody else.
    let disk = Disk::create(Place::File(path.clone())).unwrap();
    let mut changes = Changes::default();
    changes.put("theirs", vec![1], vec![2]);
    disk.commit(&changes).unwrap();
    disk.close().unwrap();
    assert!(matches!(refusal(&path, &secret()), OpenError::NotAStore));
}

#[test]
fn formats_of_other_versions_are_told_apart() {
    let (_folder, path, store) = fresh();
    drop(store);
    let original = fs::read(&path).unwrap();
    for format in [FORMAT - 1, FORMAT + 1, u32::MAX] {
        fs::write(&path, &original).unwrap();
        set_format(&path, format);
        let refused = refusal(&path, &secret());
        if format > FORMAT {
            let OpenError::Newer { found, known } = refused else { panic!("{refused:?}") };
            assert_eq!((found, known), (format, FORMAT));
        } else {
            let OpenError::Older { found, known } = refused else { panic!("{refused:?}") };
            assert_eq!((found, known), (format, FORMAT));
        }
    }
}

/// Makes the store say that it has another format.
pub(super) fn set_format(path: &Path, format: u32) {
    let disk = Disk::open(path).unwrap();
    let mut header = Header::read(&disk.view().unwrap()).unwrap();
    header.format = format;
    let mut changes = Changes::default();
    header.write(&mut changes).unwrap();
    disk.commit(&changes).unwrap();
    disk.close().unwrap();
}

/// Opens a store as somebody who may not.
#[test]
fn child_without_permission() {
    let Some(path) = std::env::var_os("STORE_OF_ANOTHER") else { return };
    let path = PathBuf::from(path);
    let opened = Store::open(&path, &secret()).unwrap_err();
    assert!(matches!(opened, OpenError::NoPermission(_)), "{opened:?}");
    let read = Reader::open(&path, &secret()).unwrap_err();
    assert!(matches!(read, OpenError::NoPermission(_)), "{read:?}");
    let created = Store::create(path.with_extension("new"), &secret()).unwrap_err();
    assert!(matches!(created, CreateError::NoPermission(_)), "{created:?}");
    println!("\nrefused");
}

#[test]
fn without_permission_nothing_is_opened_or_created() {
    use std::os::unix::fs::MetadataExt;
    use std::os::unix::process::CommandExt;
    let (folder, path, store) = fresh();
    drop(store);
    let is_root = fs::metadata(&path).unwrap().uid() == 0;
    let mode = if is_root { 0o755 } else { 0o500 };
    // Nobody can read the program where it was built; its copy can be run by all.
    let program = folder.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    if !is_root {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
        fs::set_permissions(lock::beside(&path, "lock"), fs::Permissions::from_mode(0o000))
            .unwrap();
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
    let mut child = Command::new(&program);
    child.args(["--exact", "store::tests::opens::child_without_permission", "--nocapture"]);
    child.env("STORE_OF_ANOTHER", &path).current_dir("/");
    if is_root {
        child.uid(65_534).gid(65_534);
    }
    let output = child.output();
    if is_root && output.is_err() {
        println!("this machine has nobody but root: nothing can be denied");
        return;
    }
    let output = output.unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("\nrefused\n"), "{said} {}", String::from_utf8_lossy(&output.stderr));
}
