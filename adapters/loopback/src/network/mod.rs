//! A network inside the process: rooms with people in them, streams that an account reads, and a
//! fault dial. It takes the part that a server has for other adapters.
//!
//! People speak and listen by [`Person`]; the adapter connects by a session.
//! A room's posts go to one of the network's streams. Live events are a hint that faults may lose,
//! double or reorder; each stream's paged history is the truth.

mod fault;
mod person;
mod publish;
mod room;
mod rules;
pub(crate) mod session;
mod stream;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use threadbridge_core::model::id::{Network, RemoteAuthor, RemoteConversation};
use tokio::sync::watch;

pub use self::fault::{Condition, Faults, PublishFault};
pub use self::person::{Person, Unsaid};
pub use self::room::Heard;
pub use self::rules::{Naming, Receipts, Rules, Sameness, Secrecy};

use self::fault::Dice;
use self::publish::Held;
use self::room::Room;
use self::stream::{Listener, Stream};
use crate::wire::{Entry, News, Secret, encode};

/// A network. Cheap to clone; all clones are the same network.
#[derive(Clone)]
pub struct LoopbackNetwork {
    shared: Arc<Shared>,
}

struct Shared {
    name: Network,
    rules: Rules,
    state: Mutex<State>,
    changes: watch::Sender<u64>,
}

/// All that the network and the apps of its people know.
struct State {
    streams: Vec<Stream>,
    rooms: BTreeMap<String, Room>,
    listeners: Vec<(Secret, Listener)>,
    /// Posts by what they are recognised by.
    taken: BTreeMap<[u8; 32], String>,
    /// Posts that are taken but not yet in their rooms.
    held: VecDeque<Held>,
    /// Who is no longer whom on another network, though nobody was told.
    lost: BTreeSet<(String, String)>,
    /// How many posts were named.
    named: u64,
    /// How far each account was told that it may stop asking for a stream.
    received: BTreeMap<(String, String), u64>,
    faults: Faults,
    next_posts: VecDeque<PublishFault>,
    dice: Dice,
}

impl LoopbackNetwork {
    /// A network of this name, with nobody on it yet.
    #[must_use]
    pub fn new(name: Network, rules: Rules) -> Self {
        let streams = (0..rules.streams.get()).map(|n| Stream::new(format!("stream-{n}")));
        let state = State {
            streams: streams.collect(),
            rooms: BTreeMap::new(),
            listeners: Vec::new(),
            taken: BTreeMap::new(),
            held: VecDeque::new(),
            lost: BTreeSet::new(),
            named: 0,
            received: BTreeMap::new(),
            faults: Faults::default(),
            next_posts: VecDeque::new(),
            dice: Dice::new(rules.seed),
        };
        let changes = watch::Sender::new(0);
        Self { shared: Arc::new(Shared { name, rules, state: Mutex::new(state), changes }) }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &Network {
        &self.shared.name
    }

    /// How it was made.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.shared.rules
    }

    /// Somebody on it, who is there as soon as they are spoken of.
    #[must_use]
    pub fn person(&self, name: &str) -> Person {
        Person::new(self.clone(), name)
    }

    /// Turns the fault dial.
    pub fn set_faults(&self, faults: Faults) {
        self.change(|state| state.faults = faults);
    }

    /// How the fault dial stands.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.read(|state| state.faults.clone())
    }

    /// Says what becomes of the next post of an account; said again, of the one after it.
    pub fn fail_next_post(&self, fault: PublishFault) {
        self.change(|state| state.next_posts.push_back(fault));
    }

    /// Ends every connection.
    pub fn cut(&self) {
        self.change(|state| state.listeners.clear());
    }

    /// How many connections stand.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.read(|state| state.listeners.len())
    }

    /// Puts every post that was held back into its room.
    pub fn admit(&self) {
        self.change(|state| {
            while let Some(held) = state.held.pop_front() {
                self.enter(state, held);
            }
        });
    }

    /// How many entries an account has said it received, over all streams.
    #[must_use]
    pub fn received(&self, account: &RemoteAuthor) -> u64 {
        self.read(|state| {
            let own = state.received.iter().filter(|((name, _), _)| name == account.as_str());
            own.map(|(_, position)| position).sum()
        })
    }

    /// How many entries the stream of a room has.
    #[must_use]
    pub fn entries(&self, room: &RemoteConversation) -> u64 {
        let stream = self.stream_of(room.as_str());
        self.read(|state| state.streams.get(stream).map_or(0, Stream::head))
    }

    /// How many messages were ever shown, in all rooms together.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.read(|state| state.rooms.values().map(Room::count).sum())
    }

    /// How many posts in a room the people's apps could not read.
    #[must_use]
    pub fn unreadable(&self, room: &RemoteConversation) -> usize {
        self.read(|state| state.rooms.get(room.as_str()).map_or(0, |room| room.unreadable))
    }

    /// A counter that moves with every change of anything.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.shared.changes.subscribe()
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        let done = work(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.shared.changes.send_modify(|count| *count = count.wrapping_add(1));
        done
    }

    /// What an account and the network prove themselves to each other with.
    fn secret_of(&self, account: &str) -> Secret {
        let seed = self.shared.rules.seed.to_be_bytes();
        let material = [&seed, self.shared.name.as_str().as_bytes(), account.as_bytes()];
        Secret::derive("threadbridge loopback 2026 account", &material)
    }

    /// Where the posts of a room go.
    fn stream_of(&self, room: &str) -> usize {
        let [first, ..] = *blake3::hash(room.as_bytes()).as_bytes();
        usize::from(first % self.shared.rules.streams)
    }

    fn room<'s>(&self, state: &'s mut State, name: &str) -> &'s mut Room {
        state.rooms.entry(name.to_owned()).or_insert_with(|| {
            let seed = self.shared.rules.seed.to_be_bytes();
            let material = [seed.as_slice(), name.as_bytes()];
            let mut room = Room::default();
            room.keys.learn(0, Secret::derive("threadbridge loopback 2026 room", &material));
            room
        })
    }

    /// Appends an entry and tells all who listen.
    fn append(&self, state: &mut State, room: &str, id: String, news: News) {
        let Some(stream) = state.streams.get_mut(self.stream_of(room)) else { return };
        let entry = encode(&Entry { id: id.clone(), news });
        let placed = stream.append(id, entry);
        let State { listeners, faults, dice, .. } = state;
        listeners.retain_mut(|(_, listener)| listener.tell(&placed, faults, dice));
    }
}

impl State {
    /// A name that no other post or notice has.
    fn fresh_name(&mut self, kind: &str) -> String {
        self.named = self.named.saturating_add(1);
        format!("{kind}/{}", self.named)
    }
}

impl fmt::Debug for LoopbackNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoopbackNetwork")
            .field("name", &self.shared.name.as_str())
            .finish_non_exhaustive()
    }
}
