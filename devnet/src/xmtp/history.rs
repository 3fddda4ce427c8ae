//! A server for history archives and encrypted files: what somebody uploads is had back by its id, or
//! by the name under which they put it there. It knows no key.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};

/// The largest archive, in bytes.
const MAX_ARCHIVE: usize = 100 * 1024 * 1024;

/// What was uploaded; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Archives(Arc<Mutex<BTreeMap<String, Bytes>>>);

impl Archives {
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut BTreeMap<String, Bytes>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

pub(crate) fn router(archives: Archives) -> axum::Router {
    axum::Router::new()
        .route("/upload", post(upload))
        .route("/files/{id}", get(download).put(put))
        .layer(DefaultBodyLimit::max(MAX_ARCHIVE))
        .with_state(archives)
}

async fn upload(State(archives): State<Archives>, body: Bytes) -> Result<String, StatusCode> {
    if body.is_empty() {
        return Err(StatusCode::BAD_REQUEST);
    }
    let mut id = [0; 16];
    getrandom::fill(&mut id).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let id = hex::encode(id);
    archives.with(|archives| archives.insert(id.clone(), body));
    Ok(id)
}

async fn put(
    State(archives): State<Archives>,
    Path(name): Path<String>,
    body: Bytes,
) -> Result<StatusCode, StatusCode> {
    if body.is_empty() {
        return Err(StatusCode::BAD_REQUEST);
    }
    archives.with(|archives| archives.insert(name, body));
    Ok(StatusCode::CREATED)
}

async fn download(
    State(archives): State<Archives>,
    Path(id): Path<String>,
) -> Result<Bytes, StatusCode> {
    archives.with(|archives| archives.get(&id).cloned()).ok_or(StatusCode::NOT_FOUND)
}
