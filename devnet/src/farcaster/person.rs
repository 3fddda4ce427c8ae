//! A small person: a fid with its key, who registers at a hub and talks there.

use std::sync::atomic::{AtomicU32, Ordering};

use ed25519_dalek::{Signer as _, SigningKey};
use prost::Message as _;

use super::clock;
use super::hub::Hub;
use super::refusal::Refusal;
use super::signed::blake3_160;
use super::wire::cast_add_body::Parent;
use super::wire::message_data::Body;
use super::wire::on_chain_event::Body as Fact;
use super::wire::{
    CastAddBody, CastId, CastRemoveBody, CastType, Embed, FarcasterNetwork, HashScheme,
    IdRegisterEventBody, IdRegisterEventType, Message, MessageData, MessageType, OnChainEvent,
    OnChainEventType, ReactionBody, ReactionType, SignatureScheme, SignerEventBody,
    SignerEventType, StorageRentEventBody, TierPurchaseBody, TierType, UserDataBody, UserDataType,
    UserNameProof, UserNameType, embed, reaction_body,
};

/// The chain that registrations are on.
const OPTIMISM: u32 = 10;
/// How far a burst may be dated ahead; hubs allow ten minutes.
const MAX_AHEAD_S: u32 = 500;

/// What a person says in one cast.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Words {
    /// The text, without the names of those it mentions.
    pub text: String,
    /// Who is mentioned, and at which byte of the text.
    pub mentions: Vec<(u64, u32)>,
    /// Addresses of what is shown with the cast.
    pub urls: Vec<String>,
    /// The cast that is quoted.
    pub quote: Option<CastId>,
    /// The cast that this one answers, or the channel it is in.
    pub parent: Option<Parent>,
}

impl From<&str> for Words {
    fn from(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }
}

/// Somebody with a fid.
#[derive(Debug)]
pub struct Person {
    fid: u64,
    key: SigningKey,
    /// The latest time given to a message, so that two are never in doubt about their order.
    last_s: AtomicU32,
    /// How often the key was removed or added again.
    key_changes: AtomicU32,
}

impl Person {
    /// A person whose key is made from a seed.
    pub fn new(fid: u64, seed: [u8; 32]) -> Self {
        Self {
            fid,
            key: SigningKey::from_bytes(&seed),
            last_s: AtomicU32::new(0),
            key_changes: AtomicU32::new(0),
        }
    }

    /// The person's number on the network.
    pub const fn fid(&self) -> u64 {
        self.fid
    }

