//! A bridge that has seen much before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use threadbridge_core::model::id::{AccountName, Leg, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Bridge, Setup};
use threadbridge_loopback::network::{LoopbackNetwork, Rules};
use threadbridge_loopback::{Config, Loopback};
use tokio::time::{Instant, interval, timeout};

use super::daemon::Home;

/// How long carrying a thousand of them may take, on a slow machine and without optimization.
const A_THOUSAND_WITHIN: Duration = Duration::from_secs(60);

/// Has so many messages cross between two loopback networks, by a bridge over the store of `home`
/// with its accounts, whose daemon must not run. Everything that a message leaves behind is in the store then.
pub(crate) async fn carry(home: &Home, messages: usize) {
    let room = RemoteConversation::parse("room/elsewhere").unwrap();
    let who = RemoteAuthor::parse("bridge").unwrap();
    let networks = ["here", "there"]
        .map(|name| LoopbackNetwork::new(Network::parse(name).unwrap(), Rules::default()));
    let mut accounts = home.accounts();
    let mut legs = BTreeMap::new();
    for network in &networks {
        network.person("bridge").joins(&room);
        let account = AccountName::parse(network.name().as_str()).unwrap();
        let adapter = Loopback::connect(network, who.clone(), Config::default());
        accounts.insert(account.clone(), Arc::new(adapter));
        legs.insert(Leg { account, conversation: room.clone() }, Direction::Both);
    }
    // What the daemon links stays linked.
    let mut links = home.links();
    links.push(Link {
        name: "elsewhere".to_owned(),
        legs,
        downgrade: Downgrade::Allow,
        attribution: "{name}: ".to_owned(),
    });
    let setup = Setup { accounts, links, ..Setup::default() };
    let bridge = Bridge::start(home.store(), setup, Clock::System).await.unwrap();
    let zoe = networks[0].person("zoe");
    zoe.joins(&room);
    for number in 0..messages {
        zoe.says(&room, &format!("{number}")).unwrap();
    }
    let within = A_THOUSAND_WITHIN * u32::try_from(messages / 1000 + 1).unwrap();
    let began = Instant::now();
    let carried = async {
        let mut ticks = interval(Duration::from_millis(50));
        while networks[1].messages() < messages {
            ticks.tick().await;
        }
    };
    assert!(timeout(within, carried).await.is_ok(), "{} crossed", networks[1].messages());
    println!("{messages} other messages crossed in {:?}", began.elapsed());
    bridge.stop().await.unwrap();
}
