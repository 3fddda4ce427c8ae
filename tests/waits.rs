//! What cannot be opened yet is kept, and comes when its key does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use threadbridge_core::adapter::{Adapter, Health};
use threadbridge_core::model::outgoing::{Embed, Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_core::view;

use crate::trial::hindered::{Hindered, Hindrance};
use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Home, Process, Room, account, connect, mode};

fn without_keys() -> Hindrance {
    Hindrance { without_keys: true, ..Hindrance::default() }
}

/// A bridge whose account in the encrypted room `a` gets no keys.
fn start(home: &Home, rooms: &[Room]) -> (Process, Arc<Hindered>) {
    let hindered = Arc::new(Hindered::new(connect(&rooms[0].network, "bridge"), without_keys()));
    let mut setup = home.setup();
    let adapter: Arc<dyn Adapter> = Arc::<Hindered>::clone(&hindered);
    setup.accounts.insert(account("a"), adapter);
    (home.start_with(setup), hindered)
}

fn waiting(process: &Process) -> usize {
    let status = view::status(&process.store.snapshot().unwrap()).unwrap();
    status.accounts.iter().map(|it| it.waiting).sum()
}

#[test]
fn what_lacks_its_key_survives_and_comes_in_order() {
    for rules in ["sealed", "sealed-network"] {
        let rooms = [Room::on("a", mode(rules)), Room::on("b", mode("digest"))];
        let home = Home::linking(&rooms);
        let (process, _) = start(&home, &rooms);
        let mut talk = Talk::in_rooms(&rooms);
        for _ in 0..20 {
            talk.says(0, "alice");
        }
        until("all to wait", || (waiting(&process) >= 20).then_some(()));
        assert!(talk.hears(1).is_empty());
        process.dies();
        let (process, hindered) = start(&home, &rooms);
        talk.says(0, "alice");
        until("one more to wait", || (waiting(&process) >= 21).then_some(()));
        hindered.set(Hindrance::default());
        talk.is_seen_by_all(&process);
        assert_eq!(waiting(&process), 0);
        process.stops();
    }
}

#[test]
fn too_many_that_wait_pause_their_account_and_lose_nothing() {
    let rooms = [Room::on("a", mode("sealed")), Room::on("b", mode("digest"))];
    let mut home = Home::linking(&rooms);
    home.limits.waiting = 8;
    let (process, hindered) = start(&home, &rooms);
    let mut talk = Talk::in_rooms(&rooms);
    for _ in 0..300 {
        talk.says(0, "alice");
    }
    until("the account to say why", || {
        matches!(process.health(&account("a")), Some(Health::Stalled(_))).then_some(())
    });
    assert!(waiting(&process) <= 8);
    hindered.set(Hindrance::default());
    talk.is_seen_by_all(&process);
    process.stops();
}

/// A bridge whose account in the encrypted room `b` hears nothing, with much to say there.
fn start_deaf(home: &Home, rooms: &[Room]) -> (Process, Arc<Hindered>, Talk) {
    let deaf = Hindrance { without_ears: true, ..Hindrance::default() };
    let hindered = Arc::new(Hindered::new(connect(&rooms[1].network, "bridge"), deaf));
    let mut setup = home.setup();
    let adapter: Arc<dyn Adapter> = Arc::<Hindered>::clone(&hindered);
    setup.accounts.insert(account("b"), adapter);
    let process = home.start_with(setup);
    let mut talk = Talk::in_rooms(rooms);
    talk.says(0, "alice");
    until("the key change to be sent", || (hindered.sent() > 0).then_some(()));
    for _ in 0..50 {
        talk.says(0, "alice");
    }
    let journaled = || process.bridge.journaled();
    until("all to be journaled", || (journaled() >= 51).then_some(()));
    (process, hindered, talk)
}

#[test]
fn a_key_change_is_sent_once_however_long_it_takes_to_come_back() {
    for rules in ["sealed", "sealed-network"] {
        let rooms = [Room::on("a", mode("digest")), Room::on("b", mode(rules))];
        let mut home = Home::linking(&rooms);
        home.limits.confirm_within = Duration::from_secs(60);
        let (process, hindered, talk) = start_deaf(&home, &rooms);
        let is_taken = || process.outbox().iter().any(|row| row.taken_at.is_some());
        until("the key change to be taken", || is_taken().then_some(()));
        assert_eq!(hindered.sent(), 1, "{rules}");
        hindered.set(Hindrance::default());
        talk.is_seen_by_all(&process);
        process.stops();
    }
}

