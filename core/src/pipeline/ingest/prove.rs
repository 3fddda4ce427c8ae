//! Evidence of who is one person with whom: kept with the time at which it was checked.

use crate::model::proof::{Proof, ProofState};
use crate::model::time::Timestamp;
use crate::store::span::Span;
use crate::store::tables::PROOFS;
use crate::store::{ChangeError, Reads, Unit};

/// Keeps a proof that was just checked; one that has lapsed ends all of its kind between its two.
pub(super) fn prove(unit: &mut Unit<'_>, proof: Proof, now: Timestamp) -> Result<(), ChangeError> {
    let ProofState::Lapsed { reason, .. } = &proof.state else {
        let key = (proof.one.clone(), proof.id());
        let Proof { checker, block, .. } = proof.clone();
        return unit.put(&PROOFS, &key, &proof.confirmed(&checker, now, block));
    };
    for (_, kept) in unit.scan(&PROOFS, Span::under(&proof.one), usize::MAX)? {
        if kept.kind == proof.kind && kept.joins(&proof.one, &proof.other) && kept.holds() {
            let key = (kept.one.clone(), kept.id());
            unit.put(&PROOFS, &key, &kept.lapsed(now, reason))?;
        }
    }
    Ok(())
}
