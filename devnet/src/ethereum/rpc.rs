//! The node's JSON-RPC (execution-apis), as far as anybody asks who only reads.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alloy_primitives::{Address, B256, hex};
use axum::Router;
use axum::body::Bytes as Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use super::chain::{Called, Chain, Header};
use super::faults::{Fault, Faults};

/// Errors of JSON-RPC 2.0, of EIP-1474, and the one that geth gives for what a contract ended.
const PARSE: i64 = -32_700;
const INVALID_REQUEST: i64 = -32_600;
const NO_METHOD: i64 = -32_601;
const INVALID_PARAMS: i64 = -32_602;
const SERVER: i64 = -32_000;
const REVERTED: i64 = 3;

/// What answers.
#[derive(Clone, Debug)]
pub(super) struct Rpc {
    pub(super) chain: Arc<Mutex<Chain>>,
    pub(super) faults: Faults,
    /// What `Authorization: Bearer …` must say, if anything.
    pub(super) key: Option<Arc<str>>,
}

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    id: Value,
    method: String,
    #[serde(default)]
    params: Vec<Value>,
}

#[derive(Deserialize)]
struct Wanted {
    to: Option<String>,
    #[serde(alias = "input", default)]
    data: String,
}

/// An error of JSON-RPC.
struct Refusal {
    code: i64,
    message: String,
    data: Option<Value>,
}

impl Refusal {
    fn new(code: i64, message: &str) -> Self {
        Self { code, message: message.to_owned(), data: None }
    }
}

impl Rpc {
    pub(super) fn router(self) -> Router {
        Router::new().route("/", post(serve)).with_state(self)
    }

    fn answer(&self, method: &str, params: &[Value]) -> Result<Value, Refusal> {
        let chain = self.chain.lock().unwrap_or_else(PoisonError::into_inner);
        let at = |place: usize| block(&chain, params.get(place));
        match method {
            "eth_chainId" => Ok(json!(format!("{:#x}", chain.id()))),
            "net_version" => Ok(json!(chain.id().to_string())),
            "web3_clientVersion" => Ok(json!("threadbridge-devnet")),
            "eth_blockNumber" => Ok(json!(format!("{:#x}", chain.head()))),
            "eth_getBlockByNumber" => Ok(at(0)?.map_or(Value::Null, |it| shown(&it))),
            "eth_call" => {
                let wanted: Wanted = param(params.first())?;
                let to = wanted.to.map(|to| to.parse::<Address>()).transpose();
                let to = to.map_err(|_hex| Refusal::new(INVALID_PARAMS, "`to` is an address"))?;
                let input = hex::decode(&wanted.data)
                    .map_err(|_hex| Refusal::new(INVALID_PARAMS, "`data` is hexadecimal"))?;
                let at = at(1)?.ok_or_else(unknown)?;
                match chain.call(to, &input, at.number).ok_or_else(unknown)? {
                    Called::Returned(returned) => Ok(json!(hex::encode_prefixed(returned))),
                    Called::Reverted => Err(Refusal {
                        data: Some(json!("0x")),
                        ..Refusal::new(REVERTED, "execution reverted")
                    }),
                    Called::Refused => Err(Refusal::new(SERVER, "code is not executed here")),
                }
            }
            _ => Err(Refusal::new(NO_METHOD, "the method does not exist")),
        }
    }
}

fn unknown() -> Refusal {
    Refusal::new(SERVER, "header not found")
}

fn param<T: serde::de::DeserializeOwned>(value: Option<&Value>) -> Result<T, Refusal> {
    let value = value.cloned().unwrap_or_default();
    serde_json::from_value(value).map_err(|error| Refusal::new(INVALID_PARAMS, &error.to_string()))
}

