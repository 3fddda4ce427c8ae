//! How an account is doing, as it is kept for those who look.

use minicbor::{Decode, Encode};

use super::id::{AccountName, Network};
use super::time::Timestamp;

/// How an account is doing.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Health {
    /// Not yet tried.
    #[n(0)]
    Starting,
    /// Reading what happened meanwhile.
    #[n(1)]
    CatchingUp,
    /// Hears everything as it happens.
    #[n(2)]
    Connected,
    /// Connected but deaf: the network goes on and nothing arrives.
    #[n(3)]
    Stalled(#[n(0)] String),
    /// Not connected; tries again by itself.
    #[n(4)]
    Down(#[n(0)] String),
    /// Not connected; somebody must mend the account.
    #[n(5)]
    Suspended(#[n(0)] String),
}

/// An account's health since some time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HealthRow {
    /// The account.
    #[n(0)]
    pub account: AccountName,
    /// Its network.
    #[n(1)]
    pub network: Network,
    /// How it is doing.
    #[n(2)]
    pub health: Health,
    /// Since when.
    #[n(3)]
    pub since: Timestamp,
}
