//! From one identity to all that are the same person.

use std::collections::{BTreeMap, BTreeSet};

use super::known::introduced;
use crate::model::id::Identity;
use crate::model::person::{Bond, Hold, Introduced, Worth};
use crate::model::proof::{Proof, ProofState};
use crate::store::span::Span;
use crate::store::tables::{APART, CLAIMS, HOMES, PROOFS, TIES};
use crate::store::{ReadError, Reads};

/// The most identities that are looked for; nobody has more.
const MAX_KIN: usize = 128;
/// How many bonds of one kind an identity may have. An address with more claims is anybody's.
const MAX_BONDS: usize = 64;

/// An identity with all that are the same person, itself among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kin {
    /// They.
    pub identities: BTreeSet<Identity>,
    /// What speaks for it, and what was found not to.
    pub bonds: Vec<Bond>,
}

impl Kin {
    fn alone(identity: &Identity) -> Self {
        Self { identities: BTreeSet::from([identity.clone()]), bonds: Vec::new() }
    }

    /// Whether the owner's word is among what joins them.
    #[must_use]
    pub fn is_vouched_for(&self) -> bool {
        let joins = self.bonds.iter().filter(|it| it.worth == Worth::Joins);
        joins.into_iter().any(|it| matches!(it.held_by, Hold::Owner(_) | Hold::Settings))
    }

    /// The bonds by which one leads to the other, in order; nothing if none do.
    pub(super) fn path(&self, from: &Identity, to: &Identity) -> Option<Vec<&Bond>> {
        let mut came_by: BTreeMap<&Identity, (&Identity, &Bond)> = BTreeMap::new();
        let mut reached = BTreeSet::from([from]);
        let mut line = std::collections::VecDeque::from([from]);
        while let Some(at) = line.pop_front() {
            let joins = |it: &&Bond| it.worth == Worth::Joins && (it.one == *at || it.other == *at);
            for bond in self.bonds.iter().filter(joins) {
                let next = bond.beyond(at);
                if reached.insert(next) {
                    came_by.insert(next, (at, bond));
                    line.push_back(next);
                }
            }
        }
        let mut path = Vec::new();
        let mut at = to;
        while at != from {
            let (before, bond) = came_by.get(at)?;
            path.push(*bond);
            at = before;
        }
        path.reverse();
        Some(path)
    }
}

/// All identities that are one person with `of`.
pub fn kin(store: &impl Reads, of: &Identity) -> Result<Kin, ReadError> {
    let mut kin = Kin::alone(of);
    if store.get(&HOMES, of)?.is_none() {
        return Ok(kin);
    }
    let people = introduced(store)?;
    let mut open = vec![of.clone()];
    while let Some(at) = open.pop() {
        for bond in bonds(store, &people, &at)? {
            if kin.bonds.contains(&bond) {
                continue;
            }
            let beyond = bond.beyond(&at);
            if bond.worth == Worth::Joins
                && kin.identities.len() < MAX_KIN
                && kin.identities.insert(beyond.clone())
            {
                open.push(beyond.clone());
            }
            kin.bonds.push(bond);
        }
    }
    Ok(kin)
}

/// Everything that was ever said to join an identity with another.
fn bonds(store: &impl Reads, people: &[Introduced], of: &Identity) -> Result<Vec<Bond>, ReadError> {
    let mut bonds = Vec::new();
    for (_, proof) in store.scan(&PROOFS, Span::under(of), MAX_BONDS)? {
        bonds.push(proven(store, proof)?);
    }
    for proof in claims(store, of)? {
        bonds.push(proven(store, proof)?);
    }
    for (_, tie) in store.scan(&TIES, Span::under(of), MAX_BONDS)? {
        let held_by = Hold::Owner(tie.number);
        bonds.push(Bond { one: tie.one, other: tie.other, held_by, worth: Worth::Joins });
    }
    // Those whom the settings name together hang on the first of them.
    for person in people.iter().filter(|it| it.identities.contains(of)) {
        let Some((first, others)) = person.identities.split_first() else { continue };
        for other in others.iter().filter(|it| first == of || *it == of) {
            let (one, other) = (first.clone(), other.clone());
            bonds.push(Bond { one, other, held_by: Hold::Settings, worth: Worth::Joins });
        }
    }
    Ok(bonds)
}

fn proven(store: &impl Reads, proof: Proof) -> Result<Bond, ReadError> {
    let worth = worth(store, &proof)?;
    let (id, kind, checked_at) = (proof.id(), proof.kind, proof.checked_at);
    let held_by = Hold::Proof { id, kind, checked_at };
    Ok(Bond { one: proof.one, other: proof.other, held_by, worth })
}

fn worth(store: &impl Reads, proof: &Proof) -> Result<Worth, ReadError> {
    if let ProofState::Lapsed { since, reason } = &proof.state {
        return Ok(Worth::Lapsed { since: *since, reason: reason.clone() });
    }
    if !proof.kind.joins() {
        return Ok(Worth::Shown);
    }
    if is_apart(store, &proof.one)? || is_apart(store, &proof.other)? {
        return Ok(Worth::Separated);
    }
    Ok(if is_ambiguous(store, &proof.other)? { Worth::Ambiguous } else { Worth::Joins })
}

pub(super) fn is_apart(store: &impl Reads, identity: &Identity) -> Result<bool, ReadError> {
    Ok(store.get(&APART, identity)?.is_some())
}

/// Whether several identities of one network claim an address, so that it could be either's. Those
/// that the owner separated do not count.
fn is_ambiguous(store: &impl Reads, address: &Identity) -> Result<bool, ReadError> {
    let claims = claims(store, address)?;
    if claims.len() >= MAX_BONDS {
        return Ok(true);
    }
    let mut by_network = BTreeMap::new();
    for proof in claims {
        if proof.holds() && proof.kind.joins() && !is_apart(store, &proof.one)? {
            let (network, by) = (proof.one.network.clone(), proof.one);
            if by_network.insert(network, by.clone()).is_some_and(|other| other != by) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// The proofs by which others claim an identity.
fn claims(store: &impl Reads, of: &Identity) -> Result<Vec<Proof>, ReadError> {
    let mut claims = Vec::new();
    for (_, claim) in store.scan(&CLAIMS, Span::under(of), MAX_BONDS)? {
        claims.extend(store.get(&PROOFS, &(claim.by, claim.proof))?);
    }
    Ok(claims)
}
