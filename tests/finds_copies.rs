//! Every copy is found again at any age.

use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Home, Room, mode};

/// How many messages come between. A tenth of what is promised keeps the trial short: the ledger is
/// a tree, in which ten times as many are one level more, and the benchmark measures the finding.
const BETWEEN: usize = 10_000;
/// How many are said before the bridge must have carried them.
const AT_ONCE: usize = 500;

#[test]
fn an_edit_a_reaction_an_answer_and_a_delete_find_what_is_long_past() {
    let rooms = [Room::on("a", mode("digest")), Room::on("b", mode("network"))];
    let home = Home::linking(&rooms);
    let mut talk = Talk::in_rooms(&rooms);
    let process = home.start();
    let old: Vec<_> = (0..4).map(|n| talk.says(n % 2, "alice")).collect();
    talk.arrives(old[3]);
    let alice = rooms[0].network.person("alice");
    let count = || rooms[1].network.entries(&rooms[1].name);
    let before = count();
    for n in 1..=BETWEEN {
        alice.says(&rooms[0].name, "something else").unwrap();
        if n % AT_ONCE == 0 {
            let expected = before + u64::try_from(n).unwrap();
            until("them to be carried", || (count() >= expected).then_some(()));
        }
    }
    process.dies();
    let process = home.start();
    talk.edits(old[0]);
    talk.reacts(1, "bob", old[0], "👍");
    talk.deletes(old[1]);
    talk.reacts(0, "alice", old[3], "🎉");
    talk.answers(0, "alice", old[3]);
    talk.answers(1, "bob", old[2]);
    talk.edits(old[3]);
    let last = talk.said.len() - 1;
    talk.arrives(last);
    talk.among_others("something else");
    talk.is_seen_by_all(&process);
    process.stops();
}
