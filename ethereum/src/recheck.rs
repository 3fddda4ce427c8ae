//! Looking at wallets' proofs again.

use async_trait::async_trait;
use threadbridge_core::adapter::{AdapterError, Recheck, Rechecked};
use threadbridge_core::model::proof::{Proof, ProofKind};
use threadbridge_core::model::time::Timestamp;

use crate::ens::{self, Unresolved};
use crate::evidence::{still_signed, still_vouched};
use crate::node::{Node, NodeError};

/// Looks again at what wallets have signed and what they are called.
#[derive(Clone, Debug)]
pub struct Wallets {
    /// Who is asked what only the chain can say; without it, such proofs stay as they are.
    pub node: Option<Node>,
}

#[async_trait]
impl Recheck for Wallets {
    async fn recheck(&self, proof: &Proof) -> Result<Rechecked, AdapterError> {
        Ok(match (proof.kind, &self.node) {
            (ProofKind::ChallengeSignature, _) => signed(proof),
            (ProofKind::ContractSignature, Some(node)) => vouched(node, proof).await?,
            (ProofKind::Name, Some(node)) => named(node, proof).await?,
            (
                ProofKind::ContractSignature
                | ProofKind::Name
                | ProofKind::MutualClaim
                | ProofKind::AssociationLog
                | ProofKind::AccountOwner
                | ProofKind::AccountManager,
                _,
            ) => Rechecked::Unable,
        })
    }
}

/// What a key has signed it has signed for good; the evidence may have been brought in from elsewhere.
fn signed(proof: &Proof) -> Rechecked {
    match still_signed(proof) {
        Some(checker) => Rechecked::Holds { checker: checker.to_owned(), block: None },
        None => lapsed("the evidence does not show it"),
    }
}

async fn vouched(node: &Node, proof: &Proof) -> Result<Rechecked, NodeError> {
    Ok(match still_vouched(node, proof).await? {
        Some((checker, at)) => Rechecked::Holds { checker: checker.to_owned(), block: Some(at) },
        None => lapsed("the wallet, which is a contract, does not say so any more"),
    })
}

async fn named(node: &Node, proof: &Proof) -> Result<Rechecked, NodeError> {
    let Some((name, wallet)) = ens::of(proof) else { return Ok(Rechecked::Unable) };
    let gone = || lapsed("the name and the wallet do not name each other any more");
    match name.proves(node, Timestamp::default()).await {
        Ok(Some(found))
            if found.other == proof.other && ens::of(&found) == Some((name, wallet)) =>
        {
            Ok(Rechecked::Holds { checker: found.checker, block: found.block })
        }
        Ok(_) | Err(Unresolved::Nowhere | Unresolved::OffChain) => Ok(gone()),
        Err(Unresolved::Id(_) | Unresolved::Evidence(_)) => Ok(Rechecked::Unable),
        Err(Unresolved::Node(error)) => Err(error),
    }
}

fn lapsed(reason: &str) -> Rechecked {
    Rechecked::Lapsed { reason: reason.to_owned() }
}
