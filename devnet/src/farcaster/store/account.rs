//! What a shard knows of one fid.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::gasless::GaslessKey;
use super::limit::Units;
use super::message_set::MessageSet;
use crate::farcaster::refusal::Refusal;
use crate::farcaster::signed::Signed;
use crate::farcaster::wire::on_chain_event::Body;
use crate::farcaster::wire::{MessageType, OnChainEvent, SignerEventType, StoreType, TierType};

const DAY_S: u64 = 24 * 60 * 60;
/// The key type of an app key.
const APP_KEY: u32 = 1;

/// One fid: its on-chain events, its keys, its messages.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// In the order of the chain.
    pub(crate) onchain: BTreeMap<(u32, u32, u32), OnChainEvent>,
    pub(super) sets: BTreeMap<StoreType, MessageSet>,
    pub(crate) compact_links: BTreeMap<String, Arc<Signed>>,
    pub(crate) gasless: BTreeMap<Vec<u8>, GaslessKey>,
    pub(crate) user_nonce: u32,
    pub(crate) app_nonces: BTreeMap<u64, u32>,
}

impl Account {
    /// The messages of one store.
    pub(crate) fn set(&self, store: StoreType) -> &MessageSet {
        static EMPTY: MessageSet = MessageSet::empty();
        self.sets.get(&store).unwrap_or(&EMPTY)
    }

    /// Takes an on-chain event; says whether it was not known.
    pub(super) fn take(&mut self, event: OnChainEvent) -> bool {
        let place = (event.block_number, event.tx_index, event.log_index);
        let is_known = self.onchain.values().any(|known| {
            known.transaction_hash == event.transaction_hash && known.log_index == event.log_index
        });
        if is_known {
            return false;
        }
        // Two events of test chains may claim the same place.
        let (block, transaction, mut log) = place;
        while self.onchain.contains_key(&(block, transaction, log)) {
            log = log.saturating_add(1);
        }
        self.onchain.insert((block, transaction, log), event);
        true
    }

    /// The event that made a key a signer, if it is one now.
    pub(crate) fn onchain_signer(&self, key: &[u8]) -> Option<&OnChainEvent> {
        let mut active = None;
        for event in self.onchain.values() {
            let Some(Body::SignerEventBody(body)) = &event.body else { continue };
            if body.event_type() == SignerEventType::AdminReset || body.key == key {
                let is_added =
                    body.event_type() == SignerEventType::Add && body.key_type == APP_KEY;
                active = Some(event).filter(|_| is_added && body.key == key);
            }
        }
        active
    }

    /// The events of all signers in force.
    pub(crate) fn onchain_signers(&self) -> Vec<OnChainEvent> {
        let mut keys: Vec<&[u8]> = Vec::new();
        for event in self.onchain.values() {
            let Some(Body::SignerEventBody(body)) = &event.body else { continue };
            if !keys.contains(&body.key.as_slice()) {
                keys.push(&body.key);
            }
        }
        keys.into_iter().filter_map(|key| self.onchain_signer(key)).cloned().collect()
    }

    /// Whether an address is a key of type 2, which may sign in but not cast.
    pub(crate) fn is_auth_address(&self, address: &[u8]) -> bool {
        self.onchain.values().any(|event| match &event.body {
            Some(Body::SignerEventBody(body)) => {
                body.key_type == 2
                    && body.event_type() == SignerEventType::Add
                    && body.key.ends_with(address)
            }
            Some(
                Body::SignerMigratedEventBody(_)
                | Body::IdRegisterEventBody(_)
                | Body::StorageRentEventBody(_)
                | Body::TierPurchaseEventBody(_),
            )
            | None => false,
        })
    }

    /// Whether a key may sign messages of this type at `now_s` (the network's seconds).
    pub(crate) fn check_signer(
        &self,
        signer: &[u8],
        kind: MessageType,
        now_s: u64,
    ) -> Result<(), Refusal> {
        if self.onchain_signer(signer).is_some() {
            return Ok(());
        }
        let key = self
            .gasless
            .get(signer)
            .filter(|key| key.expires_at_s() > now_s)
            .ok_or_else(|| Refusal::invalid("invalid signer"))?;
        if key.scopes().contains(&i32::from(kind)) {
            return Ok(());
        }
        Err(Refusal::invalid(format!(
            "message type {} is not in the scope of the gasless signer",
            i32::from(kind)
        )))
    }

    /// Whether a Pro subscription is in force.
    pub(crate) fn is_pro(&self, now_unix_s: u64) -> bool {
        self.pro_until().is_some_and(|until| until > now_unix_s)
    }

    /// When the latest Pro subscription ends, in Unix seconds.
    pub(crate) fn pro_until(&self) -> Option<u64> {
        self.onchain
            .values()
            .filter_map(|event| {
                let Some(Body::TierPurchaseEventBody(body)) = &event.body else { return None };
                let lasts_s = body.for_days.saturating_mul(DAY_S);
                Some(event.block_timestamp.saturating_add(lasts_s))
                    .filter(|_| body.tier_type() == TierType::Pro)
            })
            .max()
    }

    /// The storage that is paid for.
    pub(crate) fn units(&self, now_unix_s: u64) -> Units {
        Units::in_force(self.onchain.values(), now_unix_s)
    }
}
