use threadbridge_core::model::id::{Network, RemoteAuthor, RemoteConversation};
use threadbridge_loopback::network::{
    Faults, LoopbackNetwork, Naming, Receipts, Rules, Sameness, Secrecy,
};
use threadbridge_loopback::{Config, Loopback};

use super::*;
use crate::checker::Checker;

/// Two networks with a room each, linked, and what people said there.
struct Rooms {
    networks: BTreeMap<&'static str, LoopbackNetwork>,
    room: RemoteConversation,
    checker: Checker,
}

impl Rooms {
    fn new(rules: &Rules) -> Self {
        let network = |name: &'static str| {
            (name, LoopbackNetwork::new(Network::parse(name).unwrap(), rules.clone()))
        };
        let networks = BTreeMap::from([network("left"), network("right")]);
        let room = RemoteConversation::parse("room/den").unwrap();
        Self { networks, room, checker: Checker::default() }
    }

    fn world(&self) -> World {
        let mut world = World::default().link(&["left:room/den", "right:room/den"]);
        for (name, network) in &self.networks {
            let network = network.clone();
            let who = RemoteAuthor::parse("bridge").unwrap();
            let quiet_for_ms = 20.try_into().unwrap();
            let config = Config { quiet_for_ms, ..Config::default() };
            world = world.account(name, move || {
                Arc::new(Loopback::connect(&network, who.clone(), config.clone()))
            });
        }
        world
    }

    /// Somebody says something in each place.
    fn speak(&mut self, times: usize) {
        for _ in 0..times {
            for (place, network) in &self.networks {
                let text = self.checker.says(place);
                network.person("alice").says(&self.room, &text).unwrap();
            }
        }
    }

    /// What is seen in each place.
    fn seen(&self) -> BTreeMap<&str, Vec<String>> {
        let seen = |network: &LoopbackNetwork| {
            let heard = network.person("carol").hears(&self.room);
            heard.into_iter().map(|it| it.text).collect()
        };
        self.networks.iter().map(|(place, network)| (*place, seen(network))).collect()
    }

    /// Waits until everything was heard everywhere, judges it, and stops the bridge.
    async fn settle(&self, world: &World, running: Running) {
        let all = |seen: BTreeMap<&str, Vec<String>>| {
            seen.values().all(|texts| texts.len() >= self.checker.count())
        };
        let arriving = async {
            let mut ticks = tokio::time::interval(Duration::from_millis(5));
            while !all(self.seen()) {
                ticks.tick().await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(10), arriving).await.is_err() {
            running.kill().await;
            let judgement = self.checker.judge(&self.seen());
            panic!("{judgement}: {judgement:?} {}", world.explains().await);
        }
        let judgement = self.checker.judge(&self.seen());
        assert!(judgement.is_clean(), "{judgement}: {judgement:?} {:#?}", self.seen());
        running.stop().await;
    }
}

fn kinds() -> [Rules; 3] {
    let network = Rules {
        naming: Naming::Network,
        receipts: Receipts::Provisional,
        sameness: Sameness::IdempotencyKey,
        ..Rules::default()
    };
    let secrecy = Secrecy::Encrypted { past_epochs: 1 };
    let encrypted = Rules { secrecy, ..Rules::default() };
    [Rules::default(), network, encrypted]
}

#[tokio::test]
async fn a_bridge_that_stops_in_order_and_starts_again_goes_on() {
    for rules in kinds() {
        let mut rooms = Rooms::new(&rules);
        let world = rooms.world();
        for _ in 0..3 {
            rooms.speak(3);
            let running = world.start().await;
            rooms.speak(3);
            rooms.settle(&world, running).await;
        }
    }
}

#[tokio::test]
async fn a_bridge_that_dies_at_any_step_loses_doubles_and_reorders_nothing() {
    for rules in kinds() {
        let mut rooms = Rooms::new(&rules);
        let world = rooms.world();
        for step in Step::ALL {
            for nth in 1..=2 {
                let running = world.start_to_die(Death { step, nth }).await;
                rooms.speak(4);
                running.dies().await;
                rooms.speak(1);
            }
        }
        rooms.settle(&world, world.start().await).await;
    }
}

#[tokio::test]
async fn a_bridge_that_is_killed_again_and_again_amid_faults_loses_nothing() {
    for rules in kinds() {
        let mut rooms = Rooms::new(&rules);
        let world = rooms.world();
        for network in rooms.networks.values() {
            network.set_faults(Faults {
                lost_events: 50,
                doubled_events: 50,
                reordered_events: 50,
                cuts: 50,
                failed_calls: 50,
                lost_answers: 50,
                ..Faults::default()
            });
        }
        for round in 0..10 {
            let running = world.start().await;
            rooms.speak(5);
            for _ in 0..round {
                tokio::task::yield_now().await;
            }
            running.kill().await;
        }
        rooms.settle(&world, world.start().await).await;
    }
}
