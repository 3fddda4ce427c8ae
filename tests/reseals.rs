//! What was sealed for keys that are gone is sealed again, and only that.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use threadbridge_core::model::capabilities::{Limit, Limits, Unit};
use threadbridge_core::pipeline::{Step, Steps};
use threadbridge_loopback::network::{PublishFault, Rules};

use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Home, Room, mode};

/// More key changes than an envelope outlives.
const REKEYS: usize = 4;

fn rekey(room: &Room) {
    for _ in 0..REKEYS {
        room.network.person("dora").rekeys(&room.name).unwrap();
    }
}

#[test]
fn envelopes_that_are_too_old_are_sealed_again_in_order() {
    for rules in ["sealed", "sealed-network"] {
        let rooms = [Room::on("a", mode("digest")), Room::on("b", mode(rules))];
        let process = Home::linking(&rooms).start_kept();
        let mut talk = Talk::in_rooms(&rooms);
        let first = talk.says(0, "alice");
        talk.arrives(first);
        let sealed = process.outbox().len();
        for _ in 0..8 {
            rooms[1].network.fail_next_post(PublishFault::Fails);
        }
        for _ in 0..10 {
            talk.says(0, "alice");
        }
        until("them to be sealed", || (process.outbox().len() > sealed).then_some(()));
        rekey(&rooms[1]);
        talk.is_seen_by_all(&process);
        assert_eq!(rooms[1].network.unreadable(&rooms[1].name), 0);
    }
}

#[test]
fn parts_that_are_there_are_not_said_again() {
    let limits =
        Limits { text: Limit { max: 60, unit: Unit::Bytes }, ..mode("sealed").capabilities.limits };
    for rules in ["sealed", "sealed-network"] {
        let capabilities = mode(rules).capabilities;
        let short = threadbridge_core::model::capabilities::Capabilities { limits, ..capabilities };
        let narrow = Rules { capabilities: short, ..mode(rules) };
        let rooms = [Room::on("a", mode("digest")), Room::on("b", narrow)];
        let mut home = Home::linking(&rooms);
        home.limits.send_batch = 1;
        let (armed, room) = (Arc::new(AtomicBool::new(false)), rooms[1].clone());
        let when = Arc::clone(&armed);
        let process = home.start_watched(Steps::watched_by(move |step| {
            if step == Step::Sent && when.swap(false, Ordering::Relaxed) {
                rekey(&room);
            }
        }));
        let mut talk = Talk::in_rooms(&rooms);
        let first = talk.says(0, "alice");
        talk.arrives(first);
        process.comes_to_rest(&rooms);
        armed.store(true, Ordering::Relaxed);
        let words: Vec<_> = (0..60).map(|n| format!("word{n}")).collect();
        rooms[0].network.person("alice").says(&rooms[0].name, &words.join(" ")).unwrap();
        let last = talk.says(0, "alice");
        talk.arrives(last);
        assert!(!armed.load(Ordering::Relaxed));
        process.comes_to_rest(&rooms);
        let heard = talk.hears(1);
        for word in &words {
            let says = |text: &str| text.split_whitespace().any(|it| it == word);
            let count = heard.iter().filter(|it| says(&it.text)).count();
            assert_eq!(
                count,
                1,
                "{rules}: {word} in {:#?}",
                heard.iter().map(|it| &it.text).collect::<Vec<_>>()
            );
        }
        process.stops();
    }
}

#[test]
fn what_the_network_has_taken_is_not_sealed_again() {
    let rooms = [Room::on("a", mode("digest")), Room::on("b", mode("sealed-network"))];
    let process = Home::linking(&rooms).start_kept();
    let mut talk = Talk::in_rooms(&rooms);
    let first = talk.says(0, "alice");
    talk.arrives(first);
    process.comes_to_rest(&rooms);
    let mut faults = rooms[1].network.faults();
    faults.holds_posts = true;
    rooms[1].network.set_faults(faults.clone());
    talk.says(0, "alice");
    until("it to be taken", || {
        process.outbox().iter().any(|row| row.taken_at.is_some()).then_some(())
    });
    // The next one is sealed for keys that are gone when it is tried.
    rooms[1].network.fail_next_post(PublishFault::Fails);
    rooms[1].network.fail_next_post(PublishFault::Fails);
    talk.says(0, "alice");
    until("the second to be sealed", || (process.outbox().len() == 2).then_some(()));
    rekey(&rooms[1]);
    faults.holds_posts = false;
    rooms[1].network.set_faults(faults);
    rooms[1].network.admit();
    talk.is_seen_by_all(&process);
}

#[test]
fn what_was_taken_and_lost_is_sealed_again_once_its_keys_are_gone() {
    let rooms = [Room::on("a", mode("digest")), Room::on("b", mode("sealed-network"))];
    let mut home = Home::linking(&rooms);
    home.limits.confirm_within = Duration::from_secs(1);
    let process = home.start_kept();
    let mut talk = Talk::in_rooms(&rooms);
    let first = talk.says(0, "alice");
    talk.arrives(first);
    process.comes_to_rest(&rooms);
    rooms[1].network.fail_next_post(PublishFault::Forgotten);
    talk.says(0, "alice");
    until("it to be taken", || {
        process.outbox().iter().any(|row| row.taken_at.is_some()).then_some(())
    });
    rekey(&rooms[1]);
    talk.is_seen_by_all(&process);
}
