//! What was to disappear does, wherever it can, whatever happens meanwhile.

use std::sync::Arc;
use std::time::Duration;

use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::capabilities::{Features, Support};
use threadbridge_core::model::content::{Content, Expiration, Salt};
use threadbridge_core::model::id::RemoteId;
use threadbridge_core::model::journal::Record;
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo, Say};
use threadbridge_core::model::person::Introduction;
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_core::pipeline::{Setup, Step, Target};
use threadbridge_core::store::Reads;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{EVENTS, EXPIRIES};
use threadbridge_core::view;
use threadbridge_loopback::network::{Condition, Faults, Rules};

use crate::trial::until;
use crate::trial::world::{Death, Home, MODES, Process, Room, account, connect, leg, mode};

/// How long what disappears is there.
const LIFE: Duration = Duration::from_secs(60);
const SECRET: &str = "burn after reading";
const AGAIN: &str = "burn after reading twice";

/// A room whose network deletes, and whose messages disappear by themselves or not.
fn room(name: &str, rules: &str, clock: &Clock, expiry: Support, delete: Support) -> Room {
    let mut rules = Rules { clock: clock.clone(), ..mode(rules) };
    let features = rules.capabilities.features;
    rules.capabilities.features = Features { expiry, delete, ..features };
    Room::on(name, rules)
}

/// A clock, and rooms that lose what disappears by themselves, by deleting, and never.
fn scene(rules: &str) -> (Clock, [Room; 4]) {
    let clock = Clock::manual(Timestamp::from_secs(1_800_000_000));
    let (has, has_not) = (Support::Full, Support::Dropped);
    let rooms = [
        room("a", rules, &clock, has, has),
        room("b", rules, &clock, has_not, has),
        room("c", rules, &clock, has, has),
        room("d", rules, &clock, has_not, Support::Fallback),
    ];
    (clock, rooms)
}

fn home(clock: &Clock, rooms: &[Room]) -> Home {
    let mut home = Home::linking(rooms);
    home.clock = clock.clone();
    home
}

/// Alice says something in a room that will not stay.
fn says(clock: &Clock, room: &Room) -> RemoteId {
    let ends = clock.now().plus(LIFE).as_secs();
    let say = Say {
        text: SECRET.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: clock.now(),
        mark: None,
        expires: Some(Expiration::At(u32::try_from(ends).unwrap())),
    };
    room.network.person("alice").does(&room.name, &Outgoing::Say(say)).unwrap()
}

fn texts(room: &Room) -> Vec<String> {
    room.network.person("judge").hears(&room.name).into_iter().map(|it| it.text).collect()
}

fn shows(room: &Room) -> bool {
    texts(room).iter().any(|text| text.contains(SECRET))
}

fn is_everywhere(rooms: &[Room]) {
    until("it to be everywhere", || rooms.iter().all(shows).then_some(()));
}

/// It is gone where it can be, and the bridge does nothing more about it.
fn is_gone(process: &Process, rooms: &[Room; 4]) {
    until("it to be deleted", || (!shows(&rooms[1])).then_some(()));
    process.comes_to_rest(rooms);
    let [a, b, c, d] = rooms.each_ref().map(shows);
    assert_eq!([a, b, c, d], [false, false, false, true]);
    assert_eq!(texts(&rooms[3]).len(), 1, "nothing was said about it: {:?}", texts(&rooms[3]));
    let findings = process.findings();
    assert_eq!(findings, Vec::<String>::new());
    let store = process.store.snapshot().unwrap();
    assert!(store.scan(&EXPIRIES, Span::all(), 1).unwrap().is_empty());
    for record in records(process) {
        let content = Content::decode(&record.content).unwrap();
        assert_eq!(content.text(), None, "its words are still kept");
        assert!(!String::from_utf8_lossy(&record.raw).contains(SECRET));
    }
}

fn records(process: &Process) -> Vec<Record> {
    let store = process.store.snapshot().unwrap();
    store.scan(&EVENTS, Span::all(), 99).unwrap().into_iter().map(|(_, it)| it).collect()
}

fn entries(room: &Room) -> u64 {
    room.network.entries(&room.name)
}

#[test]
fn a_message_disappears_everywhere_it_can_and_from_the_store() {
    for rules in MODES {
        let (clock, rooms) = scene(rules);
        let home = home(&clock, &rooms);
        let process = home.start();
        let id = says(&clock, &rooms[0]);
        is_everywhere(&rooms);
        rooms[0].network.person("alice").edits(&rooms[0].name, &id, AGAIN).unwrap();
        let is_edited = |room: &Room| texts(room).iter().any(|text| text.ends_with(AGAIN));
        until("the edit", || rooms.iter().all(is_edited).then_some(()));
        process.comes_to_rest(&rooms);
        let before = rooms.each_ref().map(entries);
        let almost = LIFE - Duration::from_secs(1);
        clock.advance(almost);
        process.comes_to_rest(&rooms);
        assert!(rooms.iter().all(shows), "{rules}: too early");
        clock.advance(LIFE - almost);
        is_gone(&process, &rooms);
        let after = rooms.each_ref().map(entries);
        let bothered: Vec<_> =
            after.iter().zip(&before).map(|(after, before)| after - before).collect();
        assert_eq!(bothered, [0, 1, 0, 0], "{rules}: one delete where it is needed");
        let [thread] =
            view::threads(&process.store.snapshot().unwrap()).unwrap().try_into().unwrap();
        let lines = view::thread(&process.store.snapshot().unwrap(), thread.conversation.id, 9);
        assert!(lines.unwrap().iter().all(|line| line.text.is_none()));
        process.stops();
        let process = home.start();
        is_gone(&process, &rooms);
        assert_eq!(rooms.each_ref().map(entries), after, "{rules}: again after a restart");
        process.stops();
    }
}

