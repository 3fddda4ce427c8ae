//! The least of a bridge: it opens what it is handed, keeps what is learnt, and fetches what is
//! missing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
    time::Duration,
};

use threadbridge_core::{
    adapter::{
        Adapter as _, Cursor, Envelope, Inbound, Missing, Opened, Outcome, Outlet, Parsed, Sealed,
        Sealing, SendRequest,
    },
    model::{
        event::{Action, Event, Profile},
        id::{AccountName, Identity, RemoteConversation, RemoteId},
        outgoing::Outgoing,
        proof::Proof,
        time::Timestamp,
    },
    store::Store,
};
use tokio::task::JoinSet;

use crate::{
    Farcaster,
    capabilities::Offers,
    known::{Known, Standing},
    name::{NETWORK, identity},
    node::{
        Node,
        fake::{
            FakeNode,
            person::{NOW, Person},
        },
        pool::Pool,
    },
    own::Own,
    shard::follow::Pace,
    wire::{
        SignedMessage, hash::MessageHash, limits::Tier, proto::FarcasterNetwork,
        time::FarcasterTime,
    },
};

/// An account on a fake node.
pub(super) fn account(node: &Arc<FakeNode>, own: Option<&Person>) -> Farcaster {
    let own = own.map(|own| {
        let key = crate::wire::sign::SignerKey::from_seed(&[u8::try_from(own.fid).unwrap(); 32]);
        Own { fid: own.fid, identity: identity(own.fid).unwrap(), key: Some(key) }
    });
    Farcaster {
        network: threadbridge_core::model::id::Network::parse(NETWORK).unwrap(),
        realm: FarcasterNetwork::Devnet,
        pool: Arc::new(Pool::new(vec![Arc::clone(node) as Arc<dyn Node>])),
        own,
        direct: None,
        pace: Pace { silent_for: Duration::from_secs(30), poll_every: Duration::from_secs(1) },
        begin: crate::Begin::Now,
        met: Arc::default(),
        offers: Offers::new(1, Tier::Standard),
        learnt: OnceLock::new(),
    }
}

pub(super) fn conversations(names: &[&str]) -> BTreeSet<RemoteConversation> {
    names.iter().map(|name| RemoteConversation::parse(*name).unwrap()).collect()
}

pub(super) fn now() -> Timestamp {
    let unix_ms = FarcasterTime::from_seconds(NOW).unix_ms();
    Timestamp::from_secs(i64::try_from(unix_ms / 1000).unwrap())
}

/// What came through.
pub(super) struct Bridge {
    pub(super) adapter: Arc<Farcaster>,
    store: Store,
    name: AccountName,
    linked: BTreeSet<RemoteConversation>,
    pub(super) events: Vec<Event>,
    pub(super) profiles: Vec<(Identity, Profile)>,
    pub(super) proofs: Vec<Proof>,
    pub(super) refused: Vec<String>,
    pub(super) confirmed: Vec<RemoteId>,
    pub(super) rejected: Vec<String>,
    pub(super) waited: usize,
    seen: BTreeSet<RemoteId>,
    waiting: Vec<(Envelope, Missing)>,
    cursors: BTreeMap<String, Vec<u8>>,
    listening: JoinSet<()>,
    outlet: Option<Outlet>,
}

impl Bridge {
    pub(super) fn new(node: &Arc<FakeNode>, own: Option<&Person>, linked: &[&str]) -> Self {
        Self {
            adapter: Arc::new(account(node, own)),
            store: Store::in_memory().unwrap(),
            name: AccountName::parse("casts").unwrap(),
            linked: conversations(linked),
            events: Vec::new(),
            profiles: Vec::new(),
            proofs: Vec::new(),
            refused: Vec::new(),
            confirmed: Vec::new(),
            rejected: Vec::new(),
            waited: 0,
            seen: BTreeSet::new(),
            waiting: Vec::new(),
            cursors: BTreeMap::new(),
            listening: JoinSet::new(),
            outlet: None,
        }
    }

    /// Begins to listen, from where it stood.
    pub(super) fn listen(&mut self) {
        let cursors = self.cursors.iter().map(|(stream, position)| Cursor {
            stream: stream.clone(),
            position: position.clone(),
        });
        let (inbound, outlet) = Inbound::channel(cursors.collect::<Vec<_>>(), self.linked.clone());
        let adapter = Arc::clone(&self.adapter);
        self.listening.spawn(async move {
            adapter.listen(inbound).await.unwrap();
        });
        self.outlet = Some(outlet);
    }

    /// Stops in the middle of whatever it does.
    pub(super) fn stop(&mut self) {
        self.listening.abort_all();
        self.outlet = None;
    }

