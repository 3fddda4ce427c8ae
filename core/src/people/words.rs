//! The owner's own words: who is one person, and who is not.

use super::kin::{is_apart, kin};
use super::known::at_home;
use crate::model::id::Identity;
use crate::model::person::{Apart, Bond, Hold, Tie};
use crate::model::time::Timestamp;
use crate::store::tables::{APART, COUNTERS, TIES};
use crate::store::{ChangeError, Reads, Unit};

/// The number of the last word.
pub(crate) const LAST_WORD: &[u8; 4] = b"word";

/// What came of joining two identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// They are one person from now on.
    Now,
    /// They were already.
    Already,
}

/// What came of separating two identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separated {
    /// They are two people from now on.
    Now,
    /// They were already.
    Already,
    /// The settings say that they are one, and only they can say otherwise.
    BySettings,
}

/// Makes two identities one person, by the owner's word.
pub fn join(
    unit: &mut Unit<'_>,
    one: &Identity,
    other: &Identity,
    now: Timestamp,
) -> Result<Joined, ChangeError> {
    if kin(unit, one)?.identities.contains(other) {
        return Ok(Joined::Already);
    }
    at_home(unit, one)?;
    at_home(unit, other)?;
    let number = unit.get(&COUNTERS, LAST_WORD)?.unwrap_or(0).saturating_add(1);
    unit.put(&COUNTERS, LAST_WORD, &number)?;
    let tie = Tie { one: one.clone(), other: other.clone(), since: now, number };
    unit.put(&TIES, &(one.clone(), other.clone()), &tie)?;
    unit.put(&TIES, &(other.clone(), one.clone()), &tie)?;
    Ok(Joined::Now)
}

/// Makes two people of the one whom two identities are. What the owner joined last is taken back
/// first, which undoes a joining; where only proofs are left, they join the one no more.
pub fn separate(
    unit: &mut Unit<'_>,
    one: &Identity,
    other: &Identity,
    now: Timestamp,
) -> Result<Separated, ChangeError> {
    let mut separated = Separated::Already;
    loop {
        let kin = kin(unit, one)?;
        let mut by_settings = kin.clone();
        by_settings.bonds.retain(|it| it.held_by == Hold::Settings);
        if by_settings.path(one, other).is_some() {
            return Ok(Separated::BySettings);
        }
        let Some(path) = kin.path(one, other) else { return Ok(separated) };
        separated = Separated::Now;
        let last_word = path.iter().filter_map(|it| match it.held_by {
            Hold::Owner(number) => Some((number, *it)),
            Hold::Proof { .. } | Hold::Settings => None,
        });
        if let Some((_, tie)) = last_word.max_by_key(|(number, _)| *number) {
            unit.delete(&TIES, &(tie.one.clone(), tie.other.clone()))?;
            unit.delete(&TIES, &(tie.other.clone(), tie.one.clone()))?;
        } else if let Some(identity) = first_proven(&path, one) {
            unit.put(&APART, &identity, &Apart { identity: identity.clone(), since: now })?;
        } else {
            return Ok(Separated::BySettings);
        }
    }
}

/// The nearer end of the first proof on the way.
fn first_proven(path: &[&Bond], from: &Identity) -> Option<Identity> {
    let mut at = from;
    for bond in path {
        if matches!(bond.held_by, Hold::Proof { .. }) {
            return Some(at.clone());
        }
        at = bond.beyond(at);
    }
    None
}

/// Lets proofs join an identity again that the owner had separated; whether it was.
pub fn let_proofs_join(unit: &mut Unit<'_>, identity: &Identity) -> Result<bool, ChangeError> {
    let was_apart = is_apart(unit, identity)?;
    unit.delete(&APART, identity)?;
    Ok(was_apart)
}
