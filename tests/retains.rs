//! What has been kept for as long as the owner wants is nowhere in the store any more, and nobody's
//! network is told.

use std::fs;
use std::time::Duration;

use threadbridge_core::model::id::Leg;
use threadbridge_core::model::retention::Retention;
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::Setup;
use threadbridge_core::store::Reads;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{EVENTS, OUTBOX};

use crate::trial::hindered::{Hindered, Hindrance};
use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Home, Process, Room, account, connect, mode};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn rooms() -> [Room; 2] {
    [Room::on("a", mode("digest")), Room::on("b", mode("network"))]
}

/// A bridge that keeps what is said in `a` and `b` for so long. It looks often enough for a trial.
fn start(home: &Home, retention: Retention) -> Process {
    home.start_with(Setup { retention, ..home.setup() })
}

fn for_a_day(room: &Room) -> Retention {
    let leg = Leg { account: account("a"), conversation: room.name.clone() };
    // Nothing is said elsewhere; that only has the bridge look often.
    let elsewhere = Leg::parse("elsewhere:room").unwrap();
    let legs = [(leg, DAY), (elsewhere, Duration::from_secs(1))].into();
    Retention { legs, ..Retention::default() }
}

/// Whose clock goes on only when it is told to.
fn by_hand(mut home: Home) -> Home {
    home.clock = Clock::manual(Clock::System.now());
    home
}

fn kept(process: &Process) -> usize {
    process.store.snapshot().unwrap().scan(&EVENTS, Span::all(), 999).unwrap().len()
}

fn texts(room: &Room) -> Vec<String> {
    room.network.person("judge").hears(&room.name).into_iter().map(|it| it.text).collect()
}

#[test]
fn what_is_old_enough_leaves_the_store_and_stays_with_the_people() {
    let rooms = rooms();
    let home = by_hand(Home::linking(&rooms));
    let mut talk = Talk::in_rooms(&rooms);
    let process = start(&home, for_a_day(&rooms[0]));
    let first = talk.says(0, "alice");
    talk.reacts(0, "bob", first, "👍");
    talk.edits(first);
    talk.says(1, "bob");
    talk.is_seen_by_all(&process);
    let words = texts(&rooms[0])[0].clone();
    let before = kept(&process);
    assert!(before >= 4);
    home.clock.advance(DAY / 2);
    let young = talk.says(0, "alice");
    talk.arrives(young);
    home.clock.advance(DAY / 2);
    until("the old to be gone", || (kept(&process) == 1).then_some(()));
    // The people have it, and nothing comes back when all is read again.
    assert!(
        texts(&rooms[0]).contains(&words) && texts(&rooms[1]).iter().any(|it| it.ends_with(&words))
    );
    process.dies();
    let process = start(&home, for_a_day(&rooms[0]));
    let last = talk.says(1, "bob");
    talk.arrives(last);
    process.comes_to_rest(&rooms);
    assert_eq!(kept(&process), 2);
    assert_eq!(process.findings(), Vec::<String>::new());
    process.stops();
    let file = fs::read(home.file()).unwrap();
    assert!(!file.windows(words.len()).any(|it| it == words.as_bytes()));
}

#[test]
fn what_somebody_is_still_to_hear_is_kept() {
    let rooms = rooms();
    let mut home = by_hand(Home::linking(&rooms));
    home.limits.give_up_after = 30 * DAY;
    let broken = Hindrance { broken: [rooms[1].name.clone()].into(), ..Hindrance::default() };
    let hindered = std::sync::Arc::new(Hindered::new(connect(&rooms[1].network, "bridge"), broken));
    let mut setup = home.setup();
    let adapter: std::sync::Arc<dyn threadbridge_core::adapter::Adapter> = hindered.clone();
    setup.accounts.insert(account("b"), adapter);
    setup.retention = Retention { all: Some(Duration::from_secs(10)), ..Retention::default() };
    let process = home.start_with(setup);
    let mut talk = Talk::in_rooms(&rooms);
    for _ in 0..3 {
        talk.says(0, "alice");
    }
    let waiting = || process.store.snapshot().unwrap().scan(&OUTBOX, Span::all(), 9).unwrap().len();
    until("them to be on their way", || (waiting() == 3).then_some(()));
    home.clock.advance(2 * DAY);
    let sent = hindered.sent();
    until("it to be tried often", || (hindered.sent() >= sent + 10).then_some(()));
    assert_eq!(kept(&process), 3);
    hindered.set(Hindrance::default());
    talk.is_seen_by_all(&process);
    until("all to be gone", || (kept(&process) == 0).then_some(()));
    process.stops();
}
