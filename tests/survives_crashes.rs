//! A bridge that dies, at whatever moment, loses nothing, doubles nothing and keeps the order.
//!
//! The loopback networks live in this process and cannot be seen from another one, so here a bridge
//! dies by losing its threads where they stand, and its store by being closed without a word; the
//! trials over Farcaster kill real processes.

use std::time::Duration;

use threadbridge_core::pipeline::Step;

use crate::trial::talk::Talk;
use crate::trial::world::{Death, Home, Room, faulty, mode};
use crate::trial::{Lots, until, within};

/// Kills in the run under load.
const KILLS: usize = 200;

/// When the bridge dies.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// With the first message that it ever sees.
    First,
    /// Amid a burst, when some of each step have passed.
    Amid,
    /// When all else has arrived, with something done to older messages.
    Last,
}

fn dies_at(step: Step, moment: Moment, rules: &str) {
    println!("{rules}: {step:?}, {moment:?}");
    let rooms = [Room::on("a", mode(rules)), Room::on("b", mode(rules))];
    let home = Home::linking(&rooms);
    let mut talk = Talk::in_rooms(&rooms);
    let death = Death::default();
    let process = home.start_watched(death.steps());
    match moment {
        Moment::First => {
            death.awaits(step, 0);
            talk.says(0, "alice");
            talk.says(1, "bob");
        }
        Moment::Amid => {
            death.awaits(step, 3);
            for _ in 0..8 {
                talk.says(0, "alice");
                talk.says(1, "bob");
                std::thread::yield_now();
            }
        }
        Moment::Last => {
            let first = talk.says(0, "alice");
            let second = talk.says(1, "bob");
            let third = talk.says(1, "bob");
            talk.arrives(third);
            talk.arrives(first);
            talk.reacts(1, "bob", first, "👍");
            talk.is_seen_by_all(&process);
            death.awaits(step, 0);
            talk.edits(first);
            talk.answers(0, "alice", second);
            talk.unreacts(1, "bob", first, "👍");
            talk.reacts(0, "alice", second, "🎉");
            talk.deletes(third);
        }
    }
    let mut more = 0;
    until("the bridge to die", || {
        if !death.has_come() && more < 400 {
            more += 1;
            talk.says(more % 2, "carol");
        }
        death.has_come().then_some(())
    });
    process.dies();
    talk.says(0, "alice");
    talk.says(1, "bob");
    let process = home.start();
    talk.is_seen_by_all(&process);
    process.comes_to_rest(&rooms);
    let (counted, copies) = process.counted();
    assert_eq!(counted, copies, "the register counts each envelope that is there once");
    process.stops();
}

fn dies_everywhere(rules: &str) {
    for step in Step::ALL {
        for moment in [Moment::First, Moment::Amid, Moment::Last] {
            dies_at(step, moment, rules);
        }
    }
}

#[test]
fn a_death_at_any_step_costs_nothing_where_ids_are_digests() {
    dies_everywhere("digest");
}

#[test]
fn a_death_at_any_step_costs_nothing_where_the_network_names() {
    dies_everywhere("network");
}

#[test]
fn a_death_at_any_step_costs_nothing_where_receipts_are_provisional() {
    dies_everywhere("digest-provisional");
}

#[test]
fn a_death_at_any_step_costs_nothing_where_names_come_late_and_receipts_are_provisional() {
    dies_everywhere("network-provisional");
}

#[test]
fn a_death_at_any_step_costs_nothing_in_encrypted_rooms() {
    dies_everywhere("sealed");
}

#[test]
fn a_death_at_any_step_costs_nothing_in_encrypted_rooms_where_the_network_names() {
    dies_everywhere("sealed-network");
}

fn dies_again_and_again(rules: [&str; 2], kills: usize, seed: u64) {
    let mut lots = Lots(seed);
    let rooms = [Room::on("a", mode(rules[0])), Room::on("b", mode(rules[1]))];
    let home = Home::linking(&rooms);
    let mut talk = Talk::in_rooms(&rooms);
    for room in &rooms {
        room.network.set_faults(faulty(50));
    }
    for _ in 0..kills {
        let death = Death::default();
        let process = home.start_watched(death.steps());
        death.awaits(Step::ALL[lots.below(8)], lots.below(6));
        // Some die at their step, some wherever they stand when they have had long enough.
        let long = Duration::from_millis(u64::try_from(20 + lots.below(60)).unwrap());
        let mut said = 0;
        within(long, || {
            if said < 12 {
                said += 1;
                talk.anything(&mut lots);
            }
            death.has_come().then_some(())
        });
        process.dies();
    }
    let process = home.start();
    talk.is_seen_by_all(&process);
    println!("{} statements survived {kills} deaths (seed {seed})", talk.said.len());
    process.stops();
}

#[test]
fn two_hundred_deaths_under_load_with_faults_cost_nothing() {
    for (n, rules) in [["digest", "network"], ["sealed", "digest-provisional"]].iter().enumerate() {
        dies_again_and_again(*rules, KILLS / 2, 7 + u64::try_from(n).unwrap());
    }
}
