//! What cannot be sent is tried again as the network wishes, and given up where that is right.

use std::time::{Duration, Instant};

use threadbridge_core::adapter::Health;
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_loopback::network::{Condition, Faults, PublishFault};

use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Home, Process, Room, account, mode};

fn two(rules: &str) -> [Room; 2] {
    [Room::on("a", mode(rules)), Room::on("b", mode(rules))]
}

fn started(rooms: &[Room]) -> (Process, Talk) {
    let process = Home::linking(rooms).start_kept();
    let mut talk = Talk::in_rooms(rooms);
    let first = talk.says(0, "alice");
    talk.arrives(first);
    (process, talk)
}

#[test]
fn a_network_that_asks_to_wait_is_left_alone_and_no_attempt_is_spent() {
    const LONG: Duration = Duration::from_millis(700);
    let rooms = two("digest");
    let (process, mut talk) = started(&rooms);
    rooms[1].network.fail_next_post(PublishFault::Wait(LONG));
    let began = Instant::now();
    talk.says(0, "alice");
    talk.says(0, "alice");
    let waits = until("the wish to be written down", || {
        process.outbox().into_iter().find(|row| row.last_error.is_some())
    });
    assert_eq!(waits.attempts, 0);
    talk.is_seen_by_all(&process);
    assert!(began.elapsed() >= LONG, "{:?}", began.elapsed());
}

#[test]
fn attempts_are_counted_while_a_network_cannot_be_reached() {
    let rooms = two("network");
    let (process, mut talk) = started(&rooms);
    let condition = Condition::Unreachable;
    rooms[1].network.set_faults(Faults { condition, ..Faults::default() });
    talk.says(0, "alice");
    talk.says(0, "alice");
    until("five attempts", || process.outbox().iter().any(|row| row.attempts >= 5).then_some(()));
    assert_eq!(process.outbox()[1].attempts, 0, "what stands behind was not tried");
    rooms[1].network.set_faults(Faults::default());
    talk.is_seen_by_all(&process);
}

#[test]
fn a_locked_account_waits_for_its_owner() {
    let rooms = two("digest");
    let (process, mut talk) = started(&rooms);
    rooms[1].network.fail_next_post(PublishFault::LockedOut);
    talk.says(0, "alice");
    until("the account to be suspended", || {
        matches!(process.health(&account("b")), Some(Health::Suspended(_))).then_some(())
    });
    talk.says(0, "alice");
    talk.says(1, "bob");
    until("both to be sealed", || (process.outbox().len() == 2).then_some(()));
    assert!(process.outbox().iter().all(|row| row.attempts == 0));
    process.does(process.bridge.hurry());
    talk.is_seen_by_all(&process);
    until("the account to recover", || {
        matches!(process.health(&account("b")), Some(Health::Connected)).then_some(())
    });
}

#[test]
fn a_listener_that_was_locked_out_listens_again_when_told() {
    let rooms = two("digest");
    let (process, mut talk) = started(&rooms);
    let condition = Condition::LockedOut;
    rooms[0].network.set_faults(Faults { condition, ..Faults::default() });
    rooms[0].network.cut();
    until("the account to be suspended", || {
        matches!(process.health(&account("a")), Some(Health::Suspended(_))).then_some(())
    });
    talk.says(0, "alice");
    rooms[0].network.set_faults(Faults::default());
    process.does(process.bridge.hurry());
    talk.is_seen_by_all(&process);
}

