//! A direct conversation is one, whatever it runs on, and goes on when a network does not.

use std::collections::BTreeSet;
use std::time::Duration;

use threadbridge_core::model::content::{Content, Salt};
use threadbridge_core::model::direct::{Direct, Directs, ReplyOn};
use threadbridge_core::model::id::{
    ConversationId, Identity, Network, RemoteAuthor, RemoteConversation,
};
use threadbridge_core::model::link::Downgrade;
use threadbridge_core::model::outbox::OutboxRow;
use threadbridge_core::model::person::Introduction;
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{self, NotMoved, Setup, Step, Target};
use threadbridge_core::store::Reads;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{DIRECTS, LEGS, WAITING};
use threadbridge_core::view;
use threadbridge_loopback::network::{Condition, Faults};

use crate::trial::world::{Death, Home, Process, Room, account, leg, mode};
use crate::trial::{Lots, until, within};

fn identity(network: &str, author: &str) -> Identity {
    Identity {
        network: Network::parse(network).unwrap(),
        author: RemoteAuthor::parse(author).unwrap(),
    }
}

/// Ann, whom the owner knows on the first network, with a room of two on each.
struct Ways {
    rooms: Vec<Room>,
    home: Home,
    directs: Directs,
    people: Vec<Introduction>,
}

impl Ways {
    fn over(modes: &[(&str, &str)]) -> Self {
        let room = |(network, rules): &(&str, &str)| Room {
            name: RemoteConversation::parse("direct/ann+bridge").unwrap(),
            ..Room::on(network, mode(rules))
        };
        let rooms: Vec<Room> = modes.iter().map(room).collect();
        let home = Home::beside("bridge", &rooms);
        for room in &rooms {
            room.network.person("ann").joins(&room.name);
        }
        let directs = Directs {
            accounts: modes.iter().map(|(network, _)| account(network)).collect(),
            reply_on: ReplyOn::Last,
            downgrade: Downgrade::Refuse,
            move_after: Duration::from_millis(400),
        };
        let ann = Introduction {
            name: "Ann".to_owned(),
            identities: modes.iter().map(|(network, _)| identity(network, "ann")).collect(),
            ..Introduction::default()
        };
        Self { rooms, home, directs, people: vec![ann] }
    }

    fn setup(&self) -> Setup {
        let (people, direct) = (self.people.clone(), Some(self.directs.clone()));
        Setup { people, direct, ..self.home.setup() }
    }

    fn start(&self) -> Process {
        self.home.start_with(self.setup())
    }

    fn ann_says(&self, room: usize, text: &str) {
        self.rooms[room].network.person("ann").says(&self.rooms[room].name, text).unwrap();
    }

    /// What Ann sees of the owner's in a room.
    fn ann_hears(&self, room: usize) -> Vec<String> {
        let heard = self.rooms[room].network.person("ann").hears(&self.rooms[room].name);
        heard.into_iter().filter(|it| it.author.as_str() == "bridge").map(|it| it.text).collect()
    }

    fn conversation(&self, process: &Process) -> ConversationId {
        until("the conversation", || {
            let store = process.store.snapshot().unwrap();
            let ids = self.rooms.iter().map(|it| store.get(&LEGS, &leg(it)).unwrap());
            let ids: Option<BTreeSet<ConversationId>> = ids.collect();
            ids.filter(|it| it.len() == 1)?.pop_first()
        })
    }

    fn says(&self, process: &Process, text: &str) {
        let content = Content::plain(Salt::random().unwrap(), text);
        let target = Target::Conversation(self.conversation(process));
        process.does(process.bridge.say(target, content)).unwrap();
    }

    fn is_in(&self, condition: Condition, room: usize) {
        self.rooms[room].network.set_faults(Faults { condition, ..Faults::default() });
    }

    fn direct(&self, process: &Process) -> Direct {
        let conversation = self.conversation(process);
        process.store.snapshot().unwrap().get(&DIRECTS, &conversation).unwrap().unwrap()
    }

    /// The whole thread as the owner sees it.
    fn thread(&self, process: &Process) -> Vec<String> {
        let conversation = self.conversation(process);
        let lines = view::thread(&process.store.snapshot().unwrap(), conversation, 1000).unwrap();
        lines.into_iter().filter_map(|it| it.text).collect()
    }
}

const TWO: [(&str, &str); 2] = [("left", "digest"), ("right", "network")];

fn notices(texts: &[String]) -> usize {
    texts.iter().filter(|it| it.starts_with("(This conversation goes on here")).count()
}

