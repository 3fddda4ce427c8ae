//! Two hubs and a bridge between them.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;

use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::id::{AccountName, Leg};
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{Bridge, Setup};
use threadbridge_core::secret::Secret;
use threadbridge_core::store::{RootSecret, Store};
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::person;
use threadbridge_farcaster::{Config, Credentials, Endpoint, Farcaster, Realm};

/// The bridge's own account on a hub.
pub(crate) fn bridge_account(hub: &Hub, fid: u64) -> Arc<dyn Adapter> {
    let seed = register(hub, fid);
    Arc::new(Farcaster::connect(&config(hub.grpc_addr(), fid, seed)).unwrap())
}

/// Registers a bridge's account; returns its signer's key.
pub(crate) fn register(hub: &Hub, fid: u64) -> [u8; 32] {
    let seed = [u8::try_from(fid % 251).unwrap(); 32];
    let own = person::Person::new(fid, seed);
    own.register(hub, 50);
    seed
}

pub(crate) fn config(hub: SocketAddr, fid: u64, seed: [u8; 32]) -> Config {
    let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
    Config {
        realm: Realm::Dev,
        fid: NonZeroU64::new(fid),
        signer: Some(Secret::new(hex)),
        ..Config::reading(vec![Endpoint {
            url: format!("grpc://{hub}"),
            credentials: Credentials::None,
        }])
    }
}

pub(crate) async fn hub() -> Hub {
    let block_interval = std::time::Duration::from_millis(50);
    Hub::start(HubSettings { block_interval, ..HubSettings::default() }).await.unwrap()
}

pub(crate) fn leg(account: &str, conversation: &str) -> Leg {
    Leg::parse(&format!("{account}:{conversation}")).unwrap()
}

/// A link of these legs.
pub(crate) fn link(legs: &[Leg]) -> Link {
    Link {
        name: "books".to_owned(),
        legs: legs.iter().map(|leg| (leg.clone(), Direction::Both)).collect(),
        downgrade: Downgrade::Refuse,
        attribution: "{name}: ".to_owned(),
    }
}

/// A bridge over the store at `path`.
pub(crate) async fn bridge(
    path: &Path,
    accounts: &[(&str, Arc<dyn Adapter>)],
    links: Vec<Link>,
) -> Bridge {
    let secret = RootSecret::key_file([7; 32]);
    let store = if path.exists() {
        Store::open(path, &secret).unwrap()
    } else {
        Store::create(path, &secret).unwrap()
    };
    let accounts: BTreeMap<_, _> = accounts
        .iter()
        .map(|(name, adapter)| (AccountName::parse(*name).unwrap(), Arc::clone(adapter)))
        .collect();
    Bridge::start(store, Setup { accounts, links, ..Setup::default() }, Clock::System)
        .await
        .unwrap()
}
