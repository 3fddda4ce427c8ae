//! A node's address, and what lets us in.

use std::fmt;

use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use thiserror::Error as ThisError;
use threadbridge_core::secret::{Secret, SecretRef};
use threadbridge_farcaster::Credentials;
use url::{Host, Url};

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

impl Endpoint {
    pub(super) fn config(
        &self,
        secret: &impl Fn(&Option<SecretRef>) -> Option<Secret>,
    ) -> threadbridge_farcaster::Endpoint {
        let credentials = match self {
            Self::Open(_) => Credentials::None,
            Self::Guarded(guarded) => match (&guarded.user, secret(&guarded.password)) {
                (Some(user), Some(password)) => Credentials::Basic { user: user.clone(), password },
                _ => secret(&guarded.api_key).map_or(Credentials::None, Credentials::ApiKey),
            },
        };
        threadbridge_farcaster::Endpoint { url: self.url().as_str().to_owned(), credentials }
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
    pub(super) text: String,
    pub(super) is_private: bool,
    pub(super) is_here: bool,
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
