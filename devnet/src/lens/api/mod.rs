//! The API over HTTP: `POST /graphql`, and the keys of its tokens.

mod accounts;
mod filter;
mod graph;
mod groups;
mod input;
mod login;
mod managers;
mod news;
mod opinions;
mod outcome;
mod page;
mod places;
mod posts;
mod route;
mod sessions;
mod status;
mod turn;
mod write;

use std::sync::{Arc, Mutex};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use self::turn::{Caller, Turn};
use super::faults::{Fault, Faults, Scope};
use super::graphql::{Code, Document, Failure, Posted, run};
use super::world::World;
use super::{clock, token};

/// The official client's documents have up to 30 kB.
const MAX_BODY: usize = 256 * 1024;

/// What the routes work on.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) faults: Faults,
    /// The API's own address.
    pub(crate) issuer: Arc<str>,
}

/// All routes.
pub(crate) fn router(api: Api) -> axum::Router {
    axum::Router::new()
        .route("/graphql", post(answer))
        .route("/.well-known/jwks.json", get(jwks))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(api)
}

async fn jwks() -> Response {
    match tokio::task::spawn_blocking(token::key).await {
        Ok(Ok(key)) => Json(key.jwks()).into_response(),
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn answer(State(api): State<Api>, headers: HeaderMap, body: Bytes) -> Response {
    let posted: Posted = match serde_json::from_slice(&body) {
        Ok(posted) => posted,
        Err(error) => {
            let failure = Failure::request(format!("the body is not a request: {error}"));
            return (StatusCode::BAD_REQUEST, Json(failure.answer())).into_response();
        }
    };
    let document = match Document::read(posted) {
        Ok(document) => document,
        Err(failure) => return Json(failure.answer()).into_response(),
    };
    let scope = if document.is_mutation() { Scope::Writes } else { Scope::Reads };
    if let Some(response) = before(&api.faults, scope).await {
        return response;
    }
    let caller = caller(&headers);
    // Signing takes a while, the first key even longer.
    let faults = api.faults.clone();
    let working = tokio::task::spawn_blocking(move || work(&api, &caller, &document));
    let Ok(answer) = working.await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    after(&faults, scope).await.unwrap_or_else(|| Json(answer).into_response())
}

/// What goes wrong before anything is done.
pub(crate) async fn before(faults: &Faults, scope: Scope) -> Option<Response> {
    if let Some(delay) = faults.delay(scope) {
        tokio::time::sleep(delay).await;
    }
    let is_before = |fault: &Fault| {
        matches!(
            fault,
            Fault::RateLimited { .. }
                | Fault::Unavailable
                | Fault::Internal
                | Fault::Hang
                | Fault::HtmlForJson
        )
    };
    let fault = faults.strike(scope, is_before)?;
    if fault == Fault::Hang {
        return std::future::pending().await;
    }
    if let Fault::RateLimited { retry_after_s } = fault {
        let after = [(header::RETRY_AFTER, retry_after_s.to_string())];
        return Some((StatusCode::TOO_MANY_REQUESTS, after, "Too Many Requests").into_response());
    }
    if fault == Fault::Internal {
        let failure = Failure::new(Code::Internal, "Something went wrong");
        let kind = [(header::CONTENT_TYPE, "application/graphql-response+json")];
        return Some((kind, failure.answer().to_string()).into_response());
    }
    if fault == Fault::HtmlForJson {
        let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        let page = "<!DOCTYPE html><html><body>Just a moment…</body></html>";
        return Some((kind, page).into_response());
    }
    Some((StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable").into_response())
}

/// What goes wrong after everything is done.
pub(crate) async fn after(faults: &Faults, scope: Scope) -> Option<Response> {
    let is_after = |fault: &Fault| matches!(fault, Fault::AnswerLost | Fault::Cut);
    if faults.strike(scope, is_after)? == Fault::Cut {
        faults.cut_connections();
        return std::future::pending().await;
    }
    Some((StatusCode::BAD_GATEWAY, "Bad Gateway").into_response())
}

fn caller(headers: &HeaderMap) -> Caller {
    let text = |name: HeaderName| {
        headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    };
    // Some apps send the token in a header of its own, without «Bearer».
    let bearer = text(header::AUTHORIZATION)
        .and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let token = bearer.or_else(|| text(HeaderName::from_static("x-access-token")));
    Caller {
        origin: text(header::ORIGIN),
        agent: text(header::USER_AGENT),
        token: token.filter(|token| !token.is_empty()),
    }
}

fn work(api: &Api, caller: &Caller, document: &Document) -> Value {
    World::locked(&api.world, |world| {
        let now_ms = clock::unix_ms();
        let session =
            caller.token.as_ref().and_then(|token| world.sessions.of_token(token, now_ms).cloned());
        let session = session.filter(|session| {
            let is_revoked = api.faults.strikes(&Fault::TokenRevoked);
            if is_revoked {
                world.sessions.close(&session.id);
            }
            !is_revoked
        });
        // Only who signs in may bring a token that is worth nothing.
        if caller.token.is_some() && session.is_none() && !signs_in(document) {
            return Failure::unauthenticated().answer();
        }
        let issuer = Arc::clone(&api.issuer);
        let mut turn = Turn { world, caller, session, now_ms, issuer };
        match run(document, &mut turn) {
            Ok(data) => json!({ "data": data }),
            Err(failure) => failure.answer(),
        }
    })
}

fn signs_in(document: &Document) -> bool {
    document.roots().all(|name| matches!(name, "challenge" | "authenticate" | "refresh"))
}
