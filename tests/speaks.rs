//! Who has an account of their own on both sides speaks as themself; all others are named by the
//! bridge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::id::{Identity, Network, RemoteAuthor};
use threadbridge_core::model::person::Introduction;
use threadbridge_core::pipeline::{Setup, Step};
use threadbridge_loopback::network::Heard;

use crate::trial::world::{Death, Home, Process, Room, account, connect, faulty, mode};
use crate::trial::{Lots, until, within};

/// Two rooms that a bridge links; Ann has an account of her own in both.
struct Rooms {
    rooms: [Room; 2],
    home: Home,
    /// Her connections, which go on like the bridge's own when settings change.
    voices: [Arc<dyn Adapter>; 2],
}

impl Rooms {
    fn on(rules: &str) -> Self {
        let rooms = [Room::on("left", mode(rules)), Room::on("right", mode(rules))];
        let home = Home::linking(&rooms);
        for room in &rooms {
            room.network.person("ann").joins(&room.name);
        }
        let voices =
            [0, 1].map(|n| -> Arc<dyn Adapter> { Arc::new(connect(&rooms[n].network, "ann")) });
        Self { rooms, home, voices }
    }

    /// The bridge with Ann introduced to it.
    fn setup(&self) -> Setup {
        let names = ["left", "right"];
        let voices = names.iter().zip(&self.voices);
        Setup {
            voices: voices.map(|(it, by)| (account(&format!("ann-{it}")), by.clone())).collect(),
            people: vec![ann()],
            ..self.home.setup()
        }
    }

    fn hears(&self, room: usize) -> Vec<Heard> {
        self.rooms[room].network.person("ann").hears(&self.rooms[room].name)
    }

    /// What is said in a room, once it is so much: who says it and how it begins.
    fn lines(&self, room: usize, count: usize, process: &Process) -> Vec<Heard> {
        let heard = within(crate::trial::DEADLINE, || {
            Some(self.hears(room)).filter(|heard| heard.len() >= count)
        });
        heard.unwrap_or_else(|| panic!("{:#?}\n{}", self.hears(room), process.report()))
    }
}

fn ann() -> Introduction {
    Introduction {
        name: "Ann".to_owned(),
        voices: ["left", "right"].map(|it| (account(it), account(&format!("ann-{it}")))).into(),
        ..Introduction::default()
    }
}

fn shown(heard: &[Heard]) -> Vec<String> {
    heard.iter().map(|it| format!("{}: {}", it.author, it.text)).collect()
}

fn a_conversation(rules: &str) {
    let rooms = Rooms::on(rules);
    let [left, right] = &rooms.rooms;
    let process = rooms.home.start_with(rooms.setup());
    let (ann, bob) = (left.network.person("ann"), left.network.person("bob"));
    let carol = right.network.person("carol");
    bob.joins(&left.name);
    carol.joins(&right.name);
    let tea = ann.says(&left.name, "tea?").unwrap();
    rooms.lines(1, 1, &process);
    bob.replies(&left.name, &tea, "at five").unwrap();
    let heard = rooms.lines(1, 2, &process);
    assert_eq!(shown(&heard), ["ann: tea?", "bridge: bob: at five"]);
    assert_eq!(heard[1].reply_to.as_ref(), Some(&heard[0].id));
    // What is done about her copy is done about her message.
    carol.replies(&right.name, &heard[0].id, "with milk").unwrap();
    carol.reacts(&right.name, &heard[0].id, "👍").unwrap();
    let heard = rooms.lines(0, 3, &process);
    assert_eq!(shown(&heard), ["ann: tea?", "bob: at five", "bridge: carol: with milk"]);
    assert_eq!(heard[2].reply_to.as_ref(), Some(&tea));
    until("the reaction", || (!rooms.hears(0)[0].reactions.is_empty()).then_some(()));
    // She does it all herself there: changing, reacting, taking back.
    ann.edits(&left.name, &tea, "coffee?").unwrap();
    ann.reacts(&left.name, &heard[2].id, "🎉").unwrap();
    let by_ann = |it: &Heard| it.reactions.iter().any(|(who, _)| who.as_str() == "ann");
    until("the edit and her reaction", || {
        let heard = rooms.hears(1);
        (heard[0].text == "coffee?" && by_ann(&heard[2])).then_some(())
    });
    ann.unreacts(&left.name, &heard[2].id, "🎉").unwrap();
    ann.deletes(&left.name, &tea).unwrap();
    until("the delete", || {
        let heard = rooms.hears(1);
        (heard.len() == 2 && !heard.iter().any(by_ann)).then_some(())
    });
    // And the other way, by her own hand there.
    right.network.person("ann").says(&right.name, "anybody?").unwrap();
    let heard = rooms.lines(0, 3, &process);
    assert_eq!(shown(&heard).last().unwrap(), "ann: anybody?");
    process.comes_to_rest(&rooms.rooms);
    assert_eq!((rooms.hears(0).len(), rooms.hears(1).len()), (3, 3));
    process.stops();
}

#[test]
fn ann_speaks_by_her_own_account_and_bob_by_the_bridge() {
    a_conversation("digest");
}

#[test]
fn ann_speaks_by_her_own_account_where_the_network_names() {
    a_conversation("network");
}

#[test]
fn ann_speaks_by_her_own_account_where_receipts_are_provisional() {
    a_conversation("network-provisional");
}

#[test]
fn nobody_speaks_as_themself_where_keys_would_be_needed() {
    let rooms = Rooms::on("sealed");
    let process = rooms.home.start_with(rooms.setup());
    rooms.rooms[0].network.person("ann").says(&rooms.rooms[0].name, "psst").unwrap();
    assert_eq!(shown(&rooms.lines(1, 1, &process)), ["bridge: Ann: psst"]);
    process.stops();
}

