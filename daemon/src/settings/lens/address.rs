//! Addresses: of servers, and of accounts and apps.

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use threadbridge_lens::{Address, InvalidAddress};
use url::{Host, Url};

/// Where something is on the web.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["https://api.lens.xyz/graphql"]))]
pub struct WebAddress {
    pub(in crate::settings) url: Url,
    /// Whether nobody on the wire can read along.
    pub(in crate::settings) is_private: bool,
}

/// An app's own web address: scheme and host.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("examples" = ["https://app.example"]))]
pub struct AppOrigin(pub(super) Url);

/// The address of an account or an app.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^0x[0-9a-fA-F]{40}$"))]
pub struct LensAddress(pub(super) Address);

/// A text that is no web address. It may hold a password, so it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidWebAddress {
    /// Not a URL, or of another scheme.
    #[error("that is no web address, expected one such as `https://api.lens.xyz/graphql`")]
    NotWeb,
    /// A password does not belong into an address.
    #[error("a name or password stands in the address, expected an address without them")]
    Password,
    /// More than scheme and host.
    #[error("an app's address has no path, expected one such as `https://app.example`")]
    Path,
}

fn web(text: &str) -> Result<Url, InvalidWebAddress> {
    let url = Url::parse(text).map_err(|_| InvalidWebAddress::NotWeb)?;
    if !["http", "https"].contains(&url.scheme()) || url.host().is_none() {
        return Err(InvalidWebAddress::NotWeb);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(InvalidWebAddress::Password);
    }
    Ok(url)
}

impl TryFrom<String> for WebAddress {
    type Error = InvalidWebAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let url = web(&text)?;
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let is_private = is_here || url.scheme() == "https";
        Ok(Self { url, is_private })
    }
}

impl TryFrom<String> for AppOrigin {
    type Error = InvalidWebAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let url = web(&text)?;
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(InvalidWebAddress::Path);
        }
        Ok(Self(url))
    }
}

impl TryFrom<String> for LensAddress {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}
