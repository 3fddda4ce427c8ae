//! Files on the web beside the network: pictures on the owner's upload place, archives on their
//! history server. No other host is asked, whatever anybody says.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, redirect};
use thiserror::Error;
use threadbridge_core::adapter::Verdict;
use url::Url;

use crate::config::Upload;

const CONNECT_FOR: Duration = Duration::from_secs(5);
/// Less than the bridge waits for an answer.
const CALL_FOR: Duration = Duration::from_secs(25);
/// The longest name that a history server gives a file.
const MAX_NAME_BYTES: u64 = 256;

/// Why a file was not laid down, or not had back.
#[derive(Debug, Error)]
pub(crate) enum WebError {
    #[error("the server for files does not answer")]
    Unreachable(#[source] reqwest::Error),
    #[error("the server for files answers {0}")]
    Status(StatusCode),
    #[error("the file is larger than is taken")]
    TooLarge,
    #[error("the server for files says nothing sensible")]
    Answer,
    #[error("no client for the web could be made")]
    NoClient,
    #[error("no randomness could be had")]
    Random,
}

impl WebError {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Unreachable(_) | Self::NoClient | Self::Random => Verdict::Retry,
            Self::Status(status) if status.is_server_error() => Verdict::Retry,
            Self::Status(
                StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS,
            ) => Verdict::Retry,
            Self::Status(_) | Self::TooLarge | Self::Answer => Verdict::Reject,
        }
    }
}

fn client() -> Result<Client, WebError> {
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT_FOR)
        .timeout(CALL_FOR)
        .build();
    client.map_err(|_failure| WebError::NoClient)
}

fn accepted(answer: Result<Response, reqwest::Error>) -> Result<Response, WebError> {
    let answer = answer.map_err(WebError::Unreachable)?;
    if answer.status().is_success() { Ok(answer) } else { Err(WebError::Status(answer.status())) }
}

/// Lays a file down under a random name; where it can be had.
pub(crate) async fn lay_down(at: &Upload, bytes: Vec<u8>) -> Result<Url, WebError> {
    let mut name = [0; 16];
    getrandom::fill(&mut name).map_err(|_failure| WebError::Random)?;
    let mut url = at.url.clone();
    match url.path_segments_mut() {
        Ok(mut path) => path.pop_if_empty().push(&hex::encode(name)),
        Err(()) => return Err(WebError::Answer),
    };
    let put = client()?.put(url.clone()).body(bytes);
    let put = match &at.token {
        Some(token) => put.bearer_auth(token.expose()),
        None => put,
    };
    accepted(put.send().await)?;
    Ok(url)
}

/// Lays an archive down on a history server; what the server calls it.
pub(crate) async fn post(server: &str, bytes: Vec<u8>) -> Result<String, WebError> {
    let answer = client()?.post(format!("{server}/upload")).body(bytes).send().await;
    let name = read(accepted(answer)?, MAX_NAME_BYTES).await?;
    let name = String::from_utf8(name).map_err(|_form| WebError::Answer)?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_name = !name.is_empty() && name.bytes().all(is_plain);
    if is_name { Ok(name) } else { Err(WebError::Answer) }
}

/// Has a file of at most `max_bytes`.
pub(crate) async fn get(url: &str, max_bytes: u64) -> Result<Vec<u8>, WebError> {
    read(accepted(client()?.get(url).send().await)?, max_bytes).await
}

async fn read(mut answer: Response, max_bytes: u64) -> Result<Vec<u8>, WebError> {
    let max_bytes = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(WebError::Unreachable)? {
        if chunk.len() > max_bytes.saturating_sub(bytes.len()) {
            return Err(WebError::TooLarge);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}
