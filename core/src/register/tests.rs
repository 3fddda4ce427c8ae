use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::{Broken, Gone, Statement, carried, close, forget, granted, thought};
use crate::archive::owner::OwnerKey;
use crate::archive::tests::generated::{leg, person, room};
use crate::model::envelope::Sealed;
use crate::model::id::{ConversationId, MessageId, Network, Seq};
use crate::model::link::{Direction, Downgrade, Link};
use crate::model::outbox::{OutboxKind, OutboxRow};
use crate::model::person::Attitude;
use crate::model::register::{Class, Due, Entry, Said, Terms, day_of};
use crate::model::time::Timestamp;
use crate::pipeline::Route;
use crate::store::fsck::fsck;
use crate::store::tables::{REGISTER, REGISTER_HEAD};
use crate::store::{ChangeError, Reads, Store, Unit};

fn on_day(day: i64) -> Timestamp {
    Timestamp::from_secs(day * 86_400 + 7)
}

fn row(room_number: u8, class: Class) -> OutboxRow {
    let network = Network::parse("feeds").unwrap();
    let link = Some(format!("link {room_number}"));
    OutboxRow {
        leg: leg("there", room_number),
        seq: Seq(1),
        part: 1,
        conversation: room(room_number),
        message: MessageId::from_bytes([1; 32]),
        sealed: Sealed { bytes: Vec::new(), remote_id: None },
        kind: OutboxKind::Message,
        sealed_at: on_day(1),
        attempts: 0,
        taken_at: None,
        last_error: None,
        voice: None,
        due: Some(Due { network, class, terms: Terms::LINK, link }),
    }
}

fn statement(store: &Store) -> Statement {
    Statement::of(&store.snapshot().unwrap(), on_day(99)).unwrap()
}

fn findings(store: &Store) -> u64 {
    fsck(&store.snapshot().unwrap(), crate::invariants::ALL, &mut |_| ()).unwrap().count
}

fn total(statement: &Statement) -> u64 {
    let closed = statement.entries.iter().filter_map(|it| match &it.said {
        Said::Carried(carried) => Some(carried.count),
        Said::Given(_) | Said::Withdrawn(_) => None,
    });
    closed.chain(statement.open.iter().map(|it| it.carried.count)).sum()
}

async fn goes(store: &Store, envelopes: Vec<(u8, Class, i64)>) {
    let count = move |unit: &mut Unit<'_>| {
        envelopes
            .iter()
            .try_for_each(|(room, class, day)| carried(unit, &row(*room, *class), on_day(*day)))
    };
    store.write(count).await.unwrap();
}

