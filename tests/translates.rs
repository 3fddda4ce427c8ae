//! What one network has and the other has not: edits, trees, length.

use threadbridge_core::model::capabilities::{Features, Limit, Limits, Support, Unit};
use threadbridge_loopback::network::{Heard, Naming, Person, Receipts, Rules, Sameness};
use threadbridge_loopback::{bare, everything};

use crate::trial::world::{Home, Process, Room};
use crate::trial::{until, within};

/// A network of long posts that can be edited, named by the network when they show.
fn posts() -> Rules {
    Rules {
        naming: Naming::Network,
        receipts: Receipts::Provisional,
        sameness: Sameness::IdempotencyKey,
        ..Rules::default()
    }
}

/// A network of short messages that stay as they are, in trees.
fn casts() -> Rules {
    let mut capabilities = everything();
    capabilities.features = Features { edit: Support::Fallback, ..capabilities.features };
    capabilities.limits =
        Limits { text: Limit { max: 320, unit: Unit::Bytes }, ..capabilities.limits };
    Rules { capabilities, ..Rules::default() }
}

/// A network whose rooms are lines: nothing answers anything.
fn lines() -> Rules {
    let mut capabilities = bare(Limit { max: 500, unit: Unit::Characters });
    capabilities.features.delete = Support::Full;
    Rules { capabilities, ..Rules::default() }
}

/// Two linked rooms, and somebody in each of them who looks.
struct Linked {
    rooms: [Room; 2],
    process: Process,
}

impl Linked {
    fn start(one: Rules, two: Rules) -> Self {
        let rooms = [Room::on("one", one), Room::on("two", two)];
        let process = Home::linking(&rooms).start_kept();
        Self { rooms, process }
    }

    fn person(&self, room: usize, name: &str) -> Person {
        let person = self.rooms[room].network.person(name);
        person.joins(&self.rooms[room].name);
        person
    }

    fn shows(&self, room: usize) -> Vec<Heard> {
        self.rooms[room].network.person("eve").hears(&self.rooms[room].name)
    }

    /// What a room shows once it is as expected.
    fn once(&self, room: usize, what: &str, is_so: impl Fn(&[Heard]) -> bool) -> Vec<Heard> {
        let found =
            within(crate::trial::DEADLINE, || Some(self.shows(room)).filter(|shown| is_so(shown)));
        found
            .unwrap_or_else(|| panic!("{what}: {:#?}\n{}", self.shows(room), self.process.report()))
    }
}

/// The pieces of one message as they stand, put together again; nothing while one is missing.
fn joined(pieces: &[Heard]) -> Option<String> {
    let count = pieces.len();
    let texts = pieces
        .iter()
        .enumerate()
        .map(|(n, piece)| piece.text.strip_suffix(&format!("({}/{count})", n + 1)).map(str::trim));
    Some(texts.collect::<Option<Vec<_>>>()?.join(" "))
}

