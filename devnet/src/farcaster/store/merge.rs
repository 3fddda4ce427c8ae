//! What a block does with a transaction: check it against what is stored, then merge it.

use std::sync::Arc;

use super::limit::STORES;
use super::message_set::MessageSet;
use super::place::{Place, Pointer, pointers, user_data_slot};
use super::registry::Registry;
use super::shard::{Applied, Shard, Transaction};
use crate::farcaster::clock;
use crate::farcaster::refusal::Refusal;
use crate::farcaster::signed::Signed;
use crate::farcaster::wire::hub_event::Body as Event;
use crate::farcaster::wire::message_data::Body;
use crate::farcaster::wire::{
    LinkCompactStateBody, MergeFailureBody, MergeMessageBody, MergeOnChainEventBody,
    MergeUserNameProofBody, MessageType, OnChainEvent, PruneMessageBody, RevokeMessageBody,
    StoreType, UserDataType, UserNameProof,
};

impl Shard {
    pub(super) fn apply(
        &mut self,
        transaction: Transaction,
        registry: &mut Registry,
        unix_ms: u64,
    ) -> Applied {
        match transaction {
            Transaction::OnChain(event) => self.merge_onchain(event, registry),
            Transaction::Name(proof) => Self::merge_name(proof, registry),
            Transaction::LostName { fid, name } => self.revoke_name(fid, &name),
            Transaction::Message(signed) if self.id == 0 => {
                let relays = vec![(signed.fid(), Transaction::Message(signed))];
                Applied { bodies: Vec::new(), relays }
            }
            Transaction::Doomed(signed) => {
                let refusal = Refusal::conflict("message conflicts with a more recent remove");
                failed(&signed, refusal)
            }
            Transaction::Message(signed) => {
                match self.check(&signed, registry, clock::network_s(unix_ms)) {
                    Ok(()) => self.merge(&signed, registry, unix_ms),
                    Err(refusal) => failed(&signed, refusal),
                }
            }
        }
    }

