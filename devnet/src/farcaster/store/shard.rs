//! A shard: its accounts, its indexes, what waits for its next block, and its events.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::broadcast;

use super::account::Account;
use super::event_log::{EventLog, event_id};
use super::index::Index;
use super::place::Pointer;
use super::registry::Registry;
use crate::farcaster::clock;
use crate::farcaster::refusal::Refusal;
use crate::farcaster::signed::Signed;
use crate::farcaster::wire::hub_event::Body;
use crate::farcaster::wire::{
    BlockConfirmedBody, HubEvent, HubEventType, OnChainEvent, UserNameProof,
};

/// The most that one block takes: well below what 14 bits can number, with room for prunings.
const MAX_TRANSACTIONS: usize = 2000;

/// Something that a block may hold.
#[derive(Clone, Debug)]
pub(crate) enum Transaction {
    OnChain(OnChainEvent),
    Name(UserNameProof),
    /// A name has gone to another fid, perhaps on another shard.
    LostName {
        fid: u64,
        name: Vec<u8>,
    },
    Message(Arc<Signed>),
    /// A message that was accepted, and that the fault dial has refused at merging.
    Doomed(Arc<Signed>),
}

/// The order in which a block takes what waits: kind, then time in seconds, then identity.
pub(crate) type MempoolKey = (u8, u64, Vec<u8>);

impl Transaction {
    /// The real node orders by whole seconds and hash, so messages of one second change places.
    pub(crate) fn key(&self) -> MempoolKey {
        match self {
            Self::OnChain(event) => {
                let mut identity = event.transaction_hash.clone();
                identity.extend_from_slice(&event.log_index.to_be_bytes());
                (0, event.block_timestamp, identity)
            }
            Self::Name(proof) => (0, proof.timestamp, proof.name.clone()),
            Self::LostName { name, .. } => (0, u64::MAX, name.clone()),
            Self::Message(signed) | Self::Doomed(signed) => {
                let at_s = u64::from(signed.data.timestamp) + clock::EPOCH_UNIX_S;
                (1, at_s, signed.hash.clone())
            }
        }
    }
}

/// One shard. Shard 0 orders key messages for the others and has no accounts.
#[derive(Debug)]
pub(crate) struct Shard {
    pub(crate) id: u32,
    pub(crate) height: u64,
    pub(crate) last_block_ms: u64,
    pub(crate) accounts: BTreeMap<u64, Account>,
    pub(super) indexes: BTreeMap<Pointer, Index>,
    pub(super) mempool: BTreeMap<MempoolKey, Transaction>,
    pub(crate) log: EventLog,
    pub(crate) live: broadcast::Sender<Arc<HubEvent>>,
}

/// What a transaction has led to.
#[derive(Debug, Default)]
pub(super) struct Applied {
    pub(super) bodies: Vec<Body>,
    /// For other shards, by fid.
    pub(super) relays: Vec<(u64, Transaction)>,
}

impl Shard {
    pub(super) fn new(id: u32, live_buffer: usize) -> Self {
        Self {
            id,
            height: 0,
            last_block_ms: 0,
            accounts: BTreeMap::new(),
            indexes: BTreeMap::new(),
            mempool: BTreeMap::new(),
            log: EventLog::default(),
            live: broadcast::Sender::new(live_buffer),
        }
    }

    /// Takes what waits, as far as a block goes.
    pub(super) fn take_waiting(&mut self) -> Vec<Transaction> {
        let mut taken = Vec::new();
        while taken.len() < MAX_TRANSACTIONS {
            let Some((_, transaction)) = self.mempool.pop_first() else { break };
            taken.push(transaction);
        }
        taken
    }

    pub(super) fn wait(&mut self, transaction: Transaction) {
        self.mempool.insert(transaction.key(), transaction);
    }

    /// Whether a message is waiting already.
    pub(super) fn check_waiting(&self, signed: &Arc<Signed>) -> Result<(), Refusal> {
        if self.mempool.contains_key(&Transaction::Message(Arc::clone(signed)).key()) {
            return Err(Refusal::duplicate("message already in the mempool"));
        }
        Ok(())
    }

    /// Adds a block of these transactions; gives back what other shards have to do.
    pub(super) fn add_block(
        &mut self,
        transactions: Vec<Transaction>,
        registry: &mut Registry,
        unix_ms: u64,
    ) -> Vec<(u64, Transaction)> {
        self.height += 1;
        self.last_block_ms = unix_ms;
        let mut relays = Vec::new();
        let mut bodies = Vec::new();
        for transaction in transactions {
            self.mempool.remove(&transaction.key());
            let applied = self.apply(transaction, registry, unix_ms);
            relays.extend(applied.relays);
            bodies.extend(applied.bodies);
        }
        self.publish(bodies, clock::network_s(unix_ms));
        relays
    }

    /// Numbers, stores and sends out the events of a block, its confirmation first.
    fn publish(&mut self, bodies: Vec<Body>, at_s: u64) {
        if self.id == 0 {
            return;
        }
        let confirmed = Body::BlockConfirmedBody(self.confirmation(&bodies, at_s));
        for (sequence, body) in (0..).zip(std::iter::once(confirmed).chain(bodies)) {
            let event = HubEvent {
                r#type: event_type(&body).into(),
                id: event_id(self.height, sequence),
                block_number: self.height,
                shard_index: self.id,
                timestamp: at_s,
                body: Some(body),
            };
            self.log.append(&event);
            // Nobody may be listening.
            drop(self.live.send(Arc::new(event)));
        }
    }

    fn confirmation(&self, bodies: &[Body], at_s: u64) -> BlockConfirmedBody {
        let mut counts = BTreeMap::from([(HubEventType::BlockConfirmed.into(), 1)]);
        for body in bodies {
            *counts.entry(event_type(body).into()).or_insert(0) += 1;
        }
        let mut seed = self.id.to_be_bytes().to_vec();
        seed.extend_from_slice(&self.height.to_be_bytes());
        seed.extend_from_slice(&at_s.to_be_bytes());
        BlockConfirmedBody {
            block_number: self.height,
            shard_index: self.id,
            timestamp: at_s,
            block_hash: blake3::hash(&seed).as_bytes().to_vec(),
            total_events: counts.values().sum(),
            event_counts_by_type: counts,
            max_block_event_seqnum: 0,
        }
    }

    /// How many transactions wait for a block.
    pub(crate) fn waiting(&self) -> usize {
        self.mempool.len()
    }

    /// How many messages are held.
    pub(crate) fn message_count(&self) -> usize {
        self.accounts.values().flat_map(|account| account.sets.values()).map(|set| set.len()).sum()
    }
}

const fn event_type(body: &Body) -> HubEventType {
    match body {
        Body::MergeMessageBody(_) => HubEventType::MergeMessage,
        Body::PruneMessageBody(_) => HubEventType::PruneMessage,
        Body::RevokeMessageBody(_) => HubEventType::RevokeMessage,
        Body::MergeUsernameProofBody(_) => HubEventType::MergeUsernameProof,
        Body::MergeOnChainEventBody(_) => HubEventType::MergeOnChainEvent,
        Body::MergeFailure(_) => HubEventType::MergeFailure,
        Body::BlockConfirmedBody(_) => HubEventType::BlockConfirmed,
    }
}
