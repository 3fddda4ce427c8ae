//! The register of another store: it goes on where nothing was bridged yet, and nowhere else, since
//! two chains do not make one.

use super::tally::{Conflict, Tally};
use crate::model::register::{Entry, Grant, Subject, SubjectId, SubjectRow, Sum};
use crate::store::key::Key;
use crate::store::table::{Record, Table};
use crate::store::tables::{GRANTS, REGISTER, REGISTER_HEAD, REGISTER_SUMS, SUBJECTS, SumKey};
use crate::store::{ChangeError, Reads, Unit};

/// An entry of the chain, where it is the next one.
pub(super) fn entry(
    unit: &mut Unit<'_>,
    entry: &Entry,
    keeps_places: bool,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let known = unit.get(&REGISTER, &entry.number)?;
    let head = unit.get(&REGISTER_HEAD, &0)?.unwrap_or_default();
    if let (None, Some(head), true) = (&known, head.behind(entry), keeps_places) {
        tally.came(26);
        unit.put(&REGISTER, &entry.number, entry)?;
        return unit.put(&REGISTER_HEAD, &0, &head);
    }
    // One word is enough about a chain that is another one.
    if known.as_ref() != Some(entry) && (keeps_places || entry.number == 1) {
        tally.conflict(Conflict::Register);
    } else {
        tally.known();
    }
    Ok(())
}

/// Whom the chain speaks of.
pub(super) fn subject(
    unit: &mut Unit<'_>,
    row: &SubjectRow,
    keeps_places: bool,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let is_right = SubjectId::of(&row.salt, &row.subject) == Some(row.id);
    new(unit, &SUBJECTS, (&row.subject, row), (27, keeps_places && is_right), tally)
}

/// What is not in the chain yet.
pub(super) fn sum(
    unit: &mut Unit<'_>,
    sum: &Sum,
    keeps_places: bool,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    new(unit, &REGISTER_SUMS, (&SumKey::of(sum), sum), (28, keeps_places), tally)
}

/// What the settings allowed last.
pub(super) fn grant(
    unit: &mut Unit<'_>,
    grant: &Grant,
    keeps_places: bool,
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    let key = Subject::Link(grant.name.clone());
    new(unit, &GRANTS, (&key, grant), (29, keeps_places), tally)
}

/// Puts a row where none is, if it may come.
fn new<K: Key, V: Record>(
    unit: &mut Unit<'_>,
    table: &Table<K, V>,
    (key, row): (&K, &V),
    (number, may_come): (u8, bool),
    tally: &mut Tally,
) -> Result<(), ChangeError> {
    if !may_come || unit.get(table, key)?.is_some() {
        tally.known();
        return Ok(());
    }
    tally.came(number);
    unit.put(table, key, row)
}