#[test]
fn a_person_is_answered_where_they_spoke_last_and_hears_nothing_twice() {
    let ways = Ways::over(&TWO);
    let process = ways.start();
    ways.ann_says(0, "one");
    until("it", || (ways.thread(&process) == ["one"]).then_some(()));
    ways.says(&process, "two");
    until("the answer", || (ways.ann_hears(0) == ["two"]).then_some(()));
    ways.ann_says(1, "three");
    until("it", || (ways.thread(&process).len() == 3).then_some(()));
    ways.says(&process, "four");
    until("the answer", || (ways.ann_hears(1) == ["four"]).then_some(()));
    let conversation = ways.conversation(&process);
    let on = Some(ReplyOn::Account(account("left")));
    process.does(pipeline::reply_on(&process.store, conversation, on)).unwrap();
    ways.says(&process, "five");
    until("the answer", || (ways.ann_hears(0) == ["two", "five"]).then_some(()));
    process.comes_to_rest(&ways.rooms);
    assert_eq!(ways.thread(&process), ["one", "two", "three", "four", "five"]);
    assert_eq!(ways.ann_hears(1), ["four"]);
    assert_eq!(process.findings(), Vec::<String>::new());
    process.stops();
}

fn goes_on_when(condition: Condition) {
    let ways = Ways::over(&TWO);
    let process = ways.start();
    ways.ann_says(0, "one");
    until("it", || (ways.thread(&process) == ["one"]).then_some(()));
    ways.is_in(condition, 0);
    for text in ["two", "three", "four"] {
        ways.says(&process, text);
    }
    until("them", || (ways.ann_hears(1).len() == 4).then_some(()));
    assert_eq!(notices(&ways.ann_hears(1)), 1, "{:?}", ways.ann_hears(1));
    ways.ann_says(1, "five");
    until("hers", || (ways.thread(&process).last()? == "five").then_some(()));
    ways.says(&process, "six");
    until("the answer", || (ways.ann_hears(1).last()? == "six").then_some(()));
    let heard: Vec<_> = ways.ann_hears(1).into_iter().filter(|it| !it.starts_with('(')).collect();
    assert_eq!(heard, ["two", "three", "four", "six"]);
    // Both have the whole thread, once and in order; what was before stays where it was said.
    let thread: Vec<_> =
        ways.thread(&process).into_iter().filter(|it| !it.starts_with('(')).collect();
    assert_eq!(thread, ["one", "two", "three", "four", "five", "six"]);
    assert_eq!(ways.ann_hears(0), Vec::<String>::new());
    // It works again, and she speaks there: it is answered there.
    ways.is_in(Condition::Well, 0);
    process.does(process.bridge.hurry());
    ways.ann_says(0, "seven");
    until("hers", || (ways.thread(&process).last()? == "seven").then_some(()));
    ways.says(&process, "eight");
    until("the answer", || (ways.ann_hears(0) == ["eight"]).then_some(()));
    assert_eq!(process.findings(), Vec::<String>::new());
    process.stops();
}

#[test]
fn a_conversation_goes_on_over_the_next_leg_when_its_network_is_cut_off() {
    goes_on_when(Condition::Unreachable);
}

#[test]
fn a_conversation_goes_on_over_the_next_leg_when_its_account_is_locked_out() {
    goes_on_when(Condition::LockedOut);
}

#[test]
fn what_one_network_will_never_take_goes_over_the_next() {
    let ways = Ways::over(&TWO);
    let process = ways.start();
    ways.ann_says(0, "one");
    until("it", || (ways.thread(&process) == ["one"]).then_some(()));
    let refused = threadbridge_loopback::network::PublishFault::Refused;
    ways.rooms[0].network.fail_next_post(refused);
    ways.says(&process, "two");
    until("it", || (ways.ann_hears(1) == ["two"]).then_some(()));
    assert_eq!(process.dead_letters().len(), 0);
    ways.says(&process, "three");
    until("it", || (ways.ann_hears(0) == ["three"]).then_some(()));
    process.stops();
}

#[test]
fn it_goes_on_over_nothing_less_protected_unless_that_is_allowed() {
    let mut ways = Ways::over(&[("left", "sealed"), ("right", "digest")]);
    let mut process = ways.start();
    ways.ann_says(0, "one");
    until("it", || (ways.thread(&process) == ["one"]).then_some(()));
    ways.is_in(Condition::LockedOut, 0);
    ways.says(&process, "two");
    let conversation = ways.conversation(&process);
    until("why it stays", || {
        let lines = view::thread(&process.store.snapshot().unwrap(), conversation, 10).unwrap();
        format!("{lines:?}").contains("protects it less").then_some(())
    });
    let to = process.does(pipeline::move_to(
        &process.store,
        conversation,
        account("right"),
        Clock::System.now(),
    ));
    assert!(matches!(to, Err(NotMoved::LessProtected)), "{to:?}");
    assert_eq!(ways.ann_hears(1), Vec::<String>::new());
    ways.directs.downgrade = Downgrade::Allow;
    process.applies(ways.setup());
    until("it", || (ways.ann_hears(1).first()? == "two").then_some(()));
    process.stops();
}

