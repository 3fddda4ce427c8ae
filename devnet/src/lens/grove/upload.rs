//! Uploads in several parts: files under keys that were given out, and who may change them.

use axum::body::Bytes;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use serde_json::json;

use super::acl::{self, Acl};
use super::route::{Refused, Storage};

/// The part that says who may change the others.
const ACL_PART: &str = "lens-acl.json";
/// The most parts that are read.
const MAX_PARTS: usize = 200;

/// One file of an upload.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) key: String,
    pub(super) content_type: String,
    pub(super) bytes: Bytes,
    is_index: bool,
}

/// `POST /<key>`: the first upload.
pub(super) async fn create(
    State(storage): State<Storage>,
    Path(key): Path<String>,
    multipart: Multipart,
) -> Result<StatusCode, Refused> {
    let (parts, acl) = read(multipart).await?;
    storage.shelf.with(|files| {
        for key in parts.iter().map(|part| &part.key).chain([&key]) {
            if !files.allocated.contains_key(key) {
                let reason = "a storage key was not given out, or is in use";
                return Err(Refused::new(StatusCode::BAD_REQUEST, reason));
            }
        }
        Ok(())
    })?;
    if parts.len() > 1 {
        storage.shelf.with(|files| files.folders = files.folders.saturating_add(1));
    }
    // A folder is read as its index, or as a list of what is in it.
    if parts.iter().all(|part| part.key != key && !part.is_index) {
        let names: Vec<_> = parts.iter().map(|part| &part.key).collect();
        let manifest = Bytes::from(json!({ "files": names }).to_string());
        storage.keep(&key, ("application/json".to_owned(), manifest), acl.clone())?;
    }
    for part in parts {
        if part.is_index && part.key != key {
            let index = (part.content_type.clone(), part.bytes.clone());
            storage.keep(&key, index, acl.clone())?;
        }
        storage.keep(&part.key, (part.content_type, part.bytes), acl.clone())?;
    }
    storage.shelf.with(|files| files.allocated.remove(&key));
    Ok(StatusCode::ACCEPTED)
}

/// The files of an upload and its access list.
pub(super) async fn read(mut multipart: Multipart) -> Result<(Vec<Part>, Acl), Refused> {
    let malformed = |error: axum::extract::multipart::MultipartError| {
        Refused::new(error.status(), error.body_text())
    };
    let (mut parts, mut acl) = (Vec::new(), None);
    while let Some(field) = multipart.next_field().await.map_err(malformed)? {
        let key = field.name().unwrap_or_default().to_owned();
        let is_index = field.file_name() == Some("index.json");
        let content_type = field.content_type().unwrap_or("application/octet-stream").to_owned();
        let bytes = field.bytes().await.map_err(malformed)?;
        if key == ACL_PART {
            let json = serde_json::from_slice(&bytes)
                .map_err(|_| Refused::new(StatusCode::BAD_REQUEST, "lens-acl.json is not JSON"))?;
            let read =
                acl::read(&json).map_err(|flaw| Refused::new(StatusCode::BAD_REQUEST, flaw))?;
            acl = Some(read);
            continue;
        }
        if parts.len() >= MAX_PARTS {
            return Err(Refused::new(StatusCode::BAD_REQUEST, "there are too many parts"));
        }
        parts.push(Part { key, content_type, bytes, is_index });
    }
    match acl {
        Some(acl) if !parts.is_empty() => Ok((parts, acl)),
        Some(_) => Err(Refused::new(StatusCode::BAD_REQUEST, "there is no file")),
        None => Err(Refused::new(StatusCode::BAD_REQUEST, "lens-acl.json is required")),
    }
}
