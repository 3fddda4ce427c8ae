//! What an account needs to know to connect. The daemon reads it from `[accounts.NAME]` and puts
//! secrets in the place of their references. No address has a default: a wrong one would speak in
//! the wrong place, for good.

use std::time::Duration;

use threadbridge_core::{media::Porter, secret::Secret};
use url::Url;

use crate::wire::address::Address;

/// An account on Lens.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where the API is, such as `https://api.lens.xyz/graphql`.
    pub endpoint: Url,
    /// Where Grove is, such as `https://api.grove.storage`: what is said is laid down there.
    pub grove: Url,
    /// Lens Chain's number: 232, or 37111 for the test network.
    pub chain_id: u64,
    /// Sent with every request; the app's own address, such as `https://app.example`. The login
    /// names it.
    pub origin: Url,
    /// Lets a server ask more often, if the app gave one out.
    pub server_key: Option<Secret>,
    /// Whom the account speaks as. Without it the account only reads.
    pub speaker: Option<Speaker>,
    /// Where a conversation that was never read begins.
    pub begin: Begin,
    /// How often it is asked for news.
    pub pace: Pace,
    /// How long what was sent may take until it shows, at the most: nothing is sent again before.
    pub settle_for: Duration,
    /// Brings pictures from the hosts that the owner named.
    pub porter: Porter,
}

impl Config {
    /// Reads through this endpoint; all else is to be filled in.
    #[must_use]
    pub fn reading(endpoint: Url, grove: Url, origin: Url) -> Self {
        Self {
            endpoint,
            grove,
            chain_id: 232,
            origin,
            server_key: None,
            speaker: None,
            begin: Begin::default(),
            pace: Pace::default(),
            settle_for: Duration::from_secs(60),
            porter: Porter::default(),
        }
    }
}

/// Whom an account speaks as.
#[derive(Clone, Debug)]
pub struct Speaker {
    /// The Lens account.
    pub account: Address,
    /// The app through which it logs in.
    pub app: Address,
    /// In which role the key logs in.
    pub role: Role,
    /// The private key: 64 hexadecimal digits.
    pub key: Secret,
}

/// In which role a key logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A key that the account's owner added as a manager, and can remove.
    Manager,
    /// The owner's own key.
    Owner,
}

/// Where a conversation that was never read begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Begin {
    /// With what is said from now on.
    #[default]
    Now,
    /// With everything that was ever said there.
    All,
}

/// How often a conversation is asked for news: quickly while people talk, slower and slower when
/// they do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// While people talk.
    pub active: Duration,
    /// When nothing is said for long.
    pub idle: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { active: Duration::from_secs(2), idle: Duration::from_secs(60) }
    }
}
