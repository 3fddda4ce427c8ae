//! All shards together: what is submitted, and how blocks come about.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::journal::{BlockRecord, Journal, JournalError};
use super::registry::Registry;
use super::shard::{Shard, Transaction};
use crate::farcaster::clock;
use crate::farcaster::hub::HubSettings;
use crate::farcaster::refusal::Refusal;
use crate::farcaster::router::shard_of;
use crate::farcaster::signed::{EnvelopeRules, Signed, claimed_fid};
use crate::farcaster::validate;
use crate::farcaster::wire::{Message, MessageType, OnChainEvent, UserNameProof};

/// A fid may add one key a minute.
const KEY_ADD_EVERY_S: u64 = 60;
const HOUR_S: u64 = 60 * 60;

/// The state of the whole hub.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) settings: HubSettings,
    pub(crate) shards: BTreeMap<u32, Shard>,
    pub(crate) registry: Registry,
    /// The order in which lists over several shards go: unstable across restarts.
    pub(crate) shard_order: Vec<u32>,
    pub(crate) started_ms: u64,
    journal: Option<Journal>,
    /// When each fid's messages of the last hour were accepted.
    accepted_s: BTreeMap<u64, Vec<u64>>,
    last_key_add_s: BTreeMap<u64, u64>,
}

/// The chain, shared by everything that serves it.
#[derive(Clone, Debug)]
pub(crate) struct Ledger(Arc<Mutex<Chain>>);

impl Ledger {
    pub(crate) fn new(chain: Chain) -> Self {
        Self(Arc::new(Mutex::new(chain)))
    }

    /// Does something with the chain, alone.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut Chain) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Checks a message and puts it into the mempool. `doomed` messages will be refused at merging.
    pub(crate) fn submit(&self, message: Message, doomed: bool) -> Result<Message, Refusal> {
        let signed = self.verify(message)?;
        let wire = signed.wire();
        self.with(|chain| chain.accept(Arc::new(signed), doomed))?;
        Ok(wire)
    }

    /// Checks a message without taking it.
    pub(crate) fn validate(&self, message: Message) -> Result<Message, Refusal> {
        let signed = self.verify(message)?;
        Ok(signed.wire())
    }

    /// What depends on the message alone is checked outside the lock.
    fn verify(&self, message: Message) -> Result<Signed, Refusal> {
        let fid = claimed_fid(&message);
        if fid == 0 {
            return Err(Refusal::parameter("fid cannot be 0"));
        }
        let now_ms = clock::unix_ms();
        let (network, is_pro) = self.with(|chain| {
            let is_pro = chain.account(fid).is_some_and(|account| account.is_pro(now_ms / 1000));
            (chain.settings.network, is_pro)
        });
        let rules = EnvelopeRules { network, is_pro, now_s: clock::network_s(now_ms) };
        let signed = Signed::verify(message, &rules)?;
        validate::body(&signed, is_pro)?;
        Ok(signed)
    }
}

impl Chain {
    /// Starts a chain, from its journal where there is one.
    pub(crate) fn open(settings: HubSettings) -> Result<Self, JournalError> {
        let buffer = settings.live_buffer;
        let shards = (0..=settings.data_shards).map(|id| (id, Shard::new(id, buffer))).collect();
        let started_ms = clock::unix_ms();
        let mut shard_order: Vec<u32> = (1..=settings.data_shards).collect();
        let turn = usize::try_from(settings.seed ^ started_ms).unwrap_or_default();
        let count = shard_order.len().max(1);
        shard_order.rotate_left(turn % count);
        let mut chain = Self {
            settings,
            shards,
            registry: Registry::default(),
            shard_order,
            started_ms,
            journal: None,
            accepted_s: BTreeMap::new(),
            last_key_add_s: BTreeMap::new(),
        };
        if let Some(directory) = chain.settings.state_dir.clone() {
            let (journal, records) = Journal::open(&directory)?;
            for record in records {
                chain.restore(&record)?;
            }
            chain.journal = Some(journal);
        }
        Ok(chain)
    }

    fn restore(&mut self, record: &BlockRecord) -> Result<(), JournalError> {
        let shard = self.shards.get_mut(&record.shard).ok_or(JournalError::Damaged)?;
        if record.height != shard.height + 1 {
            return Err(JournalError::Damaged);
        }
        let transactions = record.transactions()?;
        let relays = shard.add_block(transactions, &mut self.registry, record.unix_ms);
        self.relay(relays);
        Ok(())
    }

