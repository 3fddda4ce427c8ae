//! A pipeline of one: takes in what an adapter hands over, seals and sends what it is told to, and
//! shows what became of it. It keeps the rules of the real one (`core/src/pipeline`) and none of
//! its speed.

mod listen;
mod send;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use threadbridge_core::adapter::{
    Adapter, Batch, Cursor, Envelope, HandedOver, Health, Missing, Opened, Outcome, Parsed, Verdict,
};
use threadbridge_core::model::event::{Event, Profile};
use threadbridge_core::model::id::{AccountName, Identity, RemoteConversation, RemoteId};
use threadbridge_core::store::{ChangeError, Keys, Store, WriteError};
use tokio::sync::watch;

pub(super) use self::send::named;

use super::AdapterWorld;

/// How often one thing may be asked for before it must be there.
const MAX_ROUNDS: usize = 16;

/// An account with its keys and its memory, and the adapter that it uses at the moment.
#[derive(Debug)]
pub struct Desk {
    adapter: Arc<dyn Adapter>,
    store: Store,
    account: AccountName,
    conversation: RemoteConversation,
    cursors: BTreeMap<String, Vec<u8>>,
    known: BTreeSet<RemoteId>,
    waiting: Vec<(Envelope, Missing)>,
    clock: i64,
    sent: u8,
    /// What was heard, in order.
    pub events: Vec<Event>,
    /// The envelopes of what was heard.
    pub envelopes: Vec<Envelope>,
    /// In which envelope each event came, by their names.
    pub heard_in: BTreeMap<RemoteId, RemoteId>,
    /// How people show themselves.
    pub profiles: Vec<(Identity, Profile)>,
    /// Own messages that the network has taken in for good.
    pub confirmed: BTreeSet<RemoteId>,
    /// Own messages that it has thrown away.
    pub rejected: BTreeSet<RemoteId>,
    /// How many envelopes had to wait for something.
    pub waited: usize,
    /// How the adapter said that it was doing, in order.
    pub health: Vec<Health>,
    /// What was handed over and kept, in order.
    pub batches: Vec<Batch>,
    now: watch::Sender<Health>,
}

impl Desk {
    /// A new account's desk.
    pub async fn new(world: &impl AdapterWorld) -> Self {
        let mut desk = Self::opens(world).await;
        world.lets_in(&mut desk).await;
        desk
    }

    async fn opens(world: &impl AdapterWorld) -> Self {
        Self {
            adapter: world.connect().await,
            store: Store::in_memory().unwrap(),
            account: AccountName::parse("account").unwrap(),
            conversation: world.conversation(),
            cursors: BTreeMap::new(),
            known: BTreeSet::new(),
            waiting: Vec::new(),
            clock: 1_700_000_000_000_000,
            sent: 0,
            events: Vec::new(),
            envelopes: Vec::new(),
            heard_in: BTreeMap::new(),
            profiles: Vec::new(),
            confirmed: BTreeSet::new(),
            rejected: BTreeSet::new(),
            waited: 0,
            health: Vec::new(),
            batches: Vec::new(),
            now: watch::Sender::new(Health::Starting),
        }
    }

    /// Goes on as a new process does: with the store and the cursors, and a new adapter.
    pub async fn restart(&mut self, world: &impl AdapterWorld) {
        self.adapter = world.connect().await;
    }

    /// The adapter.
    #[must_use]
    pub fn adapter(&self) -> &Arc<dyn Adapter> {
        &self.adapter
    }

    /// The conversation.
    #[must_use]
    pub const fn conversation(&self) -> &RemoteConversation {
        &self.conversation
    }

    /// Where the streams stand.
    #[must_use]
    pub fn cursors(&self) -> Vec<Cursor> {
        let cursors = self.cursors.iter();
        let cursor = |(stream, position): (&String, &Vec<u8>)| Cursor {
            stream: stream.clone(),
            position: position.clone(),
        };
        cursors.map(cursor).collect()
    }

