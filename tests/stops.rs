//! A bridge can be stopped and changed at any time.

use std::sync::Arc;
use std::time::Duration;

use threadbridge_core::adapter::Adapter;
use threadbridge_loopback::network::{Condition, Faults};

use crate::trial::hindered::{Hindered, Hindrance};
use crate::trial::talk::Talk;
use crate::trial::world::{Home, MODES, Room, account, connect, faulty, mode};
use crate::trial::{Lots, until};

#[test]
fn a_bridge_that_is_stopped_under_load_loses_nothing() {
    for (seed, rules) in (1..).zip(MODES) {
        let rooms = [Room::on("a", mode(rules)), Room::on("b", mode(rules))];
        let home = Home::linking(&rooms);
        let mut talk = Talk::in_rooms(&rooms);
        let mut lots = Lots(seed);
        rooms.iter().for_each(|room| room.network.set_faults(faulty(50)));
        for _ in 0..6 {
            let process = home.start();
            for _ in 0..10 {
                talk.anything(&mut lots);
            }
            process.stops();
        }
        let process = home.start();
        talk.is_seen_by_all(&process);
        process.stops();
    }
}

#[test]
fn a_link_that_is_removed_carries_nothing_from_then_on() {
    let (a, b) = (Room::on("a", mode("digest")), Room::on("b", mode("digest")));
    let kept = [a.beside("kept"), b.beside("kept")];
    let cut = [a.beside("cut"), b.beside("cut")];
    let mut home = Home::beside("bridge", &[kept.clone(), cut.clone()].concat());
    home.links = vec![home.link("kept", &kept), home.link("cut", &cut)];
    let mut process = home.start();
    let (mut stays, mut goes) = (Talk::in_rooms(&kept), Talk::in_rooms(&cut));
    for _ in 0..200 {
        stays.says(0, "alice");
        goes.says(0, "alice");
    }
    let mut setup = process.setup.clone();
    setup.links.retain(|link| link.name == "kept");
    process.applies(setup.clone());
    let seen = goes.hears(1).len();
    let late: Vec<_> = (0..50).map(|n| goes.says(n % 2, "bob")).collect();
    let last = stays.says(0, "alice");
    stays.arrives(last);
    for number in late {
        let room = 1 - goes.said[number].room;
        assert_eq!(goes.copy(room, number), None, "it was said after the link was gone");
    }
    assert_eq!(goes.hears(1).iter().filter(|it| it.author.as_str() == "bridge").count(), seen);
    assert_eq!(stays.judge(), Vec::<String>::new());
    setup.links.push(home.link("cut", &cut));
    process.applies(setup);
    let again = goes.says(0, "alice");
    goes.arrives(again);
    process.stops();
}

#[test]
fn what_was_on_its_way_when_its_link_was_removed_stays_and_can_be_seen() {
    for rules in ["digest", "sealed"] {
        let rooms = [Room::on("a", mode("digest")), Room::on("b", mode(rules))];
        let home = Home::linking(&rooms);
        let mut process = home.start();
        let mut talk = Talk::in_rooms(&rooms);
        let first = talk.says(0, "alice");
        talk.arrives(first);
        process.comes_to_rest(&rooms);
        let condition = Condition::Unreachable;
        rooms[1].network.set_faults(Faults { condition, ..Faults::default() });
        let late: Vec<_> = (0..5).map(|_| talk.says(0, "alice")).collect();
        until("them to be sealed", || (process.outbox().len() >= 5).then_some(()));
        let mut setup = process.setup.clone();
        setup.links.clear();
        process.applies(setup);
        rooms[1].network.set_faults(Faults::default());
        until("them to be dead letters", || (process.dead_letters().len() == 5).then_some(()));
        assert!(late.into_iter().all(|number| talk.copy(1, number).is_none()));
        assert!(process.dead_letters()[0].reason.contains("link was removed"));
        process.stops();
    }
}

#[test]
fn what_did_not_change_is_not_disturbed() {
    let rooms = ["a", "b", "c"].map(|name| Room::on(name, mode("digest")));
    let mut home = Home::beside("bridge", &rooms);
    home.links = vec![home.link("all", &rooms[..2])];
    let counted: Vec<_> = rooms
        .iter()
        .map(|it| Arc::new(Hindered::new(connect(&it.network, "bridge"), Hindrance::default())))
        .collect();
    let mut setup = home.setup();
    setup.accounts.clear();
    for (room, counted) in rooms.iter().zip(&counted).take(2) {
        let adapter: Arc<dyn Adapter> = Arc::<Hindered>::clone(counted);
        setup.accounts.insert(account(room.network.name().as_str()), adapter);
    }
    let mut process = home.start_with(setup.clone());
    let mut talk = Talk::in_rooms(&rooms[..2]);
    for round in 0..21 {
        for n in 0..10 {
            talk.says(n % 2, "alice");
        }
        let mut setup = setup.clone();
        if round % 2 == 0 {
            let adapter: Arc<dyn Adapter> = Arc::<Hindered>::clone(&counted[2]);
            setup.accounts.insert(account("c"), adapter);
            setup.links = vec![home.link("all", &rooms)];
        }
        process.applies(setup);
    }
    talk.is_seen_by_all(&process);
    assert_eq!([counted[0].listened(), counted[1].listened()], [1, 1]);
    assert!(counted[2].listened() >= 1, "{}", counted[2].listened());
    let before = talk.rooms[0].network.connections();
    assert_eq!(before, 1, "one connection, as from the beginning");
    process.stops();
    until("the connections to be closed", || {
        // A network notices with the next event.
        talk.says(0, "alice");
        (rooms[0].network.connections() == 0).then_some(())
    });
}

#[test]
fn bounds_change_while_accounts_go_on() {
    let rooms = ["a", "b"].map(|name| Room::on(name, mode("digest")));
    let home = Home::linking(&rooms);
    let broken = Hindrance { broken: [rooms[1].name.clone()].into(), ..Hindrance::default() };
    let hindered = Arc::new(Hindered::new(connect(&rooms[1].network, "bridge"), broken));
    let mut setup = home.setup();
    let adapter: Arc<dyn Adapter> = Arc::<Hindered>::clone(&hindered);
    setup.accounts.insert(account("b"), adapter);
    let mut process = home.start_with(setup.clone());
    let mut talk = Talk::in_rooms(&rooms);
    talk.says(0, "alice");
    until("an attempt", || process.outbox().iter().any(|row| row.attempts > 0).then_some(()));
    setup.limits.give_up_after = Duration::ZERO;
    process.applies(setup);
    until("it to be given up", || process.dead_letters().pop());
    assert_eq!(hindered.listened(), 1, "it was not disturbed");
    process.stops();
}

#[test]
fn an_account_that_comes_back_goes_on_where_it_was() {
    let rooms = ["a", "b"].map(|name| Room::on(name, mode("network")));
    let home = Home::linking(&rooms);
    let mut process = home.start();
    let mut talk = Talk::in_rooms(&rooms);
    for round in 0..10 {
        for n in 0..10 {
            talk.says(n % 2, "alice");
        }
        let mut setup = process.setup.clone();
        // Another value is another login: the old one is stopped in order.
        let adapter: Arc<dyn Adapter> = Arc::new(connect(&rooms[round % 2].network, "bridge"));
        setup.accounts.insert(account(["a", "b"][round % 2]), adapter);
        process.applies(setup);
    }
    talk.is_seen_by_all(&process);
    process.stops();
}
