//! Grove's HTTP: keys, uploads, status, reading.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::acl::Acl;
use super::shelf::{Files, Kept, Shelf, key};
use super::{change, upload};
use crate::lens::api::{after, before};
use crate::lens::clock;
use crate::lens::faults::{Faults, Scope};
use crate::lens::world::World;

/// The most keys that are given at once.
const MAX_AMOUNT: usize = 1000;

/// How many keys wait for their files.
const MAX_ALLOCATED: usize = 100_000;

/// What the routes work on.
#[derive(Clone, Debug)]
pub(crate) struct Storage {
    pub(crate) shelf: Shelf,
    /// Who owns and manages accounts decides who may change their files.
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) faults: Faults,
    pub(crate) max_bytes: usize,
    pub(crate) done_after: Duration,
}

/// A refusal, as JSON with a message.
#[derive(Debug)]
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

impl Refused {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self(status, message.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "message": self.1 }))).into_response()
    }
}

/// All routes.
pub(crate) fn router(storage: Storage) -> axum::Router {
    // Borders of parts and an access list come on top of the file.
    let limit = storage.max_bytes.saturating_add(1 << 16);
    axum::Router::new()
        .route("/", post(one_step))
        .route("/link/new", post(allocate))
        .route("/status/{key}", get(status))
        .route("/challenge/new", post(change::ask))
        .route("/challenge/sign", post(change::sign))
        .route("/{key}", get(read).post(upload::create).put(change::edit).delete(change::delete))
        .route("/{key}/{name}", get(read_named))
        .layer(middleware::from_fn_with_state(storage.clone(), faulty))
        .layer(DefaultBodyLimit::max(limit))
        .with_state(storage)
}

/// The fault dial in front of everything.
async fn faulty(State(storage): State<Storage>, request: Request, next: Next) -> Response {
    if let Some(response) = before(&storage.faults, Scope::Storage).await {
        return response;
    }
    let answer = next.run(request).await;
    after(&storage.faults, Scope::Storage).await.unwrap_or(answer)
}

impl Storage {
    /// Keeps a file, if it is not too large.
    pub(super) fn keep(
        &self,
        key: &str,
        (content_type, bytes): (String, Bytes),
        acl: Acl,
    ) -> Result<(), Refused> {
        if bytes.len() > self.max_bytes {
            let reason = format!("files may have {} bytes at most", self.max_bytes);
            return Err(Refused::new(StatusCode::PAYLOAD_TOO_LARGE, reason));
        }
        let kept_ms = clock::unix_ms();
        let wait_ms = u64::try_from(self.done_after.as_millis()).unwrap_or(u64::MAX);
        let done_ms = kept_ms.saturating_add(wait_ms);
        let kept = Kept { bytes, content_type, acl, kept_ms, done_ms };
        self.shelf.with(|files| {
            files.allocated.remove(key);
            files.deleted.remove(key);
            files.keep(key, kept);
        });
        Ok(())
    }
}

fn resource(files: &Files, key: &str) -> Value {
    json!({
        "storage_key": key,
        "gateway_url": format!("{}/{key}", files.gateway),
        "uri": format!("lens://{key}"),
    })
}

#[derive(Debug, Deserialize)]
struct Chain {
    chain_id: Option<u64>,
}

async fn one_step(
    State(storage): State<Storage>,
    Query(chain): Query<Chain>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Refused> {
    if chain.chain_id.is_none() {
        return Err(Refused::new(StatusCode::BAD_REQUEST, "chain_id is required"));
    }
    let key = key();
    storage.keep(&key, (content_type(&headers), bytes), Acl::Immutable)?;
    let resource = storage.shelf.with(|files| resource(files, &key));
    Ok((StatusCode::CREATED, Json(json!([resource]))).into_response())
}

#[derive(Debug, Deserialize)]
struct Amount {
    amount: Option<usize>,
}

async fn allocate(
    State(storage): State<Storage>,
    Query(Amount { amount }): Query<Amount>,
) -> Result<Json<Value>, Refused> {
    let amount = amount.unwrap_or(1);
    if !(1..=MAX_AMOUNT).contains(&amount) {
        let reason = format!("amount must be 1 to {MAX_AMOUNT}");
        return Err(Refused::new(StatusCode::BAD_REQUEST, reason));
    }
    let now_ms = clock::unix_ms();
    let resources: Vec<Value> = storage.shelf.with(|files| {
        let keys: Vec<String> = (0..amount).map(|_| key()).collect();
        files.allocated.extend(keys.iter().map(|key| (key.clone(), now_ms)));
        while files.allocated.len() > MAX_ALLOCATED {
            files.allocated.pop_first();
        }
        keys.iter().map(|key| resource(files, key)).collect()
    });
    Ok(Json(Value::Array(resources)))
}

async fn status(
    State(storage): State<Storage>,
    Path(key): Path<String>,
) -> Result<Json<Value>, Refused> {
    let now_ms = clock::unix_ms();
    let (status, progress) = storage.shelf.with(|files| match files.kept.get(&key) {
        Some(kept) if kept.done_ms <= now_ms => Ok(("done", 100)),
        // What is readable already, though not yet everywhere.
        Some(_) => Ok(("available", 50)),
        None if files.deleted.contains(&key) => Ok(("done", 100)),
        None if files.allocated.contains_key(&key) => Ok(("new", 0)),
        None => Err(not_found()),
    })?;
    Ok(Json(json!({ "storage_key": key, "status": status, "progress": progress })))
}

async fn read(
    State(storage): State<Storage>,
    Path(key): Path<String>,
) -> Result<Response, Refused> {
    let kept = storage.shelf.read(&key).ok_or_else(not_found)?;
    Ok(([(header::CONTENT_TYPE, kept.content_type)], kept.bytes).into_response())
}

async fn read_named(
    State(storage): State<Storage>,
    Path((_, key)): Path<(String, String)>,
) -> Result<Response, Refused> {
    read(State(storage), Path(key)).await
}

pub(super) fn not_found() -> Refused {
    Refused::new(StatusCode::NOT_FOUND, "the storage key is not known")
}

fn content_type(headers: &HeaderMap) -> String {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/octet-stream")
        .to_owned()
}
