//! What all shards must know: who has custody of which fid, which name, which key.

use std::collections::BTreeMap;

use crate::farcaster::wire::on_chain_event::Body;
use crate::farcaster::wire::{IdRegisterEventType, OnChainEvent, UserNameProof};

/// Facts about all fids, whatever their shard.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    registrations: BTreeMap<u64, OnChainEvent>,
    by_address: BTreeMap<Vec<u8>, u64>,
    names: BTreeMap<Vec<u8>, UserNameProof>,
    /// The owners of gasless keys.
    pub(super) key_owners: BTreeMap<Vec<u8>, u64>,
}

impl Registry {
    /// Takes note of a registration or a transfer.
    pub(super) fn register(&mut self, event: &OnChainEvent) {
        let Some(Body::IdRegisterEventBody(body)) = &event.body else { return };
        if body.event_type() == IdRegisterEventType::ChangeRecovery {
            return;
        }
        if !body.from.is_empty() {
            self.by_address.remove(&body.from);
        }
        self.by_address.insert(body.to.clone(), event.fid);
        self.registrations.insert(event.fid, event.clone());
    }

    /// The event by which a fid came to whom it belongs.
    pub(crate) fn registration(&self, fid: u64) -> Option<&OnChainEvent> {
        self.registrations.get(&fid)
    }

    /// The address that has custody of a fid.
    pub(crate) fn custody(&self, fid: u64) -> Option<&[u8]> {
        match &self.registrations.get(&fid)?.body {
            Some(Body::IdRegisterEventBody(body)) => Some(&body.to),
            Some(
                Body::SignerEventBody(_)
                | Body::SignerMigratedEventBody(_)
                | Body::StorageRentEventBody(_)
                | Body::TierPurchaseEventBody(_),
            )
            | None => None,
        }
    }

    /// The registration of the fid that an address has custody of.
    pub(crate) fn registration_of(&self, address: &[u8]) -> Option<&OnChainEvent> {
        self.registration(*self.by_address.get(address)?)
    }

    /// Every registered fid, in order.
    pub(crate) fn fids(&self) -> impl DoubleEndedIterator<Item = u64> {
        self.registrations.keys().copied()
    }

    /// The proof for a name.
    pub(crate) fn name(&self, name: &[u8]) -> Option<&UserNameProof> {
        self.names.get(name)
    }

    /// Every proof of a fid.
    pub(crate) fn names_of(&self, fid: u64) -> impl Iterator<Item = &UserNameProof> {
        self.names.values().filter(move |proof| proof.fid == fid)
    }

    /// Takes a proof; gives back the one it replaces.
    pub(super) fn take_name(&mut self, proof: UserNameProof) -> Option<UserNameProof> {
        self.names.insert(proof.name.clone(), proof)
    }
}
