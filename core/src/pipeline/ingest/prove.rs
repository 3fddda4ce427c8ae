//! Evidence of who is one person with whom.

use crate::model::id::AccountName;
use crate::model::proof::Proof;
use crate::model::time::Timestamp;
use crate::people;
use crate::store::{ChangeError, Unit};

/// Keeps a proof that was just checked, and says so if it parts anybody.
pub(super) fn prove(
    unit: &mut Unit<'_>,
    account: &AccountName,
    proof: Proof,
    now: Timestamp,
) -> Result<(), ChangeError> {
    if let Some(parting) = people::prove(unit, proof, now)? {
        let count = parting.parted.len();
        tracing::warn!(
            %account, count, reason = %parting.reason,
            "identities are no longer one person; `threadbridge people` says which"
        );
    }
    Ok(())
}
