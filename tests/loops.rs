//! Bridges that know nothing of each other come to rest.

use crate::trial::talk::Talk;
use crate::trial::world::{Home, MODES, Process, Room, mode};

/// Everything that people do, each thing once it can be done.
fn converse(talk: &mut Talk) {
    let rooms = talk.rooms.len();
    let said: Vec<_> = (0..rooms).map(|room| talk.says(room, "alice")).collect();
    for number in &said {
        talk.arrives(*number);
    }
    for (room, number) in said.iter().enumerate() {
        let answer = talk.answers((room + 1) % rooms, "bob", *number);
        assert!(answer);
        talk.edits(*number);
    }
    let last = talk.said.len() - 1;
    talk.arrives(last);
    talk.deletes(last);
}

fn come_to_rest(talk: &Talk, processes: &[Process]) {
    for process in processes {
        talk.is_seen_by_all(process);
    }
    for process in processes {
        process.comes_to_rest(&talk.rooms);
    }
    assert_eq!(talk.judge(), Vec::<String>::new());
}

#[test]
fn two_bridges_over_the_same_rooms_come_to_rest() {
    for rules in MODES {
        let rooms = [Room::on("a", mode(rules)), Room::on("b", mode(rules))];
        let homes = ["one", "two"].map(|who| Home::linking_as(who, &rooms));
        let processes = homes.each_ref().map(Home::start);
        let mut talk = Talk::over(&["one", "two"], &rooms);
        converse(&mut talk);
        come_to_rest(&talk, &processes);
    }
}

#[test]
fn reactions_between_two_bridges_come_to_rest() {
    let rooms = [Room::on("a", mode("digest")), Room::on("b", mode("digest"))];
    let homes = ["one", "two"].map(|who| Home::linking_as(who, &rooms));
    let processes = homes.each_ref().map(Home::start);
    let mut talk = Talk::over(&["one", "two"], &rooms);
    let said = talk.says(0, "alice");
    talk.arrives(said);
    talk.reacts(0, "alice", said, "👍");
    talk.reacts(1, "bob", said, "🎉");
    come_to_rest(&talk, &processes);
    let reactions =
        |room: usize| talk.hears(room).iter().map(|it| it.reactions.len()).sum::<usize>();
    // Three accounts, two emoji: nobody reacts twice.
    assert!(reactions(0) <= 6 && reactions(1) <= 12, "{} {}", reactions(0), reactions(1));
    let before: Vec<_> = rooms.iter().map(|room| room.network.entries(&room.name)).collect();
    come_to_rest(&talk, &processes);
    let after: Vec<_> = rooms.iter().map(|room| room.network.entries(&room.name)).collect();
    assert_eq!(before, after);
}

#[test]
fn a_cycle_of_three_links_is_one_conversation() {
    for rules in MODES {
        let rooms = ["a", "b", "c"].map(|name| Room::on(name, mode(rules)));
        let mut home = Home::beside("bridge", &rooms);
        home.links = vec![
            home.link("ab", &[rooms[0].clone(), rooms[1].clone()]),
            home.link("bc", &[rooms[1].clone(), rooms[2].clone()]),
            home.link("ca", &[rooms[2].clone(), rooms[0].clone()]),
        ];
        let process = home.start();
        let mut talk = Talk::in_rooms(&rooms);
        converse(&mut talk);
        come_to_rest(&talk, &[process]);
    }
}

#[test]
fn three_bridges_in_a_ring_come_to_rest() {
    let rooms = ["a", "b", "c"].map(|name| Room::on(name, mode("digest")));
    let names = ["one", "two", "three"];
    let homes: Vec<_> = (0..3)
        .map(|n| Home::linking_as(names[n], &[rooms[n].clone(), rooms[(n + 1) % 3].clone()]))
        .collect();
    let processes: Vec<_> = homes.iter().map(Home::start).collect();
    let mut talk = Talk::over(&names, &rooms);
    for n in 0..9 {
        let said = talk.says(n % 3, "alice");
        talk.arrives(said);
    }
    for (process, home) in processes.iter().zip(&homes) {
        process.comes_to_rest(&home.rooms);
    }
    assert_eq!(talk.judge(), Vec::<String>::new());
}