    /// Takes batches until something is as it should be.
    pub(super) async fn until(&mut self, is_so: impl Fn(&Self) -> bool) {
        let mut outlet = self.outlet.take().unwrap();
        tokio::time::timeout(Duration::from_secs(10), async {
            while !is_so(self) {
                let handed = outlet.next().await.expect("the adapter has left");
                let mut outcomes = Vec::new();
                for envelope in handed.batch().envelopes.clone() {
                    outcomes.push(self.take(envelope).await);
                }
                for cursor in &handed.batch().cursors {
                    self.cursors.insert(cursor.stream.clone(), cursor.position.clone());
                }
                handed.keep(outcomes);
                self.fetch().await;
            }
        })
        .await
        .expect("it never came");
        self.outlet = Some(outlet);
    }

    async fn take(&mut self, envelope: Envelope) -> Outcome {
        if self.seen.contains(&envelope.id) {
            return Outcome::Known;
        }
        let keys = self.store.keys(&self.name).unwrap();
        let opened = self.adapter.open(&keys, &self.linked, &envelope);
        let written = self.store.write(move |unit| unit.apply(keys)).await;
        let _: () = written.map_err(|error| format!("{error:?}")).unwrap();
        match opened {
            Opened::Plaintext(plaintext) => {
                self.seen.insert(envelope.id);
                for parsed in self.adapter.parse(&plaintext).unwrap() {
                    match parsed {
                        Parsed::Event(event) => self.events.push(*event),
                        Parsed::Profile(who, profile) => self.profiles.push((who, profile)),
                        Parsed::Proof(proof) => self.proofs.push(*proof),
                    }
                }
                Outcome::Kept
            }
            Opened::Learnt => Outcome::Kept,
            Opened::Missing(missing) => {
                self.waited += 1;
                self.waiting.push((envelope, missing));
                Outcome::Waits
            }
            Opened::Elsewhere => Outcome::Elsewhere,
            Opened::Refused(refusal) => {
                self.refused.push(refusal.reason);
                Outcome::Refused
            }
            Opened::Confirmed(id) => {
                self.confirmed.push(id);
                Outcome::Known
            }
            Opened::Rejected { reason, .. } => {
                self.rejected.push(reason);
                Outcome::Known
            }
        }
    }

    async fn fetch(&mut self) {
        for (envelope, missing) in std::mem::take(&mut self.waiting) {
            for fetched in self.adapter.fetch(&missing).await.unwrap() {
                Box::pin(self.take(fetched)).await;
            }
            Box::pin(self.take(envelope)).await;
        }
    }

    /// Whether listening has begun on every shard and every conversation.
    pub(super) fn cursors_are_kept(&self) -> bool {
        self.cursors.len() >= 2 + self.linked.len()
    }

    /// The block up to which a shard is kept.
    pub(super) fn height(&self, shard: u32) -> u64 {
        let position = self.cursors.get(&format!("shard/{shard}"));
        position.map_or(0, |it| u64::from_be_bytes(it[..8].try_into().unwrap()))
    }

    /// Whether a cast is still on the network, as far as the account knows.
    pub(super) fn standing(&self, cast: &SignedMessage) -> Option<Standing> {
        let keys = self.store.keys(&self.name).unwrap();
        let hash = MessageHash::from_slice(&cast.hash).unwrap();
        Known::new(&keys).member(&hash).unwrap().map(|member| member.standing())
    }

    /// The texts that were said, in order.
    pub(super) fn texts(&self) -> Vec<String> {
        let said = self.events.iter().filter_map(|event| {
            let Action::Say(said) = &event.action else { return None };
            Some(said.content.text().map_or("", |text| text.as_str))
        });
        said.map(str::to_owned).collect()
    }

    /// Renders and seals.
    pub(super) async fn seal(&self, conversation: &str, outgoing: &Outgoing) -> Sealing {
        let conversation = RemoteConversation::parse(conversation).unwrap();
        let plaintext = self.adapter.render(&conversation, outgoing).unwrap();
        let keys = self.store.keys(&self.name).unwrap();
        let sealing = self.adapter.seal(&keys, &conversation, &plaintext, now());
        let written = self.store.write(move |unit| unit.apply(keys)).await;
        let _: () = written.map_err(|error| format!("{error:?}")).unwrap();
        sealing
    }

    /// Opens what was fetched for a conversation.
    pub(super) async fn learn(&self, envelopes: Vec<Envelope>, conversation: &str) {
        let keys = self.store.keys(&self.name).unwrap();
        for envelope in envelopes {
            let opened = self.adapter.open(&keys, &conversations(&[conversation]), &envelope);
            assert_eq!(opened, Opened::Learnt);
        }
        let written = self.store.write(move |unit| unit.apply(keys)).await;
        let _: () = written.map_err(|error| format!("{error:?}")).unwrap();
    }

    /// Renders and seals what must be possible.
    pub(super) async fn sealed(&self, conversation: &str, outgoing: &Outgoing) -> SendRequest {
        let sealing = self.seal(conversation, outgoing).await;
        let Sealing::Ready(sealed) = sealing else { panic!("{sealing:?}") };
        self.request(conversation, sealed)
    }

    pub(super) fn request(&self, conversation: &str, sealed: Sealed) -> SendRequest {
        let conversation = RemoteConversation::parse(conversation).unwrap();
        SendRequest { conversation, sealed, idempotency_key: [7; 16] }
    }
}
