//! `[media]`: from where pictures may be fetched.

use schemars::JsonSchema;
use serde::Deserialize;
use threadbridge_core::media::{Hosts, InvalidHost};

/// What the bridge may fetch in order to upload it elsewhere.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MediaSettings {
    /// Hosts that pictures may be fetched from when they are about to be uploaded to a network that
    /// takes uploads, each `HOST` or `HOST:PORT`. From all others only their address is carried.
    #[schemars(length(max = 256))]
    pub hosts: Vec<HostName>,
}

/// A host's name, with its port if that is not the usual one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["files.example"]))]
pub struct HostName(Hosts);

impl TryFrom<String> for HostName {
    type Error = InvalidHost;

    fn try_from(name: String) -> Result<Self, InvalidHost> {
        Hosts::parse([name.as_str()]).map(Self)
    }
}

impl MediaSettings {
    /// The hosts as core takes them.
    #[must_use]
    pub fn hosts(&self) -> Hosts {
        self.hosts.iter().map(|HostName(host)| host.clone()).collect()
    }
}
