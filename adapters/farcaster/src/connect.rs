//! From settings to an account. Nothing is connected yet when this returns: nodes are reached with
//! the first call.

use std::sync::{Arc, OnceLock};

use thiserror::Error;
use threadbridge_core::model::id::{InvalidId, Network};

use crate::{
    Farcaster,
    capabilities::Offers,
    config::{Config, Endpoint},
    direct::DirectApi,
    name::{NETWORK, identity},
    node::{
        Node,
        endpoint::{Address, BadAddress},
        failure::NodeError,
        pool::Pool,
    },
    own::Own,
    shard::follow::Pace,
    wire::{limits::Tier, sign::SignerKey},
};

/// What is wrong with an account's settings.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// No node at all.
    #[error("`endpoints` names none, expected at least one such as `grpcs://HOST:3383`")]
    NoNodes,
    /// An address that is none.
    #[error("endpoint {number} has no usable address")]
    Address {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        source: BadAddress,
    },
    /// A client could not be made.
    #[error("endpoint {number} cannot be used")]
    Node {
        /// Which, from 1.
        number: usize,
        /// Why.
        source: NodeError,
    },
    /// Not 64 hexadecimal digits.
    #[error("`signer` is no key, expected 64 hexadecimal digits")]
    Signer,
    /// A key without a fid.
    #[error("`signer` needs the `fid` whose key it is")]
    SignerWithoutFid,
    /// The direct cast client could not be made.
    #[error("direct casts cannot be used: no tls")]
    Direct,
    /// A fid that has no identity.
    #[error("`fid` is none")]
    Identity(#[from] InvalidId),
}

impl Farcaster {
    /// The account of these settings.
    pub fn connect(config: &Config) -> Result<Self, ConnectError> {
        let mut nodes = Vec::with_capacity(config.endpoints.len());
        for (number, endpoint) in (1..).zip(&config.endpoints) {
            nodes.push(client(number, endpoint)?);
        }
        if nodes.is_empty() {
            return Err(ConnectError::NoNodes);
        }
        let direct = match &config.direct_casts {
            None => None,
            Some(direct) => {
                let api = DirectApi::new(&direct.api, direct.key.clone());
                Some(api.ok_or(ConnectError::Direct)?)
            }
        };
        Ok(Self {
            network: Network::parse(NETWORK)?,
            realm: config.realm.into(),
            pool: Arc::new(Pool::new(nodes)),
            own: own(config)?,
            direct,
            pace: Pace { silent_for: config.silent_for, poll_every: config.poll_every },
            begin: config.begin,
            met: Arc::default(),
            offers: Offers::new(1, Tier::Standard),
            learnt: OnceLock::new(),
        })
    }
}

fn own(config: &Config) -> Result<Option<Own>, ConnectError> {
    let key = match &config.signer {
        None => None,
        Some(key) => Some(SignerKey::parse(key.expose()).ok_or(ConnectError::Signer)?),
    };
    match (config.fid, key) {
        (None, Some(_)) => Err(ConnectError::SignerWithoutFid),
        (None, None) => Ok(None),
        (Some(fid), key) => {
            let fid = fid.get();
            Ok(Some(Own { fid, identity: identity(fid)?, key }))
        }
    }
}

fn client(number: usize, endpoint: &Endpoint) -> Result<Arc<dyn Node>, ConnectError> {
    let address =
        Address::parse(&endpoint.url).map_err(|source| ConnectError::Address { number, source })?;
    let node = address.node(&endpoint.credentials);
    node.map_err(|source| ConnectError::Node { number, source })
}

#[cfg(test)]
mod tests {
    use threadbridge_core::secret::Secret;

    use crate::config::Credentials;

    use super::*;

    fn connected(change: impl FnOnce(&mut Config)) -> Result<Farcaster, ConnectError> {
        let url = "grpcs://node.example:3383".to_owned();
        let mut config =
            Config::reading(vec![Endpoint { url, credentials: Credentials::default() }]);
        change(&mut config);
        Farcaster::connect(&config)
    }

    #[tokio::test]
    async fn each_fault_of_the_settings_is_named() {
        assert!(connected(|_| {}).is_ok());
        let faults = [
            (connected(|it| it.endpoints.clear()), "`endpoints` names none"),
            (connected(|it| it.endpoints[0].url = "ftp://x".into()), "endpoint 1"),
            (connected(|it| it.signer = Some(Secret::new("ab".repeat(32)))), "needs the `fid`"),
            (connected(|it| it.signer = Some(Secret::new("hunter2"))), "64 hexadecimal digits"),
        ];
        for (fault, words) in faults {
            let fault = fault.unwrap_err().to_string();
            assert!(fault.contains(words), "{fault}");
            assert!(!fault.contains("hunter2"));
        }
    }
}