#[test]
fn what_ends_while_the_bridge_is_away_ends_when_it_is_back() {
    for rules in MODES {
        let (clock, rooms) = scene(rules);
        let home = home(&clock, &rooms);
        let process = home.start();
        says(&clock, &rooms[0]);
        is_everywhere(&rooms);
        process.dies();
        clock.advance(LIFE);
        assert!(shows(&rooms[1]));
        let process = home.start();
        is_gone(&process, &rooms);
        process.stops();
    }
}

#[test]
fn what_has_ended_before_it_is_carried_is_never_seen() {
    for rules in MODES {
        let (clock, rooms) = scene(rules);
        let home = home(&clock, &rooms);
        home.start().stops();
        says(&clock, &rooms[0]);
        clock.advance(LIFE);
        let process = home.start();
        until("it to be journaled", || (!records(&process).is_empty()).then_some(()));
        rooms[0].network.person("alice").says(&rooms[0].name, "and then").unwrap();
        let came = |room: &Room| texts(room).iter().any(|it| it.ends_with("and then"));
        until("what came after it", || rooms.iter().all(came).then_some(()));
        assert!(rooms.iter().all(|room| !shows(room)), "{rules}");
        process.stops();
    }
}

#[test]
fn what_ends_while_it_cannot_be_sent_does_not_stay() {
    for rules in MODES {
        let (clock, rooms) = scene(rules);
        let process = home(&clock, &rooms).start_kept();
        let condition = Condition::Unreachable;
        for room in &rooms[1..] {
            room.network.set_faults(Faults { condition, ..Faults::default() });
        }
        says(&clock, &rooms[0]);
        // Without a network no keys come, and nothing can be sealed.
        let is_tried = || {
            let tried = process.outbox().iter().any(|it| it.attempts > 0);
            tried || (rules.starts_with("sealed") && !records(&process).is_empty())
        };
        until("attempts", || is_tried().then_some(()));
        clock.advance(LIFE);
        until("its end", || (records(&process).len() == 2).then_some(()));
        rooms.iter().for_each(|room| room.network.set_faults(Faults::default()));
        process.comes_to_rest(&rooms);
        assert!(rooms[..3].iter().all(|room| !shows(room)), "{rules}");
        assert_eq!(process.findings(), Vec::<String>::new());
    }
}

#[test]
fn a_death_at_any_step_of_its_end_does_not_save_a_message() {
    for rules in ["digest", "network-provisional", "sealed-network"] {
        for step in Step::ALL {
            let (clock, rooms) = scene(rules);
            let home = home(&clock, &rooms);
            let death = Death::default();
            let process = home.start_watched(death.steps());
            says(&clock, &rooms[0]);
            is_everywhere(&rooms);
            process.comes_to_rest(&rooms);
            death.awaits(step, 0);
            clock.advance(LIFE);
            until("the bridge to die", || death.has_come().then_some(()));
            process.dies();
            let process = home.start();
            is_gone(&process, &rooms);
            process.stops();
        }
    }
}

#[test]
fn what_the_owner_lets_disappear_does() {
    let (clock, rooms) = scene("digest");
    let process = home(&clock, &rooms).start_kept();
    let content = Content::plain(Salt::random().unwrap(), SECRET);
    let life = u32::try_from(LIFE.as_secs()).unwrap();
    let content = content.expiring(Expiration::AfterReading(life));
    process.does(process.bridge.say(Target::Leg(leg(&rooms[1])), content)).unwrap();
    is_everywhere(&rooms);
    process.comes_to_rest(&rooms);
    clock.advance(LIFE);
    is_gone(&process, &rooms);
}

#[test]
fn what_somebody_said_by_an_account_of_their_own_is_deleted_by_it() {
    let (clock, rooms) = scene("digest");
    let home = home(&clock, &rooms);
    let voices = ["a", "b"].map(|name| (account(name), account(&format!("alice-{name}"))));
    let by = |n: usize| -> Arc<dyn Adapter> { Arc::new(connect(&rooms[n].network, "alice")) };
    let setup = Setup {
        voices: [0, 1].map(|n| (voices[n].1.clone(), by(n))).into(),
        people: vec![Introduction {
            name: "Alice".to_owned(),
            voices: voices.into(),
            ..Introduction::default()
        }],
        ..home.setup()
    };
    let process = home.start_with(setup);
    says(&clock, &rooms[0]);
    is_everywhere(&rooms);
    assert_eq!(texts(&rooms[1]), [SECRET], "she speaks by herself");
    process.comes_to_rest(&rooms);
    clock.advance(LIFE);
    is_gone(&process, &rooms);
    process.stops();
}

#[test]
fn what_lost_its_link_ends_nevertheless() {
    let (clock, rooms) = scene("digest");
    let home = home(&clock, &rooms);
    let mut process = home.start();
    says(&clock, &rooms[0]);
    is_everywhere(&rooms);
    process.comes_to_rest(&rooms);
    let mut setup = process.setup.clone();
    setup.links.clear();
    process.applies(setup);
    clock.advance(LIFE);
    is_gone(&process, &rooms);
    process.stops();
}