#[test]
fn who_is_no_longer_proven_to_be_the_person_is_no_way_to_them() {
    let mut ways = Ways::over(&TWO);
    ways.people[0].identities = BTreeSet::from([identity("left", "ann")]);
    let process = ways.start();
    let wallet = identity("wallets", "0x1");
    let [left, right] = [0, 1].map(|it: usize| ways.rooms[it].network.person("ann"));
    left.claims(&wallet).unwrap();
    right.claims(&wallet).unwrap();
    ways.ann_says(0, "one");
    let conversation = ways.conversation(&process);
    assert_eq!(ways.direct(&process).ways.len(), 2);
    right.disclaims(&wallet).unwrap();
    until("the parting", || {
        let store = process.store.snapshot().unwrap();
        let direct = store.get(&DIRECTS, &conversation).unwrap()?;
        (direct.ways.len() == 1).then_some(())
    });
    let store = process.store.snapshot().unwrap();
    assert_ne!(store.get(&LEGS, &leg(&ways.rooms[1])).unwrap(), Some(conversation));
    ways.is_in(Condition::LockedOut, 0);
    let content = Content::plain(Salt::random().unwrap(), "two");
    process.does(process.bridge.say(Target::Conversation(conversation), content)).unwrap();
    until("why it stays", || {
        let lines = view::thread(&process.store.snapshot().unwrap(), conversation, 10).unwrap();
        format!("{lines:?}").contains("no other way").then_some(())
    });
    assert_eq!(ways.ann_hears(1), Vec::<String>::new());
    process.stops();
}

#[test]
fn an_account_is_retired_with_what_can_go_on_and_the_rest_is_listed() {
    let mut ways = Ways::over(&TWO);
    ways.people.push(Introduction {
        name: "Bob".to_owned(),
        identities: BTreeSet::from([identity("left", "bob")]),
        ..Introduction::default()
    });
    let process = ways.start();
    ways.ann_says(0, "one");
    until("it", || (ways.thread(&process) == ["one"]).then_some(()));
    let now = Clock::System.now();
    let retired = process.does(pipeline::retire(&process.store, account("left"), now)).unwrap();
    let shown: Vec<_> = retired
        .iter()
        .map(|it| {
            let went_on = it.went_on.as_ref().map(ToString::to_string);
            (it.name.clone().unwrap(), went_on.map_err(|it| it.contains("no other way")))
        })
        .collect();
    let right = leg(&ways.rooms[1]).to_string();
    assert_eq!(shown, [("Ann".to_owned(), Ok(right)), ("Bob".to_owned(), Err(true))]);
    ways.says(&process, "two");
    until("it", || (ways.ann_hears(1) == ["two"]).then_some(()));
    assert_eq!(ways.ann_hears(0), Vec::<String>::new());
    process.stops();
}

/// Whenever the bridge dies while it moves, Ann hears everything once and in order.
fn dies(modes: &[(&str, &str)], kills: usize, seed: u64) {
    let ways = Ways::over(modes);
    let mut lots = Lots(seed);
    let mut said = Vec::new();
    let process = ways.start();
    ways.ann_says(0, "hello");
    until("it", || (ways.thread(&process) == ["hello"]).then_some(()));
    process.stops();
    ways.is_in(Condition::LockedOut, 0);
    for _ in 0..kills {
        let death = Death::default();
        let process = ways.home.start_with(Setup { steps: death.steps(), ..ways.setup() });
        death.awaits(Step::ALL[lots.below(8)], lots.below(6));
        let long = Duration::from_millis(u64::try_from(30 + lots.below(60)).unwrap());
        for _ in 0..lots.below(4) {
            let text = format!("w{}", said.len());
            ways.says(&process, &text);
            said.push(text);
        }
        within(long, || death.has_come().then_some(()));
        process.dies();
    }
    let process = ways.start();
    let heard = || -> Vec<String> {
        ways.ann_hears(1).into_iter().filter(|it| !it.starts_with('(')).collect()
    };
    within(crate::trial::DEADLINE, || (heard().len() >= said.len()).then_some(()));
    // What the dead network was to have first stays there.
    let is_left = |it: &OutboxRow| it.leg.account == account("right");
    let is_waiting = || {
        let store = process.store.snapshot().unwrap();
        !store.scan(&WAITING, Span::all(), 1).unwrap().is_empty()
    };
    until("everything to be sent", || {
        (!process.outbox().iter().any(is_left) && !is_waiting()).then_some(())
    });
    assert_eq!(heard(), said, "{}", process.report());
    assert!(notices(&ways.ann_hears(1)) <= 1);
    assert_eq!(process.findings(), Vec::<String>::new());
    process.stops();
}

#[test]
fn no_death_while_it_moves_loses_or_doubles_anything() {
    dies(&TWO, 25, 5);
    dies(&[("left", "sealed"), ("right", "sealed-network")], 25, 6);
}
