//! From where the owner lets media be fetched.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;
use url::{Host, Url};

/// Hosts that media may be fetched from, as the owner named them; none unless they did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hosts(BTreeSet<(String, Option<u16>)>);

/// A text that names no host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidHost {
    /// It is no host, or more than one.
    #[error("that names no host, expected `HOST` or `HOST:PORT`")]
    NoHost,
    /// An address of the owner's own networks.
    #[error("that address is private, expected a public host")]
    Private,
}

/// Why media may not be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Forbidden {
    /// It is no address of something on the web.
    #[error("its address is none of the web")]
    NotWeb,
    /// It would travel in clear text.
    #[error("its address is not encrypted on the way")]
    ClearText,
    /// The address holds a name or a password.
    #[error("its address holds a name or a password")]
    Credentials,
    /// The owner named other hosts, or none.
    #[error("its host is none of `[media] hosts`")]
    Unnamed,
}

/// Where something may be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its address.
    pub url: Url,
    /// Whether it lies on this machine, as the owner said. Otherwise only public addresses may be
    /// connected to, whatever the host's name resolves to.
    pub is_loopback: bool,
}

impl Hosts {
    /// Reads what the owner named: `HOST` (its usual port) or `HOST:PORT`. A host on this machine
    /// is named like any other, and may then be fetched from without TLS.
    pub fn parse<'h>(named: impl IntoIterator<Item = &'h str>) -> Result<Self, InvalidHost> {
        named.into_iter().map(host).collect::<Result<_, _>>().map(Self)
    }

    /// Whether nothing may be fetched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether something may be fetched, and how.
    pub fn place(&self, address: &str) -> Result<Place, Forbidden> {
        let url = Url::parse(address).map_err(|_| Forbidden::NotWeb)?;
        let is_clear = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(Forbidden::NotWeb),
        };
        let host = url.host().ok_or(Forbidden::NotWeb)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Forbidden::Credentials);
        }
        if !self.0.contains(&(host.to_string(), url.port())) {
            return Err(Forbidden::Unnamed);
        }
        let is_loopback = is_loopback(&host);
        if is_clear && !is_loopback {
            return Err(Forbidden::ClearText);
        }
        Ok(Place { url, is_loopback })
    }
}

impl FromIterator<Self> for Hosts {
    fn from_iter<T: IntoIterator<Item = Self>>(hosts: T) -> Self {
        Self(hosts.into_iter().flat_map(|it| it.0).collect())
    }
}

fn host(named: &str) -> Result<(String, Option<u16>), InvalidHost> {
    let url = Url::parse(&format!("https://{named}")).map_err(|_| InvalidHost::NoHost)?;
    let host = url.host().ok_or(InvalidHost::NoHost)?;
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    // Patterns name no host either.
    if named.contains('*') || !named.eq_ignore_ascii_case(&format!("{host}{port}")) {
        return Err(InvalidHost::NoHost);
    }
    let address = match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
    };
    if address.is_some_and(|it| !is_public(it)) && !is_loopback(&host) {
        return Err(InvalidHost::Private);
    }
    Ok((host.to_string(), url.port()))
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Whether an address is one of the public Internet (by the IANA special-purpose registries), so
/// that asking it for something reaches nobody's own network.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

const fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127 | 224..=255, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
    )
}

/// Only global unicast, without documentation and protocol blocks, and without what leads to an
/// IPv4 address (mapped, NAT64, 6to4, Teredo): a public host needs none of these.
const fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(hosts: &[&str], url: &str) -> Result<bool, Forbidden> {
        let hosts = Hosts::parse(hosts.iter().copied()).unwrap();
        hosts.place(url).map(|place| place.is_loopback)
    }

    #[test]
    fn only_hosts_that_the_owner_named_are_asked() {
        let ours = &["files.example", "other.example:8443", "127.0.0.1:8080", "93.184.216.34"];
        for (url, expected) in [
            ("https://files.example/a.png", Ok(false)),
            ("https://FILES.example:443/a.png?x=1", Ok(false)),
            ("https://other.example:8443/", Ok(false)),
            ("https://93.184.216.34/", Ok(false)),
            ("http://127.0.0.1:8080/a", Ok(true)),
            ("http://127.1:8080/a", Ok(true)),
            ("https://other.example/", Err(Forbidden::Unnamed)),
            ("https://files.example.evil.example/", Err(Forbidden::Unnamed)),
            ("https://files.example:8443/", Err(Forbidden::Unnamed)),
            ("https://127.0.0.1/", Err(Forbidden::Unnamed)),
            ("https://[::1]/", Err(Forbidden::Unnamed)),
            ("http://files.example/a.png", Err(Forbidden::ClearText)),
            ("https://ann@files.example/", Err(Forbidden::Credentials)),
            ("https://files.example@evil.example/", Err(Forbidden::Credentials)),
            ("https:files.example", Ok(false)),
            ("file:///etc/passwd", Err(Forbidden::NotWeb)),
            ("data:image/png,x", Err(Forbidden::NotWeb)),
            ("", Err(Forbidden::NotWeb)),
        ] {
            assert_eq!(allowed(ours, url), expected, "{url}");
        }
        assert_eq!(allowed(&[], "https://files.example/"), Err(Forbidden::Unnamed));
    }

    #[test]
    fn what_names_no_host_is_refused() {
        for named in [
            "",
            "https://files.example",
            "files.example/a",
            "a@b.example",
            "*.example",
            "a b",
            "x:",
        ] {
            assert_eq!(Hosts::parse([named]), Err(InvalidHost::NoHost), "{named}");
        }
        for named in ["10.0.0.1", "192.168.1.1:80", "169.254.169.254", "[fd00::1]"] {
            assert_eq!(Hosts::parse([named]), Err(InvalidHost::Private), "{named}");
        }
    }

    #[test]
    fn no_address_of_ones_own_network_is_public() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.31.0.1",
            "192.0.0.8",
            "192.168.0.1",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "ff02::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
            "2001:db8::1",
            "2001::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }
}