#[test]
fn a_refused_message_becomes_a_dead_letter_and_holds_up_nothing() {
    for rules in ["digest", "network", "sealed-network"] {
        let rooms = two(rules);
        let (process, mut talk) = started(&rooms);
        rooms[1].network.fail_next_post(PublishFault::Refused);
        let dead = talk.says(0, "alice");
        let letter = until("a dead letter", || process.dead_letters().pop());
        assert!(letter.reason.contains("refuses"), "{}", letter.reason);
        // An answer to what is not there is an answer to nothing, and blocks nothing.
        assert!(talk.answers(0, "alice", dead));
        assert!(talk.reacts(0, "alice", dead, "👍"));
        let last = talk.says(0, "alice");
        talk.arrives(last);
        assert_eq!(talk.copy(1, dead), None);
        assert_eq!(process.does(process.bridge.replay(Some(letter.id))).unwrap(), 1);
        talk.arrives(dead);
        assert!(process.dead_letters().is_empty());
        talk.edits(dead);
        until("the edit to find the replayed copy", || {
            talk.hears(1).iter().any(|it| it.text.ends_with(&format!("w{dead}.1"))).then_some(())
        });
    }
}

#[test]
fn a_discarded_letter_is_gone() {
    let rooms = two("digest");
    let (process, mut talk) = started(&rooms);
    rooms[1].network.fail_next_post(PublishFault::Refused);
    let dead = talk.says(0, "alice");
    let letter = until("a dead letter", || process.dead_letters().pop());
    assert_eq!(process.does(process.bridge.discard(Some(letter.id))).unwrap(), 1);
    assert!(process.does(process.bridge.replay(Some(letter.id))).is_err());
    assert!(process.does(process.bridge.discard(Some(letter.id))).is_err());
    let last = talk.says(0, "alice");
    talk.arrives(last);
    assert_eq!(talk.copy(1, dead), None);
}

#[test]
fn what_a_network_throws_away_later_becomes_a_dead_letter() {
    for rules in ["digest-provisional", "network-provisional", "sealed-network"] {
        let rooms = two(rules);
        let (process, mut talk) = started(&rooms);
        rooms[1].network.fail_next_post(PublishFault::ThrownAway);
        let dead = talk.says(0, "alice");
        let last = talk.says(0, "alice");
        let letter = until("a dead letter", || process.dead_letters().pop());
        assert!(letter.reason.contains("changed its mind"), "{}", letter.reason);
        talk.arrives(last);
        assert_eq!(talk.copy(1, dead), None);
    }
}

#[test]
fn what_stands_behind_many_that_are_taken_is_sent() {
    const MANY: usize = 20;
    for rules in ["digest-provisional", "network-provisional"] {
        let rooms = two(rules);
        let mut home = Home::linking(&rooms);
        home.limits.send_batch = 2;
        home.limits.confirm_within = Duration::from_secs(60);
        let process = home.start();
        let mut talk = Talk::in_rooms(&rooms);
        rooms[1].network.set_faults(Faults { holds_posts: true, ..Faults::default() });
        for _ in 0..MANY {
            talk.says(0, "alice");
        }
        until("all to be taken", || {
            let taken = process.outbox().iter().filter(|row| row.taken_at.is_some()).count();
            (taken == MANY).then_some(())
        });
        rooms[1].network.set_faults(Faults::default());
        rooms[1].network.admit();
        talk.is_seen_by_all(&process);
        process.stops();
    }
}

#[test]
fn what_was_tried_for_a_week_in_vain_is_given_up() {
    let rooms = two("digest");
    let mut home = Home::linking(&rooms);
    home.clock = Clock::manual(Timestamp::from_secs(1_800_000_000));
    let process = home.start();
    let mut talk = Talk::in_rooms(&rooms);
    let first = talk.says(0, "alice");
    talk.arrives(first);
    for _ in 0..10_000 {
        rooms[1].network.fail_next_post(PublishFault::Fails);
    }
    talk.says(0, "alice");
    until("an attempt", || process.outbox().iter().any(|row| row.attempts > 0).then_some(()));
    home.clock.advance(home.limits.give_up_after / 2);
    let attempts = process.outbox()[0].attempts;
    until("more attempts", || (process.outbox()[0].attempts > attempts + 2).then_some(()));
    assert!(process.dead_letters().is_empty());
    home.clock.advance(home.limits.give_up_after / 2);
    let letter = until("a dead letter", || process.dead_letters().pop());
    assert!(letter.reason.contains("given up after 7 days"), "{}", letter.reason);
    process.stops();
}
