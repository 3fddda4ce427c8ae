//! What was cut or altered is refused whole, and touches nothing.

use super::generated::{Fate, Plot, Said};
use super::{Selection, archive, at, new, secret, store, taken, values};
use crate::archive::export::export_as;
use crate::archive::frame::ArchiveError;
use crate::archive::import::{Accounts, ImportError, import};
use crate::archive::owner::{OwnerId, OwnerKey};
use crate::archive::verify::verify;
use crate::store::{RootSecret, Store};

fn small() -> Plot {
    let said = |n: u8| Said { room: n, by: n, text: format!("said {n}"), fate: Fate::Reacted };
    Plot { said: (0..3).map(said).collect(), extras: vec![(3, 4), (0, 1)], erases: None }
}

#[tokio::test]
async fn what_was_altered_at_any_byte_is_refused_whole() {
    let (bytes, _) = archive(&store(&small()).await);
    let there = Store::in_memory().unwrap();
    let before = values(&there);
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1 << (at % 8);
        let error = taken(&there, &altered).await.unwrap_err();
        assert!(matches!(error, ImportError::Archive(_)), "byte {at}: {error:?}");
        // Without the key as well.
        assert!(verify(altered.as_slice(), None, None).is_err(), "byte {at}");
    }
    assert_eq!(values(&there), before);
    assert!(there.snapshot().unwrap().all_values().values().all(Vec::is_empty));
}

#[tokio::test]
async fn what_was_cut_or_added_to_is_refused_whole() {
    let (bytes, _) = archive(&store(&small()).await);
    let there = Store::in_memory().unwrap();
    for length in 0..bytes.len() {
        let error = taken(&there, &bytes[..length]).await.unwrap_err();
        assert!(matches!(error, ImportError::Archive(_)), "{length} bytes: {error:?}");
        assert!(verify(&bytes[..length], None, None).is_err(), "{length} bytes");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(taken(&there, &longer).await.is_err());
    assert!(there.snapshot().unwrap().all_values().values().all(Vec::is_empty));
    taken(&there, &bytes).await.unwrap();
}

#[tokio::test]
async fn only_its_own_secret_opens_it_and_only_its_own_owner_signed_it() {
    let here = store(&small()).await;
    let snapshot = here.snapshot().unwrap();
    let typed = RootSecret::passphrase("tide pool");
    let selection = Selection::default();
    let (bytes, _) = export_as(&snapshot, Vec::new(), &typed, &selection, new()).unwrap();
    let verified = verify(bytes.as_slice(), Some(&typed), None).unwrap();
    assert_eq!(verified.manifest.unwrap().count(2), 6);
    let wrong = RootSecret::passphrase("tide pooL");
    let error = verify(bytes.as_slice(), Some(&wrong), None).unwrap_err();
    assert!(matches!(error, ArchiveError::WrongSecret));
    let error = verify(bytes.as_slice(), Some(&secret()), None).unwrap_err();
    assert!(matches!(error, ArchiveError::OtherKind));
    let owner = OwnerKey::of(&snapshot).public();
    assert!(verify(bytes.as_slice(), None, Some(owner)).unwrap().manifest.is_none());
    let other = OwnerKey::of(&Store::in_memory().unwrap().snapshot().unwrap()).public();
    let error = verify(bytes.as_slice(), None, Some(other)).unwrap_err();
    assert!(matches!(error, ArchiveError::OtherOwner));
    // Nobody passes for the owner by putting another key into the header.
    assert!(verify(resigned(&bytes, owner, other).as_slice(), None, None).is_err());
}

/// The archive with another owner in its header.
fn resigned(bytes: &[u8], from: OwnerId, to: OwnerId) -> Vec<u8> {
    let place = bytes.windows(32).position(|it| it == from.as_bytes()).unwrap();
    let mut other = bytes.to_vec();
    other[place..place + 32].copy_from_slice(to.as_bytes());
    other
}

#[tokio::test]
async fn an_archive_shows_nothing_of_what_is_in_it() {
    let (bytes, _) = archive(&store(&small()).await);
    for word in ["said", "author-", "feeds", "here", "room"] {
        assert!(!bytes.windows(word.len()).any(|it| it == word.as_bytes()), "{word}");
    }
}

#[tokio::test]
async fn accounts_are_not_taken_into_a_store_with_its_own() {
    let (bytes, _) = archive(&store(&small()).await);
    let mut other = small();
    other.said.truncate(1);
    other.said[0].text = "already here".to_owned();
    let there = store(&other).await;
    let before = values(&there);
    let error = taken(&there, &bytes).await.unwrap_err();
    assert!(matches!(error, ImportError::AccountsIntoALiveStore), "{error:?}");
    assert_eq!(before, values(&there));
    let from = std::io::Cursor::new(&bytes);
    let imported = import(&there, from, &secret(), Accounts::LeaveOut, at(10)).await.unwrap();
    assert!(imported.tally.left_out > 0);
}
