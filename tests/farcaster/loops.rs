//! Bridges that join the same rooms, or rooms in a circle, come to rest.

use serde_json::json;

use super::daemon::{Daemon, Home};
use super::room::{Room, come_to_rest};

async fn run(homes: &[Home]) -> Vec<Daemon> {
    let mut daemons = Vec::new();
    for home in homes {
        daemons.push(home.starts());
        home.connects().await;
    }
    daemons
}

/// Everybody says three things and likes and takes back something; then all is quiet, and each
/// thing was said by its author in the room where they said it, and elsewhere once by each bridge
/// at most.
async fn all_talk_and_come_to_rest(rooms: &mut [&mut Room]) {
    for number in 1..=3 {
        for room in rooms.iter_mut() {
            let text = format!("{} {number}", room.person.fid);
            room.says(&text).await;
        }
    }
    for from in 0..rooms.len() {
        let first = format!("{} 1", rooms[from].person.fid);
        for to in (0..rooms.len()).filter(|to| *to != from) {
            let heard = rooms[to].hears(&first).await;
            rooms[to].person.reacts("like", &heard).await;
            let answer = format!("{} to {first}", rooms[to].person.fid);
            rooms[to].person.casts(&answer, json!({ "parent": heard.json() })).await;
        }
    }
    let gone = rooms[0].says("a slip of the tongue").await;
    rooms[0].person.removes(&gone).await;
    let seen: Vec<&Room> = rooms.iter().map(|it| &**it).collect();
    come_to_rest(&seen).await;
    for author in &seen {
        let fid = author.person.fid;
        let mut said: Vec<String> = (1..=3).map(|number| format!("{fid} {number}")).collect();
        let others = seen.iter().filter(|it| it.person.fid != fid);
        said.extend(others.map(|it| format!("{fid} to {} 1", it.person.fid)));
        for text in said {
            for room in &seen {
                let mut speakers = room.speakers(&text);
                let is_home = room.person.fid == fid;
                assert!(!is_home || speakers == [fid], "{text:?} came home: {speakers:?}");
                assert!(!speakers.is_empty(), "{text:?} is lost in {}", room.person.fid);
                let all = speakers.len();
                speakers.sort_unstable();
                speakers.dedup();
                assert_eq!(speakers.len(), all, "{text:?} in {}: {speakers:?}", room.person.fid);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_daemons_that_link_the_same_rooms_come_to_rest() {
    let mut books = Room::opens("books", "alice", 101).await;
    let mut novels = Room::opens("novels", "bob", 201).await;
    let homes = [(901, 902), (903, 904)].map(|(left, right)| {
        Home::new()
            .with_account("left", &books.hub, left)
            .with_account("right", &novels.hub, right)
            .with_link("books", [&books.leg("left"), &novels.leg("right")])
    });
    let daemons = run(&homes).await;
    all_talk_and_come_to_rest(&mut [&mut books, &mut novels]).await;
    for daemon in daemons {
        daemon.stops().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_daemons_that_link_rooms_in_a_circle_come_to_rest() {
    let mut books = Room::opens("books", "alice", 101).await;
    let mut novels = Room::opens("novels", "bob", 201).await;
    let mut poems = Room::opens("poems", "carol", 301).await;
    let homes = [(&books, &novels, 901), (&novels, &poems, 903), (&poems, &books, 905)].map(
        |(left, right, fid)| {
            Home::new()
                .with_account("left", &left.hub, fid)
                .with_account("right", &right.hub, fid + 1)
                .with_link("one of three", [&left.leg("left"), &right.leg("right")])
        },
    );
    let daemons = run(&homes).await;
    all_talk_and_come_to_rest(&mut [&mut books, &mut novels, &mut poems]).await;
    for daemon in daemons {
        daemon.stops().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_daemon_whose_links_are_a_circle_comes_to_rest() {
    let mut books = Room::opens("books", "alice", 101).await;
    let mut novels = Room::opens("novels", "bob", 201).await;
    let mut poems = Room::opens("poems", "carol", 301).await;
    let homes = [Home::new()
        .with_account("a", &books.hub, 901)
        .with_account("b", &novels.hub, 902)
        .with_account("c", &poems.hub, 903)
        .with_link("one", [&books.leg("a"), &novels.leg("b")])
        .with_link("two", [&novels.leg("b"), &poems.leg("c")])
        .with_link("three", [&poems.leg("c"), &books.leg("a")])];
    let daemons = run(&homes).await;
    all_talk_and_come_to_rest(&mut [&mut books, &mut novels, &mut poems]).await;
    for daemon in daemons {
        daemon.stops().await;
    }
}
