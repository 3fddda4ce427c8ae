//! The hub over HTTP: `/v1/*`, in the real node's JSON, its inconsistencies included.

mod event_json;
mod message_json;
mod parameter;
mod people_json;
mod people_route;
mod route;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use prost::Message as _;
use serde_json::{Value, json};
use tonic::Status;

use self::parameter::Parameters;
use super::faults::{Fault, Scope};
use super::grpc::{Front, is_before, status};
use super::wire::{Message, SubmitBulkMessagesRequest, bulk_message_response};
use crate::line::Lines;

/// Serves until the hub stops.
pub(crate) async fn serve(front: Front, lines: Lines) {
    let stopping = front.stopping.clone();
    let router = Router::new()
        .fallback(answer)
        .layer(from_fn_with_state(front.clone(), fault))
        .with_state(front);
    let served =
        axum::serve(lines, router).with_graceful_shutdown(stopping.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "the HTTP server ended");
    }
}

/// The fault dial in front of everything.
async fn fault(State(front): State<Front>, request: Request, next: Next) -> Response {
    let is_write = request.uri().path().contains("/submit");
    let scope = if is_write { Scope::Writes } else { Scope::Reads };
    if let Some(delay) = front.faults.delay(scope) {
        tokio::time::sleep(delay).await;
    }
    match front.faults.strike(scope, |fault| is_before(fault) || *fault == Fault::HtmlForJson) {
        Some(Fault::Hang) => return std::future::pending().await,
        Some(Fault::RateLimited { retry_after_s }) => {
            let after = [(header::RETRY_AFTER, retry_after_s.to_string())];
            return (StatusCode::TOO_MANY_REQUESTS, after, "Too Many Requests").into_response();
        }
        Some(Fault::HtmlForJson) => {
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            return (kind, "<!DOCTYPE html><html><body>Just a moment…</body></html>")
                .into_response();
        }
        Some(_) => return unavailable(),
        None => {}
    }
    let answer = next.run(request).await;
    if front.faults.strike(scope, |fault| *fault == Fault::AnswerLost).is_some() {
        return unavailable();
    }
    answer
}

fn unavailable() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response()
}

async fn answer(
    State(front): State<Front>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut response = if method == Method::POST {
        post(&front, uri.path(), &headers, &body)
    } else if method == Method::GET {
        get(&front, &uri)
    } else {
        not_found()
    };
    response
        .headers_mut()
        .insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not Found").into_response()
}

fn get(front: &Front, uri: &Uri) -> Response {
    let parameters = Parameters::read(uri.query().unwrap_or_default());
    match route::read(front, uri.path(), &parameters) {
        None => not_found(),
        Some(Ok(value)) => axum::Json(value).into_response(),
        Some(Err(Unanswered::Parameter(text))) => {
            (StatusCode::BAD_REQUEST, format!("Invalid query parameters: {text}")).into_response()
        }
        Some(Err(Unanswered::Refused(what, status))) => refused(what, &status),
    }
}

/// Why a question has no answer.
#[derive(Debug)]
enum Unanswered {
    Parameter(String),
    Refused(&'static str, Status),
}

/// Every failure is a 400, not-found included: the reason is in the detail's text only.
fn refused(what: &str, status: &Status) -> Response {
    let code = if matches!(status.code(), tonic::Code::Internal | tonic::Code::Unknown) {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::BAD_REQUEST
    };
    let body = json!({ "error": what, "error_detail": detail(status) });
    (code, axum::Json(body)).into_response()
}

/// What tonic shows of a status, as the real node's JSON has it.
fn detail(status: &Status) -> String {
    let code = format!("{:?}", status.code());
    format!(
        "status: {code}, message: {:?}, details: [], metadata: MetadataMap {{ headers: {:?} }}",
        status.message(),
        status.metadata().clone().into_headers()
    )
}

fn post(front: &Front, path: &str, headers: &HeaderMap, body: &Bytes) -> Response {
    if !matches!(path, "/v1/validateMessage" | "/v1/submitMessage" | "/v1/submitBulkMessages") {
        return not_found();
    }
    if let Err(text) = octet_stream(headers, path) {
        return (StatusCode::BAD_REQUEST, text).into_response();
    }
    if path != "/v1/validateMessage" {
        if let Err(status) = front.admit(headers) {
            let body = json!({ "code": "Unauthorized", "message": status.message() });
            return (StatusCode::UNAUTHORIZED, axum::Json(body)).into_response();
        }
        if let Err(status) = front.authorize(headers) {
            return refused("Failed to submit message", &status);
        }
    }
    if path == "/v1/submitBulkMessages" {
        return match SubmitBulkMessagesRequest::decode(body.clone()) {
            Ok(request) => axum::Json(bulk(front, request)).into_response(),
            Err(error) => invalid_protobuf(&error),
        };
    }
    let message = match Message::decode(body.clone()) {
        Ok(message) => message,
        Err(error) => return invalid_protobuf(&error),
    };
    if path == "/v1/validateMessage" {
        let valid = front.ledger.validate(message.clone()).is_ok();
        let body = json!({ "valid": valid, "message": message_json::message(&message) });
        return axum::Json(body).into_response();
    }
    match front.submit(message) {
        Ok(message) => axum::Json(message_json::message(&message)).into_response(),
        Err(refusal) => refused("Failed to submit message", &status(&refusal)),
    }
}

fn octet_stream(headers: &HeaderMap, path: &str) -> Result<(), String> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match kind {
        Some("application/octet-stream") => Ok(()),
        _ if path == "/v1/submitBulkMessages" => {
            Err("Invalid content-type. Must be application/octet-stream".to_owned())
        }
        Some(kind) => Err(format!("Invalid content type: {kind}")),
        None => Err("Missing content type".to_owned()),
    }
}

fn invalid_protobuf(error: &prost::DecodeError) -> Response {
    (StatusCode::BAD_REQUEST, format!("Invalid protobuf data: {error}")).into_response()
}

fn bulk(front: &Front, request: SubmitBulkMessagesRequest) -> Value {
    let responses = front.submit_bulk(request).messages;
    let messages: Vec<Value> = responses
        .into_iter()
        .filter_map(|response| response.response)
        .map(|response| match response {
            bulk_message_response::Response::Message(message) => message_json::message(&message),
            bulk_message_response::Response::MessageError(error) => json!({
                "hash": message_json::hex(&error.hash),
                "errCode": error.err_code,
                "message": error.message,
            }),
        })
        .collect();
    json!({ "messages": messages })
}
