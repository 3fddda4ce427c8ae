//! People in a channel on Farcaster and in a feed on Lens who talk all the time, each with their own
//! network's official client, and somebody on each side who reads.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::judge::{Board, Place, Said, Shown, Side, Told, cast_id, judge};
use super::script::Script;
use super::town::Town;
use crate::farcaster::daemon::Home;
use crate::farcaster::person::Person;

const CHANNEL: &str = "https://farcaster.xyz/~/channel/books";
/// By whom the bridge speaks on Farcaster.
const FID: u64 = 901;
/// How long it may take until everybody has seen everything.
const SETTLES_WITHIN: Duration = Duration::from_secs(600);
/// How much of what was said last somebody looks at.
const RECENT: usize = 50;
/// How often somebody reads everything.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often somebody tries what a faulty network did not do.
const ATTEMPTS: u32 = 40;
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// A channel, a feed, and everybody in them.
#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) hub: Hub,
    pub(crate) town: Town,
    people: Vec<Talker>,
    told: Arc<Mutex<Told>>,
    farcaster: Arc<Mutex<Board>>,
    reader: tokio::sync::Mutex<Script>,
    tasks: TaskTracker,
    over: CancellationToken,
}

fn locked<T>(it: &Mutex<T>) -> MutexGuard<'_, T> {
    it.lock().unwrap()
}

