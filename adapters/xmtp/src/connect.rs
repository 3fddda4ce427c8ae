//! From settings to an account.

use std::sync::Arc;

use thiserror::Error;
use threadbridge_core::model::id::{InvalidId, Network};
use threadbridge_core::model::time::Clock;

use crate::api::node::Node;
use crate::config::Config;
use crate::identity::wallet::WalletKey;
use crate::media::{Carrier, INLINE_BYTES, UPLOAD_BYTES};
use crate::session::Session;
use crate::{Xmtp, capabilities};

/// The network's name.
const NETWORK: &str = "xmtp";

/// Why an account cannot be used with its settings.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The wallet's key is none.
    #[error("`wallet` is no private key, expected 64 hexadecimal digits")]
    Wallet,
    /// The server has no usable address.
    #[error("`host` is no usable address, expected one such as `https://HOST:443`")]
    Host,
    /// The network's name is none.
    #[error("the network has no usable name")]
    Network(#[from] InvalidId),
}

impl Xmtp {
    /// Makes an account ready. Nothing is asked of the network yet.
    pub fn connect(config: &Config) -> Result<Self, ConnectError> {
        let wallet = WalletKey::parse(config.wallet.expose()).ok_or(ConnectError::Wallet)?;
        let node = Node::new(&config.host).map_err(|_address| ConnectError::Host)?;
        let upload = config.upload.clone().map(Arc::new);
        Ok(Self {
            network: Network::parse(NETWORK)?,
            api: Arc::new(node),
            wallet,
            config: config.clone(),
            capabilities: capabilities::conversation(
                config.porter.hosts().clone(),
                if upload.is_some() { UPLOAD_BYTES } else { INLINE_BYTES },
            ),
            session: Session::default(),
            carrier: Carrier { porter: config.porter.clone(), upload },
            clock: Clock::System,
        })
    }

    /// The same account by another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }
}
