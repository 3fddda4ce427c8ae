//! Is it ours already? Asked before an envelope is opened, so that a ratchet is not used up and a
//! signature not checked for something that is known.

use crate::model::copy::{MadeBy, Pointer};
use crate::model::id::{AccountName, RemoteId};
use crate::store::tables::{FORGOTTEN, REMOTE, WAITING};
use crate::store::{ReadError, Reads};

/// What is known of an envelope by its id alone. The id is not proven yet, so nothing but «we have
/// that one» may follow from it.
pub(crate) enum Known {
    /// Nothing.
    Not,
    /// It is in the journal, or is another bridge's copy of what is.
    Journaled,
    /// It is our own, and the network shows it to us.
    Ours,
    /// It waits for something already.
    Waits,
}

pub(crate) fn known(
    store: &impl Reads,
    account: &AccountName,
    id: &RemoteId,
) -> Result<Known, ReadError> {
    let key = (account.clone(), id.clone());
    Ok(match store.get(&REMOTE, &key)? {
        Some(Pointer { made_by: MadeBy::Us, .. }) => Known::Ours,
        Some(Pointer { made_by: MadeBy::Author | MadeBy::OtherBridge, .. }) => Known::Journaled,
        None if store.get(&WAITING, &key)?.is_some() => Known::Waits,
        // It was erased, and is to stay so.
        None if store.get(&FORGOTTEN, &key)?.is_some() => Known::Journaled,
        None => Known::Not,
    })
}
