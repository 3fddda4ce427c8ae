//! Who is who, as far as anybody has shown or the owner has said it, and who only looks so.

use std::collections::{BTreeMap, BTreeSet};

use crate::fit::attribution::{looks_of, plain_line};
use crate::model::event::{Profile, ProfileRow};
use crate::model::id::{Identity, RemoteAuthor};
use crate::model::person::{Attitude, Person, Worth};
use crate::people::{asking, attitude, everybody, person};
use crate::store::span::Span;
use crate::store::tables::{PEOPLE, PROFILES, STANDINGS};
use crate::store::{ReadError, Reads};

/// Somebody in a list of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Who.
    pub person: Person,
    /// How they show themselves.
    pub profiles: BTreeMap<Identity, Profile>,
    /// What the owner thinks of them.
    pub attitude: Option<Attitude>,
    /// What to be careful about.
    pub warnings: Vec<Warning>,
}

/// What to be careful about with somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Their name looks like somebody else's: who that is.
    LooksLike(String),
    /// Their name has characters that are not seen, or that turn others around.
    HidesCharacters,
    /// An address of theirs is claimed by several, so that it joins nobody.
    Ambiguous(Identity),
}

impl Known {
    /// What to call them.
    #[must_use]
    pub fn name(&self) -> &str {
        self.person.shown_name(&self.profiles)
    }

    /// Whether the owner has to do with them: by name, by word, or because several of their
    /// identities are accounts on which people talk.
    #[must_use]
    pub fn is_familiar(&self, is_account: impl Fn(&Identity) -> bool) -> bool {
        self.person.name.is_some()
            || self.person.is_owner
            || self.attitude.is_some()
            || self.person.identities.iter().filter(|it| is_account(it)).count() > 1
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let profiles = self.profiles.values();
        let shown = profiles.flat_map(|it| it.display_name.iter().chain(&it.handle));
        shown.map(String::as_str).chain(self.person.name.as_deref())
    }
}

/// Everybody who ever spoke, asked or was spoken of, those whom anything joins first.
pub fn people(store: &impl Reads) -> Result<Vec<Known>, ReadError> {
    let mut people = everybody(store)?;
    let mut seen: BTreeSet<Identity> =
        people.iter().flat_map(|it| it.identities.iter().cloned()).collect();
    let speakers = store.scan(&PEOPLE, Span::all(), usize::MAX)?.into_iter().map(|(_, it)| it);
    let judged = store.scan(&STANDINGS, Span::all(), usize::MAX)?.into_iter();
    let asking = asking(store)?.into_iter().map(|it| it.who);
    for identity in speakers.chain(judged.map(|(_, it)| it.identity)).chain(asking) {
        if seen.insert(identity.clone()) {
            people.push(person(store, &identity)?);
        }
    }
    let mut known = people.into_iter().map(|it| shown(store, it)).collect::<Result<Vec<_>, _>>()?;
    warn_of_doubles(&mut known);
    Ok(known)
}

/// One person, by any of their identities.
pub fn one_person(store: &impl Reads, identity: &Identity) -> Result<Known, ReadError> {
    shown(store, person(store, identity)?)
}

fn shown(store: &impl Reads, person: Person) -> Result<Known, ReadError> {
    let mut profiles = BTreeMap::new();
    let mut thought = None;
    for identity in &person.identities {
        if let Some(profile) = store.get(&PROFILES, identity)?.map(ProfileRow::into_profile) {
            profiles.insert(identity.clone(), profile);
        }
        thought = thought.max(attitude(store, identity)?);
    }
    let mut known = Known { person, profiles, attitude: thought, warnings: Vec::new() };
    if known.names().any(hides) {
        known.warnings.push(Warning::HidesCharacters);
    }
    let ambiguous = known.person.bonds.iter().filter(|it| it.worth == Worth::Ambiguous);
    let ambiguous: BTreeSet<&Identity> = ambiguous.map(|it| &it.other).collect();
    let ambiguous = ambiguous.into_iter().cloned().map(Warning::Ambiguous).collect::<Vec<_>>();
    known.warnings.extend(ambiguous);
    Ok(known)
}

fn hides(name: &str) -> bool {
    let blanks = name.split_whitespace().collect::<Vec<_>>().join(" ");
    plain_line(name) != blanks
}

/// Whoever has a name that could be taken for another's is warned of, but not the owner's own
/// people for the sake of a stranger.
fn warn_of_doubles(people: &mut [Known]) {
    let mut by_looks: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (place, known) in people.iter().enumerate() {
        for name in known.names() {
            for looks in looks_of(name) {
                by_looks.entry(looks).or_default().insert(place);
            }
        }
    }
    let mut found: BTreeSet<(usize, usize)> = BTreeSet::new();
    for places in by_looks.values().filter(|it| it.len() > 1) {
        // The first is the one whom the owner knows, if the owner knows any of them.
        let first = places.iter().find(|place| {
            people.get(**place).is_some_and(|it| it.person.name.is_some() || it.person.is_owner)
        });
        let Some(first) = first.or_else(|| places.first()).copied() else { continue };
        found.extend(places.iter().filter(|it| **it != first).map(|place| (*place, first)));
    }
    for (place, like) in found {
        let Some(like) = people.get(like).map(called) else { continue };
        if let Some(known) = people.get_mut(place) {
            known.warnings.push(Warning::LooksLike(like));
        }
    }
}

fn called(known: &Known) -> String {
    let identity = known.person.identities.first();
    let author = identity.map_or("", |it: &Identity| RemoteAuthor::as_str(&it.author));
    let network = identity.map_or("", |it| it.network.as_str());
    format!("{} ({network}:{author})", known.name())
}
