//! Looking at wallets' proofs again.

use async_trait::async_trait;
use threadbridge_core::adapter::{AdapterError, Recheck, Rechecked};
use threadbridge_core::model::proof::{Proof, ProofKind};

use crate::evidence::still_signed;

/// Looks again at what wallets have signed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wallets;

#[async_trait]
impl Recheck for Wallets {
    async fn recheck(&self, proof: &Proof) -> Result<Rechecked, AdapterError> {
        Ok(match proof.kind {
            ProofKind::ChallengeSignature => signed(proof),
            ProofKind::ContractSignature
            | ProofKind::MutualClaim
            | ProofKind::AssociationLog
            | ProofKind::AccountOwner
            | ProofKind::AccountManager
            | ProofKind::Name => Rechecked::Unable,
        })
    }
}

/// What a key has signed it has signed for good; the evidence may have been brought in from elsewhere.
fn signed(proof: &Proof) -> Rechecked {
    match still_signed(proof) {
        Some(checker) => Rechecked::Holds { checker: checker.to_owned(), block: None },
        None => Rechecked::Lapsed { reason: "the evidence does not show it".to_owned() },
    }
}