    /// The public key that the person's messages are signed with.
    pub fn signer(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// Rents storage, registers the fid and adds the key. In force after the next block.
    pub fn register(&self, hub: &Hub, units: u32) {
        registration(self.fid, &self.signer(), units)
            .into_iter()
            .for_each(|event| hub.submit_onchain_event(event));
    }

    /// Rents more storage. In force after the next block.
    pub fn rents(&self, hub: &Hub, units: u32) {
        let [rent, ..] = registration(self.fid, &self.signer(), units);
        hub.submit_onchain_event(rent);
    }

    /// Removes the key from the fid. In force after the next block.
    pub fn loses_key(&self, hub: &Hub) {
        self.change_key(hub, SignerEventType::Remove);
    }

    /// Adds the key to the fid again. In force after the next block.
    pub fn regains_key(&self, hub: &Hub) {
        self.change_key(hub, SignerEventType::Add);
    }

    fn change_key(&self, hub: &Hub, change: SignerEventType) {
        // In one second, too, each change comes after the one before.
        let nth = self.key_changes.fetch_add(1, Ordering::Relaxed);
        hub.submit_onchain_event(key_change(self.fid, &self.signer(), (change, nth + 4)));
    }

    /// Buys a Pro subscription for a year.
    pub fn go_pro(&self, hub: &Hub) {
        hub.submit_onchain_event(pro(self.fid));
    }

    /// Takes an fname. The profile may show it after the next block.
    ///
    /// # Errors
    ///
    /// If the hub refuses the name.
    pub fn take_name(&self, hub: &Hub, name: &str) -> Result<(), Refusal> {
        hub.submit_username_proof(name_proof(self.fid, name))
    }

    /// Shows something in the profile.
    ///
    /// # Errors
    ///
    /// If the hub refuses it.
    pub fn show(&self, hub: &Hub, kind: UserDataType, value: &str) -> Result<Message, Refusal> {
        let body = UserDataBody { r#type: kind.into(), value: value.to_owned() };
        hub.submit(self.sign(MessageType::UserDataAdd, Body::UserDataBody(body)))
    }

    /// Casts.
    ///
    /// # Errors
    ///
    /// If the hub refuses the cast.
    pub fn cast(&self, hub: &Hub, words: impl Into<Words>) -> Result<CastId, Refusal> {
        let message = self.say(words.into());
        let id = CastId { fid: self.fid, hash: message.hash.clone() };
        hub.submit(message).map(|_| id)
    }

    /// Answers a cast.
    ///
    /// # Errors
    ///
    /// If the hub refuses the answer.
    pub fn reply(&self, hub: &Hub, to: &CastId, text: &str) -> Result<CastId, Refusal> {
        let parent = Some(Parent::ParentCastId(to.clone()));
        self.cast(hub, Words { parent, ..Words::from(text) })
    }

    /// Takes a cast back.
    ///
    /// # Errors
    ///
    /// If the hub refuses it.
    pub fn remove(&self, hub: &Hub, cast: &CastId) -> Result<Message, Refusal> {
        let body = CastRemoveBody { target_hash: cast.hash.clone() };
        hub.submit(self.sign(MessageType::CastRemove, Body::CastRemoveBody(body)))
    }

    /// Likes or recasts.
    ///
    /// # Errors
    ///
    /// If the hub refuses it.
    pub fn react(&self, hub: &Hub, kind: ReactionType, cast: &CastId) -> Result<Message, Refusal> {
        hub.submit(self.reaction(MessageType::ReactionAdd, kind, cast))
    }

    /// Takes a like or a recast back.
    ///
    /// # Errors
    ///
    /// If the hub refuses it.
    pub fn unreact(
        &self,
        hub: &Hub,
        kind: ReactionType,
        cast: &CastId,
    ) -> Result<Message, Refusal> {
        hub.submit(self.reaction(MessageType::ReactionRemove, kind, cast))
    }

    /// A signed cast, not yet submitted.
    pub fn say(&self, words: Words) -> Message {
        let kind = match words.text.len() {
            0..=320 => CastType::Cast,
            321..=1024 => CastType::LongCast,
            _ => CastType::TenKCast,
        };
        let urls = words.urls.into_iter().map(embed::Embed::Url);
        let quote = words.quote.map(embed::Embed::CastId);
        let (mentions, mentions_positions) = words.mentions.into_iter().unzip();
        let body = CastAddBody {
            mentions,
            mentions_positions,
            text: words.text,
            embeds: urls.chain(quote).map(|embed| Embed { embed: Some(embed) }).collect(),
            r#type: kind.into(),
            parent: words.parent,
            embeds_deprecated: Vec::new(),
        };
        self.sign(MessageType::CastAdd, Body::CastAddBody(body))
    }

    fn reaction(&self, kind: MessageType, reaction: ReactionType, cast: &CastId) -> Message {
        let target = Some(reaction_body::Target::TargetCastId(cast.clone()));
        self.sign(kind, Body::ReactionBody(ReactionBody { r#type: reaction.into(), target }))
    }

    /// Signs anything, dated now or a second after the last, up to 500 s ahead.
    pub fn sign(&self, kind: MessageType, body: Body) -> Message {
        let now_s = u32::try_from(clock::network_s(clock::unix_ms())).unwrap_or(u32::MAX);
        // A block orders by whole seconds, so what is said in one second would change places.
        let next = |last: u32| now_s.max(last.saturating_add(1)).min(now_s + MAX_AHEAD_S);
        let last = self
            .last_s
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)))
            .unwrap_or(now_s);
        self.sign_at(kind, body, next(last))
    }

    /// Signs anything, dated at will (the network's seconds).
    pub fn sign_at(&self, kind: MessageType, body: Body, timestamp: u32) -> Message {
        let data = MessageData {
            r#type: kind.into(),
            fid: self.fid,
            timestamp,
            network: FarcasterNetwork::Devnet.into(),
            body: Some(body),
        };
        sign(&self.key, &data)
    }
}

/// Hashes and signs a message, with the bytes that were hashed.
pub fn sign(key: &SigningKey, data: &MessageData) -> Message {
    let bytes = data.encode_to_vec();
    let hash = blake3_160(&bytes);
    Message {
        data: None,
        hash: hash.to_vec(),
        hash_scheme: HashScheme::Blake3.into(),
        signature: key.sign(&hash).to_bytes().to_vec(),
        signature_scheme: SignatureScheme::Ed25519.into(),
        signer: key.verifying_key().to_bytes().to_vec(),
        data_bytes: Some(bytes),
    }
}

/// The hash by which bytes are named once they are signed as a message's data.
pub fn hash_of(bytes: &[u8]) -> [u8; 20] {
    blake3_160(bytes)
}

/// What the contracts would say of a new fid with one app key: rent, registration, signer.
pub fn registration(fid: u64, signer: &[u8; 32], units: u32) -> [OnChainEvent; 3] {
    let custody = custody_of(fid);
    let rent = StorageRentEventBody { payer: custody.clone(), units, expiry: u32::MAX };
    let register = IdRegisterEventBody {
        to: custody.clone(),
        event_type: IdRegisterEventType::Register.into(),
        from: Vec::new(),
        recovery_address: custody,
    };
    use OnChainEventType as Type;
    [
        fact(fid, Type::EventTypeStorageRent, 0, Fact::StorageRentEventBody(rent)),
        fact(fid, Type::EventTypeIdRegister, 1, Fact::IdRegisterEventBody(register)),
        key_change(fid, signer, (SignerEventType::Add, 2)),
    ]
}

fn key_change(
    fid: u64,
    key: &[u8; 32],
    (change, log_index): (SignerEventType, u32),
) -> OnChainEvent {
    let body = SignerEventBody {
        key: key.to_vec(),
        key_type: 1,
        event_type: change.into(),
        metadata: Vec::new(),
        metadata_type: 1,
    };
    fact(fid, OnChainEventType::EventTypeSigner, log_index, Fact::SignerEventBody(body))
}

/// What the contracts would say of a Pro subscription for a year.
pub fn pro(fid: u64) -> OnChainEvent {
    let payer = custody_of(fid);
    let body = TierPurchaseBody { tier_type: TierType::Pro.into(), for_days: 365, payer };
    let kind = OnChainEventType::EventTypeTierPurchase;
    fact(fid, kind, 3, Fact::TierPurchaseEventBody(body))
}

/// An fname proof, unsigned as a devnet takes it.
pub fn name_proof(fid: u64, name: &str) -> UserNameProof {
    UserNameProof {
        timestamp: clock::unix_ms() / 1000,
        name: name.as_bytes().to_vec(),
        owner: custody_of(fid),
        signature: vec![1; 65],
        fid,
        r#type: UserNameType::UsernameTypeFname.into(),
    }
}

/// An address that nobody has the key of.
fn custody_of(fid: u64) -> Vec<u8> {
    let digest = blake3_160(format!("custody of {fid}").as_bytes());
    digest.to_vec()
}

fn fact(fid: u64, kind: OnChainEventType, log_index: u32, body: Fact) -> OnChainEvent {
    let now_s = clock::unix_ms() / 1000;
    let transaction = blake3::hash(format!("{fid} {log_index} {now_s} {body:?}").as_bytes());
    OnChainEvent {
        r#type: kind.into(),
        chain_id: OPTIMISM,
        block_number: u32::try_from(clock::network_s(clock::unix_ms())).unwrap_or(u32::MAX),
        block_hash: vec![7; 32],
        block_timestamp: now_s,
        transaction_hash: transaction.as_bytes().to_vec(),
        log_index,
        fid,
        tx_index: 0,
        version: 1,
        body: Some(body),
    }
}