    /// The conversations that links name.
    #[must_use]
    pub fn linked(&self) -> BTreeSet<RemoteConversation> {
        BTreeSet::from([self.conversation.clone()])
    }

    /// The account's keys, as they are kept.
    #[must_use]
    pub fn keys(&self) -> Keys {
        self.store.keys(&self.account).unwrap()
    }

    /// Keeps what was handed over.
    pub async fn take(&mut self, handed_over: HandedOver) -> bool {
        let outcomes = self.keep(handed_over.batch().clone()).await;
        handed_over.keep(outcomes)
    }

    /// Keeps a batch, and gets what it lacks.
    pub async fn keep(&mut self, batch: Batch) -> Vec<Outcome> {
        self.batches.push(batch.clone());
        let outcomes = self.open_all(batch.envelopes).await;
        for cursor in batch.cursors {
            self.cursors.insert(cursor.stream, cursor.position);
        }
        self.fetch_missing().await;
        outcomes
    }

    /// What the network has of it; nothing where nobody lacks it any more under that name.
    async fn fetched(&self, missing: &Missing) -> Vec<Envelope> {
        match self.adapter.fetch(missing).await {
            Err(error) if error.verdict == Verdict::Reseal => Vec::new(),
            answer => answer.unwrap(),
        }
    }

    async fn fetch_missing(&mut self) {
        for _ in 0..MAX_ROUNDS {
            let missing: BTreeSet<_> = self.waiting.iter().map(|(_, it)| it.clone()).collect();
            if missing.is_empty() {
                return;
            }
            for missing in missing {
                let envelopes = self.fetched(&missing).await;
                self.open_all(envelopes).await;
            }
            let waiting = std::mem::take(&mut self.waiting);
            self.open_all(waiting.into_iter().map(|(envelope, _)| envelope).collect()).await;
        }
        panic!("asked {MAX_ROUNDS} times for what is missing, in vain: {:?}", self.waiting);
    }

    async fn open_all(&mut self, envelopes: Vec<Envelope>) -> Vec<Outcome> {
        let keys = self.keys();
        let mut outcomes = Vec::new();
        for envelope in envelopes {
            outcomes.push(self.open(&keys, envelope));
        }
        self.apply(keys).await;
        outcomes
    }

    fn open(&mut self, keys: &Keys, envelope: Envelope) -> Outcome {
        if self.known.contains(&envelope.id) {
            return Outcome::Known;
        }
        match self.adapter.open(keys, &self.linked(), &envelope) {
            Opened::Plaintext(plaintext) => self.read(&plaintext, envelope),
            Opened::Learnt => Outcome::Kept,
            Opened::Elsewhere => Outcome::Elsewhere,
            Opened::Refused(_) => Outcome::Refused,
            Opened::Missing(missing) => {
                self.waited += 1;
                self.waiting.push((envelope, missing));
                Outcome::Waits
            }
            Opened::Confirmed(id) => {
                self.confirmed.insert(id);
                Outcome::Known
            }
            Opened::Rejected { id, .. } => {
                self.rejected.insert(id);
                Outcome::Known
            }
        }
    }

    fn read(&mut self, plaintext: &[u8], envelope: Envelope) -> Outcome {
        let Ok(parsed) = self.adapter.parse(plaintext) else { return Outcome::Refused };
        self.known.insert(envelope.id.clone());
        for parsed in parsed {
            match parsed {
                Parsed::Event(event) if Some(&event.author) == self.adapter.identity() => {
                    self.confirmed.insert(event.id.clone());
                }
                Parsed::Event(event) => {
                    self.heard_in.insert(event.id.clone(), envelope.id.clone());
                    self.events.push(*event);
                }
                Parsed::Profile(identity, profile) => self.profiles.push((identity, profile)),
                Parsed::Proof(_) => {}
            }
        }
        self.envelopes.push(envelope);
        Outcome::Kept
    }

    async fn apply(&self, keys: Keys) {
        let applied: Result<(), WriteError<ChangeError>> =
            self.store.write(move |unit| unit.apply(keys)).await;
        applied.unwrap();
    }
}
