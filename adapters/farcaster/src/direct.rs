//! Direct casts by the documented key API. They are no part of the protocol: the operator stores
//! and reads them, and this API only sends.

use std::{fmt, time::Duration};

use reqwest::{Client, Response, StatusCode, header::RETRY_AFTER, redirect};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use threadbridge_core::{adapter::Verdict, secret::Secret};
use url::Url;

use crate::draft::DirectDraft;

const CALL_FOR: Duration = Duration::from_secs(15);
/// Five a minute to one person are allowed.
const WAIT: Duration = Duration::from_secs(60);
/// Longest answer that is read.
const ANSWER_BYTES: usize = 64 * 1024;

/// A client of the direct cast API.
pub(crate) struct DirectApi {
    client: Client,
    url: Url,
    key: Secret,
}

impl fmt::Debug for DirectApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectApi").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

/// Why a direct cast was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum DirectError {
    /// The key is wrong or withdrawn.
    #[error("the direct cast key is not accepted; set `direct_casts.key` to one that is")]
    Key,
    /// The recipient takes none from us.
    #[error(
        "the recipient takes no direct casts from this account; \
         ask them to allow it in their app's settings, then replay"
    )]
    NotWanted,
    /// The API found fault with it.
    #[error("the direct cast was refused (http status {0})")]
    Refused(u16),
    /// Too many.
    #[error("too many direct casts")]
    TooMany(Duration),
    /// An answer that does not say that it was sent.
    #[error("the direct cast server did not say that it was sent")]
    Unclear,
    /// No answer, or the server has trouble.
    #[error("the direct cast server is unavailable")]
    Unavailable,
}

impl DirectError {
    /// What to do about it.
    pub(crate) fn verdict(self) -> Verdict {
        match self {
            Self::Key => Verdict::SuspendLeg,
            Self::NotWanted | Self::Refused(_) => Verdict::Reject,
            Self::TooMany(wait) => Verdict::RetryAfter(wait),
            Self::Unclear | Self::Unavailable => Verdict::Retry,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    recipient_fid: u64,
    message: &'a str,
    idempotency_key: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    result: Sent,
}

#[derive(Deserialize)]
struct Sent {
    success: bool,
}

impl DirectApi {
    /// Prepares a client; `None` if TLS cannot be had.
    pub(crate) fn new(api: &Url, key: Secret) -> Option<Self> {
        let mut url = api.clone();
        url.set_path(&format!("{}/v2/ext-send-direct-cast", api.path().trim_end_matches('/')));
        let client =
            Client::builder().redirect(redirect::Policy::none()).timeout(CALL_FOR).build().ok()?;
        Some(Self { client, url, key })
    }

    /// Sends once. The same idempotency key makes a repetition harmless.
    pub(crate) async fn send(
        &self,
        draft: &DirectDraft,
        idempotency_key: &str,
    ) -> Result<(), DirectError> {
        let body = Body { recipient_fid: draft.recipient, message: &draft.text, idempotency_key };
        let request = self.client.put(self.url.clone()).bearer_auth(self.key.expose()).json(&body);
        let response = request.send().await.map_err(|_transport| DirectError::Unavailable)?;
        let wait = response.headers().get(RETRY_AFTER);
        let wait = wait.and_then(|value| value.to_str().ok()?.parse().ok());
        match response.status() {
            status if status.is_success() => is_sent(response).await,
            StatusCode::UNAUTHORIZED => Err(DirectError::Key),
            StatusCode::FORBIDDEN => Err(DirectError::NotWanted),
            StatusCode::TOO_MANY_REQUESTS => {
                Err(DirectError::TooMany(wait.map_or(WAIT, Duration::from_secs)))
            }
            status if status.is_client_error() => Err(DirectError::Refused(status.as_u16())),
            _ => Err(DirectError::Unavailable),
        }
    }
}

/// A page for people can come with status 200, too.
async fn is_sent(mut response: Response) -> Result<(), DirectError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_transport| DirectError::Unavailable)? {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(DirectError::Unclear);
        }
        body.extend_from_slice(&chunk);
    }
    match serde_json::from_slice(&body) {
        Ok(Answer { result: Sent { success: true } }) => Ok(()),
        Ok(_) | Err(_) => Err(DirectError::Unclear),
    }
}