async fn does(
    store: &Store,
    work: impl FnOnce(&mut Unit<'_>) -> Result<(), ChangeError> + Send + 'static,
) {
    store.write(work).await.unwrap();
}

#[tokio::test]
async fn it_grows_with_days_and_conversations_and_not_with_messages() {
    let store = Store::in_memory().unwrap();
    for day in 1..4 {
        let many = (0..300_u16).map(|n| (u8::from(n % 2 == 0), Class::Words, day)).collect();
        goes(&store, many).await;
    }
    goes(&store, vec![(0, Class::Reaction, 3)]).await;
    let statement = statement(&store);
    assert_eq!((statement.entries.len(), statement.open.len()), (4, 3));
    assert_eq!(total(&statement), 901);
    assert_eq!(statement.names.len(), 2);
    does(&store, |unit| close(unit, 4)).await;
    let closed = self::statement(&store);
    assert_eq!((closed.entries.len(), closed.open.len(), total(&closed)), (7, 0, 901));
    assert_eq!(findings(&store), 0);
}

#[tokio::test]
async fn whom_it_spoke_of_can_be_forgotten_and_the_chain_stays_whole() {
    let store = Store::in_memory().unwrap();
    goes(&store, vec![(0, Class::Words, 1), (1, Class::Words, 1), (0, Class::Words, 2)]).await;
    does(&store, |unit| thought(unit, &person(3), (None, Some(Attitude::Accepted)), on_day(2)))
        .await;
    does(&store, |unit| granted(unit, &links("link 0", Downgrade::Refuse), on_day(2))).await;
    let before = statement(&store);
    does(&store, |unit| forget(unit, &Gone::Conversation(room(0), &[leg("there", 0)]))).await;
    does(&store, |unit| forget(unit, &Gone::Person(&person(3)))).await;
    let after = statement(&store);
    assert_eq!((&before.entries, &before.open), (&after.entries, &after.open));
    assert_eq!((before.names.len(), after.names.len()), (4, 1));
    let owner = OwnerKey::of(&store.snapshot().unwrap());
    let signature = before.sign(&owner).unwrap();
    // The names are no part of what is signed: without them it is still what the owner signed.
    assert!(after.verify(owner.public(), &signature).is_ok());
    for (table, values) in store.snapshot().unwrap().all_values() {
        for words in ["room/0", "link 0", "author-3"] {
            let has = |it: &Vec<u8>| it.windows(words.len()).any(|it| it == words.as_bytes());
            assert!(!values.iter().any(has), "`{words}` is still in `{table}`");
        }
    }
    assert_eq!(findings(&store), 0);
    // What goes there later has another name in the chain.
    goes(&store, vec![(0, Class::Words, 2)]).await;
    assert_eq!(statement(&store).open.len(), 2);
}

fn links(name: &str, downgrade: Downgrade) -> BTreeMap<ConversationId, Route> {
    let legs = ["here", "there"].map(|it| (leg(it, 0), Direction::Both)).into();
    let link = Link { name: name.to_owned(), legs, downgrade, attribution: String::new() };
    [(room(0), Route::of(&[link]).remove(0))].into()
}

#[tokio::test]
async fn what_the_settings_allow_is_given_once_and_withdrawn_when_they_change() {
    let store = Store::in_memory().unwrap();
    let steps = [
        links("one", Downgrade::Allow),
        links("one", Downgrade::Allow),
        links("one", Downgrade::Refuse),
        BTreeMap::new(),
        BTreeMap::new(),
    ];
    for routes in steps {
        does(&store, move |unit| granted(unit, &routes, on_day(1))).await;
    }
    let said: Vec<_> = statement(&store).entries.into_iter().map(|it| it.said).collect();
    assert_eq!(
        said,
        [
            Said::Given(Terms::LINK.and(Terms::DOWNGRADE)),
            Said::Withdrawn(Terms::DOWNGRADE),
            Said::Withdrawn(Terms::LINK),
        ]
    );
    assert_eq!(findings(&store), 0);
}

#[tokio::test]
async fn what_the_owner_thinks_of_somebody_is_given_and_withdrawn() {
    let store = Store::in_memory().unwrap();
    let steps = [Some(Attitude::Accepted), Some(Attitude::Muted), Some(Attitude::Blocked), None];
    let mut before = None;
    for after in steps {
        does(&store, move |unit| thought(unit, &person(1), (before, after), on_day(1))).await;
        before = after;
    }
    let said: Vec<_> = statement(&store).entries.into_iter().map(|it| it.said).collect();
    let carried = Terms::CARRIED;
    assert_eq!(
        said,
        [
            Said::Given(Terms::ACCEPTED),
            Said::Withdrawn(Terms::ACCEPTED.and(carried)),
            Said::Withdrawn(Terms::HEARD),
            Said::Given(Terms::HEARD.and(carried)),
        ]
    );
}

type Spoil = fn(&mut Unit<'_>) -> Result<(), ChangeError>;

#[tokio::test]
async fn what_is_cut_out_of_the_store_or_altered_there_is_found() {
    let spoils: [Spoil; 4] = [
        |unit| unit.delete(&REGISTER, &2),
        |unit| unit.delete(&REGISTER, &3),
        |unit| {
            let entry = unit.get(&REGISTER, &2)?.unwrap();
            unit.put(&REGISTER, &2, &Entry { day: 7, ..entry })
        },
        |unit| unit.delete(&REGISTER_HEAD, &0),
    ];
    for spoil in spoils {
        let store = Store::in_memory().unwrap();
        goes(&store, (1..5).map(|day| (0, Class::Words, day)).collect()).await;
        assert_eq!(findings(&store), 0);
        does(&store, spoil).await;
        assert_eq!(findings(&store), 1);
    }
}

#[tokio::test]
async fn a_statement_that_was_altered_anywhere_is_not_believed() {
    let store = Store::in_memory().unwrap();
    goes(&store, (1..5).map(|day| (0, Class::Words, day)).collect()).await;
    let owner = OwnerKey::of(&store.snapshot().unwrap());
    let whole = statement(&store);
    let signature = whole.sign(&owner).unwrap();
    assert_eq!(whole.verify(owner.public(), &signature).unwrap().count, 3);
    let spoilt = |spoil: fn(&mut Statement)| {
        let mut it = whole.clone();
        spoil(&mut it);
        it.verify(owner.public(), &signature).unwrap_err()
    };
    assert_eq!(spoilt(|it| drop(it.entries.remove(1))), Broken::Chain(3));
    assert_eq!(spoilt(|it| it.entries[1].day += 1), Broken::Chain(3));
    assert_eq!(spoilt(|it| drop(it.entries.pop())), Broken::Signature);
    assert_eq!(spoilt(|it| it.entries.clear()), Broken::Signature);
    assert_eq!(spoilt(|it| it.open.clear()), Broken::Signature);
    assert_eq!(spoilt(|it| it.open[0].carried.count += 1), Broken::Signature);
    assert_eq!(spoilt(|it| it.made_at = on_day(5)), Broken::Signature);
    assert_eq!(spoilt(|it| it.names[0].salt[0] ^= 1), Broken::Name);
    let other = OwnerKey::of(&Store::in_memory().unwrap().snapshot().unwrap());
    assert_eq!(whole.verify(other.public(), &signature), Err(Broken::Signature));
}

/// One thing that happens to a register.
#[derive(Clone, Copy, Debug)]
enum Happens {
    Goes(u8, Class),
    DayEnds,
    Thinks(u8, Option<Attitude>),
    Forgets(u8),
}

fn happens() -> impl Strategy<Value = Happens> {
    let class = prop_oneof![Just(Class::Words), Just(Class::Media), Just(Class::Delete)];
    let attitude = proptest::option::of(prop_oneof![
        Just(Attitude::Accepted),
        Just(Attitude::Muted),
        Just(Attitude::Blocked),
    ]);
    prop_oneof![
        6 => (0..4_u8, class).prop_map(|(room, class)| Happens::Goes(room, class)),
        1 => Just(Happens::DayEnds),
        1 => (0..3_u8, attitude).prop_map(|(who, it)| Happens::Thinks(who, it)),
        1 => (0..4_u8).prop_map(Happens::Forgets),
    ]
}

fn step(unit: &mut Unit<'_>, happens: Happens, day: i64) -> Result<(), ChangeError> {
    match happens {
        Happens::Goes(to, class) => carried(unit, &row(to, class), on_day(day)),
        Happens::DayEnds => close(unit, day_of(on_day(day))),
        Happens::Thinks(who, it) => thought(unit, &person(who), (None, it), on_day(day)),
        Happens::Forgets(it) => forget(unit, &Gone::Conversation(room(it), &[])),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_envelope_is_counted_once_and_no_entry_ever_changes(all in vec(happens(), 0..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let same: Result<(), TestCaseError> = runtime.block_on(async {
            let store = Store::in_memory().unwrap();
            let (mut day, mut sent, mut last) = (1, 0, Vec::new());
            for happens in all {
                match happens {
                    Happens::DayEnds => day += 1,
                    Happens::Goes(..) => sent += 1,
                    Happens::Thinks(..) | Happens::Forgets(_) => {}
                }
                does(&store, move |unit| step(unit, happens, day)).await;
                let now = statement(&store);
                prop_assert!(now.entries.starts_with(&last), "an entry changed");
                last = now.entries;
            }
            let end = statement(&store);
            prop_assert_eq!(total(&end), sent);
            prop_assert!(end.head().is_ok());
            prop_assert_eq!(findings(&store), 0);
            Ok(())
        });
        same?;
    }
}
