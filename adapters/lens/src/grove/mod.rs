//! Grove, where what is said is laid down: for good, readable by everybody, changed by nobody. One
//! file goes in one step; several that belong together go as a folder.

mod folder;

use std::time::Duration;

use reqwest::{StatusCode, header::CONTENT_TYPE};
use serde::Deserialize;
use url::Url;

use crate::api::{Transport, failure::ApiError, transport::exchange};

/// Pictures take longer than questions.
const UPLOAD_FOR: Duration = Duration::from_secs(25);
/// The longest answer that is read.
const ANSWER_BYTES: usize = 64 * 1024;
/// The longest address that is taken from Grove.
const URI_BYTES: usize = 1024;

/// The way to Grove.
#[derive(Clone, Debug)]
pub(crate) struct Grove {
    base: Url,
    chain_id: u64,
}

/// A file to be laid down.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// A place on Grove.
#[derive(Deserialize)]
struct Laid {
    uri: String,
    #[serde(default)]
    storage_key: String,
}

impl Grove {
    pub(crate) fn new(base: &Url, chain_id: u64) -> Self {
        Self { base: base.clone(), chain_id }
    }

    /// Where what lies there can be opened.
    pub(crate) fn gateway(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Lays bytes down. Where they lie; done twice, they lie there twice, which harms nobody.
    pub(crate) async fn lay_down(
        &self,
        transport: &Transport,
        media_type: &str,
        bytes: Vec<u8>,
    ) -> Result<String, ApiError> {
        let mut url = self.base.clone();
        url.query_pairs_mut().append_pair("chain_id", &self.chain_id.to_string());
        let request = transport.client().post(url).timeout(UPLOAD_FOR);
        let request = request.header(CONTENT_TYPE, media_type).body(bytes);
        let (status, answer) = exchange(request, ANSWER_BYTES).await?;
        if !status.is_success() {
            return Err(refused(status));
        }
        let laid = places(&answer)?.into_iter().next().map(|it| it.uri);
        laid.ok_or(ApiError::Malformed { expected: "an address on grove" })
    }
}

/// The places that an answer names.
fn places(answer: &[u8]) -> Result<Vec<Laid>, ApiError> {
    let places: Vec<Laid> = serde_json::from_slice(answer)
        .map_err(|_json| ApiError::Malformed { expected: "grove's list of what was laid down" })?;
    let is_place = |it: &Laid| it.uri.starts_with("lens://") && it.uri.len() <= URI_BYTES;
    places
        .iter()
        .all(is_place)
        .then_some(places)
        .ok_or(ApiError::Malformed { expected: "addresses on grove" })
}

/// What it means that Grove does not take something.
fn refused(status: StatusCode) -> ApiError {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::BadInput { reason: "it is larger than grove takes".to_owned() }
        }
        StatusCode::BAD_REQUEST
        | StatusCode::UNSUPPORTED_MEDIA_TYPE
        | StatusCode::UNPROCESSABLE_ENTITY => {
            let reason = format!("grove finds fault with it (http status {})", status.as_u16());
            ApiError::BadInput { reason }
        }
        // Whatever else is refused may be refused to everybody, and nothing is wrong with the words.
        _ => ApiError::Storage(status.as_u16()),
    }
}
