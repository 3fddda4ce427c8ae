//! From settings to an account. Nothing is connected yet when this returns: nodes are reached with
//! the first call.

use std::{collections::BTreeMap, sync::Arc};

use thiserror::Error;
use threadbridge_core::{
    model::id::{InvalidId, Network},
    secret::{Secret, SecretRef},
};
use zeroize::Zeroizing;

use crate::{
    Farcaster,
    capabilities::Offers,
    config::{Config, NodeConfig},
    direct::DirectApi,
    name::{NETWORK, identity},
    node::{
        Node,
        endpoint::{Address, BadAddress, Credentials},
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
    #[error("`nodes` names none, expected at least one such as {{ url = \"grpcs://HOST:3383\" }}")]
    NoNodes,
    /// An address that is none.
    #[error("node {number} has no usable `url`")]
    Address {
        /// Which, from 1.
        number: usize,
        /// What is wrong with it.
        source: BadAddress,
    },
    /// A client could not be made.
    #[error("node {number} cannot be used")]
    Node {
        /// Which, from 1.
        number: usize,
        /// Why.
        source: NodeError,
    },
    /// Half a login.
    #[error("node {number} has `user` or `password`, expected both or neither, or `api_key`")]
    Credentials {
        /// Which, from 1.
        number: usize,
    },
    /// A secret was not given.
    #[error("secret `{0}` is not there")]
    Secret(SecretRef),
    /// Not 64 hexadecimal digits.
    #[error("the secret `{0}` is no signer key, expected 64 hexadecimal digits")]
    Signer(SecretRef),
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

/// Secrets by what the settings call them.
pub type Secrets = BTreeMap<SecretRef, Secret>;

impl Farcaster {
    /// The account of these settings. `secrets` are those of [`Config::secrets`].
    pub fn connect(config: &Config, secrets: &Secrets) -> Result<Self, ConnectError> {
        let mut nodes = Vec::with_capacity(config.nodes.len());
        for (number, node) in (1..).zip(&config.nodes) {
            nodes.push(client(number, node, secrets)?);
        }
        if nodes.is_empty() {
            return Err(ConnectError::NoNodes);
        }
        let direct = match &config.direct_casts {
            None => None,
            Some(direct) => {
                let key = secret(secrets, &direct.key)?.clone();
                Some(DirectApi::new(&direct.api, key).ok_or(ConnectError::Direct)?)
            }
        };
        Ok(Self {
            network: Network::parse(NETWORK)?,
            chain: config.chain.into(),
            pool: Arc::new(Pool::new(nodes)),
            own: own(config, secrets)?,
            direct,
            pace: Pace::default(),
            offers: Offers::new(1, Tier::Standard),
            learnt: std::sync::OnceLock::new(),
        })
    }
}

fn secret<'s>(secrets: &'s Secrets, name: &SecretRef) -> Result<&'s Secret, ConnectError> {
    secrets.get(name).ok_or_else(|| ConnectError::Secret(name.clone()))
}

fn own(config: &Config, secrets: &Secrets) -> Result<Option<Own>, ConnectError> {
    let key = match &config.signer {
        None => None,
        Some(name) => {
            let key = SignerKey::parse(secret(secrets, name)?.expose());
            Some(key.ok_or_else(|| ConnectError::Signer(name.clone()))?)
        }
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

fn client(
    number: usize,
    node: &NodeConfig,
    secrets: &Secrets,
) -> Result<Arc<dyn Node>, ConnectError> {
    let credentials = match (&node.api_key, &node.user, &node.password) {
        (None, None, None) => Credentials::None,
        (Some(key), None, None) => {
            Credentials::ApiKey(Zeroizing::new(secret(secrets, key)?.expose().to_owned()))
        }
        (None, Some(user), Some(password)) => Credentials::Basic {
            user: user.clone(),
            password: Zeroizing::new(secret(secrets, password)?.expose().to_owned()),
        },
        _ => return Err(ConnectError::Credentials { number }),
    };
    let address =
        Address::parse(&node.url).map_err(|source| ConnectError::Address { number, source })?;
    address.node(&credentials).map_err(|source| ConnectError::Node { number, source })
}
