//! A file that is said to be an archive.

use std::sync::LazyLock;

use threadbridge_core::archive::export::{Selection, export};
use threadbridge_core::archive::verify::verify;
use threadbridge_core::model::content::{Content, Salt};
use threadbridge_core::model::id::Leg;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::pipeline::{Target as Whom, say};
use threadbridge_core::store::{RootSecret, Store};

use crate::Target;

/// Any file is refused as a whole, unless it is the very one that was written; with the key, and
/// without.
pub const TARGET: Target = Target { name: "archive", run, seeds, rounds: 2_000 };

static ARCHIVE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let store = Store::in_memory().unwrap();
    let now = Timestamp::from_secs(1_000_000);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for number in 0..20 {
        let leg = Leg::parse(&format!("casts:channel/{}", number % 3)).unwrap();
        let content = Content::plain(Salt::random().unwrap(), &format!("words {number}"));
        runtime.block_on(say(&store, Whom::Leg(leg), content, now)).unwrap();
    }
    let selection = Selection::default();
    let (bytes, _) =
        export(&store.snapshot().unwrap(), Vec::new(), &secret(), &selection, now).unwrap();
    bytes
});

fn secret() -> RootSecret {
    RootSecret::key_file([5; 32])
}

fn run(bytes: &[u8]) {
    let is_it = bytes == ARCHIVE.as_slice();
    for secret in [Some(secret()), None] {
        match verify(bytes, secret.as_ref(), None) {
            Ok(found) => {
                assert!(is_it, "something else is taken for the archive");
                assert_eq!(found.manifest.is_some(), secret.is_some());
            }
            Err(error) => assert!(!is_it && !error.to_string().is_empty()),
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    vec![ARCHIVE.clone(), ARCHIVE[..200].to_vec(), Vec::new()]
}
