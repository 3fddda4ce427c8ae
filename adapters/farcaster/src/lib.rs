//! Farcaster: casts in threads and channels, mentions and likes, over any node of the network.
//!
//! In the order of a message's journey: `listen` follows the shards and hands over what may concern
//! us, `open` proves hash, signature, signer and place of each message, `parse` reads it; `render`
//! writes a cast, `seal` signs it once and for all, `send` offers it to a node, and the shard's
//! events say whether it got in. `fetch` asks for what `open` lacks. Below them lie `wire` (the
//! network's formats), `node` (its APIs) and `shard` (reading without loss).

mod budget;
mod capabilities;
mod carried;
mod claims;
mod config;
mod connect;
mod direct;
mod draft;
mod examine;
mod fetch;
mod history;
mod known;
mod listen;
mod mark;
mod name;
mod node;
mod open;
mod orphans;
mod own;
mod parse;
mod permit;
mod proven;
mod recheck;
mod render;
mod seal;
mod send;
mod shard;
mod wire;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use threadbridge_core::{
    adapter::{
        Adapter, AdapterError, Envelope, Inbound, Malformed, Missing, Opened, Parsed, Receipt,
        Rechecked, Sealing, SendRequest, Unrenderable, Verdict,
    },
    model::{
        capabilities::{Capabilities, Rate},
        id::{Identity, Network, RemoteConversation},
        outgoing::Outgoing,
        proof::Proof,
        time::Timestamp,
    },
    store::Keys,
};

pub use self::{
    budget::Budget,
    config::{Begin, Config, Credentials, DirectCasts, Endpoint, Realm},
    connect::ConnectError,
    examine::{NodeReport, SignerState},
    node::{endpoint::BadAddress, failure::NodeError, query::Allowance},
    permit::{KeyError, KeyTerms, LONGEST_DAYS},
};

use self::{
    capabilities::Offers,
    direct::DirectApi,
    fetch::FetchError,
    known::Known,
    listen::Met,
    name::Place,
    node::pool::Pool,
    open::Opening,
    own::Own,
    seal::Signing,
    send::Outlet,
    shard::follow::Pace,
    wire::{limits::Tier, proto::FarcasterNetwork, sign::SignerKey},
};

/// Whether the network has conversations of this name: `channel/NAME`, `channel/URL`,
/// `thread/0xHASH`, `thread/FID:0xHASH`, `mentions`, `author/FID` or `direct/FID`.
#[must_use]
pub fn is_conversation(name: &RemoteConversation) -> bool {
    Place::parse(name).is_some()
}

/// One account on Farcaster.
#[derive(Debug)]
pub struct Farcaster {
    network: Network,
    realm: FarcasterNetwork,
    pool: Arc<Pool>,
    own: Option<Own>,
    direct: Option<DirectApi>,
    pace: Pace,
    begin: Begin,
    met: Arc<Mutex<Met>>,
    /// What holds until a node has said what the fid has paid for.
    offers: Offers,
    learnt: OnceLock<Learnt>,
}

/// What a node has said about the own fid.
#[derive(Debug)]
struct Learnt {
    tier: Tier,
    offers: Offers,
    rates: Vec<Rate>,
}

impl Farcaster {
    /// What the account may still send and keep, by what a node says at this moment; nothing for
    /// an account without a fid.
    pub async fn budget(&self) -> Result<Option<Budget>, NodeError> {
        let Some(own) = &self.own else { return Ok(None) };
        let fid = own.fid;
        let storage = self.pool.ask(|node| async move { node.storage(fid).await }).await?;
        let mut budget = Budget::of(&storage);
        if let Some(key) = own.key.as_ref().map(SignerKey::public) {
            let signers = self.pool.ask(|node| async move { node.signers(fid).await }).await?;
            let signer = signers.into_iter().find(|signer| signer.key == key);
            budget.signer_expires_at_s = signer.and_then(|signer| signer.expires_at_s);
        }
        Ok(Some(budget))
    }

    /// Looks how far the account's means go, once, and warns where they end.
    async fn take_stock(&self) {
        if self.learnt.get().is_some() {
            return;
        }
        let budget = match self.budget().await {
            Ok(Some(budget)) => budget,
            Ok(None) => return,
            Err(error) => return tracing::debug!(%error, "the account's storage is not known yet"),
        };
        if budget.is_scarce() {
            tracing::warn!(
                left = budget.casts.left(),
                limit = budget.casts.limit,
                "the account's storage is nearly full: its oldest casts will be pruned; rent more"
            );
        }
        let tier = if budget.is_pro { Tier::Pro } else { Tier::Standard };
        // A node of one's own does not count.
        let counts = self.realm != FarcasterNetwork::Devnet;
        let hourly = Rate { messages: budget.hourly_messages, per: Duration::from_secs(3600) };
        self.learnt.get_or_init(|| Learnt {
            tier,
            offers: Offers::new(2, tier),
            rates: counts.then_some(hourly).into_iter().collect(),
        });
    }

