//! What is so on the network: accounts, places, posts, and what is under way.

pub(crate) mod account;
pub(crate) mod content;
pub(crate) mod id;
pub(crate) mod mention;
pub(crate) mod notice;
pub(crate) mod opinion;
pub(crate) mod place;
pub(crate) mod post;
pub(crate) mod session;
pub(crate) mod transaction;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use alloy_primitives::{Address, B256, address};

use self::account::{Account, Username};
use self::id::PostId;
use self::notice::Notice;
use self::opinion::Opinions;
use self::place::{App, Feed, Group};
use self::post::Post;
use self::session::Sessions;
use self::transaction::Transaction;
use super::clock;
use super::faults::Faults;
use super::grove::Shelf;

/// The feed that everybody posts to who names none.
pub const GLOBAL_FEED: Address = address!("31232Cb7dE0dce17949ffA58E9E38EEeB367C871");
/// The graph of who follows whom.
pub const GLOBAL_GRAPH: Address = address!("4d97287FF1A0e030cA4604EcDa9be355dd8A8BaC");
/// The namespace of usernames, `lens/`.
pub const LENS_NAMESPACE: Address = address!("FBEdC5C278cc01A843D161d5469202Fe4EDC99E4");
/// The app for tests: any origin may sign in to it.
pub const TEST_APP: Address = address!("C75A89145d765c396fd75CbD16380Eb184Bd2ca7");

/// How slow the network is, and how long what it gives out lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// From a transaction's hash until what it did is seen.
    pub(crate) index_after: Duration,
    /// How long an access token lasts.
    pub(crate) access_for: Duration,
    /// How long a session lasts without being refreshed.
    pub(crate) refresh_for: Duration,
    /// How long a challenge may be answered.
    pub(crate) challenge_for: Duration,
}

/// The network's state. Everything about it happens under one lock, at a time that is given.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) pace: Pace,
    pub(crate) seed: u64,
    pub(crate) faults: Faults,
    pub(crate) shelf: Shelf,
    pub(crate) accounts: BTreeMap<Address, Account>,
    /// By namespace and name.
    pub(crate) usernames: BTreeMap<(Address, String), Username>,
    pub(crate) apps: BTreeMap<Address, App>,
    pub(crate) feeds: BTreeMap<Address, Feed>,
    pub(crate) groups: BTreeMap<Address, Group>,
    pub(crate) posts: BTreeMap<PostId, Post>,
    /// All of them, the oldest first.
    pub(crate) timeline: Vec<PostId>,
    /// Which posts point at a post, in the order of the timeline.
    pub(crate) pointing: BTreeMap<PostId, Vec<PostId>>,
    /// How many posts an author has made in a feed.
    pub(crate) said: BTreeMap<(Address, Address), u64>,
    pub(crate) slugs: BTreeMap<String, PostId>,
    pub(crate) opinions: Opinions,
    pub(crate) notices: Vec<Notice>,
    pub(crate) transactions: BTreeMap<B256, Transaction>,
    /// What is not settled yet, in the order in which it was asked for.
    pub(crate) under_way: Vec<B256>,
    pub(crate) sessions: Sessions,
    /// Numbers everything that is made.
    pub(crate) made: u64,
}

impl World {
    pub(crate) fn new(pace: Pace, seed: u64, (faults, shelf): (Faults, Shelf)) -> Self {
        let mut world = Self {
            pace,
            seed,
            faults,
            shelf,
            accounts: BTreeMap::new(),
            usernames: BTreeMap::new(),
            apps: BTreeMap::new(),
            feeds: BTreeMap::new(),
            groups: BTreeMap::new(),
            posts: BTreeMap::new(),
            timeline: Vec::new(),
            pointing: BTreeMap::new(),
            said: BTreeMap::new(),
            slugs: BTreeMap::new(),
            opinions: Opinions::default(),
            notices: Vec::new(),
            transactions: BTreeMap::new(),
            under_way: Vec::new(),
            sessions: Sessions::default(),
            made: 0,
        };
        world.add_app(TEST_APP, "Lens Test App", Vec::new());
        world.add_feed(GLOBAL_FEED, None);
        world
    }

    /// The next number of something that is made.
    pub(crate) const fn next(&mut self) -> u64 {
        self.made = self.made.saturating_add(1);
        self.made
    }
}

impl World {
    /// Does something with the world that others share, after what is due has happened.
    pub(crate) fn locked<R>(shared: &Mutex<Self>, act: impl FnOnce(&mut Self) -> R) -> R {
        let mut world = shared.lock().unwrap_or_else(PoisonError::into_inner);
        world.settle(clock::unix_ms());
        act(&mut world)
    }
}
