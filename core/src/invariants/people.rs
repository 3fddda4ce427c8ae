//! What is known of people is found from whichever of them one begins with.

use super::each;
use crate::store::fsck::{Findings, Invariant};
use crate::store::tables::{CLAIMS, HOMES, PROOFS, TIES};
use crate::store::{ReadError, Reads, Snapshot};

/// Whatever joins two is known of both.
pub(super) struct BondsAreFoundFromBothEnds;

impl Invariant for BondsAreFoundFromBothEnds {
    fn name(&self) -> &'static str {
        "what joins two identities is found from both"
    }

    fn check(&self, snapshot: &Snapshot, findings: &mut Findings) -> Result<(), ReadError> {
        each(snapshot, &CLAIMS, |key, claim| {
            if snapshot.get(&PROOFS, &(claim.by, claim.proof))?.is_none() {
                findings.add(self.name(), Some(key), "the proof of a claim is not there");
            }
            Ok(())
        })?;
        each(snapshot, &TIES, |key, tie| {
            let ends = (tie.one.clone(), tie.other.clone());
            let back = (tie.other, tie.one);
            let is_whole = snapshot.get(&TIES, &ends)? == snapshot.get(&TIES, &back)?;
            let at_home = snapshot.get(&HOMES, &ends.0)?.and(snapshot.get(&HOMES, &ends.1)?);
            if !is_whole || at_home.is_none() {
                findings.add(self.name(), Some(key), "it is known from one end only");
            }
            Ok(())
        })
    }
}
