//! Export then import is the identity.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::generated::{Fate, Plot, Said, leg, plots};
use super::{archive, runtime, selected, store, taken, values};
use crate::archive::export::Selection;
use crate::model::id::AccountName;
use crate::store::Store;

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_store_that_was_carried_elsewhere_is_the_same(plot in plots()) {
        let same: Result<(), TestCaseError> = runtime().block_on(async {
            let here = store(&plot).await;
            let (bytes, exported) = all(&here);
            prop_assert_eq!(exported, Vec::new());
            let there = Store::in_memory().unwrap();
            let imported = taken(&there, &bytes).await.unwrap();
            prop_assert_eq!(imported.tally.conflict_count, 0);
            prop_assert_eq!(values(&here), values(&there));
            // Another store signs by another key; but for that the archive is the same.
            let (again, _) = all(&there);
            prop_assert_eq!(items(&bytes), items(&again));
            prop_assert_eq!(&all(&here).0, &bytes);
            Ok(())
        });
        same?;
    }

    #[test]
    fn importing_again_changes_nothing(plot in plots()) {
        let same: Result<(), TestCaseError> = runtime().block_on(async {
            let here = store(&plot).await;
            let (bytes, _) = archive(&here);
            let there = Store::in_memory().unwrap();
            taken(&there, &bytes).await.unwrap();
            let before = values(&there);
            let again = taken(&there, &bytes).await.unwrap();
            prop_assert!(again.tally.came.is_empty(), "{:?}", again.tally);
            prop_assert_eq!(again.tally.conflict_count, 0);
            prop_assert_eq!(before, values(&there));
            Ok(())
        });
        same?;
    }
}

/// An archive of everything, and the tables that had rows it could not take.
fn all(store: &Store) -> (Vec<u8>, Vec<(&'static str, u64)>) {
    let accounts = ["here", "there", "voice", "far"].map(|it| AccountName::parse(it).unwrap());
    let selection =
        Selection { with_accounts: true, accounts: accounts.into(), ..Selection::default() };
    let (bytes, exported) = selected(&store.snapshot().unwrap(), &selection);
    (bytes, exported.left)
}

/// The digest of an archive's items.
fn items(bytes: &[u8]) -> [u8; 32] {
    let verified = crate::archive::verify::verify(bytes, Some(&super::secret()), None).unwrap();
    verified.manifest.unwrap().digest
}

/// What is said in several rooms, enough for several frames.
fn long() -> Plot {
    let noise = |n: usize| {
        let mut text = vec![0; 6_000];
        blake3::Hasher::new().update(&n.to_be_bytes()).finalize_xof().fill(&mut text);
        text.iter().map(|byte| char::from(b'a' + byte % 26)).collect::<String>()
    };
    let said = |n: usize| Said {
        room: u8::try_from(n % 3).unwrap(),
        by: u8::try_from(n % 5).unwrap(),
        text: noise(n),
        fate: Fate::Copied,
    };
    Plot { said: (0..120).map(said).collect(), extras: Vec::new(), erases: None }
}

#[tokio::test]
async fn an_archive_of_several_frames_is_taken_in() {
    let here = store(&long()).await;
    let (bytes, exported) = archive(&here);
    assert!(exported.manifest.frames > 2, "{exported:?}");
    let there = Store::in_memory().unwrap();
    taken(&there, &bytes).await.unwrap();
    assert_eq!(values(&here), values(&there));
}

#[tokio::test]
async fn one_conversation_goes_without_the_others() {
    let here = store(&long()).await;
    let only = Selection {
        conversations: Some([super::generated::room(1)].into()),
        ..Selection::default()
    };
    let (bytes, exported) = selected(&here.snapshot().unwrap(), &only);
    assert_eq!((exported.manifest.count(1), exported.manifest.count(2)), (1, 40));
    let there = Store::in_memory().unwrap();
    let imported = taken(&there, &bytes).await.unwrap();
    assert!(!imported.keeps_places);
    let snapshot = there.snapshot().unwrap();
    let report = crate::store::fsck::fsck(&snapshot, crate::invariants::ALL, &mut |_| ()).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    let other = crate::store::Reads::get(&snapshot, &crate::store::tables::LEGS, &leg("here", 0));
    assert_eq!(other.unwrap(), None);
}
