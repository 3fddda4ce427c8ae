//! A leg that is slow or broken holds up no other.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use threadbridge_core::adapter::Adapter;
use threadbridge_core::view;

use crate::trial::hindered::{Hindered, Hindrance};
use crate::trial::talk::Talk;
use crate::trial::world::{Home, Process, Room, account, connect, mode};

/// How long a call takes that is slow: longer than any trial waits.
const SLOW: Duration = Duration::from_secs(90);
/// How much is said to each leg.
const STATEMENTS: usize = 40;

/// Rooms `x` and `y` on two networks, linked pair by pair; the second network hinders `x`.
fn start(hindrance: impl Fn(&Room) -> Hindrance) -> ([[Room; 2]; 2], Home, Process) {
    let (a, b) = (Room::on("a", mode("digest")), Room::on("b", mode("digest")));
    let pairs = ["x", "y"].map(|name| [a.beside(name), b.beside(name)]);
    let mut home = Home::beside("bridge", &pairs.concat());
    home.links = vec![home.link("x", &pairs[0]), home.link("y", &pairs[1])];
    home.limits.stop_within = Duration::from_millis(100);
    let mut setup = home.setup();
    let hindered = Hindered::new(connect(&b.network, "bridge"), hindrance(&pairs[0][1]));
    let hindered: Arc<dyn Adapter> = Arc::new(hindered);
    setup.accounts.insert(account("b"), hindered);
    let process = home.start_with(setup);
    (pairs, home, process)
}

fn the_other_is_not_held_up(hindrance: impl Fn(&Room) -> Hindrance) {
    let (pairs, _home, process) = start(hindrance);
    let (mut stuck, mut free) = (Talk::in_rooms(&pairs[0]), Talk::in_rooms(&pairs[1]));
    for _ in 0..STATEMENTS {
        stuck.says(0, "alice");
    }
    let began = Instant::now();
    for _ in 0..STATEMENTS {
        let said = free.says(0, "alice");
        free.arrives(said);
    }
    assert_eq!(free.judge(), Vec::<String>::new());
    assert!(began.elapsed() < SLOW, "{:?}", began.elapsed());
    assert!(stuck.hears(1).is_empty(), "the other leg was not held up at all");
    // What comes from the room to which nothing can be sent is heard.
    let back = stuck.says(1, "bob");
    stuck.arrives(back);
    process.stops();
}

#[test]
fn a_leg_that_takes_half_a_minute_a_call_holds_up_no_other() {
    the_other_is_not_held_up(|room| Hindrance {
        slow: BTreeMap::from([(room.name.clone(), SLOW)]),
        ..Hindrance::default()
    });
}

#[test]
fn a_broken_leg_holds_up_no_other() {
    the_other_is_not_held_up(|room| Hindrance {
        broken: [room.name.clone()].into(),
        ..Hindrance::default()
    });
}

#[test]
fn a_key_that_never_comes_holds_up_no_other() {
    let (a, b) = (Room::on("a", mode("sealed")), Room::on("b", mode("digest")));
    let pairs = ["x", "y"].map(|name| [a.beside(name), b.beside(name)]);
    let mut home = Home::beside("bridge", &pairs.concat());
    home.links = vec![home.link("x", &pairs[0]), home.link("y", &pairs[1])];
    home.limits.stop_within = Duration::from_millis(100);
    let mut setup = home.setup();
    let hindrance = Hindrance { silent: [pairs[0][0].name.clone()].into(), ..Hindrance::default() };
    let hindered: Arc<dyn Adapter> =
        Arc::new(Hindered::new(connect(&a.network, "bridge"), hindrance));
    setup.accounts.insert(account("a"), hindered);
    let process = home.start_with(setup);
    let (mut stuck, mut free) = (Talk::in_rooms(&pairs[0]), Talk::in_rooms(&pairs[1]));
    stuck.says(0, "alice");
    let waits = || {
        let status = view::status(&process.store.snapshot().unwrap()).unwrap();
        (status.accounts.iter().map(|it| it.waiting).sum::<usize>() > 0).then_some(())
    };
    crate::trial::until("it to wait for its key", waits);
    let began = Instant::now();
    let said = free.says(0, "alice");
    free.arrives(said);
    assert!(began.elapsed() < SLOW, "{:?}", began.elapsed());
    assert!(stuck.hears(1).is_empty(), "the other room was not held up at all");
    process.stops();
}

#[test]
fn a_network_that_cannot_be_reached_holds_up_no_other() {
    let rooms = ["a", "b", "c"].map(|name| Room::on(name, mode("digest")));
    let condition = threadbridge_loopback::network::Condition::Unreachable;
    let faults = threadbridge_loopback::network::Faults { condition, ..Default::default() };
    rooms[2].network.set_faults(faults);
    let process = Home::linking(&rooms).start_kept();
    let mut talk = Talk::in_rooms(&rooms[..2]);
    for n in 0..STATEMENTS {
        let said = talk.says(n % 2, "alice");
        talk.arrives(said);
    }
    assert_eq!(talk.judge(), Vec::<String>::new());
    rooms[2].network.set_faults(threadbridge_loopback::network::Faults::default());
    let all = talk.also_in(&rooms);
    all.is_seen_by_all(&process);
}
