//! From settings to an account. Nothing is connected yet when this returns: the API is reached with
//! the first call.

use std::{collections::BTreeMap, sync::Arc, sync::Mutex};

use thiserror::Error;
use threadbridge_core::model::{
    id::{InvalidId, Network},
    time::Clock,
};
use tokio::{sync::OnceCell, time::Instant};

use crate::{
    Lens,
    api::{Api, Session, Transport},
    capabilities::Offers,
    config::{Config, Speaker},
    grove::Grove,
    memory::Memory,
    name::{NETWORK, identity},
    own::{LoginKey, Own},
    send::Desk,
};

/// What is wrong with an account's settings.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// A client could not be made.
    #[error("the api cannot be used: `origin` or `server_key` cannot be sent, or there is no tls")]
    Client,
    /// Not 64 hexadecimal digits.
    #[error("the key is none, expected 64 hexadecimal digits")]
    Key,
    /// A name that cannot be one.
    #[error("the account has no identity")]
    Identity(#[from] InvalidId),
}

impl Lens {
    /// The account of these settings.
    pub fn connect(config: &Config) -> Result<Self, ConnectError> {
        let server_key = config.server_key.as_ref();
        let transport = Transport::new(&config.endpoint, &config.origin, server_key)
            .ok_or(ConnectError::Client)?;
        let own = config.speaker.as_ref().map(own).transpose()?.map(Arc::new);
        let session =
            own.as_ref().map(|own| Session::new(Arc::clone(own), config.chain_id, Clock::System));
        Ok(Self {
            network: Network::parse(NETWORK)?,
            api: Api { transport, session },
            own,
            offers: Offers::of(config.porter.hosts(), config.chain_id, config.settle_for),
            begin: config.begin,
            pace: config.pace,
            clock: Clock::System,
            chain_id: config.chain_id,
            desk: Desk {
                grove: Grove::new(&config.grove, config.chain_id),
                porter: config.porter.clone(),
                memory: Memory::default(),
                settle_for: config.settle_for,
                began_at: Instant::now(),
                census: OnceCell::new(),
                group_feeds: Mutex::new(BTreeMap::new()),
            },
        })
    }
}

fn own(speaker: &Speaker) -> Result<Own, ConnectError> {
    let key = LoginKey::parse(speaker.key.expose()).ok_or(ConnectError::Key)?;
    Ok(Own {
        account: speaker.account,
        identity: identity(speaker.account)?,
        app: speaker.app,
        role: speaker.role,
        key,
    })
}
