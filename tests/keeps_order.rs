//! What is said in one room is seen in all others in the order in which it was said.

use std::time::Duration;

use threadbridge_loopback::network::PublishFault;

use crate::trial::Lots;
use crate::trial::talk::Talk;
use crate::trial::world::{Home, MODES, Room, faulty, mode};

/// How much is said where much fails.
const STATEMENTS: usize = 120;

fn talks_while_all_fails(rooms: &[Room], seed: u64) {
    let home = Home::linking(rooms);
    let mut talk = Talk::in_rooms(rooms);
    let mut lots = Lots(seed);
    for room in rooms {
        room.network.set_faults(faulty(100));
    }
    let process = home.start();
    for n in 0..STATEMENTS {
        talk.anything(&mut lots);
        if n % 10 == 9 {
            talk.arrives_in_part(n / 2);
        }
    }
    talk.is_seen_by_all(&process);
    process.stops();
}

#[test]
fn two_rooms_of_each_kind_keep_order_while_a_tenth_of_all_fails() {
    for (seed, name) in (1..).zip(MODES) {
        talks_while_all_fails(&[Room::on("a", mode(name)), Room::on("b", mode(name))], seed);
    }
}

#[test]
fn six_legs_of_different_kinds_keep_order_while_a_tenth_of_all_fails() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let rooms: Vec<_> =
        names.iter().zip(MODES).map(|(it, rules)| Room::on(it, mode(rules))).collect();
    talks_while_all_fails(&rooms, 11);
}

#[test]
fn what_comes_behind_a_failure_waits_for_it() {
    for name in MODES {
        let rooms = [Room::on("a", mode(name)), Room::on("b", mode(name))];
        let process = Home::linking(&rooms).start_kept();
        let mut talk = Talk::in_rooms(&rooms);
        let first = talk.says(0, "alice");
        talk.arrives(first);
        let wait = PublishFault::Wait(Duration::from_millis(50));
        for fault in [PublishFault::Fails, PublishFault::AnswerLost, wait, PublishFault::Fails] {
            rooms[1].network.fail_next_post(fault);
        }
        for _ in 0..10 {
            talk.says(0, "alice");
        }
        talk.is_seen_by_all(&process);
    }
}

#[test]
fn what_was_said_while_the_bridge_was_away_comes_in_order() {
    let rooms = [Room::on("a", mode("digest")), Room::on("b", mode("network"))];
    let home = Home::linking(&rooms);
    let mut talk = Talk::in_rooms(&rooms);
    home.start().stops();
    for n in 0..1000 {
        talk.says(n % 2, "alice");
    }
    let process = home.start();
    talk.is_seen_by_all(&process);
    process.stops();
}