    fn merge(&mut self, signed: &Arc<Signed>, registry: &mut Registry, unix_ms: u64) -> Applied {
        let account = self.accounts.entry(signed.fid()).or_default();
        if let Some(key) = account.gasless.get_mut(&signed.signer) {
            key.last_used_s = key.last_used_s.max(clock::network_s(unix_ms));
        }
        let displaced: Vec<Arc<Signed>> = match signed.data.body.as_ref() {
            Some(Body::KeyAddBody(body)) => {
                let Ok(app) = account.admits_key(signed, body, registry) else {
                    return Applied::default();
                };
                registry.key_owners.insert(body.key.clone(), signed.fid());
                account.add_key(Arc::clone(signed), body, app).into_iter().collect()
            }
            Some(Body::KeyRemoveBody(body)) => {
                let Ok(app) = account.admits_key_removal(signed, body, registry) else {
                    return Applied::default();
                };
                registry.key_owners.remove(&body.key);
                account.remove_key(body, app).into_iter().collect()
            }
            Some(Body::LinkCompactStateBody(body)) => {
                account.compact_links.insert(body.r#type.clone(), Arc::clone(signed));
                self.sweep_links(signed, body);
                // The real node leaves out what a compact state displaced.
                Vec::new()
            }
            _ => self.place(signed),
        };
        let mut bodies = vec![merged(signed, &displaced, registry)];
        bodies.extend(self.prune(signed.fid(), unix_ms));
        Applied { bodies, relays: Vec::new() }
    }

    fn place(&mut self, signed: &Arc<Signed>) -> Vec<Arc<Signed>> {
        let Some(place) = Place::of(signed) else { return Vec::new() };
        let account = self.accounts.entry(signed.fid()).or_default();
        let set = account.sets.entry(place.store).or_default();
        let displaced = set.insert(place.slot, Arc::clone(signed), place.is_add);
        if let Some(old) = &displaced {
            self.unindex(old);
        }
        if place.is_add {
            for (pointer, prefix) in pointers(signed) {
                self.indexes.entry(pointer).or_default().insert(&prefix, signed);
            }
        }
        displaced.into_iter().collect()
    }

    fn unindex(&mut self, signed: &Signed) {
        for (pointer, prefix) in pointers(signed) {
            self.indexes.entry(pointer).or_default().remove(&prefix, signed);
        }
    }

    /// Takes out every link that a compact state no longer names.
    fn sweep_links(&mut self, state: &Signed, body: &LinkCompactStateBody) {
        let account = self.accounts.entry(state.fid()).or_default();
        let set: &mut MessageSet = account.sets.entry(StoreType::Links).or_default();
        let swept: Vec<Arc<Signed>> = set
            .adds()
            .map(|(_, link)| Arc::clone(link))
            .filter(|link| {
                let Some(Body::LinkBody(link_body)) = &link.data.body else { return false };
                link_body.r#type == body.r#type
                    && link.data.timestamp <= state.data.timestamp
                    && !body.target_fids.contains(&super::place::link_target(link_body))
            })
            .collect();
        for link in &swept {
            if let Some(place) = Place::of(link) {
                set.remove(&place.slot);
            }
        }
        swept.iter().for_each(|link| self.unindex(link));
    }

    /// Takes the oldest messages out of every store of a fid that is over its limit.
    fn prune(&mut self, fid: u64, unix_ms: u64) -> Vec<Event> {
        let account = self.accounts.entry(fid).or_default();
        let units = account.units(unix_ms / 1000);
        let mut pruned = Vec::new();
        for store in STORES {
            let max = usize::try_from(units.max(store)).unwrap_or(usize::MAX);
            if let Some(set) = account.sets.get_mut(&store) {
                pruned.extend(set.prune(max));
            }
        }
        pruned.iter().for_each(|message| self.unindex(message));
        let event = |message: &Arc<Signed>| {
            Event::PruneMessageBody(PruneMessageBody { message: Some(message.wire()) })
        };
        pruned.iter().map(event).collect()
    }

    fn merge_onchain(&mut self, event: OnChainEvent, registry: &mut Registry) -> Applied {
        let account = self.accounts.entry(event.fid).or_default();
        if !account.take(event.clone()) {
            return Applied::default();
        }
        registry.register(&event);
        let body = MergeOnChainEventBody { on_chain_event: Some(event) };
        Applied { bodies: vec![Event::MergeOnChainEventBody(body)], relays: Vec::new() }
    }

    fn merge_name(proof: UserNameProof, registry: &mut Registry) -> Applied {
        let deleted = registry.take_name(proof.clone());
        let lost = deleted
            .as_ref()
            .filter(|old| old.fid != proof.fid)
            .map(|old| (old.fid, Transaction::LostName { fid: old.fid, name: old.name.clone() }));
        let body = MergeUserNameProofBody {
            username_proof: Some(proof),
            deleted_username_proof: deleted,
            ..MergeUserNameProofBody::default()
        };
        Applied {
            bodies: vec![Event::MergeUsernameProofBody(body)],
            relays: lost.into_iter().collect(),
        }
    }

    /// A profile may not go on showing a name that has gone to somebody else.
    fn revoke_name(&mut self, fid: u64, name: &[u8]) -> Applied {
        let slot = user_data_slot(UserDataType::Username.into());
        let account = self.accounts.entry(fid).or_default();
        let set = account.sets.entry(StoreType::UserData).or_default();
        let shows_it = set.get(&slot).is_some_and(|message| match &message.data.body {
            Some(Body::UserDataBody(body)) => body.value.as_bytes() == name,
            _ => false,
        });
        let revoked = if shows_it { set.remove(&slot) } else { None };
        let bodies = revoked
            .map(|message| {
                Event::RevokeMessageBody(RevokeMessageBody { message: Some(message.wire()) })
            })
            .into_iter()
            .collect();
        Applied { bodies, relays: Vec::new() }
    }

    /// The index of one kind of pointer.
    pub(crate) fn index(&self, pointer: Pointer) -> Option<&super::index::Index> {
        self.indexes.get(&pointer)
    }
}

fn merged(signed: &Arc<Signed>, displaced: &[Arc<Signed>], registry: &mut Registry) -> Event {
    if let (MessageType::UsernameProof, Some(Body::UsernameProofBody(proof))) =
        (signed.kind(), &signed.data.body)
    {
        let deleted = registry.take_name(proof.clone());
        return Event::MergeUsernameProofBody(MergeUserNameProofBody {
            username_proof: Some(proof.clone()),
            deleted_username_proof: deleted,
            username_proof_message: Some(signed.wire()),
            deleted_username_proof_message: displaced.first().map(|old| old.wire()),
        });
    }
    Event::MergeMessageBody(MergeMessageBody {
        message: Some(signed.wire()),
        deleted_messages: displaced.iter().map(|old| old.wire()).collect(),
    })
}

fn failed(signed: &Arc<Signed>, refusal: Refusal) -> Applied {
    let body = MergeFailureBody {
        message: Some(signed.wire()),
        code: refusal.code.to_owned(),
        reason: refusal.reason,
    };
    Applied { bodies: vec![Event::MergeFailure(body)], relays: Vec::new() }
}