/// The block that a parameter names; the latest if there is none.
fn block(chain: &Chain, which: Option<&Value>) -> Result<Option<Header>, Refusal> {
    let invalid = || Refusal::new(INVALID_PARAMS, "a block is a tag or a number");
    let number = match which {
        None | Some(Value::Null) => chain.head(),
        Some(Value::String(tag)) => match tag.as_str() {
            "latest" | "safe" | "finalized" | "pending" => chain.head(),
            "earliest" => 0,
            number => {
                let digits = number.strip_prefix("0x").ok_or_else(invalid)?;
                u64::from_str_radix(digits, 16).map_err(|_digits| invalid())?
            }
        },
        Some(_) => return Err(invalid()),
    };
    Ok(chain.header(number))
}

fn shown(header: &Header) -> Value {
    let nothing = B256::ZERO.to_string();
    json!({
        "number": format!("{:#x}", header.number),
        "hash": header.hash.to_string(),
        "parentHash": header.parent.to_string(),
        "timestamp": format!("{:#x}", header.timestamp),
        "miner": Address::ZERO.to_string(),
        "stateRoot": nothing,
        "transactionsRoot": nothing,
        "receiptsRoot": nothing,
        "sha3Uncles": nothing,
        "mixHash": nothing,
        "nonce": "0x0000000000000000",
        "logsBloom": format!("0x{}", "0".repeat(512)),
        "extraData": "0x",
        "difficulty": "0x0",
        "totalDifficulty": "0x0",
        "size": "0x220",
        "gasLimit": "0x1c9c380",
        "gasUsed": "0x0",
        "baseFeePerGas": "0x0",
        "transactions": [],
        "uncles": [],
    })
}

async fn serve(State(rpc): State<Rpc>, headers: HeaderMap, body: Body) -> Response {
    let shown = headers.get(header::AUTHORIZATION).and_then(|it| it.to_str().ok());
    let key = rpc.key.as_ref().map(|key| format!("Bearer {key}"));
    if key.is_some() && key.as_deref() != shown {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let request: Value = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return told(&Value::Null, Err(Refusal::new(PARSE, &error.to_string()))),
    };
    let request: Request = match serde_json::from_value(request) {
        Ok(request) => request,
        Err(error) => {
            return told(&Value::Null, Err(Refusal::new(INVALID_REQUEST, &error.to_string())));
        }
    };
    match rpc.faults.strike(&request.method) {
        Some(fault) => befallen(&rpc, request, fault).await,
        None => {
            let answer = rpc.answer(&request.method, &request.params);
            told(&request.id, answer)
        }
    }
}

async fn befallen(rpc: &Rpc, request: Request, fault: Fault) -> Response {
    let answer = || rpc.answer(&request.method, &request.params);
    match fault {
        Fault::Delay { ms } => {
            tokio::time::sleep(Duration::from_millis(ms)).await;
            told(&request.id, answer())
        }
        Fault::RateLimited { retry_after_s } => {
            let wait = [(header::RETRY_AFTER, retry_after_s.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, wait).into_response()
        }
        Fault::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Fault::Refused { code } => told(&request.id, Err(Refusal::new(code, "refused"))),
        Fault::HtmlForJson => {
            axum::response::Html("<html><body>Bad gateway</body></html>").into_response()
        }
        Fault::OtherId => told(&json!("another"), answer()),
        Fault::Nonsense { result } => told(&request.id, Ok(result)),
        Fault::Cut => {
            rpc.faults.cut_connections();
            StatusCode::BAD_GATEWAY.into_response()
        }
        Fault::Hang | Fault::HalfOpen => std::future::pending().await,
    }
}

fn told(id: &Value, answer: Result<Value, Refusal>) -> Response {
    let mut said = json!({ "jsonrpc": "2.0", "id": id });
    if let Some(fields) = said.as_object_mut() {
        match answer {
            Ok(result) => drop(fields.insert("result".to_owned(), result)),
            Err(Refusal { code, message, data }) => {
                let mut error = json!({ "code": code, "message": message });
                if let (Some(error), Some(data)) = (error.as_object_mut(), data) {
                    error.insert("data".to_owned(), data);
                }
                fields.insert("error".to_owned(), error);
            }
        }
    }
    axum::Json(said).into_response()
}