impl Chat {
    /// Both networks, two people on each, and who reads.
    pub(crate) async fn begins() -> Self {
        let hub = Hub::start(HubSettings { seed: 1, ..HubSettings::default() }).await.unwrap();
        let town = Town::opens().await;
        let told = Arc::<Mutex<Told>>::default();
        let farcaster = Arc::new(Mutex::new(Board::of_bridge(FID)));
        let mut people = Vec::new();
        for (fid, name) in [(101, "alice"), (102, "anna")] {
            let voice = Voice::Farcaster(Person::arrives(hub.grpc_addr(), fid, name).await);
            people.push(Talker::new(voice, name, fid, &told, &farcaster));
        }
        for (number, name) in [(201, "bob"), (202, "ben")] {
            let mut script = town.person(name).await;
            script.does(json!({ "do": "login", "attempts": ATTEMPTS })).await;
            let voice =
                Voice::Lens { script, feed: town.feed.clone(), bridge: town.bridge.clone() };
            people.push(Talker::new(voice, name, number, &told, &farcaster));
        }
        let reader = tokio::sync::Mutex::new(town.reader().await);
        let (tasks, over) = (TaskTracker::new(), CancellationToken::new());
        let mut watcher = Person::looks_in(hub.grpc_addr(), 1);
        watcher.does(json!({ "do": "watch", "mode": "poll", "from": 0, "types": [1] })).await;
        let (board, until) = (Arc::clone(&farcaster), over.clone());
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = until.cancelled() => return,
                    event = watcher.sees() => locked(&board).takes(&event),
                }
            }
        });
        Self { hub, town, people, told, farcaster, reader, tasks, over }
    }

    /// A bridge between the channel and the feed.
    pub(crate) fn home(&self) -> Home {
        let home = Home::new().with_account("left", &self.hub, FID);
        let feed = format!("right:feed/{}", self.town.feed);
        self.town.account(home, "right").with_link("books", ["left:channel/books", &feed])
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

    /// How many messages were said.
    pub(crate) fn said(&self) -> usize {
        locked(&self.told).said.len()
    }

    async fn boards(&self) -> BTreeMap<Side, Board> {
        let feed = json!({ "do": "feed", "feed": self.town.feed, "attempts": ATTEMPTS });
        let answer = self.reader.lock().await.does(feed).await;
        let lens = Board::reads(answer["posts"].as_array().unwrap(), &self.town.bridge);
        [(Side::Farcaster, locked(&self.farcaster).clone()), (Side::Lens, lens)].into()
    }

    /// Waits until all that was said has arrived and the bridge has rested for two looks, and finds
    /// that all is well.
    pub(crate) async fn settles(&self, home: &Home) {
        let deadline = Instant::now() + SETTLES_WITHIN;
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut rested = 0;
        let mut traffic = [0, 0];
        loop {
            ticks.tick().await;
            // Reading everything holds others up; what is on its way is not there.
            let is_busy = home.asks(&["status"]).contains("\nLEG ");
            if is_busy && Instant::now() < deadline {
                continue;
            }
            let boards = self.boards().await;
            let told = locked(&self.told).clone();
            let verdict = judge(&told, &boards);
            let now = [Side::Farcaster, Side::Lens].map(|side| boards[&side].traffic);
            rested = if verdict.is_clean() && now == traffic { rested + 1 } else { 0 };
            traffic = now;
            if rested == 3 {
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

    /// What was said, answered, quoted, edited, taken back and liked.
    pub(crate) fn figures(&self) -> String {
        let told = locked(&self.told);
        let count = |is: &dyn Fn(&Said) -> bool| told.said.iter().filter(|it| is(it)).count();
        format!(
            "{} said ({} on Lens), {} of them answers, {} quotes, {} pictures, {} edited, {} taken \
             back; {} likes stand",
            told.said.len(),
            count(&|it| it.side == Side::Lens),
            count(&|it| it.place.on.is_some()),
            count(&|it| it.place.of.is_some()),
            count(&|it| it.has_picture),
            count(&|it| it.is_edited),
            count(&|it| it.is_deleted),
            told.likes.len(),
        )
    }

    pub(crate) async fn ends(self) {
        self.over.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.hub.stop().await;
        drop(self.people);
        self.reader.into_inner().ends().await;
        self.town.ends().await;
    }
}

/// People who are talking.
#[derive(Debug)]
pub(crate) struct Talk {
    over: CancellationToken,
    tasks: TaskTracker,
    people: std::sync::mpsc::Receiver<Talker>,
}

/// The official client that somebody speaks by.
#[derive(Debug)]
enum Voice {
    Farcaster(Person),
    Lens { script: Script, feed: String, bridge: String },
}

/// What is said besides words, by ids.
#[derive(Clone, Debug, Default)]
struct With {
    on: Option<String>,
    of: Option<String>,
    picture: bool,
}

impl Voice {
    const fn side(&self) -> Side {
        match self {
            Self::Farcaster(_) => Side::Farcaster,
            Self::Lens { .. } => Side::Lens,
        }
    }

    /// Says something; its id, or nothing where what it was to point at has been deleted since it
    /// was seen.
    async fn says(&mut self, text: &str, with: With) -> Option<String> {
        match self {
            Self::Farcaster(person) => {
                let parent = with.on.as_deref().map_or(json!({ "url": CHANNEL }), cast);
                let mut embeds: Vec<_> = with.of.as_deref().map(cast).into_iter().collect();
                if with.picture {
                    embeds.push(json!({ "url": format!("https://pictures.test/{text}.png") }));
                }
                let sent = person.casts(text, json!({ "parent": parent, "embeds": embeds })).await;
                cast_id(&sent.json())
            }
            Self::Lens { script, feed, .. } => {
                let mut command = json!({ "do": "post", "text": text, "attempts": ATTEMPTS });
                match (with.on, with.of) {
                    (None, None) => command["feed"] = json!(feed),
                    (Some(on), _) => command["on"] = json!(on),
                    (None, Some(of)) => command["of"] = json!(of),
                }
                if with.picture {
                    let upload = json!({
                        "do": "upload", "base64": PNG, "type": "image/png", "attempts": ATTEMPTS,
                    });
                    let uri = script.does(upload).await["uri"].clone();
                    command["picture"] = json!({ "uri": uri, "type": "image/png" });
                }
                let answer = does_unless_gone(script, command).await?;
                answer["post"]["id"].as_str().map(str::to_owned)
            }
        }
    }

    /// Likes something, or no more; whether it is still there.
    async fn likes(&mut self, id: &str, is_liked: bool) -> bool {
        match self {
            Self::Farcaster(person) => {
                let act = if is_liked { "like" } else { "unlike" };
                person.does(json!({ "do": act, "target": cast(id), "attempts": 20 })).await;
                true
            }
            Self::Lens { script, .. } => {
                let act = if is_liked { "react" } else { "unreact" };
                let command = json!({ "do": act, "post": id, "attempts": ATTEMPTS });
                does_unless_gone(script, command).await.is_some()
            }
        }
    }

    async fn takes_back(&mut self, id: &str) {
        match self {
            Self::Farcaster(person) => {
                let hash = &cast(id)["hash"];
                person.does(json!({ "do": "remove", "hash": hash, "attempts": 20 })).await;
            }
            Self::Lens { script, .. } => {
                script.does(json!({ "do": "delete", "post": id, "attempts": ATTEMPTS })).await;
            }
        }
    }
}

/// Has somebody do something about a post, which may have been deleted since they saw it.
async fn does_unless_gone(script: &mut Script, command: Value) -> Option<Value> {
    let answer = script.tries(command.clone()).await;
    let is_gone = answer["error"].as_str().is_some_and(|it| it.contains("the post was deleted"));
    assert!(is_gone || answer["ok"] == true, "{command} was answered {answer}");
    (!is_gone).then_some(answer)
}

/// A cast of this id, as the official client names it.
fn cast(id: &str) -> Value {
    let (fid, hash) = id.split_once(':').unwrap();
    json!({ "fid": fid.parse::<u64>().unwrap(), "hash": hash })
}

/// One of those who talk.
#[derive(Debug)]
struct Talker {
    voice: Voice,
    name: &'static str,
    said: u32,
    random: u64,
    told: Arc<Mutex<Told>>,
    farcaster: Arc<Mutex<Board>>,
}

impl Talker {
    fn new(
        voice: Voice,
        name: &'static str,
        random: u64,
        told: &Arc<Mutex<Told>>,
        farcaster: &Arc<Mutex<Board>>,
    ) -> Self {
        let (told, farcaster) = (Arc::clone(told), Arc::clone(farcaster));
        Self { voice, name, said: 0, random, told, farcaster }
    }

    /// Does something, and writes down what the client was told.
    async fn acts(&mut self) {
        let choice = self.draw(100);
        let target = if choice < 30 { None } else { self.something_seen().await };
        match (choice, target) {
            (0..30, _) | (_, None) => self.says(Place::default(), With::default()).await,
            (30..55, Some(on)) => {
                let place = Place { on: Some(on.label), of: None };
                self.says(place, With { on: Some(on.id), ..With::default() }).await;
            }
            (55..63, Some(of)) => {
                let place = Place { on: None, of: Some(of.label) };
                self.says(place, With { of: Some(of.id), ..With::default() }).await;
            }
            (63..69, _) => {
                self.says(Place::default(), With { picture: true, ..With::default() }).await;
            }
            (69..80, Some(target)) => self.likes(&target).await,
            (80..85, _) => self.likes_no_more().await,
            (85..93, _) => self.edits().await,
            (_, Some(_)) => self.takes_back().await,
        }
    }

    async fn says(&mut self, place: Place, with: With) {
        self.said += 1;
        let label = format!("{}-{}", self.name, self.said);
        let has_picture = with.picture;
        let Some(id) = self.voice.says(&label, with).await else { return };
        let side = self.voice.side();
        let (is_edited, is_deleted) = (false, false);
        let said = Said { side, label, id, place, has_picture, is_edited, is_deleted };
        locked(&self.told).said.push(said);
    }

    async fn likes(&mut self, target: &Shown) {
        if !self.voice.likes(&target.id, true).await {
            return;
        }
        let like = (self.voice.side(), target.label.clone(), self.name.to_owned());
        locked(&self.told).likes.insert(like);
    }

    async fn likes_no_more(&mut self) {
        let recent = self.recent().await;
        let of_mine = |like: &&(Side, String, String)| like.2 == self.name;
        let mine: Vec<_> = locked(&self.told).likes.iter().filter(of_mine).cloned().collect();
        let nth = usize::try_from(self.draw(4)).unwrap();
        let seen =
            |like: &(Side, String, String)| Some((like.clone(), recent.shown(&like.1)?.clone()));
        let Some((like, target)) = mine.iter().rev().filter_map(seen).nth(nth) else { return };
        self.voice.likes(&target.id, false).await;
        locked(&self.told).likes.remove(&like);
    }

    /// Gives something said a while ago other words, once.
    async fn edits(&mut self) {
        let Some(said) = self.own(3) else { return };
        let Voice::Lens { script, .. } = &mut self.voice else { return };
        let edit = json!({
            "do": "edit", "post": said.id, "text": format!("{} edited", said.label),
            "attempts": ATTEMPTS,
        });
        script.does(edit).await;
        self.notes(&said, |it| it.is_edited = true);
    }

    async fn takes_back(&mut self) {
        let Some(said) = self.own(1) else { return };
        self.voice.takes_back(&said.id).await;
        self.notes(&said, |it| it.is_deleted = true);
    }

    /// Something of their own, untouched, that was not the last to be said.
    fn own(&self, nth: usize) -> Option<Said> {
        let told = locked(&self.told);
        let is_own = |it: &&Said| {
            it.label.starts_with(self.name) && !it.is_edited && !it.is_deleted && !it.has_picture
        };
        told.said.iter().rev().filter(is_own).nth(nth).cloned()
    }

    fn notes(&self, said: &Said, change: impl Fn(&mut Said)) {
        let mut told = locked(&self.told);
        told.said.iter_mut().filter(|it| it.id == said.id).for_each(change);
    }

    /// What the person's side showed last.
    async fn recent(&mut self) -> Board {
        match &mut self.voice {
            Voice::Farcaster(_) => locked(&self.farcaster).newest(RECENT),
            Voice::Lens { script, feed, bridge } => {
                let recent = json!({ "do": "recent", "feed": feed, "attempts": ATTEMPTS });
                let answer = script.does(recent).await;
                Board::reads(answer["posts"].as_array().unwrap(), bridge)
            }
        }
    }

    /// One of the last messages that the person's side shows.
    async fn something_seen(&mut self) -> Option<Shown> {
        let nth = usize::try_from(self.draw(20)).unwrap();
        let recent = self.recent().await;
        let there = |it: &&Shown| !it.is_gone && !it.is_note() && !it.label.is_empty();
        recent.shown.iter().rev().filter(there).nth(nth).cloned()
    }

    /// A number below `below`; the same ones on each run.
    fn draw(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (self.random >> 33) % below
    }
}
