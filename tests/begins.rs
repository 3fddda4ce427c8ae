//! What the owner begins by hand is heard without a link, and outlives the process.

use threadbridge_core::model::content::{Content, Salt};
use threadbridge_core::model::group::Regroup;
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::pipeline::Begun;
use threadbridge_core::store::Reads;
use threadbridge_core::store::tables::LEGS;
use threadbridge_core::view::{self, LineState};

use crate::trial::until;
use crate::trial::world::{Home, Process, Room, leg, mode};

fn ann() -> Identity {
    Identity {
        network: Network::parse("left").unwrap(),
        author: RemoteAuthor::parse("ann").unwrap(),
    }
}

/// A room of two that no link names, and a bridge beside it.
fn beside() -> (Room, Home) {
    let name = RemoteConversation::parse("direct/ann+bridge").unwrap();
    let room = Room { name, ..Room::on("left", mode("digest")) };
    let home = Home::beside("bridge", std::slice::from_ref(&room));
    room.network.person("ann").joins(&room.name);
    (room, home)
}

fn plain(text: &str) -> Content {
    Content::plain(Salt::random().unwrap(), text)
}

fn thread(process: &Process, room: &Room) -> Vec<view::Line> {
    let store = process.store.snapshot().unwrap();
    let conversation = store.get(&LEGS, &leg(room)).unwrap();
    conversation.map_or_else(Vec::new, |id| view::thread(&store, id, 100).unwrap())
}

fn texts(process: &Process, room: &Room) -> Vec<String> {
    thread(process, room).into_iter().filter_map(|it| it.text).collect()
}

#[test]
fn who_is_written_to_by_hand_is_heard_now_and_after_a_restart() {
    let (room, home) = beside();
    let process = home.start();
    let hears = || -> Vec<String> {
        let heard = room.network.person("ann").hears(&room.name);
        heard.into_iter().filter(|it| it.author.as_str() == "bridge").map(|it| it.text).collect()
    };
    let begun = Begun { leg: leg(&room), title: None, peer: Some(ann()) };
    process.does(process.bridge.begin(begun.clone(), plain("one"))).unwrap();
    until("it", || (hears() == ["one"]).then_some(()));
    room.network.person("ann").says(&room.name, "two").unwrap();
    until("the answer", || (texts(&process, &room) == ["one", "two"]).then_some(()));
    process.dies();
    let process = home.start();
    room.network.person("ann").says(&room.name, "three").unwrap();
    until("more", || (texts(&process, &room) == ["one", "two", "three"]).then_some(()));
    process.does(process.bridge.begin(begun, plain("four"))).unwrap();
    until("it", || (hears() == ["one", "four"]).then_some(()));
    assert_eq!(process.findings(), Vec::<String>::new());
    process.stops();
}

#[test]
fn where_groups_cannot_be_changed_the_thread_says_so_and_goes_on() {
    let (room, home) = beside();
    let process = home.start();
    let change = Regroup::Add(vec![ann()]);
    let wanted = Content::telling(Salt::random().unwrap(), &change.told().unwrap());
    process.does(process.bridge.regroup(leg(&room), wanted)).unwrap();
    let why = until("why not", || {
        let lines = thread(&process, &room);
        let (_, state) = lines.first()?.legs.first()?;
        if let LineState::Noted(why) = state { Some(why.clone()) } else { None }
    });
    assert_eq!(why, "groups cannot be changed from here on this network");
    assert_eq!(texts(&process, &room), ["ann was added by you"]);
    let begun = Begun { leg: leg(&room), title: None, peer: Some(ann()) };
    process.does(process.bridge.begin(begun, plain("hello"))).unwrap();
    until("what comes behind it", || {
        let heard = room.network.person("ann").hears(&room.name);
        heard.iter().any(|it| it.text == "hello").then_some(())
    });
    process.stops();
}
