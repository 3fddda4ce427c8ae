//! A message never returns to where it came from.

use super::Destination;
use crate::model::journal::Record;
use crate::model::mark::{MAX_ROOMS, RoomTag};

/// Whether the record came from that leg: by our own ledger, or by the mark that other bridges left
/// on it.
///
/// The last room of a mark is where the record came in here. That leg is known for sure, so its tag
/// is not asked: two rooms of one name, on two hubs that know nothing of each other, have one tag.
pub(super) fn came_from(record: &Record, to: Destination<'_>) -> bool {
    if record.leg.as_ref() == Some(to.leg) {
        return true;
    }
    let tag = RoomTag::of(to.network, &to.leg.conversation);
    let before = record.mark.as_ref().and_then(|mark| mark.rooms.split_last());
    // Where a mark has no room for all of them, it can no longer tell.
    before.is_some_and(|(_here, before)| before.len() >= MAX_ROOMS || before.contains(&tag))
}
