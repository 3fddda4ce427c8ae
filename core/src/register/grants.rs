//! The consent ledger: what the owner allows, and from when to when.

use std::collections::BTreeMap;

use super::{append, subject_of};
use crate::model::id::{ConversationId, Identity};
use crate::model::link::Downgrade;
use crate::model::person::Attitude;
use crate::model::register::{Grant, Said, Subject, Terms, day_of};
use crate::model::time::Timestamp;
use crate::pipeline::Route;
use crate::store::key::RowKey;
use crate::store::span::Span;
use crate::store::tables::{GRANTED, GRANTS};
use crate::store::{ChangeError, Reads, Unit};

/// Writes down what the settings allow that they did not before, and the other way around.
pub(crate) fn granted(
    unit: &mut Unit<'_>,
    routes: &BTreeMap<ConversationId, Route>,
    now: Timestamp,
) -> Result<(), ChangeError> {
    let wanted = routes.iter().map(|(id, route)| (route.name(), (*id, terms(route))));
    let mut wanted: BTreeMap<&str, (ConversationId, Terms)> = wanted.collect();
    // Ten thousand links that are as they were are not read one by one at each start.
    let digest = digest(&wanted);
    if unit.get(&GRANTED, &0)? == Some(digest) {
        return Ok(());
    }
    for (key, grant) in unit.scan(&GRANTS, Span::all(), usize::MAX)? {
        match wanted.remove(grant.name.as_str()) {
            Some((id, terms)) => change(unit, (Some(&key), grant), (Some(id), terms), now)?,
            None => change(unit, (Some(&key), grant), (None, Terms::default()), now)?,
        }
    }
    for (name, (id, terms)) in wanted {
        let none = Grant { name: name.to_owned(), terms: Terms::default() };
        change(unit, (None, none), (Some(id), terms), now)?;
    }
    unit.put(&GRANTED, &0, &digest)
}

fn terms(route: &Route) -> Terms {
    let by = if route.ways().is_some() { Terms::DIRECT } else { Terms::LINK };
    by.and_if(route.downgrade() == Downgrade::Allow, Terms::DOWNGRADE)
}

fn digest(wanted: &BTreeMap<&str, (ConversationId, Terms)>) -> [u8; 32] {
    let mut hash = blake3::Hasher::new_derive_key("threadbridge 2026 register: settings");
    for (name, (_, terms)) in wanted {
        hash.update(blake3::hash(name.as_bytes()).as_bytes());
        hash.update(&terms.bits().to_be_bytes());
    }
    *hash.finalize().as_bytes()
}

/// Writes down what became of one link.
fn change(
    unit: &mut Unit<'_>,
    (key, before): (Option<&RowKey>, Grant),
    (conversation, terms): (Option<ConversationId>, Terms),
    now: Timestamp,
) -> Result<(), ChangeError> {
    if before.terms == terms {
        return Ok(());
    }
    let name = before.name;
    let subject = subject_of(unit, Subject::Link(name.clone()), conversation)?;
    let (given, withdrawn) = (terms.without(before.terms), before.terms.without(terms));
    if !withdrawn.is_empty() {
        append(unit, day_of(now), subject, Said::Withdrawn(withdrawn))?;
    }
    if !given.is_empty() {
        append(unit, day_of(now), subject, Said::Given(given))?;
    }
    match key {
        Some(key) if terms.is_empty() => unit.delete_row(&GRANTS, key),
        Some(_) | None => {
            unit.put(&GRANTS, &Subject::Link(name.clone()), &Grant { name, terms })?
        }
    }
    Ok(())
}

/// Writes down what the owner thinks of somebody from now on.
pub(crate) fn thought(
    unit: &mut Unit<'_>,
    who: &Identity,
    (before, after): (Option<Attitude>, Option<Attitude>),
    now: Timestamp,
) -> Result<(), ChangeError> {
    let (before, after) = (allowed(before), allowed(after));
    let (given, withdrawn) = (after.without(before), before.without(after));
    if given.is_empty() && withdrawn.is_empty() {
        return Ok(());
    }
    let subject = subject_of(unit, Subject::Person(who.clone()), None)?;
    if !withdrawn.is_empty() {
        append(unit, day_of(now), subject, Said::Withdrawn(withdrawn))?;
    }
    if given.is_empty() {
        return Ok(());
    }
    append(unit, day_of(now), subject, Said::Given(given))
}

fn allowed(attitude: Option<Attitude>) -> Terms {
    let all = Terms::HEARD.and(Terms::CARRIED);
    match attitude {
        None => all,
        Some(Attitude::Accepted) => all.and(Terms::ACCEPTED),
        Some(Attitude::Muted) => Terms::HEARD,
        Some(Attitude::Blocked) => Terms::default(),
    }
}
