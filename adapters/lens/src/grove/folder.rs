//! Several files at once: places are given out first, then all files come in one request, each under
//! its place, with a list of who may change them: nobody.

use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::json;
use tokio::time::sleep;

use super::{ANSWER_BYTES, File, Grove, Laid, UPLOAD_FOR, places, refused};
use crate::api::{Transport, failure::ApiError, transport::exchange};

/// How often it is asked whether the files can be read.
const QUESTIONS: u32 = 8;
/// The first wait between two questions; each is twice the one before.
const WAIT: Duration = Duration::from_millis(50);
/// The part that says who may change the others.
const ACCESS: &str = "lens-acl.json";

#[derive(Deserialize)]
struct Standing {
    status: String,
}

impl Grove {
    /// Lays several files down as one folder; where each of them lies. Either all of them are there
    /// afterwards or none is shown.
    pub(crate) async fn lay_folder(
        &self,
        transport: &Transport,
        files: &[File],
    ) -> Result<Vec<String>, ApiError> {
        let mut given = self.given(transport, files.len().saturating_add(1)).await?.into_iter();
        let lacks = ApiError::Malformed { expected: "as many places as were asked for" };
        let folder = given.next().ok_or_else(|| lacks.clone())?;
        let given: Vec<_> = given.collect();
        if given.len() != files.len() {
            return Err(lacks);
        }
        let border = format!("threadbridge-{}", folder.storage_key);
        let body = self.body(&border, &given, files);
        let request = transport.client().post(self.at(&[&folder.storage_key])?);
        let kind = format!("multipart/form-data; boundary={border}");
        let request = request.timeout(UPLOAD_FOR).header(CONTENT_TYPE, kind).body(body);
        let (status, _) = exchange(request, ANSWER_BYTES).await?;
        if !status.is_success() {
            return Err(refused(status));
        }
        self.is_readable(transport, &folder.storage_key).await?;
        Ok(given.into_iter().map(|place| place.uri).collect())
    }

    /// Places for so many files.
    async fn given(&self, transport: &Transport, count: usize) -> Result<Vec<Laid>, ApiError> {
        let mut url = self.at(&["link", "new"])?;
        url.query_pairs_mut().append_pair("amount", &count.to_string());
        let (status, answer) = exchange(transport.client().post(url), ANSWER_BYTES).await?;
        if !status.is_success() {
            return Err(refused(status));
        }
        let given = places(&answer)?;
        // A place becomes part of an address and of the borders between files.
        let is_key = |it: &Laid| {
            it.storage_key.len() == 64 && it.storage_key.bytes().all(|it| it.is_ascii_hexdigit())
        };
        given
            .iter()
            .all(is_key)
            .then_some(given)
            .ok_or(ApiError::Malformed { expected: "storage keys" })
    }

    /// Waits until the files of a place can be read.
    async fn is_readable(&self, transport: &Transport, key: &str) -> Result<(), ApiError> {
        let mut wait = WAIT;
        for _question in 0..QUESTIONS {
            let request = transport.client().get(self.at(&["status", key])?);
            let (status, answer) = exchange(request, ANSWER_BYTES).await?;
            if !status.is_success() {
                return Err(refused(status));
            }
            let standing: Standing = serde_json::from_slice(&answer)
                .map_err(|_json| ApiError::Malformed { expected: "how an upload stands" })?;
            match standing.status.as_str() {
                "available" | "done" => return Ok(()),
                "unauthorized" | "error_upload" => {
                    let reason = "grove could not keep the files".to_owned();
                    return Err(ApiError::Internal { reason });
                }
                _ => sleep(wait).await,
            }
            wait = wait.saturating_mul(2);
        }
        Err(ApiError::Unanswered)
    }

    fn at(&self, path: &[&str]) -> Result<url::Url, ApiError> {
        let mut url = self.base.clone();
        let mut segments = url.path_segments_mut().map_err(|()| ApiError::Unreachable)?;
        segments.pop_if_empty().extend(path);
        drop(segments);
        Ok(url)
    }

    /// The request's body (RFC 7578).
    fn body(&self, border: &str, given: &[Laid], files: &[File]) -> Vec<u8> {
        let access = json!({ "template": "immutable", "chain_id": self.chain_id }).to_string();
        let parts = given.iter().zip(files);
        let parts = parts.map(|(place, file)| {
            (place.storage_key.as_str(), file.media_type, file.bytes.as_slice())
        });
        let access = std::iter::once((ACCESS, "application/json", access.as_bytes()));
        let mut body = Vec::new();
        for (name, media_type, bytes) in parts.chain(access) {
            body.extend_from_slice(
                format!(
                    "--{border}\r\ncontent-disposition: form-data; name=\"{name}\"; \
                     filename=\"{name}\"\r\ncontent-type: {media_type}\r\n\r\n"
                )
                .as_bytes(),
            );
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{border}--\r\n").as_bytes());
        body
    }
}
