//! A node in memory, for tests where a hub cannot be used. It keeps blocks, streams them, and has
//! the faults that real nodes have.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use tokio::sync::broadcast;
use tokio_stream::{StreamExt as _, wrappers::BroadcastStream};

use super::{
    EventStream, Node,
    failure::NodeError,
    query::{Listing, MessagePage, NodeStatus, ShardStatus, SignerRecord, Storage},
};
use crate::{
    name::Name,
    shard::cursor::first_event_id,
    wire::{
        SignedMessage,
        proto::{
            BlockConfirmedBody, CastId, HubEvent, HubEventType, MergeFailureBody, MergeMessageBody,
            MessageData, OnChainEvent, OnChainEventType, PruneMessageBody, RevokeMessageBody,
            cast_add_body::Parent, hub_event::Body, message_data,
        },
    },
};
use prost::Message as _;

pub(crate) mod person;

/// What is wrong with a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// It answers nothing.
    pub(crate) is_down: bool,
    /// Its streams give nothing.
    pub(crate) is_deaf: bool,
    /// It has no streams, like an HTTP node.
    pub(crate) has_no_stream: bool,
    /// Its streams leave these blocks out.
    pub(crate) holes: BTreeSet<u64>,
    /// It says that it has this block and none before it.
    pub(crate) invents: Option<u64>,
    /// It keeps no events before this height.
    pub(crate) kept_from: u64,
    /// How many times it does not tell whose keys are whose.
    pub(crate) secretive: u32,
    /// What it answers to the next submissions.
    pub(crate) submit: Vec<NodeError>,
}

#[derive(Debug, Default)]
struct State {
    faults: Faults,
    blocks: BTreeMap<u32, BTreeMap<u64, Vec<HubEvent>>>,
    messages: BTreeMap<Name, SignedMessage>,
    signers: BTreeMap<u64, Vec<SignerRecord>>,
    former: BTreeMap<u64, Vec<SignerRecord>>,
    profiles: BTreeMap<u64, Vec<SignedMessage>>,
    addresses: BTreeMap<u64, Vec<SignedMessage>>,
    registrations: BTreeMap<u64, Vec<OnChainEvent>>,
    storage: Storage,
    submitted: Vec<SignedMessage>,
}

/// A node in memory.
#[derive(Debug)]
pub(crate) struct FakeNode {
    shards: u32,
    state: Mutex<State>,
    live: broadcast::Sender<HubEvent>,
}

impl FakeNode {
    pub(crate) fn new(shards: u32) -> Arc<Self> {
        let (live, _) = broadcast::channel(10_000);
        let mut state = State::default();
        for shard in 1..=shards {
            state.blocks.entry(shard).or_default();
        }
        Arc::new(Self { shards, state: Mutex::new(state), live })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state().faults);
    }

    pub(crate) fn submitted(&self) -> Vec<SignedMessage> {
        self.state().submitted.clone()
    }

    pub(crate) fn set_signers(&self, fid: u64, now: Vec<SignerRecord>, former: Vec<SignerRecord>) {
        let mut state = self.state();
        state.signers.insert(fid, now);
        state.former.insert(fid, former);
    }

    pub(crate) fn set_profile(&self, fid: u64, profile: Vec<SignedMessage>) {
        self.state().profiles.insert(fid, profile);
    }

    pub(crate) fn set_registrations(&self, fid: u64, events: Vec<OnChainEvent>) {
        self.state().registrations.insert(fid, events);
    }

    pub(crate) fn set_addresses(&self, fid: u64, addresses: Vec<SignedMessage>) {
        self.state().addresses.insert(fid, addresses);
    }

    pub(crate) fn set_storage(&self, storage: Storage) {
        self.state().storage = storage;
    }

    /// Confirms a block with these bodies on a shard; gives its height.
    pub(crate) fn block(&self, shard: u32, bodies: Vec<Body>) -> u64 {
        let mut state = self.state();
        let height = state.blocks[&shard].keys().next_back().map_or(1, |last| last + 1);
        let mut events: Vec<HubEvent> = Vec::new();
        let mut counts = BTreeMap::from([(i32::from(HubEventType::BlockConfirmed), 1)]);
        for (place, body) in (1..).zip(bodies) {
            let kind = kind(&body);
            *counts.entry(kind.into()).or_insert(0) += 1;
            if let Body::MergeMessageBody(body) = &body {
                let message = body.message.clone().unwrap();
                state.messages.insert(message.claimed_name().unwrap(), message);
            }
            events.push(event(shard, height, place, kind, body));
        }
        events.insert(0, confirmation(shard, height, events.len() as u64 + 1, counts));
        let is_lost = state.faults.is_deaf || state.faults.holes.contains(&height);
        state.blocks.get_mut(&shard).unwrap().insert(height, events.clone());
        drop(state);
        if !is_lost {
            for event in events {
                // Nobody may be listening.
                let _listeners = self.live.send(event);
            }
        }
        height
    }

    /// Confirms a block that merges these messages.
    pub(crate) fn merge(&self, shard: u32, messages: &[&SignedMessage]) -> u64 {
        self.block(shard, messages.iter().map(|message| merged(message)).collect())
    }

    fn up(&self) -> Result<MutexGuard<'_, State>, NodeError> {
        let state = self.state();
        if state.faults.is_down { Err(NodeError::Unavailable) } else { Ok(state) }
    }
}

