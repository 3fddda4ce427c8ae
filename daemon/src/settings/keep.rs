//! `[keep]`: how long messages stay in the store.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use threadbridge_core::model::id::{AccountName, Leg};
use threadbridge_core::model::retention::Retention;

use super::Settings;

/// How long messages are kept here. What networks keep is not touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KeepSettings {
    /// For how many days, whatever the conversation; for good if it is left out.
    #[schemars(range(min = 1, max = 36_500))]
    pub days: Option<u32>,
    /// For how many days in conversations that take place on Farcaster, also.
    #[schemars(range(min = 1, max = 36_500))]
    pub farcaster_days: Option<u32>,
    /// The same, on Lens.
    #[schemars(range(min = 1, max = 36_500))]
    pub lens_days: Option<u32>,
    /// The same, on XMTP.
    #[schemars(range(min = 1, max = 36_500))]
    pub xmtp_days: Option<u32>,
}

const fn days(count: u32) -> Duration {
    Duration::from_secs((count as u64).saturating_mul(24 * 60 * 60))
}

impl KeepSettings {
    fn on(&self, network: &str) -> Option<Duration> {
        let told = match network {
            "farcaster" => self.farcaster_days,
            "lens" => self.lens_days,
            "xmtp" => self.xmtp_days,
            _ => None,
        };
        told.map(days)
    }
}

impl Settings {
    /// How long messages are kept, as core takes it.
    #[must_use]
    pub fn retention(&self) -> Retention {
        let of_account = |(name, it): (&AccountName, &super::account::AccountSettings)| {
            Some((name.clone(), self.keep.on(it.network())?))
        };
        let mut legs: BTreeMap<Leg, Duration> = BTreeMap::new();
        for link in &self.links {
            let Some(keep) = link.keep_days.map(days) else { continue };
            for leg in &link.legs {
                let least = legs.entry(leg.leg().clone()).or_insert(keep);
                *least = keep.min(*least);
            }
        }
        Retention {
            all: self.keep.days.map(days),
            accounts: self.accounts.iter().filter_map(of_account).collect(),
            legs,
        }
    }
}
