//! Asking a node of Ethereum (JSON-RPC 2.0, execution-apis). What it answers is bounded, and read
//! strictly.

use std::fmt;
use std::time::Duration;

use alloy_primitives::B256;
use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;
use threadbridge_core::adapter::{AdapterError, Verdict};
use threadbridge_core::model::proof::Block;
use threadbridge_core::secret::Secret;
use url::Url;

use crate::wallet::Wallet;

/// How long one answer may take, and how large it may be.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_BYTES: usize = 256 * 1024;
/// How much a contract may return.
const RETURNED_BYTES: usize = 16 * 1024;
/// What nodes say of a call that the contract itself ended.
const REVERTED: i64 = 3;

/// Which node is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeConfig {
    /// Its address.
    pub rpc: Url,
    /// Of which chain it has to be (EIP-155).
    pub chain_id: u64,
    /// What it is shown as `Authorization: Bearer …`.
    pub key: Option<Secret>,
}

/// A node.
#[derive(Clone)]
pub struct Node {
    client: Client,
    config: NodeConfig,
}

/// Why a node gave no good answer.
#[derive(Debug, Error)]
pub enum NodeError {
    /// No client could be made for it.
    #[error("no client for the ethereum node could be made")]
    NoClient(#[source] reqwest::Error),
    /// The key cannot stand in a request.
    #[error("the ethereum node's `key` has characters that no key has")]
    Key,
    /// No connection, or no answer in time.
    #[error("the ethereum node cannot be reached")]
    Unreachable,
    /// It does not know the key.
    #[error("the ethereum node does not take the key; see `key` in `[ethereum]`")]
    Unauthorized,
    /// It was asked too often.
    #[error("the ethereum node asks to be left alone for {} s", .0.as_secs())]
    TooMany(Duration),
    /// It answers, but not this.
    #[error("the ethereum node refuses to answer ({0})")]
    Refused(i64),
    /// It is another chain's.
    #[error("the ethereum node is of chain {told}, and `[ethereum]` expects chain {expected}")]
    OtherChain {
        /// What the settings say.
        expected: u64,
        /// What the node says.
        told: u64,
    },
    /// An answer that is not what the interface says.
    #[error("the ethereum node answers something that is not the interface ({expected} expected)")]
    Malformed {
        /// What should have been there.
        expected: &'static str,
    },
}

impl From<NodeError> for AdapterError {
    fn from(error: NodeError) -> Self {
        let verdict = match &error {
            NodeError::TooMany(wait) => Verdict::RetryAfter(*wait),
            NodeError::Unreachable | NodeError::Malformed { .. } | NodeError::Refused(_) => {
                Verdict::Retry
            }
            NodeError::NoClient(_)
            | NodeError::Key
            | NodeError::Unauthorized
            | NodeError::OtherChain { .. } => Verdict::Suspend,
        };
        Self::new(verdict, error)
    }
}

/// What a contract returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Returned {
    /// This.
    Bytes(Vec<u8>),
    /// Nothing: it ended the call.
    Reverted,
}

/// What is executed, and never written down by the chain.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    /// A contract, by what it is asked.
    To(Wallet, Vec<u8>),
    /// Code that is run once and makes nothing that lasts.
    Code(Vec<u8>),
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    id: Value,
    result: Option<Value>,
    error: Option<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    code: i64,
    #[serde(default)]
    message: String,
}

#[derive(Deserialize)]
struct Header {
    number: String,
    hash: String,
}

