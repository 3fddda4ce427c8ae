//! How far the journal goes, and telling those who follow it that it grew.

use tokio::sync::watch;

use crate::model::id::Seq;
use crate::store::span::Span;
use crate::store::tables::JOURNAL;
use crate::store::{ReadError, Reads};

/// The last place of the journal; the one before the first if nothing was ever journaled.
pub(crate) fn last_place(store: &impl Reads) -> Result<Seq, ReadError> {
    let last = store.scan(&JOURNAL, Span::all().falling(), 1)?;
    Ok(Seq(last.first().and_then(|(key, _)| key.part(0)).map_or(0, u64::from_be_bytes)))
}

/// Tells everybody who follows the journal that it goes as far as this, if that is new.
pub(super) fn grow(head: &watch::Sender<Seq>, last: Seq) {
    head.send_if_modified(|head| {
        let grew = *head < last;
        *head = (*head).max(last);
        grew
    });
}