fn confirmation(shard: u32, height: u64, total: u64, counts: BTreeMap<i32, u64>) -> HubEvent {
    let body = Body::BlockConfirmedBody(BlockConfirmedBody {
        block_number: height,
        shard_index: shard,
        total_events: total,
        event_counts_by_type: counts,
        ..BlockConfirmedBody::default()
    });
    event(shard, height, 0, HubEventType::BlockConfirmed, body)
}

fn event(shard: u32, height: u64, place: u64, kind: HubEventType, body: Body) -> HubEvent {
    HubEvent {
        r#type: kind.into(),
        id: first_event_id(height) + place,
        block_number: height,
        shard_index: shard,
        timestamp: 180_000_000 + height,
        body: Some(body),
    }
}

fn kind(body: &Body) -> HubEventType {
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

pub(crate) fn merged(message: &SignedMessage) -> Body {
    let message = Some(message.clone());
    Body::MergeMessageBody(MergeMessageBody { message, deleted_messages: Vec::new() })
}

pub(crate) fn pruned(message: &SignedMessage) -> Body {
    Body::PruneMessageBody(PruneMessageBody { message: Some(message.clone()) })
}

pub(crate) fn revoked(message: &SignedMessage) -> Body {
    Body::RevokeMessageBody(RevokeMessageBody { message: Some(message.clone()) })
}

pub(crate) fn failed(message: &SignedMessage, code: &str, reason: &str) -> Body {
    let (code, reason) = (code.to_owned(), reason.to_owned());
    Body::MergeFailure(MergeFailureBody { message: Some(message.clone()), code, reason })
}

pub(crate) fn signer_event(fid: u64) -> Body {
    let r#type = OnChainEventType::EventTypeSigner.into();
    let on_chain_event = Some(OnChainEvent { r#type, fid, ..OnChainEvent::default() });
    Body::MergeOnChainEventBody(crate::wire::proto::MergeOnChainEventBody { on_chain_event })
}

#[async_trait]
impl Node for FakeNode {
    fn name(&self) -> &str {
        "fake"
    }

    async fn status(&self) -> Result<NodeStatus, NodeError> {
        let state = self.up()?;
        let shards = (0..=self.shards).map(|shard| {
            let blocks = state.blocks.get(&shard);
            let last = blocks.and_then(|blocks| blocks.keys().next_back());
            ShardStatus { shard, max_height: last.copied().unwrap_or(0), block_delay_s: 99 }
        });
        Ok(NodeStatus { shards: shards.collect(), ..NodeStatus::default() })
    }

    async fn submit(&self, message: &SignedMessage) -> Result<(), NodeError> {
        let mut state = self.up()?;
        state.submitted.push(message.clone());
        match state.faults.submit.pop() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    async fn cast(&self, id: &CastId) -> Result<SignedMessage, NodeError> {
        let state = self.up()?;
        let name = Name::of(id).unwrap();
        state.messages.get(&name).cloned().ok_or(NodeError::NotFound)
    }

    async fn list(
        &self,
        listing: &Listing,
        _page_size: u32,
        _token: Option<Vec<u8>>,
    ) -> Result<MessagePage, NodeError> {
        let state = self.up()?;
        let messages = if let Listing::Addresses(fid) = listing {
            state.addresses.get(fid).cloned().unwrap_or_default()
        } else if let Listing::Profile(fid) = listing {
            state.profiles.get(fid).cloned().unwrap_or_default()
        } else {
            let all = state.messages.values();
            all.filter(|message| is_in(listing, message)).cloned().collect()
        };
        Ok(MessagePage { messages, unverifiable: 0, next: Some(b"[null,null]".to_vec()) })
    }

    async fn signers(&self, fid: u64) -> Result<Vec<SignerRecord>, NodeError> {
        let mut state = self.up()?;
        if let Some(less) = state.faults.secretive.checked_sub(1) {
            state.faults.secretive = less;
            return Err(NodeError::TimedOut);
        }
        Ok(state.signers.get(&fid).cloned().unwrap_or_default())
    }

    async fn former_signers(&self, fid: u64) -> Result<Vec<SignerRecord>, NodeError> {
        Ok(self.up()?.former.get(&fid).cloned().unwrap_or_default())
    }

    async fn registrations(&self, fid: u64) -> Result<Vec<OnChainEvent>, NodeError> {
        Ok(self.up()?.registrations.get(&fid).cloned().unwrap_or_default())
    }

    async fn storage(&self, _fid: u64) -> Result<Storage, NodeError> {
        Ok(self.up()?.storage.clone())
    }

    async fn events(
        &self,
        shard: u32,
        from_id: u64,
        page_size: u32,
    ) -> Result<Vec<HubEvent>, NodeError> {
        let state = self.up()?;
        if let Some(height) = state.faults.invents {
            return Ok(vec![confirmation(shard, height, 1, BTreeMap::new())]);
        }
        let kept = state.blocks[&shard].range(state.faults.kept_from..);
        let events = kept.flat_map(|(_, events)| events).filter(|event| event.id >= from_id);
        Ok(events.take(page_size as usize).cloned().collect())
    }

    async fn subscribe(&self, shard: u32, _from_id: u64) -> Result<EventStream, NodeError> {
        let state = self.up()?;
        if state.faults.has_no_stream {
            return Err(NodeError::Unsupported);
        }
        let live = BroadcastStream::new(self.live.subscribe());
        // What happens is told to all alike, wherever they asked to begin.
        let events = live.filter_map(move |event| match event {
            Ok(event) if event.shard_index == shard => Some(Ok(event)),
            Ok(_) | Err(_) => None,
        });
        Ok(Box::pin(events))
    }
}

fn is_in(listing: &Listing, message: &SignedMessage) -> bool {
    let data = MessageData::decode(message.signed_bytes().unwrap()).unwrap();
    match (data.body, listing) {
        (Some(message_data::Body::CastAddBody(cast)), listing) => match listing {
            Listing::CastsBy(fid) | Listing::CastsAndRemovals(fid) => data.fid == *fid,
            Listing::Mentions(fid) => cast.mentions.contains(fid),
            Listing::Replies(id) => cast.parent == Some(Parent::ParentCastId(id.clone())),
            Listing::Under(url) => cast.parent == Some(Parent::ParentUrl(url.clone())),
            Listing::Reactions(_) | Listing::Profile(_) | Listing::Addresses(_) => false,
        },
        (Some(message_data::Body::ReactionBody(reaction)), Listing::Reactions(id)) => {
            use crate::wire::proto::reaction_body::Target;
            reaction.target == Some(Target::TargetCastId(id.clone()))
        }
        _ => false,
    }
}
