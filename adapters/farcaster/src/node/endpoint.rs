//! Where a node is and how to be let in.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use thiserror::Error;
use url::Url;
use zeroize::Zeroizing;

use super::{Node, failure::NodeError, grpc::GrpcNode, http::HttpNode};
use crate::config::Credentials;

/// Which of its APIs is spoken to, and whether TLS is in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// gRPC without TLS: `grpc://`.
    Grpc,
    /// gRPC with TLS: `grpcs://`.
    GrpcTls,
    /// HTTP, with TLS if the address says so: `http://` and `https://`.
    Http,
}

impl Credentials {
    /// The header that carries them.
    pub(crate) fn header(&self) -> Option<(&'static str, Zeroizing<String>)> {
        match self {
            Self::None => None,
            Self::Basic { user, password } => {
                let pair = Zeroizing::new(format!("{user}:{}", password.expose()));
                let encoded = Zeroizing::new(BASE64_STANDARD.encode(pair.as_bytes()));
                Some(("authorization", Zeroizing::new(format!("Basic {}", encoded.as_str()))))
            }
            Self::ApiKey(key) => Some(("x-api-key", Zeroizing::new(key.expose().to_owned()))),
        }
    }
}

/// Why an address is not a node's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BadAddress {
    /// Not a URL.
    #[error("expected a url such as grpcs://node.example:3383")]
    NotAUrl,
    /// Another scheme.
    #[error("expected grpc://, grpcs://, http:// or https://")]
    Scheme,
    /// No host.
    #[error("expected a host")]
    Host,
    /// A password does not belong into an address.
    #[error("expected no name or password in the address")]
    Password,
}

/// A node's address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// How it is spoken to.
    pub transport: Transport,
    /// Scheme `http` or `https`, host and port, and for HTTP nodes a path if there is one.
    pub url: Url,
}

impl Address {
    /// Reads `grpc://HOST:PORT`, `grpcs://HOST:PORT`, `http://…` or `https://…`.
    pub(crate) fn parse(text: &str) -> Result<Self, BadAddress> {
        let (scheme, rest) = text.split_once("://").ok_or(BadAddress::NotAUrl)?;
        let (transport, scheme) = match scheme {
            "grpc" => (Transport::Grpc, "http"),
            "grpcs" => (Transport::GrpcTls, "https"),
            "http" => (Transport::Http, "http"),
            "https" => (Transport::Http, "https"),
            _ => return Err(BadAddress::Scheme),
        };
        let url =
            Url::parse(&format!("{scheme}://{rest}")).map_err(|_parse| BadAddress::NotAUrl)?;
        if url.host().is_none() {
            return Err(BadAddress::Host);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadAddress::Password);
        }
        Ok(Self { transport, url })
    }

    /// Host and port, for logs.
    pub(crate) fn name(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().unwrap_or_default();
        format!("{host}:{port}")
    }

    /// Prepares a client. Connects with the first call.
    pub(crate) fn node(&self, credentials: &Credentials) -> Result<Arc<dyn Node>, NodeError> {
        Ok(match self.transport {
            Transport::Grpc | Transport::GrpcTls => Arc::new(GrpcNode::new(self, credentials)?),
            Transport::Http => Arc::new(HttpNode::new(self, credentials)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use threadbridge_core::secret::Secret;

    use super::*;

    #[test]
    fn addresses_say_transport_and_tls() {
        let plain = Address::parse("grpc://127.0.0.1:3383").unwrap();
        assert_eq!((plain.transport, plain.url.scheme()), (Transport::Grpc, "http"));
        assert_eq!(plain.name(), "127.0.0.1:3383");
        let hosted = Address::parse("https://node.example/hub").unwrap();
        assert_eq!((hosted.transport, hosted.name()), (Transport::Http, "node.example:443".into()));
        assert_eq!(Address::parse("ftp://x"), Err(BadAddress::Scheme));
        assert_eq!(Address::parse("127.0.0.1:3383"), Err(BadAddress::NotAUrl));
        assert_eq!(Address::parse("grpc://a:b@x:1"), Err(BadAddress::Password));
    }

    #[test]
    fn credentials_become_headers_and_never_show() {
        let password = Secret::new("open sesame");
        let basic = Credentials::Basic { user: "alice".to_owned(), password };
        let (name, value) = basic.header().unwrap();
        assert_eq!((name, value.as_str()), ("authorization", "Basic YWxpY2U6b3BlbiBzZXNhbWU="));
        assert!(!format!("{basic:?}").contains("sesame"));
    }
}
