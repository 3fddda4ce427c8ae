//! `[accounts.NAME]` with `network = "farcaster"`.

use std::fmt;
use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use thiserror::Error as ThisError;
use threadbridge_core::secret::SecretRef;
use url::{Host, Url};

use super::account::{Objection, UnknownConversation};
use super::fault::nearest;

/// One fid on Farcaster, or a reader without one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FarcasterSettings {
    /// Nodes in the order in which they are preferred; the next one steps in when one fails.
    #[schemars(length(min = 1, max = 16))]
    pub endpoints: Vec<Endpoint>,
    /// The owner's fid. Without it the account only reads.
    #[serde(default)]
    pub fid: Option<NonZeroU64>,
    /// The Ed25519 key that signs for the fid: 64 hexadecimal digits. Without it the account only
    /// reads.
    #[serde(default)]
    pub signer: Option<SecretRef>,
    /// Which of Farcaster's networks this is.
    #[serde(default)]
    pub realm: Realm,
    /// The key of the direct cast API. Direct casts are readable by their operator (level L1) and
    /// are off without it.
    #[serde(default)]
    pub direct_casts: Option<SecretRef>,
}

/// Farcaster's networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Realm {
    /// Where people are.
    #[default]
    Main,
    /// The public test network.
    Test,
    /// A node of one's own.
    Dev,
}

/// A node: its address alone, or with what lets us in.
#[derive(Clone, Debug, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum Endpoint {
    /// `grpc://`, `grpcs://`, `http://` or `https://`, host and port.
    Open(NodeUrl),
    /// With a key or a password.
    Guarded(GuardedEndpoint),
}

/// A node that does not let everybody in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GuardedEndpoint {
    /// Its address.
    pub url: NodeUrl,
    /// A hosted node's key, sent as `x-api-key`.
    #[serde(default)]
    pub api_key: Option<SecretRef>,
    /// The name for HTTP Basic.
    #[serde(default)]
    pub user: Option<String>,
    /// The password for HTTP Basic.
    #[serde(default)]
    pub password: Option<SecretRef>,
}

impl Endpoint {
    /// Its address.
    #[must_use]
    pub const fn url(&self) -> &NodeUrl {
        match self {
            Self::Open(url) => url,
            Self::Guarded(guarded) => &guarded.url,
        }
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OpenOrGuarded;
        impl<'de> Visitor<'de> for OpenOrGuarded {
            type Value = Endpoint;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address or a table with `url`")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Endpoint, E> {
                NodeUrl::parse(text).map(Endpoint::Open).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Endpoint, A::Error> {
                GuardedEndpoint::deserialize(MapAccessDeserializer::new(map)).map(Endpoint::Guarded)
            }
        }
        deserializer.deserialize_any(OpenOrGuarded)
    }
}

/// A node's address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["grpcs://node.example:3383"]))]
pub struct NodeUrl {
    text: String,
    is_private: bool,
    is_here: bool,
}

/// A text that is no node's address. The text may hold a password, so it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum InvalidNodeUrl {
    /// Not a URL.
    #[error("that is no address, expected one such as `grpcs://node.example:3383`")]
    NotAUrl,
    /// Another scheme.
    #[error(
        "a node is not spoken to like that, expected `grpc://`, `grpcs://`, `http://` or `https://`"
    )]
    Scheme,
    /// gRPC has no usual port.
    #[error("the port is missing, expected one such as `grpcs://node.example:3383`")]
    Port,
    /// A password does not belong into an address.
    #[error(
        "a name or password stands in the address, expected `{{ url = \"…\", user = \"…\", \
         password = \"env:NAME\" }}`"
    )]
    Password,
}

impl NodeUrl {
    /// Reads `grpc://HOST:PORT`, `grpcs://HOST:PORT`, `http://…` or `https://…`.
    pub fn parse(text: &str) -> Result<Self, InvalidNodeUrl> {
        let (scheme, rest) = text.split_once("://").ok_or(InvalidNodeUrl::NotAUrl)?;
        let is_private = match scheme {
            "grpcs" | "https" => true,
            "grpc" | "http" => false,
            _ => return Err(InvalidNodeUrl::Scheme),
        };
        let url = Url::parse(&format!("http://{rest}")).map_err(|_| InvalidNodeUrl::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidNodeUrl::Password);
        }
        if scheme.starts_with("grpc") && url.port().is_none() {
            return Err(InvalidNodeUrl::Port);
        }
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(InvalidNodeUrl::NotAUrl),
        };
        Ok(Self { text: text.to_owned(), is_private, is_here })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for NodeUrl {
    type Error = InvalidNodeUrl;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl FarcasterSettings {
    /// Whether anything can be said through the account.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.fid.is_none() || self.signer.is_none()
    }

    /// What does not go together.
    pub(super) fn objections(&self) -> Vec<Objection> {
        let mut found = Vec::new();
        if self.signer.is_some() && self.fid.is_none() {
            found.push(Objection::at(
                "signer",
                None,
                "a signer signs for a fid, expected `fid` too",
            ));
        }
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            let Endpoint::Guarded(guarded) = endpoint else { continue };
            let mut object = |problem| found.push(Objection::at("endpoints", Some(index), problem));
            let has_secret = guarded.api_key.is_some() || guarded.password.is_some();
            if has_secret && !guarded.url.is_private && !guarded.url.is_here {
                object(
                    "a secret would cross the network in clear, expected `grpcs://` or `https://`",
                );
            }
            if guarded.user.is_some() != guarded.password.is_some() {
                object("half of a name and password is missing, expected `user` and `password`");
            }
            if guarded.api_key.is_some() && guarded.password.is_some() {
                object("there are two ways in, expected either `api_key` or `user` and `password`");
            }
        }
        found
    }

    /// The references to secrets, with their places in the account's table.
    pub(super) fn secrets(&self) -> Vec<(String, &SecretRef)> {
        let own = [("signer", &self.signer), ("direct_casts", &self.direct_casts)];
        let mut found: Vec<(String, &SecretRef)> = own
            .into_iter()
            .filter_map(|(key, secret)| Some((key.to_owned(), secret.as_ref()?)))
            .collect();
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            let Endpoint::Guarded(guarded) = endpoint else { continue };
            for (key, secret) in [("api_key", &guarded.api_key), ("password", &guarded.password)] {
                found.extend(secret.as_ref().map(|s| (format!("endpoints[{index}].{key}"), s)));
            }
        }
        found
    }
}

/// What is wrong with a leg that names `text` on this network, if anything is.
pub(super) fn unknown_conversation(text: &str) -> Option<UnknownConversation> {
    let (kind, name) = text.split_once('/').unwrap_or((text, ""));
    let problem = match kind {
        "channel" if !name.is_empty() => return None,
        "thread" => {
            let digits = name.strip_prefix("0x").unwrap_or_default();
            if digits.len() == 40 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
                return None;
            }
            "that is no cast's hash"
        }
        "channel" => "the channel has no name",
        _ => "Farcaster has no such conversations",
    };
    Some(UnknownConversation {
        problem,
        expected: "`channel/NAME`, `channel/URL` or `thread/0x` and 40 hexadecimal digits",
        nearest: nearest(kind, ["channel", "thread"])
            .filter(|near| *near != kind)
            .map(|near| format!("{near}/{name}")),
    })
}