#[test]
fn a_key_change_that_does_not_come_back_is_asked_for_again_in_time() {
    for rules in ["sealed", "sealed-network"] {
        let rooms = [Room::on("a", mode("digest")), Room::on("b", mode(rules))];
        let home = Home::linking(&rooms);
        let (process, hindered, talk) = start_deaf(&home, &rooms);
        let began = Instant::now();
        let before = hindered.sent();
        until("it to be sent again", || (hindered.sent() >= before + 2).then_some(()));
        assert!(began.elapsed() >= home.limits.confirm_within, "{:?}", began.elapsed());
        hindered.set(Hindrance::default());
        talk.is_seen_by_all(&process);
        process.stops();
    }
}

/// A bridge whose posts in room `b` are taken and named there, but it hears neither names nor
/// people; alice has said something, and her copy is there.
fn start_mute() -> (Home, Process, Arc<Hindered>, Talk) {
    let rooms = [Room::on("a", mode("digest")), Room::on("b", mode("network"))];
    let mut home = Home::linking(&rooms);
    home.limits.confirm_within = Duration::from_secs(60);
    home.limits.call_within = Duration::from_millis(300);
    let mute = BTreeSet::from([rooms[1].name.clone()]);
    let hindrance = Hindrance { mute, without_ears: true, ..Hindrance::default() };
    let hindered = Arc::new(Hindered::new(connect(&rooms[1].network, "bridge"), hindrance));
    let mut setup = home.setup();
    let adapter: Arc<dyn Adapter> = Arc::<Hindered>::clone(&hindered);
    setup.accounts.insert(account("b"), adapter);
    let process = home.start_with(setup);
    let mut talk = Talk::in_rooms(&rooms);
    talk.says(0, "alice");
    talk.arrives(0);
    (home, process, hindered, talk)
}

/// It hears people from now on, and the names that were missing only after a while.
fn hears_people_first(process: &Process, hindered: &Hindered, talk: &Talk, waits: usize) {
    let mute = BTreeSet::from([talk.rooms[1].name.clone()]);
    hindered.set(Hindrance { mute, ..Hindrance::default() });
    until("them to wait", || (waiting(process) >= waits).then_some(()));
    // All is tried again several times while the name is missing.
    let before = hindered.sent();
    until("it to be sent again", || (hindered.sent() >= before + 2).then_some(()));
    assert_eq!(waiting(process), waits);
    hindered.set(Hindrance::default());
}

#[test]
fn nothing_overtakes_an_answer_to_what_has_no_name_yet() {
    let (_home, process, hindered, mut talk) = start_mute();
    assert!(talk.answers(1, "bob", 0));
    // More than are tried together.
    for _ in 0..100 {
        talk.says(1, "bob");
    }
    // The bridge's own copy waits for its name too.
    hears_people_first(&process, &hindered, &talk, 102);
    talk.is_seen_by_all(&process);
    process.stops();
}

#[test]
fn a_quote_of_what_has_no_name_yet_finds_the_original() {
    let (_home, process, hindered, talk) = start_mute();
    let Room { network, name } = &talk.rooms[1];
    let say = Say {
        text: "well said".to_owned(),
        mentions: Vec::new(),
        embeds: vec![Embed::Quote(talk.copy(1, 0).unwrap())],
        reply_to: ReplyTo::Conversation,
        sent_at: Clock::System.now(),
        mark: None,
        expires: None,
    };
    network.person("bob").does(name, &Outgoing::Say(say)).unwrap();
    hears_people_first(&process, &hindered, &talk, 2);
    let copy = until("the quote to cross", || {
        talk.hears(0).into_iter().find(|it| it.text.contains("well said"))
    });
    assert_eq!(copy.said.quotes, [talk.said[0].id.clone()]);
    process.stops();
}

#[test]
fn what_refers_to_nothing_is_given_up_in_the_end() {
    let rooms = [Room::on("a", mode("network")), Room::on("b", mode("digest"))];
    let alice = rooms[0].network.person("alice");
    let mut home = Home::linking(&rooms[..]);
    home.limits.waiting = 8;
    home.clock = Clock::manual(Timestamp::from_secs(1_800_000_000));
    let elsewhere = rooms[0].beside("elsewhere");
    let process = home.start();
    let mut talk = Talk::in_rooms(&rooms);
    let unknown = alice.says(&elsewhere.name, "never seen here").unwrap();
    for group in [1..6, 6..11] {
        for emoji in group {
            alice.reacts(&rooms[0].name, &unknown, &emoji.to_string()).unwrap();
        }
        let last = talk.says(0, "alice");
        until("what was said last", || talk.copy(1, last));
        assert!((1..=8).contains(&waiting(&process)), "{}", waiting(&process));
    }
    home.clock.advance(home.limits.give_up_after);
    talk.says(0, "alice");
    until("them to be given up", || (waiting(&process) == 0).then_some(()));
    let status = view::status(&process.store.snapshot().unwrap()).unwrap();
    let refused: u64 = status.accounts.iter().flat_map(|it| &it.refusals).map(|it| it.count).sum();
    assert_eq!(refused, 10);
    process.stops();
}
