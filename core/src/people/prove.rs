//! Evidence, kept with the time at which it was checked.

use super::kin::kin;
use super::known::at_home;
use crate::model::id::Identity;
use crate::model::person::{Claim, Parting};
use crate::model::proof::{Proof, ProofState};
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::tables::{CLAIMS, COUNTERS, PARTINGS, PROOFS};
use crate::store::{ChangeError, Reads, Unit};

/// How many partings are kept.
const MAX_PARTINGS: u64 = 256;
/// Whether the claims of this store are known by what they claim.
const INDEXED: &[u8; 4] = b"clms";
/// The number of the last parting.
pub(crate) const LAST_PARTING: &[u8; 4] = b"part";

/// Keeps a proof that was just checked; one that has lapsed ends all of its kind between its two.
/// Returns who is no longer one person with whom, if anybody.
pub fn prove(
    unit: &mut Unit<'_>,
    proof: Proof,
    now: Timestamp,
) -> Result<Option<Parting>, ChangeError> {
    let (one, other) = (proof.one.clone(), proof.other.clone());
    let before = [(one.clone(), kin(unit, &one)?), (other.clone(), kin(unit, &other)?)];
    let lapses = keep(unit, proof, now)?;
    for (from, before) in before {
        let after = kin(unit, &from)?;
        let parted: Vec<Identity> =
            before.identities.difference(&after.identities).cloned().collect();
        if !parted.is_empty() {
            let reason = lapses
                .unwrap_or_else(|| "several of one network claim the same address".to_owned());
            let parting = Parting { at: now, from, parted, reason };
            remember(unit, &parting)?;
            return Ok(Some(parting));
        }
    }
    Ok(None)
}

/// Writes the proof down; says why, if it has lapsed.
fn keep(unit: &mut Unit<'_>, proof: Proof, now: Timestamp) -> Result<Option<String>, ChangeError> {
    let ProofState::Lapsed { reason, .. } = &proof.state else {
        let Proof { checker, block, .. } = proof.clone();
        let proof = proof.confirmed(&checker, now, block);
        unit.put(&PROOFS, &(proof.one.clone(), proof.id()), &proof)?;
        claim(unit, &proof)?;
        return Ok(None);
    };
    for (_, kept) in unit.scan(&PROOFS, Span::under(&proof.one), usize::MAX)? {
        if kept.kind == proof.kind && kept.joins(&proof.one, &proof.other) && kept.holds() {
            let key = (kept.one.clone(), kept.id());
            unit.put(&PROOFS, &key, &kept.lapsed(now, reason))?;
        }
    }
    Ok(Some(reason.clone()))
}

/// Has a proof found by what it claims.
pub(crate) fn claim(unit: &mut Unit<'_>, proof: &Proof) -> Result<(), ChangeError> {
    at_home(unit, &proof.one)?;
    at_home(unit, &proof.other)?;
    let claim = Claim { by: proof.one.clone(), proof: proof.id() };
    unit.put(&CLAIMS, &(proof.other.clone(), claim.proof), &claim)
}

/// Finds claims by what they claim in a store whose proofs were kept before that was asked.
pub(crate) fn index_claims(unit: &mut Unit<'_>) -> Result<(), ChangeError> {
    if unit.get(&COUNTERS, INDEXED)?.is_some() {
        return Ok(());
    }
    for (_, proof) in unit.scan(&PROOFS, Span::all(), usize::MAX)? {
        claim(unit, &proof)?;
    }
    unit.put(&COUNTERS, INDEXED, &1)
}

fn remember(unit: &mut Unit<'_>, parting: &Parting) -> Result<(), ChangeError> {
    let number = unit.get(&COUNTERS, LAST_PARTING)?.unwrap_or(0).saturating_add(1);
    unit.put(&COUNTERS, LAST_PARTING, &number)?;
    unit.delete(&PARTINGS, &number.saturating_sub(MAX_PARTINGS))?;
    unit.put(&PARTINGS, &number, parting)
}
