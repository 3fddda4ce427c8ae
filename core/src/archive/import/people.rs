//! Conversations and the people in them.

use super::tally::{Conflict, Tally};
use crate::archive::item::{ConversationItem, ParticipantItem, PartingItem};
use crate::model::direct::Direct;
use crate::model::event::ProfileRow;
use crate::model::journal::Conversation;
use crate::model::person::{Apart, Home, Standing, Tie};
use crate::model::proof::Proof;
use crate::people::{LAST_PARTING, LAST_WORD, claim};
use crate::store::tables::{
    APART, CONVERSATIONS, COUNTERS, DIRECTS, HOMES, LEGS, PARTINGS, PEOPLE, PROFILES, PROOFS,
    STANDINGS, TIES,
};
use crate::store::{ChangeError, Reads, Unit};

/// A conversation, with those of its legs that lead nowhere else here.
pub(super) fn conversation(
    unit: &mut Unit<'_>,
    item: ConversationItem,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let id = item.conversation.id;
    if unit.is_erased(id)? {
        tally.conflict(Conflict::Erased(id));
        return Ok(());
    }
    let mut elsewhere = Vec::new();
    for leg in &item.legs {
        match unit.get(&LEGS, leg)? {
            None => unit.put(&LEGS, leg, &id)?,
            Some(here) if here == id => {}
            Some(_) => {
                tally.conflict(Conflict::Leg(leg.clone()));
                elsewhere.push(leg.clone());
            }
        }
    }
    if unit.get(&CONVERSATIONS, &id)?.is_some() {
        tally.known();
        return Ok(());
    }
    tally.came(1);
    let mut legs = item.conversation.legs.clone();
    legs.retain(|leg| !elsewhere.contains(leg));
    unit.put(&CONVERSATIONS, &id, &Conversation { legs, ..item.conversation })
}

/// Somebody who has spoken.
pub(super) fn participant(
    unit: &mut Unit<'_>,
    item: &ParticipantItem,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    if unit.is_erased(item.conversation)? {
        return Ok(());
    }
    let key = (item.conversation, item.identity.clone());
    if unit.get(&PEOPLE, &key)?.is_some() {
        tally.known();
        return Ok(());
    }
    tally.came(6);
    unit.put(&PEOPLE, &key, &item.identity)
}

/// How somebody shows themself; what is known here is taken for newer.
pub(super) fn profile(
    unit: &mut Unit<'_>,
    row: ProfileRow,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let Some(identity) = row.identity.clone() else { return Ok(()) };
    match unit.get(&PROFILES, &identity)? {
        None => {
            tally.came(7);
            return unit.put(&PROFILES, &identity, &row);
        }
        Some(here) if here.clone().into_profile() == row.into_profile() => tally.known(),
        Some(_) => tally.conflict(Conflict::Profile(identity)),
    }
    Ok(())
}

/// Evidence, in the state that was found last.
pub(super) fn proof(
    unit: &mut Unit<'_>,
    proof: &Proof,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let key = (proof.one.clone(), proof.id());
    match unit.get(&PROOFS, &key)? {
        Some(here) if here.checked_at >= proof.checked_at => {
            tally.known();
            Ok(())
        }
        Some(_) | None => {
            tally.came(8);
            unit.put(&PROOFS, &key, proof)?;
            claim(unit, proof)
        }
    }
}

/// Which person somebody is by themself; here they may be one already.
pub(super) fn home(unit: &mut Unit<'_>, home: &Home, tally: &mut Tally) -> Result<(), ChangeError> {
    if unit.get(&HOMES, &home.identity)?.is_some() {
        tally.known();
        return Ok(());
    }
    tally.came(20);
    unit.put(&HOMES, &home.identity, home)
}

/// The owner's word that two are one person; behind those that were given here.
pub(super) fn tie(
    unit: &mut Unit<'_>,
    tie: Tie,
    keeps_places: bool,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let (there, back) =
        ((tie.one.clone(), tie.other.clone()), (tie.other.clone(), tie.one.clone()));
    if unit.get(&TIES, &there)?.is_some() {
        tally.known();
        return Ok(());
    }
    tally.came(21);
    let last = unit.get(&COUNTERS, LAST_WORD)?.unwrap_or(0);
    let number = if keeps_places { tie.number } else { last.saturating_add(1) };
    unit.put(&COUNTERS, LAST_WORD, &number.max(last))?;
    let tie = Tie { number, ..tie };
    unit.put(&TIES, &there, &tie)?;
    unit.put(&TIES, &back, &tie)
}

/// The owner's word that proofs join somebody with nobody.
pub(super) fn apart(
    unit: &mut Unit<'_>,
    apart: &Apart,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    if unit.get(&APART, &apart.identity)?.is_some() {
        tally.known();
        return Ok(());
    }
    tally.came(22);
    unit.put(&APART, &apart.identity, apart)
}

/// A parting, for people to see.
pub(super) fn parting(
    unit: &mut Unit<'_>,
    item: &PartingItem,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    tally.came(23);
    let last = unit.get(&COUNTERS, LAST_PARTING)?.unwrap_or(0);
    unit.put(&COUNTERS, LAST_PARTING, &item.number.max(last))?;
    unit.put(&PARTINGS, &item.number, &item.parting)
}

/// What the owner thinks of somebody; what they said here stays.
pub(super) fn attitude(
    unit: &mut Unit<'_>,
    standing: &Standing,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    if unit.get(&STANDINGS, &standing.identity)?.is_some() {
        tally.known();
        return Ok(());
    }
    tally.came(24);
    unit.put(&STANDINGS, &standing.identity, standing)
}

/// The ways of a direct conversation; those of here stay.
pub(super) fn direct(
    unit: &mut Unit<'_>,
    direct: &Direct,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let id = direct.conversation;
    if unit.is_erased(id)? || unit.get(&DIRECTS, &id)?.is_some() {
        tally.known();
        return Ok(());
    }
    tally.came(25);
    unit.put(&DIRECTS, &id, direct)
}
