//! A node over its HTTP API: for places where gRPC does not reach. There is no stream and the
//! messages come without the bytes that were signed, so each is verified by encoding it again.

use std::time::Duration;

use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use prost::Message as _;
use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER},
    redirect,
};
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    ANSWER_BYTES, EventStream, Node, REGISTRATIONS,
    endpoint::Address,
    failure::NodeError,
    http_event::JsonEvents,
    http_json::{
        JsonFailure, JsonPage, JsonRegistrations, JsonSignerEvents, JsonSigners, JsonStatus,
        JsonStorage,
    },
    query::{KeyNonces, Listing, MessagePage, NodeStatus, SignerRecord, Storage},
};
use crate::config::Credentials;
use crate::wire::{
    SignedMessage,
    hash::MessageHash,
    json::JsonMessage,
    proto::{CastId, HubEvent, OnChainEvent},
};

/// Longest that a call may take. Submitting may wait up to 8 s for a name look-up.
const CALL_FOR: Duration = Duration::from_secs(15);
const CONNECT_FOR: Duration = Duration::from_secs(5);
/// Pages of signers that are read at most; the network allows 1000 keys per fid.
const SIGNER_PAGES: usize = 4;

/// A client of one node's `/v1` API.
#[derive(Clone, Debug)]
pub(crate) struct HttpNode {
    name: String,
    url: Url,
    client: Client,
}

type Query<'a> = Vec<(&'a str, String)>;

impl HttpNode {
    /// Prepares a client; it follows no redirects, so it speaks to the configured host only.
    pub(crate) fn new(address: &Address, credentials: &Credentials) -> Result<Self, NodeError> {
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = credentials.header() {
            let mut value =
                HeaderValue::from_str(&value).map_err(|_characters| NodeError::Unauthorized)?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let client = Client::builder()
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_FOR)
            .timeout(CALL_FOR)
            .build()
            .map_err(|_tls| NodeError::Malformed { expected: "a usable address" })?;
        Ok(Self { name: address.name(), url: address.url.clone(), client })
    }

    fn at(&self, method: &str) -> Result<Url, NodeError> {
        let path = format!("{}/v1/{method}", self.url.path().trim_end_matches('/'));
        let mut url = self.url.clone();
        url.set_path(&path);
        Ok(url)
    }

    async fn read<T: DeserializeOwned>(
        &self,
        method: &str,
        query: &Query<'_>,
        expected: &'static str,
    ) -> Result<T, NodeError> {
        let body = call(self.client.get(self.at(method)?).query(query)).await?;
        serde_json::from_slice(&body).map_err(|_json| NodeError::Malformed { expected })
    }
}

#[async_trait]
impl Node for HttpNode {
    fn name(&self) -> &str {
        &self.name
    }

    async fn status(&self) -> Result<NodeStatus, NodeError> {
        let answer: JsonStatus = self.read("info", &Vec::new(), "node info").await?;
        Ok(answer.into())
    }

    async fn date(&self) -> Result<Option<String>, NodeError> {
        let answer =
            self.client.get(self.at("info")?).send().await.map_err(|error| sort(&error))?;
        Ok(answer.headers().get(DATE).and_then(|date| date.to_str().ok()).map(str::to_owned))
    }

    async fn submit(&self, message: &SignedMessage) -> Result<(), NodeError> {
        let request = self
            .client
            .post(self.at("submitMessage")?)
            .header(CONTENT_TYPE, "application/octet-stream")
            .body(message.encode_to_vec());
        call(request).await.map(drop)
    }

    async fn cast(&self, id: &CastId) -> Result<SignedMessage, NodeError> {
        let query = vec![("fid", id.fid.to_string()), ("hash", hex_hash(id)?)];
        let message: JsonMessage = self.read("castById", &query, "a message").await?;
        message.to_signed().map_err(|_unverified| NodeError::Malformed {
            expected: "a message that can be verified",
        })
    }

    async fn list(
        &self,
        listing: &Listing,
        page_size: u32,
        token: Option<Vec<u8>>,
    ) -> Result<MessagePage, NodeError> {
        let (method, mut query) = match listing {
            Listing::CastsBy(fid) => ("castsByFid", vec![("fid", fid.to_string())]),
            Listing::CastsAndRemovals(_) => return Err(NodeError::Unsupported),
            Listing::Mentions(fid) => ("castsByMention", vec![("fid", fid.to_string())]),
            Listing::Profile(fid) => ("userDataByFid", vec![("fid", fid.to_string())]),
            Listing::Addresses(fid) => ("verificationsByFid", vec![("fid", fid.to_string())]),
            Listing::Under(url) => ("castsByParent", vec![("url", url.clone())]),
            Listing::Replies(id) => {
                ("castsByParent", vec![("fid", id.fid.to_string()), ("hash", hex_hash(id)?)])
            }
            Listing::Reactions(id) => (
                "reactionsByCast",
                vec![("target_fid", id.fid.to_string()), ("target_hash", hex_hash(id)?)],
            ),
        };
        query.push(("pageSize", page_size.to_string()));
        if let Some(token) = token {
            query.push(("pageToken", BASE64_STANDARD.encode(token)));
        }
        let page: JsonPage = self.read(method, &query, "a page of messages").await?;
        Ok(page.into())
    }

