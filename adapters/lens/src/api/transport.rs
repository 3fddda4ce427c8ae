//! One question, one answer, over HTTP.

use std::time::Duration;

use reqwest::{
    Client, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, HeaderMap, HeaderValue, ORIGIN, RETRY_AFTER},
    redirect,
};
use serde::Deserialize;
use serde_json::{Value, json};
use threadbridge_core::secret::Secret;
use url::Url;

use super::failure::ApiError;

const CALL_FOR: Duration = Duration::from_secs(8);
const CONNECT_FOR: Duration = Duration::from_secs(5);
/// How long too many calls mean to wait, where the API does not say.
const WAIT: Duration = Duration::from_secs(30);
/// However long the API says, it is asked again after this.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);
/// The longest answer that is read: fifty posts with long metadata each, ten times.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// The longest reason that is shown.
const REASON_CHARACTERS: usize = 300;
const ACCEPTED: &str = "application/graphql-response+json, application/json";

/// The way to the API.
#[derive(Clone, Debug)]
pub(crate) struct Transport {
    client: Client,
    pub(crate) endpoint: Url,
    pub(crate) origin: Url,
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    message: String,
    #[serde(default)]
    extensions: Option<Extensions>,
}

#[derive(Deserialize)]
struct Extensions {
    #[serde(default)]
    code: Option<String>,
}

impl Transport {
    /// Prepares a client; nothing if a header cannot be sent or TLS cannot be had.
    pub(crate) fn new(endpoint: &Url, origin: &Url, server_key: Option<&Secret>) -> Option<Self> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(ACCEPTED));
        let sent = HeaderValue::from_str(&origin.origin().ascii_serialization()).ok()?;
        headers.insert(ORIGIN, sent);
        if let Some(key) = server_key {
            let mut key = HeaderValue::from_str(key.expose()).ok()?;
            key.set_sensitive(true);
            headers.insert("x-lens-app", key);
        }
        let client = Client::builder()
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_FOR)
            .timeout(CALL_FOR)
            .build()
            .ok()?;
        Some(Self { client, endpoint: endpoint.clone(), origin: origin.clone() })
    }

    /// A client for other places of the network, with the same limits.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Asks once. The operation's name goes along where the document has one operation with a name
    /// that says something.
    pub(crate) async fn ask(
        &self,
        (name, document): (Option<&str>, &str),
        variables: &Value,
        token: Option<&str>,
    ) -> Result<Value, ApiError> {
        let mut body = json!({ "query": document, "variables": variables });
        if let (Some(name), Some(body)) = (name, body.as_object_mut()) {
            body.insert("operationName".to_owned(), json!(name));
        }
        let mut request = self.client.post(self.endpoint.clone()).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let (status, bytes) = exchange(request, ANSWER_BYTES).await?;
        let answer = serde_json::from_slice(&bytes);
        match (answer, status) {
            (Ok(answer), _) => understood(answer),
            (Err(_), StatusCode::UNAUTHORIZED) => Err(ApiError::Unauthenticated),
            (Err(_), StatusCode::FORBIDDEN) => Err(ApiError::Forbidden),
            (Err(_), status) if status.is_success() => {
                Err(ApiError::Malformed { expected: "a graphql answer" })
            }
            (Err(_), status) => Err(ApiError::Trouble(status.as_u16())),
        }
    }
}

/// Sends a request and reads its whole answer, up to a size.
pub(crate) async fn exchange(
    request: RequestBuilder,
    most: usize,
) -> Result<(StatusCode, Vec<u8>), ApiError> {
    let response = request.send().await.map_err(|error| {
        if error.is_connect() || error.is_builder() {
            ApiError::Unreachable
        } else {
            ApiError::Unanswered
        }
    })?;
    let status = response.status();
    if status == StatusCode::TOO_MANY_REQUESTS {
        return Err(ApiError::TooMany(wait(&response)));
    }
    if status.is_server_error() {
        // A proxy that refuses for a while says for how long.
        return Err(match response.headers().contains_key(RETRY_AFTER) {
            true if status == StatusCode::SERVICE_UNAVAILABLE => ApiError::TooMany(wait(&response)),
            _ => ApiError::Trouble(status.as_u16()),
        });
    }
    Ok((status, body(response, most).await?))
}

fn wait(response: &Response) -> Duration {
    let wait = response.headers().get(RETRY_AFTER);
    let seconds = wait.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    seconds.map_or(WAIT, Duration::from_secs).min(LONGEST_WAIT)
}

async fn body(mut response: Response, most: usize) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_broken| ApiError::Unanswered)? {
        if body.len().saturating_add(chunk.len()) > most {
            return Err(ApiError::Malformed { expected: "a shorter answer" });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An answer with errors is a failed call, even if a part of it is there.
fn understood(answer: Answer) -> Result<Value, ApiError> {
    if let Some(fault) = answer.errors.into_iter().next() {
        let code = fault.extensions.and_then(|it| it.code).unwrap_or_default();
        return Err(match code.as_str() {
            "UNAUTHENTICATED" => ApiError::Unauthenticated,
            "FORBIDDEN" => ApiError::Forbidden,
            "BAD_USER_INPUT" | "BAD_REQUEST" => {
                ApiError::BadInput { reason: shown(&fault.message) }
            }
            // What is not known may pass.
            _ => ApiError::Internal { reason: shown(&fault.message) },
        });
    }
    answer.data.ok_or(ApiError::Malformed { expected: "data or errors" })
}

/// A reason of the network's, fit to be shown to people.
pub(crate) fn shown(reason: &str) -> String {
    let plain = reason.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(REASON_CHARACTERS).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(json: &str) -> Result<Value, ApiError> {
        understood(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn errors_inside_an_answer_are_failures_by_their_code() {
        let with = |code: &str| {
            answered(&format!(
                r#"{{"data":{{"me":1}},"errors":[{{"message":"no","extensions":{{"code":"{code}"}}}}]}}"#
            ))
        };
        assert_eq!(with("UNAUTHENTICATED"), Err(ApiError::Unauthenticated));
        assert_eq!(with("FORBIDDEN"), Err(ApiError::Forbidden));
        let inside = ApiError::Internal { reason: "no".to_owned() };
        assert_eq!(with("INTERNAL_SERVER_ERROR"), Err(inside.clone()));
        assert_eq!(with("NEWER"), Err(inside));
        let ours = ApiError::BadInput { reason: "no".to_owned() };
        assert_eq!(with("BAD_USER_INPUT"), Err(ours));
    }

    #[test]
    fn data_alone_is_the_answer() {
        assert_eq!(answered(r#"{"data":{"health":true}}"#).unwrap()["health"], true);
        assert_eq!(answered("{}"), Err(ApiError::Malformed { expected: "data or errors" }));
    }

    #[test]
    fn reasons_are_short_and_of_one_line() {
        assert_eq!(shown("a\nb\u{1b}"), "a b");
        assert_eq!(shown(&"x".repeat(1000)).len(), REASON_CHARACTERS);
    }
}
