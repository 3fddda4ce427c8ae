//! The direct cast key API, as documented: `PUT /v2/ext-send-direct-cast`, send only.
//!
//! A key sends 5 messages a minute to each recipient and 5000 a day. What it sent stays here to
//! be looked at; the operator can read it, on the real network, too.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::put;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::clock;
use super::faults::{Fault, Faults, Scope};

const PER_MINUTE: usize = 5;
const PER_DAY: usize = 5000;
const MAX_CHARACTERS: usize = 1024;
const MINUTE_MS: u64 = 60 * 1000;
const DAY_MS: u64 = 24 * 60 * MINUTE_MS;

/// A message that was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectCast {
    /// Whom it is for.
    pub recipient_fid: u64,
    /// What it says.
    pub message: String,
    /// By which a repetition is known.
    pub idempotency_key: String,
}

#[derive(Debug, Default)]
struct Desk {
    key: String,
    sent: Vec<(u64, DirectCast)>,
    closed: BTreeSet<u64>,
    taken: BTreeMap<String, DirectCast>,
    asked: Vec<DirectCast>,
}

/// A server of the key API.
#[derive(Debug)]
pub struct DirectCasts {
    desk: Arc<Mutex<Desk>>,
    faults: Faults,
    addr: SocketAddr,
    stopping: CancellationToken,
    tasks: TaskTracker,
}

impl DirectCasts {
    /// Starts the server on 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// If the port is taken.
    pub async fn start(port: u16, key: &str) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let desk = Arc::new(Mutex::new(Desk { key: key.to_owned(), ..Desk::default() }));
        let faults = Faults::new(0);
        let server = Self {
            desk: Arc::clone(&desk),
            faults: faults.clone(),
            addr: listener.local_addr()?,
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let router =
            Router::new().route("/v2/ext-send-direct-cast", put(send)).with_state((desk, faults));
        let stopping = server.stopping.clone().cancelled_owned();
        server.tasks.spawn(async move {
            let served = axum::serve(listener, router).with_graceful_shutdown(stopping).await;
            if let Err(error) = served {
                tracing::error!(%error, "the direct cast server ended");
            }
        });
        Ok(server)
    }

    /// Where it is served.
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What was sent, in order.
    pub fn sent(&self) -> Vec<DirectCast> {
        lock(&self.desk).sent.iter().map(|(_, cast)| cast.clone()).collect()
    }

    /// What it was asked to send, in order, refusals and repetitions included.
    pub fn asked(&self) -> Vec<DirectCast> {
        lock(&self.desk).asked.clone()
    }

    /// The dial of what goes wrong: rate limits, no service, and answers that are lost.
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Takes another key from now on, and no longer the one before.
    pub fn change_key(&self, key: &str) {
        key.clone_into(&mut lock(&self.desk).key);
    }

    /// Lets a recipient accept messages again.
    pub fn reopen(&self, recipient_fid: u64) {
        lock(&self.desk).closed.remove(&recipient_fid);
    }

    /// Lets a recipient refuse messages.
    pub fn close(&self, recipient_fid: u64) {
        lock(&self.desk).closed.insert(recipient_fid);
    }

    /// Ends the server.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn lock(desk: &Mutex<Desk>) -> std::sync::MutexGuard<'_, Desk> {
    desk.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn send(
    State((desk, faults)): State<(Arc<Mutex<Desk>>, Faults)>,
    headers: HeaderMap,
    body: axum::body::Bytes,
) -> Response {
    let struck = faults.strike(Scope::Writes, |fault| {
        matches!(fault, Fault::RateLimited { .. } | Fault::Unavailable | Fault::AnswerLost)
    });
    let mut desk = lock(&desk);
    match struck {
        Some(Fault::RateLimited { retry_after_s }) => {
            desk.note(&body);
            let after = [(header::RETRY_AFTER, retry_after_s.to_string())];
            (after, refused(StatusCode::TOO_MANY_REQUESTS, "Too many requests")).into_response()
        }
        Some(Fault::AnswerLost) => {
            desk.answer(&headers, &body);
            refused(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
        }
        Some(_) => {
            desk.note(&body);
            refused(StatusCode::SERVICE_UNAVAILABLE, "Service unavailable")
        }
        None => desk.answer(&headers, &body),
    }
}

impl Desk {
    fn note(&mut self, body: &[u8]) {
        self.asked.extend(serde_json::from_slice::<DirectCast>(body));
    }

    fn answer(&mut self, headers: &HeaderMap, body: &[u8]) -> Response {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if bearer.and_then(|value| value.strip_prefix("Bearer ")) != Some(self.key.as_str()) {
            return refused(StatusCode::UNAUTHORIZED, "Unauthorized");
        }
        let Ok(cast) = serde_json::from_slice::<DirectCast>(body) else {
            return refused(StatusCode::BAD_REQUEST, "Invalid request body");
        };
        self.asked.push(cast.clone());
        let length = cast.message.chars().count();
        if cast.recipient_fid == 0 || length == 0 || length > MAX_CHARACTERS {
            return refused(StatusCode::BAD_REQUEST, "Invalid request body");
        }
        match self.taken.get(&cast.idempotency_key) {
            Some(known) if *known == cast => return taken(),
            Some(_) => return refused(StatusCode::CONFLICT, "Idempotency key was used before"),
            None => {}
        }
        if self.closed.contains(&cast.recipient_fid) {
            return refused(StatusCode::FORBIDDEN, "Recipient does not accept direct casts");
        }
        let now_ms = clock::unix_ms();
        if self.is_over(cast.recipient_fid, now_ms) {
            return refused(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
        }
        self.taken.insert(cast.idempotency_key.clone(), cast.clone());
        self.sent.push((now_ms, cast));
        taken()
    }

    fn is_over(&self, recipient: u64, now_ms: u64) -> bool {
        let within = |span_ms: u64| {
            self.sent.iter().rev().take_while(move |(at_ms, _)| at_ms + span_ms > now_ms)
        };
        let lately = within(MINUTE_MS).filter(|(_, cast)| cast.recipient_fid == recipient);
        lately.count() >= PER_MINUTE || within(DAY_MS).count() >= PER_DAY
    }
}

fn taken() -> Response {
    Json(json!({ "result": { "success": true } })).into_response()
}

fn refused(code: StatusCode, message: &str) -> Response {
    (code, Json(json!({ "errors": [{ "message": message }] }))).into_response()
}
