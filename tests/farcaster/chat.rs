//! People in two rooms on two hubs who talk all the time, and somebody on each side who watches.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::json;
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::daemon::Home;
use super::judge::{Said, Seen, Shown, Side, Told, Verdict, judge};
use super::person::{Cast, Person};

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
const BRIDGES: [u64; 2] = [901, 902];
/// How long it may take until everybody has seen everything.
const SETTLES_WITHIN: Duration = Duration::from_secs(90);

/// Two hubs with a room on each: a channel on the left, a thread on the right.
#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) hubs: [Hub; 2],
    people: Vec<Talker>,
    told: Arc<Mutex<Told>>,
    seen: [Arc<Mutex<Seen>>; 2],
    root: Cast,
    tasks: TaskTracker,
    over: CancellationToken,
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap()
}

impl Chat {
    /// Hubs, rooms, two people in each, and who watches.
    pub(crate) async fn begins() -> Self {
        let settings = |seed| HubSettings { seed, ..HubSettings::default() };
        let hubs = [Hub::start(settings(1)).await.unwrap(), Hub::start(settings(2)).await.unwrap()];
        let mut people = Vec::new();
        let told = Arc::<Mutex<Told>>::default();
        let seen = BRIDGES.map(|bridge| Arc::new(Mutex::new(Seen { bridge, ..Seen::default() })));
        for (side, fid, name) in
            [(0, 101, "alice"), (0, 102, "anna"), (1, 201, "bob"), (1, 202, "ben")]
        {
            people.push(Talker {
                person: Person::arrives(hubs[side].grpc_addr(), fid, name).await,
                side,
                name,
                said: 0,
                random: fid,
                told: Arc::clone(&told),
                seen: Arc::clone(&seen[side]),
                room: json!({ "url": CHANNEL }),
            });
        }
        let root = people[2].person.casts("what do you read?", json!({})).await;
        people.iter_mut().filter(|it| it.side == 1).for_each(|it| it.room = root.json());
        locked(&seen[1]).root = Some(root.clone());
        let (tasks, over) = (TaskTracker::new(), CancellationToken::new());
        for (hub, seen) in hubs.iter().zip(&seen) {
            let mut watcher = Person::looks_in(hub.grpc_addr(), 1);
            watcher.does(json!({ "do": "watch", "mode": "poll", "from": 0, "types": [1] })).await;
            let (seen, over) = (Arc::clone(seen), over.clone());
            tasks.spawn(async move {
                loop {
                    tokio::select! {
                        () = over.cancelled() => return,
                        event = watcher.sees() => locked(&seen).takes(&event),
                    }
                }
            });
        }
        Self { hubs, people, told, seen, root, tasks, over }
    }

    /// A bridge between the rooms.
    pub(crate) fn home(&self) -> Home {
        let thread = format!("right:thread/{}:{}", self.root.fid, self.root.hash);
        Home::new()
            .with_account("left", &self.hubs[0], BRIDGES[0])
            .with_account("right", &self.hubs[1], BRIDGES[1])
            .with_link("books", ["left:channel/books", &thread])
    }

    /// Everybody does one thing.
    pub(crate) async fn goes_round(&mut self) {
        futures_join(self.people.iter_mut().map(Talker::acts)).await;
    }

    /// Everybody talks at this pace until the returned token is cancelled.
    pub(crate) fn goes_on(&mut self, pace: Duration) -> Talk {
        let (over, tasks) = (CancellationToken::new(), TaskTracker::new());
        let (back, people) = std::sync::mpsc::sync_channel(self.people.len());
        for mut talker in self.people.drain(..) {
            let (over, back) = (over.clone(), back.clone());
            tasks.spawn(async move {
                let mut ticks = interval(pace);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                while !over.is_cancelled() {
                    ticks.tick().await;
                    talker.acts().await;
                }
                back.send(talker).unwrap();
            });
        }
        tasks.close();
        Talk { over, tasks, people }
    }

    /// Nobody says anything any more.
    pub(crate) async fn falls_silent(&mut self, talk: Talk) {
        talk.over.cancel();
        talk.tasks.wait().await;
        self.people = talk.people.try_iter().collect();
        assert_eq!(self.people.len(), 4, "somebody could not do what they wanted to");
    }

    /// What is wrong at this moment.
    pub(crate) fn verdict(&self) -> Verdict {
        let told = locked(&self.told).clone();
        judge(&told, [&locked(&self.seen[0]).clone(), &locked(&self.seen[1]).clone()])
    }

    /// Waits until all that was said has arrived and the bridge has rested for so many blocks, and
    /// finds that all is well.
    pub(crate) async fn settles(&self, home: &Home, quiet: u64) {
        let deadline = Instant::now() + SETTLES_WITHIN;
        let mut ticks = interval(Duration::from_millis(50));
        let (mut traffic, mut height) = (self.traffic(), self.height());
        loop {
            ticks.tick().await;
            let verdict = self.verdict();
            if self.traffic() != traffic || !verdict.is_clean() {
                (traffic, height) = (self.traffic(), self.height());
            } else if self.height() >= height + quiet {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{verdict}\n{}\n{}\n{}",
                home.asks(&["status"]),
                home.asks(&["dead-letters"]),
                home.log()
            );
        }
    }

