//! Rooms on hubs, each with somebody who talks in it and somebody who watches it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_devnet::farcaster::hub::Hub;
use threadbridge_kit::deadline::until;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use super::person::{Cast, Person};
use super::world;

/// Blocks without anything new after which traffic is taken to have stopped.
const REST: u64 = 40;

/// A channel on a hub of its own.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) hub: Hub,
    pub(crate) person: Person,
    name: &'static str,
    url: String,
    seen: Arc<Mutex<Vec<Value>>>,
    _watching: DropGuard,
}

impl Room {
    /// A hub with the channel `name`, in which somebody called `who` talks.
    pub(crate) async fn opens(name: &'static str, who: &str, fid: u64) -> Self {
        let hub = world::hub().await;
        let person = Person::arrives(hub.grpc_addr(), fid, who).await;
        let mut watcher = Person::looks_in(hub.grpc_addr(), 1);
        watcher.does(json!({ "do": "watch", "mode": "poll", "from": 0, "types": [1] })).await;
        let seen = Arc::<Mutex<Vec<Value>>>::default();
        let (over, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (events, until) = (Arc::clone(&seen), over.clone());
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = until.cancelled() => return,
                    event = watcher.sees() => events.lock().unwrap().push(event),
                }
            }
        });
        let url = format!("https://farcaster.xyz/~/channel/{name}");
        Self { hub, person, name, url, seen, _watching: over.drop_guard() }
    }

    /// The room as a leg of the account.
    pub(crate) fn leg(&self, account: &str) -> String {
        format!("{account}:channel/{}", self.name)
    }

    pub(crate) async fn says(&mut self, text: &str) -> Cast {
        self.person.casts_in(&self.url, text).await
    }

    /// Who cast this, whoever's words it says they are; again if it was cast again.
    pub(crate) fn speakers(&self, text: &str) -> Vec<u64> {
        self.casts(text).iter().map(|it| it.fid).collect()
    }

    /// The first cast of this, once it is there.
    pub(crate) async fn hears(&self, text: &str) -> Cast {
        until(text, async || self.casts(text).into_iter().next()).await
    }

    fn casts(&self, text: &str) -> Vec<Cast> {
        let seen = self.seen.lock().unwrap();
        let casts = seen.iter().map(|it| &it["message"]).filter(|it| it["type"] == "cast_add");
        let words = |cast: &Value| {
            cast["text"].as_str().and_then(|it| it.rsplit(": ").next().map(str::to_owned))
        };
        casts.filter(|it| words(it).as_deref() == Some(text)).map(Cast::of).collect()
    }

    fn traffic(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// Waits until nothing happens in any of the rooms any more.
pub(crate) async fn come_to_rest(rooms: &[&Room]) {
    let heights = || rooms.iter().map(|it| it.hub.height(1)).min().unwrap();
    let traffic = || rooms.iter().map(|it| it.traffic()).collect::<Vec<_>>();
    let (mut before, mut since) = (traffic(), heights());
    let rest = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(20));
        while heights() < since + REST {
            ticks.tick().await;
            if traffic() != before {
                (before, since) = (traffic(), heights());
            }
        }
    };
    let within = Duration::from_secs(180);
    assert!(tokio::time::timeout(within, rest).await.is_ok(), "the traffic never stops");
}