#[test]
fn an_identity_that_is_declared_an_accounts_own_is_not_named() {
    let rooms = Rooms::on("digest");
    let away = Identity {
        network: Network::parse("left").unwrap(),
        author: RemoteAuthor::parse("away").unwrap(),
    };
    let owner = Introduction {
        name: "me".to_owned(),
        identities: BTreeSet::from([away]),
        accounts: BTreeSet::from([account("right")]),
        ..Introduction::default()
    };
    let process = rooms.home.start_with(Setup { people: vec![owner], ..rooms.home.setup() });
    let left = &rooms.rooms[0];
    left.network.person("away").joins(&left.name);
    left.network.person("away").says(&left.name, "it is me").unwrap();
    assert_eq!(shown(&rooms.lines(1, 1, &process)), ["bridge: it is me"]);
    process.stops();
}

#[test]
fn what_ann_said_stays_hers_when_she_is_introduced_no_longer() {
    let rooms = Rooms::on("digest");
    let [left, _right] = &rooms.rooms;
    let mut process = rooms.home.start_with(rooms.setup());
    let ann = left.network.person("ann");
    let tea = ann.says(&left.name, "tea?").unwrap();
    rooms.lines(1, 1, &process);
    process.comes_to_rest(&rooms.rooms);
    let anonymous = Setup { people: Vec::new(), voices: BTreeMap::new(), ..process.setup.clone() };
    process.applies(anonymous);
    // Nobody can change what her account said; what she says from here on is attributed.
    ann.edits(&left.name, &tea, "coffee?").unwrap();
    ann.says(&left.name, "hello?").unwrap();
    assert_eq!(shown(&rooms.lines(1, 2, &process)), ["ann: tea?", "bridge: ann: hello?"]);
    process.applies(rooms.setup());
    ann.edits(&left.name, &tea, "water?").unwrap();
    until("the edit", || (rooms.hears(1)[0].text == "water?").then_some(()));
    process.stops();
}

#[test]
fn who_looks_like_somebody_on_another_network_is_told_apart_but_not_from_themself() {
    let rooms = Rooms::on("digest");
    let [left, right] = &rooms.rooms;
    let mut link = rooms.home.links[0].clone();
    link.attribution = "{name} {proof}: ".to_owned();
    let away = |network: &str| Identity {
        network: Network::parse(network).unwrap(),
        author: RemoteAuthor::parse("dora").unwrap(),
    };
    let dora = Introduction {
        name: "Dora".to_owned(),
        identities: BTreeSet::from([away("left"), away("right")]),
        ..Introduction::default()
    };
    let setup = Setup { people: vec![dora], links: vec![link], ..rooms.home.setup() };
    let process = rooms.home.start_with(setup);
    for (room, who, name) in [(right, "carol", "Carol"), (right, "dora", "Dora")] {
        room.network.person(who).joins(&room.name);
        room.network.person(who).calls_themself(name).unwrap();
        room.network.person(who).says(&room.name, "here").unwrap();
    }
    rooms.lines(0, 2, &process);
    // Cyrillic letters; and Dora, who is the same on both sides.
    for (who, name) in [("mallory", "Саrоl ✓"), ("dora", "Dora")] {
        left.network.person(who).joins(&left.name);
        left.network.person(who).calls_themself(name).unwrap();
        left.network.person(who).says(&left.name, "hi").unwrap();
    }
    let heard = rooms.lines(1, 4, &process);
    assert_eq!(shown(&heard)[2..], ["bridge: Саrоl [left mallory]: hi", "bridge: Dora ✓: hi"]);
    process.stops();
}

/// Everything arrives once, in its order, whoever said it and whenever the bridge died.
fn dies(rules: &str, kills: usize, seed: u64) {
    let rooms = Rooms::on(rules);
    let [left, right] = &rooms.rooms;
    let mut lots = Lots(seed);
    for room in &rooms.rooms {
        room.network.set_faults(faulty(50));
    }
    left.network.person("bob").joins(&left.name);
    let mut said = Vec::new();
    for _ in 0..kills {
        let death = Death::default();
        let process = rooms.home.start_with(Setup { steps: death.steps(), ..rooms.setup() });
        death.awaits(Step::ALL[lots.below(8)], lots.below(6));
        let long = std::time::Duration::from_millis(u64::try_from(20 + lots.below(40)).unwrap());
        let mut more = 0;
        within(long, || {
            if more < 6 {
                more += 1;
                let who = ["ann", "bob"][lots.below(2)];
                let text = format!("w{}", said.len());
                left.network.person(who).says(&left.name, &text).unwrap();
                said.push((who, text));
            }
            death.has_come().then_some(())
        });
        process.dies();
    }
    let process = rooms.home.start_with(rooms.setup());
    let expected: Vec<_> = said
        .iter()
        .map(|(who, text)| match *who {
            "ann" => format!("ann: {text}"),
            who => format!("bridge: {who}: {text}"),
        })
        .collect();
    rooms.lines(1, expected.len(), &process);
    process.comes_to_rest(&rooms.rooms);
    let heard = right.network.person("ann").hears(&right.name);
    assert_eq!(shown(&heard), expected);
    assert_eq!(rooms.hears(0).len(), said.len());
    process.stops();
}

#[test]
fn deaths_change_neither_order_nor_voices() {
    for (n, rules) in
        ["digest", "network", "digest-provisional", "network-provisional"].iter().enumerate()
    {
        dies(rules, 20, 11 + u64::try_from(n).unwrap());
    }
}
