//! What those who cannot see the keys are told of a group.

use threadbridge_core::adapter::Missing;
use threadbridge_core::model::id::RemoteConversation;
use threadbridge_core::store::Keys;

use crate::identity::inbox::InboxId;
use crate::identity::logs::Logs;
use crate::kept::keys_unreadable;
use crate::mls::group::record::{GroupId, Kind, Record, State};
use crate::place::Place;
use crate::session::{Followed, Session};

/// What the owner's links may call a group.
pub(crate) fn names(
    keys: &Keys,
    group: &GroupId,
    record: &Record,
) -> Result<Vec<RemoteConversation>, Missing> {
    let mut places = vec![Place::Group(group.as_bytes().to_vec())];
    if let Some(peer) = record.peer.as_deref().and_then(InboxId::parse) {
        let newest = Logs::new(keys).newest(peer).map_err(|_| keys_unreadable())?;
        if let Some((_, state)) = newest {
            let addresses = state.addresses().into_iter();
            places.extend(addresses.map(|it| Place::DirectAddress(it.to_owned())));
        }
        // What the bridge itself calls it comes behind what the owner's links do.
        places.push(Place::Direct(peer));
    }
    Ok(places.iter().filter_map(Place::name).collect())
}

/// Tells where a group stands.
pub(crate) fn follow(
    session: &Session,
    keys: &Keys,
    group: &GroupId,
    (record, epoch): (&Record, u64),
) -> Result<(), Missing> {
    // What a newer client is needed for stays on the servers until there is one.
    let is_paused = matches!(record.state, State::Paused(_));
    let names = if is_paused { Vec::new() } else { names(keys, group, record)? };
    let is_ours = record.kind == Kind::Sync;
    let is_direct = record.kind == Kind::Dm && !is_paused;
    let followed = Followed { names, from: record.begins_after, is_ours, is_direct, epoch };
    session.follow(group.as_bytes().to_vec(), followed);
    Ok(())
}