    fn tier(&self) -> Tier {
        self.learnt.get().map_or(Tier::Standard, |learnt| learnt.tier)
    }
}

#[async_trait]
impl Adapter for Farcaster {
    fn network(&self) -> &Network {
        &self.network
    }

    fn identity(&self) -> Option<&Identity> {
        self.own.as_ref().map(|own| &own.identity)
    }

    fn peer(&self, conversation: &RemoteConversation) -> Option<Identity> {
        match Place::parse(conversation) {
            Some(Place::Direct(fid)) => name::identity(fid).ok(),
            Some(_) | None => None,
        }
    }

    fn direct(&self, with: &Identity) -> Option<RemoteConversation> {
        self.direct.as_ref()?;
        let is_there = with.network == *self.network() && Some(with) != self.identity();
        let place = RemoteConversation::parse(format!("direct/{}", with.author)).ok()?;
        (is_there && matches!(Place::parse(&place), Some(Place::Direct(_)))).then_some(place)
    }

    fn capabilities(&self, conversation: &RemoteConversation) -> &Capabilities {
        let offers = self.learnt.get().map_or(&self.offers, |learnt| &learnt.offers);
        match Place::parse(conversation) {
            Some(Place::Direct(_)) => &offers.direct,
            Some(_) => &offers.casts,
            None => &offers.nothing,
        }
    }

    fn send_rates(&self) -> &[Rate] {
        self.learnt.get().map_or(&[], |learnt| &learnt.rates)
    }

    async fn listen(&self, inbound: Inbound) -> Result<(), AdapterError> {
        self.take_stock().await;
        let own = self.own.as_ref().map(|own| own.fid);
        let pool = Arc::clone(&self.pool);
        let met = Arc::clone(&self.met);
        let listening = listen::listen(pool, own, met, (self.begin, self.pace), inbound);
        match self.own.as_ref().and_then(|own| Some((own.fid, own.key.as_ref()?.public()))) {
            None => listening.await,
            Some((fid, key)) => {
                let watching = permit::watch(Arc::clone(&self.pool), fid, key);
                tokio::select! {
                    ended = listening => ended,
                    () = watching => Ok(()),
                }
            }
        }
    }

    async fn fetch(&self, missing: &Missing) -> Result<Vec<Envelope>, AdapterError> {
        fetch::fetch(&self.pool, missing).await.map_err(|error| match error {
            FetchError::Node(error) => AdapterError::new(Verdict::Retry, error),
            error @ (FetchError::Random(_) | FetchError::Id(_) | FetchError::NoRoot) => {
                AdapterError::new(Verdict::Retry, error)
            }
        })
    }

    async fn recheck(&self, proof: &Proof) -> Result<Rechecked, AdapterError> {
        let told = self.look_again(proof).await;
        told.map_err(|error| AdapterError::new(Verdict::Retry, error))
    }

    fn open(
        &self,
        keys: &Keys,
        linked: &BTreeSet<RemoteConversation>,
        envelope: &Envelope,
    ) -> Opened {
        let (own, known) = (self.own.as_ref(), Known::new(keys));
        Opening { own, network: self.realm, known, linked }.open(envelope)
    }

    fn parse(&self, plaintext: &[u8]) -> Result<Vec<Parsed>, Malformed> {
        parse::parse(plaintext)
    }

    fn render(
        &self,
        conversation: &RemoteConversation,
        outgoing: &Outgoing,
    ) -> Result<Vec<u8>, Unrenderable> {
        render::render(conversation, outgoing)
    }

    fn seal(
        &self,
        keys: &Keys,
        conversation: &RemoteConversation,
        plaintext: &[u8],
        now: Timestamp,
    ) -> Sealing {
        let (own, known) = (self.own.as_ref(), Known::new(keys));
        let signing = Signing { own, network: self.realm, tier: self.tier(), known };
        signing.seal(conversation, plaintext, now)
    }

    async fn send(&self, batch: &[SendRequest]) -> Vec<Result<Receipt, AdapterError>> {
        let (own, direct) = (self.own.as_ref(), self.direct.as_ref());
        Outlet { pool: &self.pool, own, direct }.send_all(batch).await
    }
}

#[cfg(test)]
mod tests;