    /// The shard that a fid lives on.
    pub(crate) fn shard_of(&self, fid: u64) -> Option<&Shard> {
        self.shards.get(&shard_of(fid, self.settings.data_shards))
    }

    fn shard_mut(&mut self, fid: u64) -> Option<&mut Shard> {
        self.shards.get_mut(&shard_of(fid, self.settings.data_shards))
    }

    /// What is known of a fid.
    pub(crate) fn account(&self, fid: u64) -> Option<&super::Account> {
        self.shard_of(fid)?.accounts.get(&fid)
    }

    /// The data shards, in the order of lists over all of them.
    pub(crate) fn data_shards(&self) -> impl Iterator<Item = &Shard> {
        self.shard_order.iter().filter_map(|id| self.shards.get(id))
    }

    fn accept(&mut self, signed: Arc<Signed>, doomed: bool) -> Result<(), Refusal> {
        let now_s = clock::unix_ms() / 1000;
        let fid = signed.fid();
        let is_key = matches!(signed.kind(), MessageType::KeyAdd | MessageType::KeyRemove);
        if let Some(shard) = self.shard_of(fid) {
            shard.check_waiting(&signed)?;
            shard.check(&signed, &self.registry, now_s.saturating_sub(clock::EPOCH_UNIX_S))?;
        }
        self.check_rate(fid, now_s)?;
        if signed.kind() == MessageType::KeyAdd {
            let last = self.last_key_add_s.get(&fid).copied().unwrap_or(0);
            if now_s < last + KEY_ADD_EVERY_S {
                return Err(Refusal::rate_limited(fid));
            }
            self.last_key_add_s.insert(fid, now_s);
        }
        let transaction =
            if doomed { Transaction::Doomed(signed) } else { Transaction::Message(signed) };
        let home = if is_key { self.shards.get_mut(&0) } else { self.shard_mut(fid) };
        if let Some(shard) = home {
            shard.wait(transaction);
        }
        Ok(())
    }

    fn check_rate(&mut self, fid: u64, now_s: u64) -> Result<(), Refusal> {
        if !self.settings.limits_rate {
            return Ok(());
        }
        let max = self.account(fid).map_or(0, |account| account.units(now_s).max_of_all()) / 10;
        let max = usize::try_from(max).unwrap_or(usize::MAX).max(100);
        let accepted = self.accepted_s.entry(fid).or_default();
        accepted.retain(|at_s| at_s + HOUR_S > now_s);
        if accepted.len() >= max {
            return Err(Refusal::rate_limited(fid));
        }
        accepted.push(now_s);
        Ok(())
    }

    /// Takes what a contract would have said.
    pub(crate) fn accept_onchain(&mut self, event: OnChainEvent) {
        if let Some(shard) = self.shard_mut(event.fid) {
            shard.wait(Transaction::OnChain(event));
        }
    }

    /// Takes what the fname server would have said.
    pub(crate) fn accept_name(&mut self, proof: UserNameProof) -> Result<(), Refusal> {
        validate::check_transfer(&proof, self.settings.fname_signer)?;
        if let Some(shard) = self.shard_mut(proof.fid) {
            shard.wait(Transaction::Name(proof));
        }
        Ok(())
    }

    /// Makes the next block of a shard.
    pub(crate) fn produce(&mut self, id: u32) -> Result<(), JournalError> {
        let unix_ms = clock::unix_ms();
        let Some(shard) = self.shards.get_mut(&id) else { return Ok(()) };
        let transactions = shard.take_waiting();
        if let Some(journal) = &mut self.journal {
            // Kept before anybody hears of it, so that no event id is ever given twice.
            journal.append(&BlockRecord::new(id, shard.height + 1, unix_ms, &transactions))?;
        }
        let relays = shard.add_block(transactions, &mut self.registry, unix_ms);
        shard.log.expire(retained_from(unix_ms, self.settings.event_retention));
        self.relay(relays);
        Ok(())
    }

    fn relay(&mut self, relays: Vec<(u64, Transaction)>) {
        for (fid, transaction) in relays {
            if let Some(shard) = self.shard_mut(fid) {
                shard.wait(transaction);
            }
        }
    }
}

fn retained_from(unix_ms: u64, retention: Duration) -> u64 {
    let retention_ms = u64::try_from(retention.as_millis()).unwrap_or(u64::MAX);
    clock::network_s(unix_ms.saturating_sub(retention_ms))
}
