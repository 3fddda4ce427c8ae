//! What was taken back by its author stays away, whenever that happened.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::id::RemoteId;
use threadbridge_core::pipeline::{Step, Steps};
use threadbridge_loopback::network::PublishFault;

use crate::trial::hindered::{Hindered, Hindrance};
use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Home, MODES, Room, account, connect, mode};

/// Lets somebody take their first message back as soon as a bridge reaches a step.
fn deleted_at(step: Step, rules: &str) {
    let rooms = [Room::on("a", mode(rules)), Room::on("b", mode(rules))];
    let home = Home::linking(&rooms);
    let target: Arc<Mutex<Option<RemoteId>>> = Arc::default();
    let deleted = Arc::new(AtomicUsize::new(0));
    let (room, armed, count) = (rooms[0].clone(), Arc::clone(&target), Arc::clone(&deleted));
    let steps = Steps::watched_by(move |reached| {
        if reached == step
            && let Some(id) = armed.lock().unwrap().take()
        {
            room.network.person("alice").deletes(&room.name, &id).unwrap();
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let process = home.start_watched(steps);
    let mut talk = Talk::in_rooms(&rooms);
    let before = talk.says(0, "alice");
    talk.arrives(before);
    talk.is_seen_by_all(&process);
    let said = talk.says(0, "alice");
    *target.lock().unwrap() = Some(talk.said[said].id.clone());
    let behind = talk.says(0, "alice");
    talk.arrives(behind);
    talk.is_gone(said);
    let last = talk.says(0, "alice");
    talk.arrives(last);
    assert_eq!(deleted.load(Ordering::Relaxed), 1, "{rules}: {step:?}");
    talk.is_seen_by_all(&process);
    process.stops();
}

#[test]
fn a_delete_at_any_step_of_its_message_wins() {
    for rules in MODES {
        for step in Step::ALL {
            deleted_at(step, rules);
        }
    }
}

#[test]
fn a_delete_while_its_message_cannot_be_sent_wins() {
    for rules in MODES {
        let rooms = [Room::on("a", mode(rules)), Room::on("b", mode(rules))];
        let process = Home::linking(&rooms).start_kept();
        let mut talk = Talk::in_rooms(&rooms);
        let first = talk.says(0, "alice");
        talk.arrives(first);
        // The first of them is there, though its answer was lost; the others never were tried.
        for fault in [PublishFault::AnswerLost, PublishFault::Fails, PublishFault::Fails] {
            rooms[1].network.fail_next_post(fault);
        }
        let said: Vec<_> = (0..3).map(|_| talk.says(0, "alice")).collect();
        said.into_iter().for_each(|number| talk.deletes(number));
        let last = talk.says(0, "alice");
        talk.arrives(last);
        talk.is_seen_by_all(&process);
    }
}

#[test]
fn a_delete_of_what_got_there_without_an_answer_wins() {
    let rooms = [Room::on("a", mode("network")), Room::on("b", mode("network"))];
    let mut home = Home::linking(&rooms);
    home.limits.call_within = Duration::from_millis(100);
    let mute = BTreeSet::from([rooms[1].name.clone()]);
    let deaf_and_mute = Hindrance { mute, without_ears: true, ..Hindrance::default() };
    let hindered = Arc::new(Hindered::new(connect(&rooms[1].network, "bridge"), deaf_and_mute));
    let mut setup = home.setup();
    let adapter: Arc<dyn Adapter> = Arc::<Hindered>::clone(&hindered);
    setup.accounts.insert(account("b"), adapter);
    let process = home.start_with(setup);
    let mut talk = Talk::in_rooms(&rooms);
    let said: Vec<_> = (0..3).map(|_| talk.says(0, "alice")).collect();
    said.iter().for_each(|number| talk.arrives(*number));
    talk.deletes(said[2]);
    until("the delete to be journaled", || (process.bridge.journaled() == 4).then_some(()));
    hindered.set(Hindrance::default());
    talk.is_seen_by_all(&process);
    process.stops();
}

#[test]
fn a_delete_that_comes_before_its_message_wins() {
    let rooms = [Room::on("a", mode("network")), Room::on("b", mode("network"))];
    let process = Home::linking(&rooms).start_kept();
    let mut talk = Talk::in_rooms(&rooms);
    let first = talk.says(0, "alice");
    talk.arrives(first);
    let number = rooms[0].network.entries(&rooms[0].name);
    let alice = rooms[0].network.person("alice");
    // Names count upwards here: what alice says after her delete will have the next one.
    let next = |id: &RemoteId| id.as_str().rsplit('/').next().unwrap().parse::<u64>().unwrap();
    let last = next(&talk.said[first].id);
    let to_come = RemoteId::parse(format!("post/{}", last + 2)).unwrap();
    alice.deletes(&rooms[0].name, &to_come).unwrap();
    let said = alice.says(&rooms[0].name, "never to be seen").unwrap();
    assert_eq!((said, rooms[0].network.entries(&rooms[0].name)), (to_come, number + 2));
    let last = talk.says(0, "alice");
    let there =
        |room: usize| talk.hears(room).iter().any(|it| it.text.contains(&format!("w{last}.")));
    until("what came last", || there(1).then_some(()));
    assert!(talk.hears(1).iter().all(|it| !it.text.contains("never to be seen")));
    process.stops();
}

#[test]
fn nothing_is_done_to_what_is_gone() {
    for rules in MODES {
        let rooms = [Room::on("a", mode(rules)), Room::on("b", mode(rules))];
        let _process = Home::linking(&rooms).start_kept();
        let mut talk = Talk::in_rooms(&rooms);
        let said = talk.says(0, "alice");
        talk.arrives(said);
        let (original, copy) = (talk.said[said].id.clone(), talk.copy(1, said).unwrap());
        talk.deletes(said);
        until("the delete", || talk.copy(1, said).is_none().then_some(()));
        let (alice, bob) = (rooms[0].network.person("alice"), rooms[1].network.person("bob"));
        alice.edits(&rooms[0].name, &original, "rewritten").unwrap();
        bob.reacts(&rooms[1].name, &copy, "👍").unwrap();
        let last = talk.says(1, "bob");
        bob.replies(&rooms[1].name, &copy, "an answer").unwrap();
        talk.arrives(last);
        until("the answer", || {
            talk.hears(0).iter().any(|it| it.text.ends_with("an answer")).then_some(())
        });
        let seen: Vec<_> = talk.hears(0).into_iter().chain(talk.hears(1)).collect();
        assert!(seen.iter().all(|it| it.reactions.is_empty()), "{seen:#?}");
        let shows = |text: &str| seen.iter().any(|it| it.text.contains(text));
        assert!(!shows("rewritten") && !shows(&format!("w{said}.")), "{seen:#?}");
    }
}
