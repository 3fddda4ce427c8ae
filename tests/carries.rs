//! A bridge that goes on on another machine, in the middle of its traffic, loses nothing, doubles
//! nothing and keeps the order.

use threadbridge_core::archive::export::{Selection, export_to};
use threadbridge_core::archive::import::{Accounts, import_from};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::Step;
use threadbridge_core::store::RootSecret;

use crate::trial::talk::Talk;
use crate::trial::until;
use crate::trial::world::{Death, Home, Room, mode};

/// Takes everything from one machine to the other.
fn carry(from: &Home, to: &Home) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.archive");
    let secret = RootSecret::random().unwrap();
    runtime.block_on(async {
        let store = from.store();
        let selection = Selection { with_accounts: true, ..Selection::default() };
        let now = Clock::System.now();
        let snapshot = store.snapshot().unwrap();
        let exported = export_to(&snapshot, &path, &secret, &selection, now).unwrap();
        assert_eq!(exported.left, []);
        drop(snapshot);
        store.close().await.unwrap();
        let store = to.store();
        let imported = import_from(&store, &path, &secret, Accounts::TakeOver, now).await.unwrap();
        assert!(imported.keeps_places && imported.tally.conflict_count == 0);
        store.close().await.unwrap();
    });
}

/// Cuts the bridge off at a step amid a burst, and lets it go on elsewhere; twice.
fn moves(rules: &str) {
    for step in Step::ALL {
        println!("{rules}: {step:?}");
        let rooms = [Room::on("a", mode(rules)), Room::on("b", mode(rules))];
        let home = Home::linking(&rooms);
        let mut talk = Talk::in_rooms(&rooms);
        let death = Death::default();
        let process = home.start_watched(death.steps());
        let first = talk.says(0, "alice");
        talk.arrives(first);
        talk.reacts(1, "bob", first, "👍");
        death.awaits(step, 3);
        let mut more = 0;
        until("the bridge to be cut off", || {
            if !death.has_come() && more < 400 {
                more += 1;
                talk.says(more % 2, "carol");
            }
            death.has_come().then_some(())
        });
        process.dies();
        let elsewhere = home.moved();
        carry(&home, &elsewhere);
        talk.says(0, "alice");
        talk.says(1, "bob");
        let process = elsewhere.start();
        talk.edits(first);
        let last = talk.says(1, "bob");
        talk.arrives(last);
        process.stops();
        let third = elsewhere.moved();
        carry(&elsewhere, &third);
        let process = third.start();
        talk.says(0, "alice");
        talk.is_seen_by_all(&process);
        assert_eq!(process.findings(), Vec::<String>::new());
        process.stops();
    }
}

#[test]
fn a_bridge_that_moves_amid_its_traffic_loses_and_doubles_nothing() {
    moves("digest");
}

#[test]
fn a_bridge_that_moves_where_the_network_names_loses_and_doubles_nothing() {
    moves("network-provisional");
}

#[test]
fn a_bridge_that_moves_with_encrypted_rooms_loses_and_doubles_nothing() {
    moves("sealed");
}
