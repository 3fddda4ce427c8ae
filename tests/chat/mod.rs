//! People in rooms on several networks who talk all the time, each with their own network's official
//! client; somebody in each room who reads; and a judge who knows only what these clients were told
//! and what they see.

pub(crate) mod board;
mod casts;
mod judge;
mod messages;
mod posts;
mod room;
mod talker;
mod trial;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use self::casts::Casts;
use self::judge::{Boards, Said, Told, judge};
pub(crate) use self::messages::Messages;
pub(crate) use self::posts::Posts;
use self::room::{Room, Voice};
use self::talker::Talker;
pub(crate) use self::trial::{Kills, every_step};
use crate::farcaster::daemon::Home;

/// How long it may take until everybody has seen everything.
const SETTLES_WITHIN: Duration = Duration::from_secs(600);
/// How often all must be as it should, with nothing new, before it is taken to stay so.
const RESTS: u32 = 3;
/// How often all must be quiet, with something still wrong, before it is taken to stay wrong.
const RESTS_WRONG: u32 = 60;

/// Rooms, and everybody in them.
#[derive(Debug)]
pub(crate) struct Chat {
    rooms: Vec<Box<dyn Room>>,
    people: Vec<Talker>,
    told: Arc<Mutex<Told>>,
}

impl Chat {
    /// Rooms with who talks in them.
    pub(crate) fn between(
        rooms: impl IntoIterator<Item = (Box<dyn Room>, Vec<Box<dyn Voice>>)>,
    ) -> Self {
        // Another test may have installed it.
        drop(rustls::crypto::ring::default_provider().install_default());
        let told = Arc::<Mutex<Told>>::default();
        let (rooms, voices): (Vec<_>, Vec<_>) = rooms.into_iter().unzip();
        let voices = voices.into_iter().flatten();
        let people = voices.zip(101..).map(|(voice, seed)| Talker::new(voice, seed, &told));
        Self { people: people.collect(), rooms, told }
    }

    /// A bridge between the rooms. It was there once, so that everybody knows its accounts.
    pub(crate) async fn home(&self) -> Home {
        let home = self.rooms.iter().fold(Home::new(), |home, room| room.account(home));
        let daemon = home.starts();
        home.connects().await;
        daemon.dies().await;
        let mut legs = Vec::new();
        for room in &self.rooms {
            legs.push(format!("{}:{}", room.side(), room.conversation().await));
        }
        let link =
            format!("\n[[links]]\nname = \"books\"\nlegs = {legs:?}\ndowngrade = \"allow\"\n");
        home.with_text(&link)
    }

    /// Everybody does one thing.
    pub(crate) async fn goes_round(&mut self) {
        futures::future::join_all(self.people.iter_mut().map(Talker::acts)).await;
    }

    /// Everybody talks at this pace until they are told to be silent.
    pub(crate) fn goes_on(&mut self, pace: Duration) -> Talk {
        let (over, tasks) = (CancellationToken::new(), TaskTracker::new());
        let count = self.people.len();
        let (back, people) = std::sync::mpsc::sync_channel(count);
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
        Talk { count, over, tasks, people }
    }

    /// Nobody says anything any more.
    pub(crate) async fn falls_silent(&mut self, talk: Talk) {
        talk.over.cancel();
        talk.tasks.wait().await;
        self.people = talk.people.try_iter().collect();
        assert_eq!(self.people.len(), talk.count, "somebody could not do what they wanted to");
    }

    /// How many messages were said.
    pub(crate) fn said(&self) -> usize {
        self.told.lock().unwrap().said.len()
    }

    async fn boards(&self) -> Boards {
        let mut boards = Boards::new();
        for room in &self.rooms {
            boards.insert(room.side(), room.shows().await);
        }
        boards
    }

    /// Waits until all that was said has arrived and the bridge has rested for a few looks, and finds
    /// that all is well.
    pub(crate) async fn settles(&self, home: &Home) {
        let deadline = Instant::now() + SETTLES_WITHIN;
        let every = self.rooms.iter().map(|it| it.look_every()).max().unwrap();
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut rested, mut wrong) = (0, 0);
        let mut traffic = Vec::new();
        loop {
            ticks.tick().await;
            // Reading everything holds others up; what is on its way is not there.
            let is_busy = home.asks(&["status"]).contains("\nLEG ");
            if is_busy && Instant::now() < deadline {
                continue;
            }
            let boards = self.boards().await;
            let told = self.told.lock().unwrap().clone();
            let verdict = judge(&told, &boards);
            let now: Vec<_> = boards.values().map(|it| it.traffic).collect();
            let is_quiet = now == traffic;
            rested = if verdict.is_clean() && is_quiet { rested + 1 } else { 0 };
            wrong = if !verdict.is_clean() && is_quiet { wrong + 1 } else { 0 };
            traffic = now;
            if rested == RESTS {
                return;
            }
            assert!(
                wrong < RESTS_WRONG && Instant::now() < deadline,
                "{verdict}\n{}\n{}\n{}\n{}",
                verdict.shown(&boards),
                home.asks(&["status"]),
                home.asks(&["dead-letters"]),
                home.log()
            );
        }
    }

    /// What was said, answered, quoted, edited, taken back and liked.
    pub(crate) fn figures(&self) -> String {
        let told = self.told.lock().unwrap();
        let count = |is: &dyn Fn(&Said) -> bool| told.said.iter().filter(|it| is(it)).count();
        let sides = self
            .rooms
            .iter()
            .map(|room| format!("{} on {}", count(&|it| it.side == room.side()), room.side()));
        format!(
            "{} said ({}), {} of them answers, {} quotes, {} pictures, {} edited, {} taken back; \
             {} likes stand",
            told.said.len(),
            sides.collect::<Vec<_>>().join(", "),
            count(&|it| it.place.on.is_some()),
            count(&|it| it.place.of.is_some()),
            count(&|it| it.has_picture),
            count(&|it| it.is_edited),
            count(&|it| it.is_deleted),
            told.likes.len(),
        )
    }

    pub(crate) async fn ends(self) {
        for talker in self.people {
            talker.voice.leaves().await;
        }
        for room in self.rooms {
            room.ends().await;
        }
    }
}

/// People who are talking.
#[derive(Debug)]
pub(crate) struct Talk {
    count: usize,
    over: CancellationToken,
    tasks: TaskTracker,
    people: std::sync::mpsc::Receiver<Talker>,
}
