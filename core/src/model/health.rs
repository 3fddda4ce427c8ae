//! How an account is doing, as it is kept for those who look.

use minicbor::{Decode, Encode};

use super::id::{AccountName, Network};
use super::time::Timestamp;
use crate::adapter::Health;

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
