//! A room on Farcaster: a channel, or what is below a cast.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};
use threadbridge_devnet::farcaster::faults::{Fault, Scope, When};
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::board::{Board, cast_id};
use super::room::{Powers, RECENT, Room, Voice, With};
use crate::farcaster::daemon::Home;
use crate::farcaster::person::{Cast, Person};

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
/// By whom the bridge speaks.
const BRIDGE: u64 = 901;
/// How often somebody tries what a faulty hub did not do.
const ATTEMPTS: u32 = 20;

/// A room on a hub of its own.
#[derive(Debug)]
pub(crate) struct Casts {
    side: &'static str,
    hub: Hub,
    /// What it is below, if it is no channel.
    root: Option<Cast>,
    board: Arc<Mutex<Board>>,
    _watching: DropGuard,
}

impl Casts {
    /// A channel, and these people.
    pub(crate) async fn channel(
        side: &'static str,
        people: &[(u64, &'static str)],
    ) -> (Box<dyn Room>, Vec<Box<dyn Voice>>) {
        Self::opens(side, people, false).await
    }

    /// What is below a cast of the first of these people.
    pub(crate) async fn thread(
        side: &'static str,
        people: &[(u64, &'static str)],
    ) -> (Box<dyn Room>, Vec<Box<dyn Voice>>) {
        Self::opens(side, people, true).await
    }

    async fn opens(
        side: &'static str,
        people: &[(u64, &'static str)],
        is_thread: bool,
    ) -> (Box<dyn Room>, Vec<Box<dyn Voice>>) {
        let seed = people[0].0;
        let hub = Hub::start(HubSettings { seed, ..HubSettings::default() }).await.unwrap();
        let mut persons = Vec::new();
        for (fid, name) in people {
            persons.push((*name, Person::arrives(hub.grpc_addr(), *fid, name).await));
        }
        let root = if is_thread {
            Some(persons[0].1.casts("what do you read?", json!({})).await)
        } else {
            None
        };
        let named = root.as_ref().and_then(|it| cast_id(&it.json()));
        let board = Arc::new(Mutex::new(Board::on_hub(BRIDGE, named)));
        let mut watcher = Person::looks_in(hub.grpc_addr(), 1);
        watcher.does(json!({ "do": "watch", "mode": "poll", "from": 0, "types": [1] })).await;
        let (over, tasks, seen) =
            (CancellationToken::new(), TaskTracker::new(), Arc::clone(&board));
        let until = over.clone();
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = until.cancelled() => return,
                    event = watcher.sees() => seen.lock().unwrap().takes(&event),
                }
            }
        });
        let parent = root.as_ref().map_or(json!({ "url": CHANNEL }), Cast::json);
        let voice = |(name, person)| {
            let (parent, board) = (parent.clone(), Arc::clone(&board));
            Box::new(Caster { side, name, person, parent, board }) as Box<dyn Voice>
        };
        let voices = persons.into_iter().map(voice).collect();
        let room = Self { side, hub, root, board, _watching: over.drop_guard() };
        (Box::new(room), voices)
    }
}

#[async_trait]
impl Room for Casts {
    fn side(&self) -> &'static str {
        self.side
    }

    fn account(&self, home: Home) -> Home {
        home.with_account(self.side, &self.hub, BRIDGE)
    }

    async fn conversation(&self) -> String {
        match &self.root {
            Some(root) => format!("thread/{}:{}", root.fid, root.hash),
            None => "channel/books".to_owned(),
        }
    }

    async fn shows(&self) -> Board {
        self.board.lock().unwrap().clone()
    }

    fn look_every(&self) -> Duration {
        Duration::from_millis(200)
    }

    fn fails(&self, chance: f64) {
        for (fault, scope) in [
            (Fault::Delay { ms: 40 }, Scope::Any),
            (Fault::Unavailable, Scope::Any),
            (Fault::RateLimited { retry_after_s: 1 }, Scope::Any),
            (Fault::AnswerLost, Scope::Any),
            (Fault::DropLive, Scope::Streams),
            (Fault::Duplicate, Scope::Streams),
            (Fault::Reorder, Scope::Streams),
            (Fault::CutStream, Scope::Streams),
        ] {
            self.hub.faults().set(fault, scope, When::Chance(chance));
        }
    }

    fn heals(&self) {
        self.hub.faults().clear_all();
    }

    fn struck(&self) -> BTreeMap<String, u64> {
        self.hub.faults().struck()
    }

    async fn ends(self: Box<Self>) {
        self.hub.stop().await;
    }
}

/// Somebody on Farcaster.
#[derive(Debug)]
struct Caster {
    side: &'static str,
    name: &'static str,
    person: Person,
    /// What stands under nothing else stands under this.
    parent: Value,
    /// What everybody sees.
    board: Arc<Mutex<Board>>,
}

/// A cast of this id, as the official client names it.
fn cast(id: &str) -> Value {
    let (fid, hash) = id.split_once(':').unwrap();
    json!({ "fid": fid.parse::<u64>().unwrap(), "hash": hash })
}

#[async_trait]
impl Voice for Caster {
    fn side(&self) -> &'static str {
        self.side
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn powers(&self) -> Powers {
        Powers { quotes: true, pictures: true, edits: false }
    }

    async fn says(&mut self, text: &str, with: With) -> Option<String> {
        let parent = with.on.as_deref().map_or(self.parent.clone(), cast);
        let mut embeds: Vec<_> = with.of.as_deref().map(cast).into_iter().collect();
        if with.picture {
            embeds.push(json!({ "url": format!("https://pictures.test/{text}.png") }));
        }
        let sent = self.person.casts(text, json!({ "parent": parent, "embeds": embeds })).await;
        cast_id(&sent.json())
    }

    async fn likes(&mut self, id: &str, is_liked: bool) -> bool {
        let act = if is_liked { "like" } else { "unlike" };
        self.person.reacts(act, &Cast::of(&cast(id))).await;
        true
    }

    async fn edits(&mut self, _id: &str, _text: &str) {
        panic!("casts cannot be edited");
    }

    async fn takes_back(&mut self, id: &str) {
        let hash = &cast(id)["hash"];
        self.person.does(json!({ "do": "remove", "hash": hash, "attempts": ATTEMPTS })).await;
    }

    async fn recent(&mut self) -> Board {
        self.board.lock().unwrap().newest(RECENT)
    }

    async fn leaves(self: Box<Self>) {}
}
