//! Files on the web beside the network: pictures on the owner's upload place. No other host is asked,
//! whatever anybody says.

use std::time::Duration;

use reqwest::{Client, Response, StatusCode, redirect};
use thiserror::Error;
use threadbridge_core::adapter::Verdict;
use url::Url;

use crate::config::Upload;

const CONNECT_FOR: Duration = Duration::from_secs(5);
/// Less than the bridge waits for an answer.
const CALL_FOR: Duration = Duration::from_secs(25);

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
