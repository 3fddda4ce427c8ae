//! The people whom the bridge knows.

use std::collections::BTreeSet;

use super::kin::{Kin, kin};
use crate::model::id::{Identity, PersonId};
use crate::model::person::{Home, Introduced, Parting, Person};
use crate::store::span::Span;
use crate::store::tables::{HOMES, INTRODUCED, PARTINGS};
use crate::store::{ChangeError, ReadError, Reads, Unit};

/// Whom the owner's settings introduced when the bridge last ran.
pub fn introduced(store: &impl Reads) -> Result<Vec<Introduced>, ReadError> {
    let rows = store.scan(&INTRODUCED, Span::all(), usize::MAX)?;
    Ok(rows.into_iter().map(|(_, it)| it).collect())
}

/// The person whom an identity is.
pub fn person(store: &impl Reads, identity: &Identity) -> Result<Person, ReadError> {
    of_kin(store, kin(store, identity)?)
}

/// Everybody of whom anything was ever said to join them with somebody, the oldest first.
pub fn everybody(store: &impl Reads) -> Result<Vec<Person>, ReadError> {
    let mut homes: Vec<Home> =
        store.scan(&HOMES, Span::all(), usize::MAX)?.into_iter().map(|(_, it)| it).collect();
    homes.sort_by_key(|it| it.person);
    let mut seen = BTreeSet::new();
    let mut people = Vec::new();
    for home in homes {
        if seen.contains(&home.identity) {
            continue;
        }
        let found = person(store, &home.identity)?;
        seen.extend(found.identities.iter().cloned());
        people.push(found);
    }
    Ok(people)
}

/// The last partings that nobody asked for, the newest first.
pub fn partings(store: &impl Reads) -> Result<Vec<Parting>, ReadError> {
    let rows = store.scan(&PARTINGS, Span::all().falling(), usize::MAX)?;
    Ok(rows.into_iter().map(|(_, it)| it).collect())
}

fn of_kin(store: &impl Reads, kin: Kin) -> Result<Person, ReadError> {
    let mut id: Option<PersonId> = None;
    for identity in &kin.identities {
        if let Some(home) = store.get(&HOMES, identity)? {
            id = Some(id.map_or(home.person, |other| other.min(home.person)));
        }
    }
    let people = introduced(store)?;
    let theirs = |it: &&Introduced| it.identities.iter().any(|it| kin.identities.contains(it));
    let name = people.iter().filter(theirs).find_map(|it| it.name.clone());
    let is_owner = people.iter().filter(theirs).any(|it| it.name.is_none());
    Ok(Person { id, name, is_owner, identities: kin.identities, bonds: kin.bonds })
}

/// Sees to it that an identity has a person of its own to go back to.
pub(super) fn at_home(unit: &mut Unit<'_>, identity: &Identity) -> Result<(), ChangeError> {
    if unit.get(&HOMES, identity)?.is_none() {
        let home = Home { identity: identity.clone(), person: PersonId::fresh() };
        unit.put(&HOMES, identity, &home)?;
    }
    Ok(())
}

/// Makes the store agree with the settings about who is who.
pub(crate) fn introduce(unit: &mut Unit<'_>, people: &[Introduced]) -> Result<(), ChangeError> {
    if introduced(unit)? == people {
        return Ok(());
    }
    for (key, _) in unit.scan(&INTRODUCED, Span::all(), usize::MAX)? {
        let Some(place) = key.part(0).map(u64::from_be_bytes) else { continue };
        unit.delete(&INTRODUCED, &place)?;
    }
    for (place, person) in (0_u64..).zip(people) {
        unit.put(&INTRODUCED, &place, person)?;
        person.identities.iter().try_for_each(|it| at_home(unit, it))?;
    }
    Ok(())
}
