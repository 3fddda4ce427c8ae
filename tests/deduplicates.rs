//! What is received again is not said again.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::id::Leg;
use threadbridge_core::model::link::Direction;
use threadbridge_core::store::tables::{CURSORS, Stream};
use threadbridge_loopback::network::Faults;

use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Home, MODES, Room, account, connect, leg, mode};

#[test]
fn a_hundred_restarts_repeat_nothing() {
    let rooms = [Room::on("a", mode("digest")), Room::on("b", mode("network"))];
    let home = Home::linking(&rooms);
    let mut talk = Talk::in_rooms(&rooms);
    for n in 0..100 {
        let process = home.start();
        let said = talk.says(n % 2, "alice");
        if n % 3 == 0 {
            talk.arrives(said);
            process.stops();
        } else {
            process.dies();
        }
    }
    let process = home.start();
    talk.is_seen_by_all(&process);
    process.stops();
}

#[test]
fn a_history_that_is_read_anew_repeats_nothing() {
    for name in MODES {
        let rooms = [Room::on("a", mode(name)), Room::on("b", mode(name))];
        let home = Home::linking(&rooms);
        let mut talk = Talk::in_rooms(&rooms);
        let process = home.start();
        let first = talk.says(0, "alice");
        let second = talk.says(1, "bob");
        talk.arrives(first);
        talk.arrives(second);
        talk.reacts(1, "bob", first, "👍");
        talk.edits(second);
        talk.answers(0, "alice", second);
        talk.is_seen_by_all(&process);
        let forget = |unit: &mut threadbridge_core::store::Unit<'_>| {
            ["a", "b"].into_iter().try_for_each(|name| {
                let stream = Stream { account: account(name), name: "stream-0".to_owned() };
                unit.delete(&CURSORS, &stream)
            })
        };
        process.does(process.store.write(forget)).unwrap();
        process.dies();
        let process = home.start();
        talk.is_seen_by_all(&process);
        process.stops();
    }
}

#[test]
fn what_every_stream_tells_twice_is_said_once() {
    for name in MODES {
        let rooms = [Room::on("a", mode(name)), Room::on("b", mode(name))];
        let mut talk = Talk::in_rooms(&rooms);
        for room in &rooms {
            let faults =
                Faults { doubled_events: 1000, reordered_events: 300, ..Faults::default() };
            room.network.set_faults(faults);
        }
        let process = Home::linking(&rooms).start_kept();
        for n in 0..30 {
            talk.says(n % 2, "alice");
        }
        talk.is_seen_by_all(&process);
    }
}

#[test]
fn two_accounts_in_one_room_are_two_pairs_of_ears_with_one_voice_each() {
    let [a, b, c] = ["a", "b", "c"].map(|name| Room::on(name, mode("digest")));
    let mut home = Home::beside("bridge", &[a.clone(), b.clone(), c.clone()]);
    a.network.person("second").joins(&a.name);
    let seconds = Leg { account: account("second"), ..leg(&a) };
    let mut link = home.link("second", std::slice::from_ref(&c));
    link.legs.insert(seconds, Direction::Both);
    home.links = vec![home.link("first", &[a.clone(), b.clone()]), link];
    let mut setup = home.setup();
    let adapter: Arc<dyn Adapter> = Arc::new(connect(&a.network, "second"));
    setup.accounts.extend(BTreeMap::from([(account("second"), adapter)]));
    let process = home.start_with(setup);
    let talk = Talk::in_rooms(&[a.clone(), b.clone(), c.clone()]);
    for room in [&a, &b, &c] {
        room.network.person("alice").says(&room.name, room.network.name().as_str()).unwrap();
    }
    for room in 0..3 {
        until("all to be heard everywhere", || (talk.hears(room).len() >= 3).then_some(()));
    }
    process.comes_to_rest(&[a, b, c]);
    for room in 0..3 {
        let texts: Vec<_> = talk.hears(room).into_iter().map(|it| it.text).collect();
        assert_eq!(texts.len(), 3, "{texts:?}");
    }
    process.stops();
}
