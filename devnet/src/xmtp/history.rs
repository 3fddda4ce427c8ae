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

/// What a server that cannot be trusted does to a file.
pub type Spoil = fn(Vec<u8>) -> Vec<u8>;

/// What was uploaded; clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Archives(Arc<Mutex<BTreeMap<String, Bytes>>>, Arc<Mutex<Option<Spoil>>>);

impl Archives {
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut BTreeMap<String, Bytes>) -> R) -> R {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Spoils what is had back from now on, or no more.
    pub(crate) fn spoil(&self, spoil: Option<Spoil>) {
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = spoil;
    }

    fn had(&self, name: &str) -> Option<Bytes> {
        let spoil = *self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = self.with(|archives| archives.get(name).cloned())?;
        Some(spoil.map_or_else(|| bytes.clone(), |spoil| spoil(bytes.to_vec()).into()))
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
    archives.had(&id).ok_or(StatusCode::NOT_FOUND)
}
