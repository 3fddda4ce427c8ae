//! Two loopback networks with a bridge between them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::id::{AccountName, Leg, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Bridge, Setup};
use threadbridge_core::store::{RootSecret, Store};
use threadbridge_loopback::network::{LoopbackNetwork, Rules};
use threadbridge_loopback::{Config, Loopback};

/// How often somebody looks whether all has arrived; looking costs, so not often.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// The networks, and what links them.
pub(crate) struct World {
    pub(crate) left: LoopbackNetwork,
    pub(crate) right: LoopbackNetwork,
    pub(crate) rooms: Vec<RemoteConversation>,
}

pub(crate) fn secret() -> RootSecret {
    RootSecret::key_file([7; 32])
}

impl World {
    /// Networks with as many rooms on each side, linked in pairs.
    pub(crate) fn new(rooms: usize) -> Result<Self> {
        let network = |name: &str| {
            Ok::<_, anyhow::Error>(LoopbackNetwork::new(Network::parse(name)?, Rules::default()))
        };
        let (left, right) = (network("left")?, network("right")?);
        let rooms = (0..rooms)
            .map(|number| RemoteConversation::parse(format!("room/{number}")))
            .collect::<Result<Vec<_>, _>>()?;
        for network in [&left, &right] {
            for room in &rooms {
                network.person("bridge").joins(room);
            }
        }
        Ok(Self { left, right, rooms })
    }

    fn setup(&self) -> Result<Setup> {
        let account = |network: &LoopbackNetwork| -> Result<Arc<dyn Adapter>> {
            let who = RemoteAuthor::parse("bridge")?;
            Ok(Arc::new(Loopback::connect(network, who, Config::default())))
        };
        let (left, right) = (AccountName::parse("left")?, AccountName::parse("right")?);
        let link = |room: &RemoteConversation| {
            let leg = |account: &AccountName| Leg {
                account: account.clone(),
                conversation: room.clone(),
            };
            Link {
                name: room.to_string(),
                legs: BTreeMap::from([
                    (leg(&left), Direction::Both),
                    (leg(&right), Direction::Both),
                ]),
                downgrade: Downgrade::Refuse,
                attribution: "{name}: ".to_owned(),
            }
        };
        let links = self.rooms.iter().map(link).collect();
        let accounts = BTreeMap::from([
            (left.clone(), account(&self.left)?),
            (right.clone(), account(&self.right)?),
        ]);
        Ok(Setup { accounts, links, ..Setup::default() })
    }

    /// A bridge between them over the store at `path`, which it makes if it is not there.
    pub(crate) async fn bridge(&self, path: &Path) -> Result<Bridge> {
        let store = if path.exists() {
            Store::open(path, &secret())?
        } else {
            Store::create(path, &secret())?
        };
        Ok(Bridge::start(store, self.setup()?, Clock::System).await?)
    }

    /// Waits until each side shows as many messages as that.
    pub(crate) async fn arrived(&self, messages: usize) -> Result<()> {
        let waiting = async {
            while self.left.messages() < messages || self.right.messages() < messages {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        Ok(tokio::time::timeout(Duration::from_secs(600), waiting).await?)
    }
}

/// A text of 200 bytes.
pub(crate) fn text(number: usize) -> String {
    format!("{number:>200}")
}
