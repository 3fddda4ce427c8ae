//! A file that is said to be a store.

use std::fs;
use std::sync::LazyLock;

use threadbridge_core::model::id::AccountName;
use threadbridge_core::store::{Reader, RootSecret, Store};

use crate::Target;

/// Any file is refused, or opens and can be read; it is the same file afterwards if it is refused.
pub const TARGET: Target = Target { name: "store", run, seeds, rounds: 80 };

static STORE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::create(&path, &secret()).unwrap();
    let account = AccountName::parse("casts").unwrap();
    let keys = store.keys(&account).unwrap();
    keys.put(b"key", b"value");
    let writing = store.write(move |unit| unit.apply(keys));
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(writing).unwrap();
    drop(store);
    fs::read(path).unwrap()
});

fn secret() -> RootSecret {
    RootSecret::key_file([5; 32])
}

fn run(bytes: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    fs::write(&path, bytes).unwrap();
    let account = AccountName::parse("casts").unwrap();
    if let Ok(reader) = Reader::open(&path, &secret()) {
        drop(reader.snapshot());
    }
    match Store::open(&path, &secret()) {
        Ok(store) => {
            if let Ok(keys) = store.keys(&account)
                && let Ok(Some(value)) = keys.get(b"key")
            {
                assert_eq!(value.as_slice(), b"value");
            }
        }
        Err(error) => {
            assert!(!error.to_string().contains(&*path.to_string_lossy()));
            assert_eq!(fs::read(&path).unwrap().len(), bytes.len());
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![STORE.clone(), STORE[..8192].to_vec(), Vec::new()]
}
