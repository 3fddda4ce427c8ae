//! Addresses that people say are theirs: proven by both sides, the fid's signer and the address.

use prost::Message as _;
use threadbridge_core::adapter::Opened;

use super::{Opening, Stop, plaintext};
use crate::{
    name::Name,
    proven::{CustodyOf, Proven},
    wire::{
        SignedMessage, claim, custody,
        proto::{MessageType, OnChainEvent, message_data::Body},
    },
};

impl Opening<'_> {
    /// Who has custody of a fid, if that is news. The registry is on another chain, so it is the word
    /// of a node, as it is with keys.
    pub(super) fn custody(&self, event: OnChainEvent) -> Result<Opened, Stop> {
        let holder = custody::holder(&event).ok_or(Stop::refused("event hands no fid over"))?;
        let before = self.known.custody(event.fid)?.unwrap_or_default();
        if before == holder {
            return Ok(Opened::Learnt);
        }
        self.known.set_custody(event.fid, &holder);
        let custody = Some(CustodyOf { event: Some(event), before });
        Ok(plaintext(&Proven { custody, ..Proven::default() }))
    }

    /// An address that is added or removed, of somebody whom we have met. Of several words about
    /// the same address the latest counts, in whatever order they come.
    pub(super) fn claim(
        &self,
        message: &SignedMessage,
        name: Name,
        (kind, body): (MessageType, &Body),
    ) -> Result<Opened, Stop> {
        let fid = name.fid;
        if self.known.called(fid)?.is_none() && self.known.signers(fid)?.is_none() {
            return Err(Stop::Elsewhere);
        }
        let verified = self.prove(message, None)?;
        let address = match (kind, body) {
            (MessageType::VerificationAddEthAddress, Body::VerificationAddAddressBody(claim)) => {
                claim::address(fid, verified.data.network, claim)
            }
            (MessageType::VerificationRemove, Body::VerificationRemoveBody(removal)) => {
                claim::removed(removal)
            }
            _ => return Err(Stop::Elsewhere),
        };
        let address = match address {
            Ok(address) => address,
            // Honest, but nothing that can be shown to anybody.
            Err(claim::Unproven::Chain | claim::Unproven::Contract) => return Err(Stop::Elsewhere),
            Err(error @ (claim::Unproven::Form | claim::Unproven::Signature)) => {
                return Err(Stop::Refused(error.to_string()));
            }
        };
        self.may_sign(&verified)?;
        let said_at = verified.data.timestamp;
        let before = self.known.claimed_at(fid, address.as_slice())?;
        let is_removal = kind == MessageType::VerificationRemove;
        if before.is_some_and(|at| at > said_at || (at == said_at && !is_removal)) {
            return Err(Stop::Elsewhere);
        }
        self.known.set_claimed_at(fid, address.as_slice(), said_at);
        Ok(plaintext(&Proven {
            data: message.signed_bytes().unwrap_or_default().to_vec(),
            hash: name.hash.as_bytes().to_vec(),
            evidence: message.clone().trimmed().encode_to_vec(),
            ..Proven::default()
        }))
    }
}
