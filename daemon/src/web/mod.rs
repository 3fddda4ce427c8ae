//! Getting pictures from the web for adapters that upload them: core's `Fetch`, and the only place
//! beside the adapters that asks a server for anything.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Response, StatusCode};
use thiserror::Error as ThisError;
use threadbridge_core::media::{Fetch, FetchError, Place, is_public};

const CONNECT_FOR: Duration = Duration::from_secs(5);
const FETCH_FOR: Duration = Duration::from_secs(30);
/// How often a server may point to another of its own addresses.
const REDIRECTS: usize = 3;

/// A client that keeps no cookies, uses no proxy, and knows two kinds of places: those on the
/// public Internet and those on this machine.
#[derive(Clone, Debug)]
pub struct Web {
    public: Client,
    loopback: Client,
}

/// Why there is no client.
#[derive(Debug, ThisError)]
#[error("no client for the web could be made")]
pub struct NoWeb(#[from] reqwest::Error);

impl Web {
    /// Prepares the client. Nothing is connected yet.
    pub fn new() -> Result<Self, NoWeb> {
        let client = |leads: Leads| {
            Client::builder()
                .user_agent(concat!("threadbridge/", env!("CARGO_PKG_VERSION")))
                .no_proxy()
                .referer(false)
                .redirect(Policy::custom(within_one_origin))
                .connect_timeout(CONNECT_FOR)
                .timeout(FETCH_FOR)
                .pool_max_idle_per_host(1)
                .dns_resolver(leads)
        };
        let public = client(Leads::Public).https_only(true).build()?;
        let loopback = client(Leads::Loopback).build()?;
        Ok(Self { public, loopback })
    }
}

#[async_trait]
impl Fetch for Web {
    async fn fetch(&self, place: &Place, max_bytes: u64) -> Result<Vec<u8>, FetchError> {
        let client = if place.is_loopback { &self.loopback } else { &self.public };
        let answer = client.get(place.url.clone()).send().await.map_err(|error| sort(&error))?;
        match answer.status() {
            StatusCode::OK => read(answer, max_bytes).await,
            status if status.is_redirection() => Err(FetchError::Elsewhere),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
                Err(FetchError::Unreachable)
            }
            status if status.is_server_error() => Err(FetchError::Unreachable),
            _ => Err(FetchError::Refused),
        }
    }
}

async fn read(mut answer: Response, max_bytes: u64) -> Result<Vec<u8>, FetchError> {
    if answer.content_length().is_some_and(|length| length > max_bytes) {
        return Err(FetchError::TooLarge);
    }
    let max_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| sort(&error))? {
        if chunk.len() > max_bytes.saturating_sub(bytes.len()) {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn within_one_origin(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let asked = attempt.previous();
    let is_same = asked.first().is_some_and(|first| first.origin() == attempt.url().origin());
    if is_same && asked.len() <= REDIRECTS { attempt.follow() } else { attempt.stop() }
}

fn sort(error: &reqwest::Error) -> FetchError {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<LeadsElsewhere>() {
            return FetchError::Private;
        }
        source = cause.source();
    }
    FetchError::Unreachable
}

/// Where a host's name may lead. It is looked at when the connection is made, so a name that leads
/// somewhere else by then is caught too.
#[derive(Clone, Copy, Debug)]
enum Leads {
    Public,
    Loopback,
}

/// A host's name leads nowhere that it may.
#[derive(Debug, ThisError)]
#[error("the name leads to no address that may be asked")]
struct LeadsElsewhere;

impl Leads {
    fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Loopback => address.is_loopback(),
        }
    }
}

impl Resolve for Leads {
    fn resolve(&self, name: Name) -> Resolving {
        let leads = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.filter(|it| leads.allows(it.ip())).collect();
            if found.is_empty() {
                return Err(LeadsElsewhere.into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
