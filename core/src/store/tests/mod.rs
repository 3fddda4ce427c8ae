//! The store from outside its modules.

mod commits;
mod copies;
mod cuts;
mod damage;
mod keys;
mod opens;
mod order;

use std::process::{Child, Command, Stdio};

use minicbor::{Decode, Encode};
use tempfile::TempDir;

use super::*;
use crate::model::id::Seq;
use crate::store::table::Table;

/// What a test writes into a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Note {
    #[n(0)]
    pub(super) text: Option<String>,
}

pub(super) const NOTES: Table<(ConversationId, Seq), Note> = Table::of_conversation("test_notes");
pub(super) const LABELS: Table<(AccountName, u32), Note> = Table::of_store("test_labels");

fn note(text: &str) -> Note {
    Note { text: Some(text.to_owned()) }
}

fn account(name: &str) -> AccountName {
    AccountName::parse(name).unwrap()
}

fn secret() -> RootSecret {
    RootSecret::key_file([7; 32])
}

/// A new store in a folder of its own, and its path there.
fn fresh() -> (TempDir, PathBuf, Store) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::create(&path, &secret()).unwrap();
    (folder, path, store)
}

async fn put(store: &Store, id: ConversationId, seq: u64, text: &str) {
    let note = note(text);
    store.write(move |unit| unit.put(&NOTES, &(id, Seq(seq)), &note)).await.unwrap();
}

fn texts(from: &impl Reads, id: ConversationId) -> Vec<String> {
    let rows = from.scan(&NOTES, span::Span::under(&id), 1_000_000).unwrap();
    rows.into_iter().map(|(_, note)| note.text.unwrap()).collect()
}

/// Runs the test `name` of this binary in a process of its own, by way of `sh -c` with `setup`.
fn child(name: &str, path: &Path, setup: &str) -> Child {
    Command::new("sh")
        .args(["-c", &format!("{setup} exec \"$@\""), "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env("STORE_OF_A_CHILD", path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Where the store is, in a process that [`child`] started.
fn path_of_child() -> Option<PathBuf> {
    std::env::var_os("STORE_OF_A_CHILD").map(PathBuf::from)
}
