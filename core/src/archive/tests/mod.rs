//! Archives from outside their modules.

pub(crate) mod generated;
mod identity;
mod merges;
mod refuses;

use std::io::Cursor;

use self::generated::Plot;
use super::export::{Exported, Selection, export_as};
use super::frame::NewArchive;
use super::import::{Accounts, ImportError, Imported, import};
use crate::model::time::Timestamp;
use crate::store::{RootSecret, Snapshot, Store};

fn secret() -> RootSecret {
    RootSecret::key_file([3; 32])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(seconds)
}

/// The same every time, so that the same things give the same archive.
fn new() -> NewArchive {
    NewArchive { id: [1; 16], salt: [2; 16], created_at: at(9) }
}

fn selected(snapshot: &Snapshot, selection: &Selection) -> (Vec<u8>, Exported) {
    export_as(snapshot, Vec::new(), &secret(), selection, new()).unwrap()
}

/// Everything of a store, its accounts included.
fn archive(store: &Store) -> (Vec<u8>, Exported) {
    let selection = Selection { with_accounts: true, ..Selection::default() };
    selected(&store.snapshot().unwrap(), &selection)
}

async fn taken(store: &Store, bytes: &[u8]) -> Result<Imported, ImportError> {
    import(store, Cursor::new(bytes), &secret(), Accounts::TakeOver, at(10)).await
}

/// A store with what a plot says, in memory.
pub(crate) async fn store(plot: &Plot) -> Store {
    let store = Store::in_memory().unwrap();
    let plot = plot.clone();
    store.write(move |unit| plot.play(unit)).await.unwrap();
    store
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// What of a store an archive has to bring back, opened.
fn values(store: &Store) -> std::collections::BTreeMap<&'static str, Vec<Vec<u8>>> {
    let mut values = store.snapshot().unwrap().all_values();
    for own in ["conversation_keys", "imports", "health", "introduced"] {
        values.remove(own);
    }
    values
}