fn words(count: usize, word: &str) -> String {
    (0..count).map(|n| format!("{word}{n}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_edit_of_a_long_post_is_told_where_nothing_can_be_edited() {
    let linked = Linked::start(posts(), casts());
    let room = &linked.rooms[0].name;
    let alice = linked.person(0, "alice");
    let long = words(120, "tea");
    let post = alice.says(room, &long).unwrap();
    let whole = format!("alice: {long}");
    let shown = linked.once(1, "the post", |it| joined(it).as_ref() == Some(&whole));
    assert!(shown.len() > 2 && shown.iter().all(|it| it.text.len() <= 320));
    let pieces = shown.len();

    let other = words(90, "milk");
    alice.edits(room, &post, &other).unwrap();
    let told = format!("(edited) alice: {other}");
    let shown =
        linked.once(1, "the edit", |it| it.get(pieces..).and_then(joined).as_ref() == Some(&told));
    // What it was stays, and the edit says to what it belongs.
    assert_eq!(joined(&shown[..pieces]).as_ref(), Some(&whole));
    assert_eq!(shown[pieces].reply_to.as_ref(), Some(&shown[0].id));
    let all = shown.len();

    // Whoever answers or likes the edit there answers or likes the post.
    let bob = linked.person(1, "bob");
    let there = &linked.rooms[1].name;
    bob.replies(there, &shown[pieces].id, "better").unwrap();
    bob.reacts(there, &shown[pieces].id, "👍").unwrap();
    let heard =
        linked.once(0, "answer and reaction", |it| it.len() == 2 && !it[0].reactions.is_empty());
    assert_eq!((heard[1].text.as_str(), heard[1].reply_to.as_ref()), ("bob: better", Some(&post)));

    // A second edit is one more, and a delete takes all of them away.
    alice.edits(room, &post, "water").unwrap();
    let shown = linked.once(1, "the second edit", |it| it.len() == all + 2);
    assert_eq!(shown[all + 1].text, "(edited) alice: water");
    alice.deletes(room, &post).unwrap();
    let shown = linked.once(1, "the delete", |it| it.len() == 1);
    assert_eq!(shown[0].text, "better");

    // What is edited after it was taken back stays away.
    let _late = alice.edits(room, &post, "wine");
    alice.says(room, "good night").unwrap();
    let shown = linked.once(1, "what was said last", |it| it.len() == 2);
    assert_eq!(shown[1].text, "alice: good night");
    linked.process.comes_to_rest(&linked.rooms);
    assert_eq!(linked.shows(1).len(), 2);
    linked.process.stops();
}

#[test]
fn pieces_become_one_post_again_and_its_edit_changes_it_in_place() {
    let linked = Linked::start(casts(), posts());
    let there = &linked.rooms[1].name;
    // Somebody on the network of posts edits; nothing can be edited on the other. And the other way:
    // a cast is one post, which only its author's delete can touch.
    let bob = linked.person(0, "bob");
    let cast = bob.says(&linked.rooms[0].name, "at five").unwrap();
    let shown = linked.once(1, "the cast", |it| it.len() == 1);
    let carol = linked.person(1, "carol");
    let answer = carol.replies(there, &shown[0].id, "at six").unwrap();
    let heard = linked.once(0, "the answer", |it| it.len() == 2);
    assert_eq!(heard[1].reply_to.as_ref(), Some(&cast));
    carol.edits(there, &answer, "at seven").unwrap();
    let heard = linked.once(0, "the edit of the answer", |it| it.len() == 3);
    assert_eq!(heard[2].text, "(edited) carol: at seven");
    assert_eq!(heard[2].reply_to.as_ref(), Some(&heard[1].id));
    // An answer to the edited answer finds it.
    bob.replies(&linked.rooms[0].name, &heard[2].id, "fine").unwrap();
    let shown = linked.once(1, "the answer to it", |it| it.len() == 3);
    assert_eq!(shown[2].reply_to.as_ref(), Some(&answer));
    bob.deletes(&linked.rooms[0].name, &cast).unwrap();
    linked.once(1, "the delete", |it| it.len() == 2);
    linked.process.stops();
}

#[test]
fn an_edit_and_a_delete_while_the_bridge_is_away_come_to_nothing() {
    let rooms = [Room::on("one", posts()), Room::on("two", casts())];
    let home = Home::linking(&rooms);
    let process = home.start();
    for room in &rooms {
        room.network.person("alice").joins(&room.name);
    }
    let alice = rooms[0].network.person("alice");
    let post = alice.says(&rooms[0].name, "tea").unwrap();
    let shows = || rooms[1].network.person("alice").hears(&rooms[1].name);
    until("the post", || (shows().len() == 1).then_some(()));
    process.stops();
    alice.edits(&rooms[0].name, &post, "milk").unwrap();
    alice.deletes(&rooms[0].name, &post).unwrap();
    alice.says(&rooms[0].name, "good night").unwrap();
    let process = home.start();
    process.comes_to_rest(&rooms);
    let texts: Vec<_> = shows().into_iter().map(|it| it.text).collect();
    assert_eq!(texts, ["alice: good night"]);
    process.stops();
}

#[test]
fn a_tree_becomes_a_line_that_says_who_answered_whom() {
    let linked = Linked::start(casts(), lines());
    let room = &linked.rooms[0].name;
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| linked.person(0, name));
    let tea = alice.says(room, "tea?").unwrap();
    let walk = bob.says(room, "a walk?").unwrap();
    // Not the latest, and one level further down.
    let yes = carol.replies(room, &tea, "yes").unwrap();
    alice.replies(room, &walk, "later").unwrap();
    bob.replies(room, &yes, "I too").unwrap();
    let shown = linked.once(1, "the line", |it| it.len() == 5);
    let texts: Vec<_> = shown.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "alice: tea?",
            "bob: a walk?",
            "> alice: tea?\ncarol: yes",
            "> bob: a walk?\nalice: later",
            "> carol: yes\nbob: I too",
        ]
    );
    // And back: what is said in the line stands in the conversation, and can be answered there.
    let dave = linked.person(1, "dave");
    dave.says(&linked.rooms[1].name, "me too").unwrap();
    let heard = linked.once(0, "what is said in the line", |it| it.len() == 6);
    assert_eq!((heard[5].text.as_str(), &heard[5].reply_to), ("dave: me too", &None));
    alice.replies(room, &heard[5].id, "good").unwrap();
    let shown = linked.once(1, "the answer", |it| it.len() == 7);
    assert_eq!(shown[6].text, "> dave: me too\nalice: good");
    linked.process.stops();
}
