//! From settings to adapters: the one place that knows which networks there are.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;
use threadbridge_core::adapter::Adapter;
use threadbridge_core::media::Porter;
use threadbridge_core::model::id::AccountName;
use threadbridge_core::secret::{Secret, SecretRef};
use threadbridge_ethereum::{Node, NodeError};
use threadbridge_farcaster::Farcaster;
use threadbridge_lens::Lens;
use threadbridge_xmtp::{Attachments, Xmtp};

use crate::home::Home;
use crate::settings::Settings;
use crate::settings::account::AccountSettings;
use crate::settings::farcaster::FarcasterSettings;
use crate::settings::lens::LensSettings;
use crate::settings::media::MediaSettings;
use crate::settings::secrets::{SecretError, resolve};
use crate::settings::xmtp::XmtpSettings;
use crate::web::{NoWeb, Web};

/// Why an account could not be made ready.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// One of its secrets could not be had.
    #[error("the account `{account}` lacks a secret")]
    Secret {
        /// The account.
        account: AccountName,
        /// Why.
        source: SecretError,
    },
    /// Pictures cannot be fetched, though `[media]` names hosts.
    #[error("nothing can be fetched from the hosts of `[media]`")]
    Media(#[from] NoWeb),
    /// Its adapter refused its settings.
    #[error("the account `{account}` cannot be used")]
    Adapter {
        /// The account.
        account: AccountName,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An account's adapter, with what it was made from.
#[derive(Clone, Debug)]
pub struct Connected {
    /// The adapter.
    pub adapter: Arc<dyn Adapter>,
    settings: AccountSettings,
    media: MediaSettings,
    secrets: BTreeMap<SecretRef, Secret>,
}

impl Connected {
    /// Whether both are the same value, so that its connection goes on.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.adapter, &other.adapter)
    }
}

/// What brings pictures to accounts that upload them: nothing, unless the settings name hosts.
pub fn porter(media: &MediaSettings) -> Result<Porter, NoWeb> {
    let hosts = media.hosts();
    let porter = if hosts.is_empty() {
        Porter::default()
    } else {
        Porter::new(hosts, Arc::new(Web::new()?))
    };
    Ok(porter.unsealing(Arc::new(Attachments)))
}

/// Makes every account of `settings` ready. An account of `kept` whose settings and secrets are
/// what they were is taken over as it is.
pub fn connect_all(
    home: &Home,
    settings: &Settings,
    kept: &BTreeMap<AccountName, Connected>,
) -> Result<BTreeMap<AccountName, Connected>, ConnectError> {
    settings
        .accounts
        .iter()
        .map(|(name, account)| {
            let secrets = secrets(home, name, account)?;
            let is_same = |kept: &&Connected| {
                kept.settings == *account && kept.media == settings.media && kept.secrets == secrets
            };
            let kept = kept.get(name).filter(is_same);
            let connected = match kept {
                Some(kept) => kept.clone(),
                None => Connected {
                    adapter: connect(name, account, &secrets, &settings.media)?,
                    settings: account.clone(),
                    media: settings.media.clone(),
                    secrets,
                },
            };
            Ok((name.clone(), connected))
        })
        .collect()
}

/// The node of Ethereum that the settings name, if they name one.
pub fn ethereum(home: &Home, settings: &Settings) -> Result<Option<Node>, NoNode> {
    let key = settings.ethereum.key.as_ref();
    let key = key.map(|key| resolve(key, home.folder())).transpose()?;
    Ok(settings.ethereum.node(key).map(Node::new).transpose()?)
}

/// Why there is no node of Ethereum to ask.
#[derive(Debug, Error)]
pub enum NoNode {
    /// Its key cannot be read.
    #[error("`key` in `[ethereum]` cannot be read")]
    Secret(#[from] SecretError),
    /// No client could be made for it.
    #[error(transparent)]
    Node(#[from] NodeError),
}

/// The secrets that an account's settings refer to.
pub fn secrets(
    home: &Home,
    name: &AccountName,
    account: &AccountSettings,
) -> Result<BTreeMap<SecretRef, Secret>, ConnectError> {
    let references = account.secrets().into_iter();
    references
        .map(|(_, reference)| match resolve(reference, home.folder()) {
            Ok(secret) => Ok((reference.clone(), secret)),
            Err(source) => Err(ConnectError::Secret { account: name.clone(), source }),
        })
        .collect()
}

fn connect(
    name: &AccountName,
    account: &AccountSettings,
    secrets: &BTreeMap<SecretRef, Secret>,
    media: &MediaSettings,
) -> Result<Arc<dyn Adapter>, ConnectError> {
    let porter = || {
        porter(media).map_err(|source| ConnectError::Adapter {
            account: name.clone(),
            source: source.into(),
        })
    };
    match account {
        AccountSettings::Farcaster(settings) => Ok(Arc::new(farcaster(name, settings, secrets)?)),
        AccountSettings::Lens(settings) => Ok(Arc::new(lens(name, settings, secrets, porter()?)?)),
        AccountSettings::Xmtp(settings) => Ok(Arc::new(xmtp(name, settings, secrets, porter()?)?)),
    }
}

/// A Farcaster account, made ready. Nothing is connected yet: nodes are reached with the first call.
pub fn farcaster(
    name: &AccountName,
    settings: &FarcasterSettings,
    secrets: &BTreeMap<SecretRef, Secret>,
) -> Result<Farcaster, ConnectError> {
    let config = settings.config(secrets);
    Farcaster::connect(&config)
        .map_err(|source| ConnectError::Adapter { account: name.clone(), source: source.into() })
}

/// A Lens account, made ready. Nothing is connected yet: the API is reached with the first call.
pub fn lens(
    name: &AccountName,
    settings: &LensSettings,
    secrets: &BTreeMap<SecretRef, Secret>,
    porter: Porter,
) -> Result<Lens, ConnectError> {
    let config = settings.config(secrets, porter);
    Lens::connect(&config)
        .map_err(|source| ConnectError::Adapter { account: name.clone(), source: source.into() })
}

/// An XMTP account, made ready. Nothing is connected yet: servers are reached with the first call.
pub fn xmtp(
    name: &AccountName,
    settings: &XmtpSettings,
    secrets: &BTreeMap<SecretRef, Secret>,
    porter: Porter,
) -> Result<Xmtp, ConnectError> {
    let refused = |source: Box<dyn std::error::Error + Send + Sync>| ConnectError::Adapter {
        account: name.clone(),
        source,
    };
    let config = settings.config(secrets, porter);
    let config = config.ok_or_else(|| refused("the wallet's key".into()))?;
    Xmtp::connect(&config).map_err(|source| refused(source.into()))
}