    fn traffic(&self) -> [usize; 2] {
        [locked(&self.seen[0]).traffic, locked(&self.seen[1]).traffic]
    }

    /// How many blocks there are: the time that passes for all.
    pub(crate) fn height(&self) -> u64 {
        self.hubs.iter().map(|hub| hub.height(1)).min().unwrap()
    }

    /// Waits for so many blocks.
    pub(crate) async fn passes(&self, blocks: u64) {
        let until = self.height() + blocks;
        let mut ticks = interval(Duration::from_millis(5));
        while self.height() < until {
            ticks.tick().await;
        }
    }

    /// What was said, answered, taken back and liked, and what crossed.
    pub(crate) fn figures(&self) -> String {
        let told = locked(&self.told);
        let count = |is: &dyn Fn(&Said) -> bool| told.said.iter().filter(|it| is(it)).count();
        format!(
            "{} said, {} of them answers, {} taken back; {} likes stand; the bridge wrote {:?}",
            told.said.len(),
            count(&|it| it.answers.is_some()),
            count(&|it| it.is_deleted),
            told.likes.len(),
            self.traffic()
        )
    }

    pub(crate) async fn ends(self) {
        self.over.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        for hub in self.hubs {
            hub.stop().await;
        }
    }
}

/// All at the same time.
async fn futures_join(all: impl Iterator<Item = impl Future<Output = ()>>) {
    futures::future::join_all(all).await;
}

/// People who are talking.
#[derive(Debug)]
pub(crate) struct Talk {
    over: CancellationToken,
    tasks: TaskTracker,
    people: std::sync::mpsc::Receiver<Talker>,
}

/// One of those who talk.
#[derive(Debug)]
struct Talker {
    person: Person,
    side: Side,
    name: &'static str,
    said: u32,
    random: u64,
    told: Arc<Mutex<Told>>,
    seen: Arc<Mutex<Seen>>,
    room: serde_json::Value,
}

impl Talker {
    /// Says, answers, likes or takes back something, and writes down what the client was told.
    async fn acts(&mut self) {
        let choice = self.draw(100);
        let target = self.something_seen(30);
        match (choice, target) {
            (0..35, _) | (_, None) => self.says(None).await,
            (35..60, target) => self.says(target).await,
            (60..78, Some(target)) => self.likes(&target).await,
            (78..88, _) => self.likes_no_more().await,
            (_, Some(_)) => self.takes_back().await,
        }
    }

    async fn says(&mut self, answered: Option<Shown>) {
        self.said += 1;
        let label = format!("{}-{}", self.name, self.said);
        let parent = answered.as_ref().map_or(self.room.clone(), |it| it.cast.json());
        let cast = self.person.casts(&label, json!({ "parent": parent })).await;
        let answers = answered.map(|it| it.label);
        let said = Said { side: self.side, label, cast, answers, is_deleted: false };
        locked(&self.told).said.push(said);
    }

    async fn likes(&mut self, target: &Shown) {
        self.person.reacts("like", &target.cast).await;
        let like = (self.side, target.label.clone(), self.person.fid);
        locked(&self.told).likes.insert(like);
    }

    async fn likes_no_more(&mut self) {
        let of_mine = |like: &&(Side, String, u64)| like.2 == self.person.fid;
        let like = locked(&self.told).likes.iter().rfind(of_mine).cloned();
        let Some(like) = like else { return };
        let Some(target) = locked(&self.seen).shown(&like.1).cloned() else { return };
        self.person.reacts("unlike", &target.cast).await;
        locked(&self.told).likes.remove(&like);
    }

    async fn takes_back(&mut self) {
        let of_mine = |it: &&Said| it.cast.fid == self.person.fid && !it.is_deleted;
        let cast =
            locked(&self.told).said.iter().rev().filter(of_mine).nth(1).map(|it| it.cast.clone());
        let Some(cast) = cast else { return };
        self.person.removes(&cast).await;
        let mut told = locked(&self.told);
        told.said.iter_mut().filter(|it| it.cast == cast).for_each(|it| it.is_deleted = true);
    }

    /// One of the last casts that the person's side shows.
    fn something_seen(&mut self, last: u64) -> Option<Shown> {
        let nth = usize::try_from(self.draw(last)).unwrap();
        let seen = locked(&self.seen);
        let there = |it: &&Shown| !seen.removed.contains(&it.cast.hash) && it.label.contains('-');
        seen.casts.iter().rev().filter(there).nth(nth).cloned()
    }

    /// A number below `below`; the same ones on each run.
    fn draw(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (self.random >> 33) % below
    }
}
