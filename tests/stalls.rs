//! A connection that stands and is deaf is noticed, told of, and healed.

use std::time::Duration;

use threadbridge_core::adapter::Health;
use threadbridge_loopback::network::{Condition, Faults};

use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Home, MODES, Room, account, mode};

#[test]
fn an_account_that_has_become_deaf_says_so_and_hears_all_the_same() {
    for rules in MODES {
        let rooms = [Room::on("a", mode(rules)), Room::on("b", mode(rules))];
        let process = Home::linking(&rooms).start_kept();
        let mut talk = Talk::in_rooms(&rooms);
        let first = talk.says(0, "alice");
        talk.arrives(first);
        let condition = Condition::Deaf;
        let delay = Duration::from_millis(20);
        rooms[0].network.set_faults(Faults { condition, delay, ..Faults::default() });
        let said = talk.says(0, "alice");
        until("the account to be stalled", || {
            matches!(process.health(&account("a")), Some(Health::Stalled(_))).then_some(())
        });
        talk.arrives(said);
        rooms[0].network.set_faults(Faults::default());
        talk.says(0, "alice");
        talk.is_seen_by_all(&process);
        until("the account to be well", || {
            (process.health(&account("a")) == Some(Health::Connected)).then_some(())
        });
    }
}

#[test]
fn a_network_that_cannot_be_reached_is_told_of() {
    let rooms = [Room::on("a", mode("digest")), Room::on("b", mode("digest"))];
    let process = Home::linking(&rooms).start_kept();
    let condition = Condition::Unreachable;
    rooms[0].network.set_faults(Faults { condition, ..Faults::default() });
    rooms[0].network.cut();
    until("the account to be down", || {
        matches!(process.health(&account("a")), Some(Health::Down(_))).then_some(())
    });
    rooms[0].network.set_faults(Faults::default());
    until("the account to be well", || {
        (process.health(&account("a")) == Some(Health::Connected)).then_some(())
    });
}
