//! Looking again whether an address is an inbox's, by the inbox's own log.

use threadbridge_core::adapter::{AdapterError, Rechecked, Verdict};
use threadbridge_core::model::proof::{Proof, ProofKind};

use crate::Xmtp;
use crate::examine::InboxError;
use crate::identity::inbox::InboxId;
use crate::identity::member::Member;
use crate::identity::proofs::{CHECKER, WALLETS};

impl Xmtp {
    /// Whether a proof of an inbox's address still holds. All of the log is read and verified anew.
    pub(crate) async fn look_again(&self, proof: &Proof) -> Result<Rechecked, AdapterError> {
        let is_of_log = proof.kind == ProofKind::AssociationLog;
        let is_of_wallet = proof.other.network.as_str() == WALLETS;
        let inbox = InboxId::parse(proof.one.author.as_str());
        let Some(inbox) = inbox.filter(|_| is_of_log && is_of_wallet) else {
            return Ok(Rechecked::Unable);
        };
        // A log never goes away: servers that have none have lost it.
        let Some(state) = self.state_of(inbox).await? else {
            return Err(AdapterError::new(Verdict::Retry, InboxError::NoInbox));
        };
        let address = proof.other.author.as_str().to_owned();
        if state.is_member(&Member::Ethereum(address)) {
            return Ok(Rechecked::Holds { checker: CHECKER.to_owned(), block: None });
        }
        let reason = "the inbox's owner took the address out".to_owned();
        Ok(Rechecked::Lapsed { reason })
    }
}