    async fn signers(&self, fid: u64) -> Result<Vec<SignerRecord>, NodeError> {
        let mut records = Vec::new();
        let mut query = vec![("fid", fid.to_string()), ("pageSize", "1000".to_owned())];
        for _page in 0..SIGNER_PAGES {
            let page: JsonSigners = self.read("signersByFid", &query, "signers").await?;
            records.append(&mut page.records());
            let Some(token) = page.next_page_token.filter(|token| !token.is_empty()) else { break };
            query.truncate(2);
            query.push(("pageToken", token));
        }
        Ok(records)
    }

    async fn key_nonces(&self, fid: u64, app: u64) -> Result<KeyNonces, NodeError> {
        let query = vec![("fid", fid.to_string()), ("requesterFids", app.to_string())];
        let page: JsonSigners = self.read("signersByFid", &query, "signers").await?;
        Ok(page.nonces(app))
    }

    async fn former_signers(&self, fid: u64) -> Result<Vec<SignerRecord>, NodeError> {
        let query = vec![
            ("fid", fid.to_string()),
            ("event_type", "EVENT_TYPE_SIGNER".to_owned()),
            ("pageSize", "1000".to_owned()),
        ];
        let page: JsonSignerEvents =
            self.read("onChainEventsByFid", &query, "on-chain events").await?;
        Ok(page.removed())
    }

    async fn registrations(&self, fid: u64) -> Result<Vec<OnChainEvent>, NodeError> {
        let query = vec![
            ("fid", fid.to_string()),
            ("event_type", "EVENT_TYPE_ID_REGISTER".to_owned()),
            ("pageSize", REGISTRATIONS.to_string()),
            ("reverse", "true".to_owned()),
        ];
        let page: JsonRegistrations =
            self.read("onChainEventsByFid", &query, "on-chain events").await?;
        Ok(page.events())
    }

    async fn storage(&self, fid: u64) -> Result<Storage, NodeError> {
        let query = vec![("fid", fid.to_string())];
        let answer: JsonStorage = self.read("storageLimitsByFid", &query, "storage limits").await?;
        Ok(answer.into())
    }

    async fn events(
        &self,
        shard: u32,
        from_id: u64,
        page_size: u32,
    ) -> Result<Vec<HubEvent>, NodeError> {
        let query = vec![
            ("from_event_id", from_id.to_string()),
            ("shard_index", shard.to_string()),
            ("page_size", page_size.to_string()),
        ];
        let answer: JsonEvents = self.read("events", &query, "events").await?;
        answer.events.into_iter().map(|event| event.into_event(shard)).collect()
    }

    async fn subscribe(&self, _shard: u32, _from_id: u64) -> Result<EventStream, NodeError> {
        Err(NodeError::Unsupported)
    }
}

fn hex_hash(id: &CastId) -> Result<String, NodeError> {
    MessageHash::from_slice(&id.hash)
        .map(|hash| hash.to_string())
        .ok_or(NodeError::Malformed { expected: "a hash of 20 bytes" })
}

/// Sends and reads within the bounds, and sorts what is not an answer.
async fn call(request: RequestBuilder) -> Result<Vec<u8>, NodeError> {
    let response = request.send().await.map_err(|error| sort(&error))?;
    let status = response.status();
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .map(Duration::from_secs);
    let body = read_bounded(response).await?;
    if status.is_success() {
        return Ok(body);
    }
    Err(match status {
        StatusCode::TOO_MANY_REQUESTS => NodeError::RateLimited { retry_after },
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => NodeError::Unauthorized,
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => NodeError::Unsupported,
        StatusCode::BAD_REQUEST => serde_json::from_slice::<JsonFailure>(&body)
            .map(|failure| failure.sorted(retry_after))
            .unwrap_or(NodeError::Malformed { expected: "an error in json" }),
        _ if status.is_server_error() => NodeError::Unavailable,
        _ => NodeError::Malformed { expected: "status 200 or 400" },
    })
}

async fn read_bounded(mut response: Response) -> Result<Vec<u8>, NodeError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| sort(&error))? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(NodeError::Malformed { expected: "at most 20 MB" });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn sort(error: &reqwest::Error) -> NodeError {
    if error.is_timeout() { NodeError::TimedOut } else { NodeError::Unavailable }
}