impl Node {
    /// Prepares to ask. It follows no redirects, so that it speaks to the host of the settings only.
    pub fn new(config: NodeConfig) -> Result<Self, NodeError> {
        let client = Client::builder()
            .user_agent(concat!("threadbridge/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .build()
            .map_err(NodeError::NoClient)?;
        Ok(Self { client, config })
    }

    /// The latest block, of the chain that is expected.
    pub(crate) async fn head(&self) -> Result<Block, NodeError> {
        let told = self.ask("eth_chainId", json!([])).await?.ok().and_then(|it| quantity(&it));
        let told = told.ok_or(malformed("a chain id"))?;
        if told != self.config.chain_id {
            return Err(NodeError::OtherChain { expected: self.config.chain_id, told });
        }
        let header = self.ask("eth_getBlockByNumber", json!(["latest", false])).await?;
        let header = header.map_err(|Reverted| malformed("a block"))?;
        let header: Header =
            serde_json::from_value(header).map_err(|_json| malformed("a block"))?;
        let number =
            quantity(&Value::String(header.number)).ok_or(malformed("a block's number"))?;
        let hash: B256 = header.hash.parse().map_err(|_hex| malformed("a block's hash"))?;
        Ok(Block { chain: told, number, hash: hash.to_vec() })
    }

    /// What comes of a call against the state of a block.
    pub(crate) async fn call(&self, call: Call, at: &Block) -> Result<Returned, NodeError> {
        let call = match call {
            Call::To(contract, input) => {
                json!({ "to": contract.to_string(), "data": prefixed(&input) })
            }
            Call::Code(code) => json!({ "data": prefixed(&code) }),
        };
        let at = format!("{:#x}", at.number);
        match self.ask("eth_call", json!([call, at])).await? {
            Ok(returned) => returned
                .as_str()
                .and_then(|it| it.strip_prefix("0x"))
                .filter(|it| it.len() <= 2 * RETURNED_BYTES)
                .and_then(|it| hex::decode(it).ok())
                .map(Returned::Bytes)
                .ok_or(malformed("what a contract returned")),
            Err(Reverted) => Ok(Returned::Reverted),
        }
    }

    async fn ask(&self, method: &str, params: Value) -> Result<Result<Value, Reverted>, NodeError> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut request = self.client.post(self.config.rpc.clone()).json(&body);
        if let Some(key) = &self.config.key {
            let key = format!("Bearer {}", key.expose());
            let mut key = HeaderValue::from_str(&key).map_err(|_characters| NodeError::Key)?;
            key.set_sensitive(true);
            request = request.header(AUTHORIZATION, key);
        }
        let response = request.send().await.map_err(|_connection| NodeError::Unreachable)?;
        match response.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(NodeError::Unauthorized);
            }
            StatusCode::TOO_MANY_REQUESTS => return Err(NodeError::TooMany(wait(&response))),
            status if status.is_server_error() => return Err(NodeError::Unreachable),
            // Nodes answer refusals with whatever status, and say more in the body.
            _ => {}
        }
        read(&bounded(response).await?)
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node").field("chain_id", &self.config.chain_id).finish_non_exhaustive()
    }
}

/// The contract ended the call.
#[derive(Debug, PartialEq, Eq)]
struct Reverted;

fn malformed(expected: &'static str) -> NodeError {
    NodeError::Malformed { expected }
}

/// Reads an answer.
fn read(body: &[u8]) -> Result<Result<Value, Reverted>, NodeError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_json| malformed("an answer"))?;
    match (answer.error, answer.result) {
        // Geth and its kin say 3 where there is data, and tell by words where there is none.
        (Some(it), _) if it.code == REVERTED || it.message.contains("execution reverted") => {
            Ok(Err(Reverted))
        }
        (Some(it), _) => Err(NodeError::Refused(it.code)),
        (None, Some(result)) if answer.id == json!(1) => Ok(Ok(result)),
        (None, _) => Err(malformed("an answer to what was asked")),
    }
}

async fn bounded(mut response: Response) -> Result<Vec<u8>, NodeError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_connection| NodeError::Unreachable)? {
        if chunk.len() > ANSWER_BYTES.saturating_sub(body.len()) {
            return Err(malformed("a short answer"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn wait(response: &Response) -> Duration {
    let seconds = response.headers().get(RETRY_AFTER).and_then(|it| it.to_str().ok());
    Duration::from_secs(seconds.and_then(|it| it.parse().ok()).unwrap_or(30).min(3600))
}

fn quantity(value: &Value) -> Option<u64> {
    u64::from_str_radix(value.as_str()?.strip_prefix("0x")?, 16).ok()
}

fn prefixed(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::*;

    #[test]
    fn answers_are_read_as_nodes_write_them() {
        let good = br#"{"jsonrpc":"2.0","id":1,"result":"0x1"}"#;
        assert_eq!(read(good).unwrap(), Ok(json!("0x1")));
        for reverted in [
            &br#"{"id":1,"error":{"code":3,"message":"execution reverted","data":"0x"}}"#[..],
            br#"{"id":1,"error":{"code":-32000,"message":"execution reverted"}}"#,
        ] {
            assert_eq!(read(reverted).unwrap(), Err(Reverted));
        }
        let refused = read(br#"{"id":1,"error":{"code":-32601,"message":"no such method"}}"#);
        assert!(matches!(refused, Err(NodeError::Refused(-32601))));
        for bad in [&b"<html>"[..], b"{}", br#"{"id":2,"result":"0x1"}"#, br#"{"id":1}"#, b"[]"] {
            assert!(matches!(read(bad), Err(NodeError::Malformed { .. })), "{bad:?}");
        }
    }

    #[test]
    fn quantities_are_hexadecimal_and_fit() {
        assert_eq!(quantity(&json!("0x10")), Some(16));
        for bad in [json!("16"), json!("0x"), json!("0x1ffffffffffffffff"), json!(16), json!("0xg")]
        {
            assert_eq!(quantity(&bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_read_or_refused(body in prop::collection::vec(any::<u8>(), 0..300)) {
            drop(read(&body));
        }
    }
}
