//! Looking again whether what a fid has shown still stands. Every node is asked before anything is
//! taken for gone: one that is behind, or forgetful, parts nobody.

use std::sync::Arc;

use threadbridge_core::{
    adapter::Rechecked,
    model::proof::{Proof, ProofKind},
};

use crate::{
    Farcaster, claims,
    name::fid,
    node::{Node, failure::NodeError, query::Listing},
    wire::{
        SignedMessage, claim, custody,
        proto::{MessageType, message_data::Body},
        verify::{PublicKey, verify},
    },
};

/// How many claims of one fid are read, by the page.
const PAGE: u32 = 100;
const PAGES: usize = 10;

impl Farcaster {
    /// Whether a proof of one of this network still holds.
    pub(crate) async fn look_again(&self, proof: &Proof) -> Result<Rechecked, NodeError> {
        let (Some(fid), Some(address)) = (fid(&proof.one), claims::address(&proof.other)) else {
            return Ok(Rechecked::Unable);
        };
        match proof.kind {
            ProofKind::MutualClaim => self.claim_again(fid, address).await,
            ProofKind::AccountOwner => self.custody_again(fid, address).await,
            ProofKind::AssociationLog
            | ProofKind::ChallengeSignature
            | ProofKind::ContractSignature
            | ProofKind::AccountManager
            | ProofKind::Name => Ok(Rechecked::Unable),
        }
    }

    /// Whether the address still has custody. The node that knows the latest event is right, if it
    /// is honest; one that is behind says nothing new.
    async fn custody_again(&self, fid: u64, address: [u8; 20]) -> Result<Rechecked, NodeError> {
        let (mut last, mut failed) = (None, NodeError::NotFound);
        for node in self.pool.nodes() {
            match node.registrations(fid).await {
                Ok(events) => last = custody::latest(fid, last.into_iter().chain(events).collect()),
                Err(error) => failed = error,
            }
        }
        let event = last.ok_or(failed)?;
        Ok(if custody::holder(&event) == Some(address) {
            let checker = claims::CUSTODY_CHECKER.to_owned();
            Rechecked::Holds { checker, block: Some(claims::block(&event)) }
        } else {
            Rechecked::Lapsed { reason: "somebody else has custody of the fid".to_owned() }
        })
    }

    async fn claim_again(&self, fid: u64, address: [u8; 20]) -> Result<Rechecked, NodeError> {
        let mut is_told = Err(NodeError::Unavailable);
        for node in self.pool.nodes() {
            match stands(node, fid, address).await {
                Ok(true) => {
                    return Ok(Rechecked::Holds {
                        checker: claims::CHECKER.to_owned(),
                        block: None,
                    });
                }
                Ok(false) => is_told = Ok(()),
                Err(error) => is_told = is_told.or(Err(error)),
            }
        }
        let reason = "no node shows the claim any more".to_owned();
        is_told.map(|()| Rechecked::Lapsed { reason })
    }
}

/// Whether a node shows a claim of the address that is proven by both sides.
async fn stands(node: &Arc<dyn Node>, fid: u64, address: [u8; 20]) -> Result<bool, NodeError> {
    let signers = node.signers(fid).await?;
    let kind = i32::from(MessageType::VerificationAddEthAddress);
    let may_sign = |key: PublicKey| signers.iter().any(|it| it.key == key && it.may_sign(kind));
    let mut token = None;
    for _page in 0..PAGES {
        let page = node.list(&Listing::Addresses(fid), PAGE, token).await?;
        let mut claimed = page.messages.iter().filter_map(|it| claimed(it, fid));
        if claimed.any(|(key, it)| it == address && may_sign(key)) {
            return Ok(true);
        }
        if page.unverifiable > 0 {
            return Err(NodeError::Malformed { expected: "claims that can be verified" });
        }
        let is_last = page.messages.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        token = page.next.filter(|_| !is_last);
        if token.is_none() {
            break;
        }
    }
    Ok(false)
}

/// The address that a message proves to be a fid's, and who signed it.
fn claimed(message: &SignedMessage, fid: u64) -> Option<(PublicKey, [u8; 20])> {
    let verified = verify(message).ok().filter(|it| it.data.fid == fid)?;
    let Some(Body::VerificationAddAddressBody(body)) = &verified.data.body else { return None };
    let address = claim::address(fid, verified.data.network, body).ok()?;
    Some((verified.signer, address.into_array()))
}
