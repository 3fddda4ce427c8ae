//! A service with the fault dial in front of it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;

use crate::farcaster::faults::{Fault, Faults, Scope};

/// Passes requests on, unless a fault strikes.
#[derive(Clone, Debug)]
pub(super) struct Faulty<S> {
    inner: S,
    faults: Faults,
}

impl<S> Faulty<S> {
    pub(super) const fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

impl<S: NamedService> NamedService for Faulty<S> {
    const NAME: &'static str = S::NAME;
}

type Answer = Result<http::Response<Body>, Infallible>;

impl<S> Service<http::Request<Body>> for Faulty<S>
where
    S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send,
{
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let faults = self.faults.clone();
        Box::pin(async move {
            let scope = scope_of(request.uri().path());
            if let Some(delay) = faults.delay(scope) {
                tokio::time::sleep(delay).await;
            }
            match faults.strike(scope, is_before) {
                Some(Fault::Hang) => return std::future::pending().await,
                Some(Fault::RateLimited { retry_after_s }) => {
                    return Ok(rate_limited(retry_after_s).into_http());
                }
                Some(_) => return Ok(unavailable().into_http()),
                None => {}
            }
            let answer = inner.call(request).await?;
            if faults.strike(scope, |fault| *fault == Fault::AnswerLost).is_some() {
                return Ok(unavailable().into_http());
            }
            Ok(answer)
        })
    }
}

/// Whether a fault strikes before a request takes effect.
pub(crate) const fn is_before(fault: &Fault) -> bool {
    matches!(fault, Fault::Hang | Fault::RateLimited { .. } | Fault::Unavailable)
}

fn scope_of(path: &str) -> Scope {
    if path.contains("/Submit") { Scope::Writes } else { Scope::Reads }
}

fn unavailable() -> Status {
    let mut status = Status::unavailable("unavailable/fault dial");
    if let Ok(code) = "unavailable".parse() {
        status.metadata_mut().insert("x-err-code", code);
    }
    status
}

fn rate_limited(retry_after_s: u64) -> Status {
    let mut status = Status::resource_exhausted("too many requests");
    if let Ok(seconds) = retry_after_s.to_string().parse() {
        status.metadata_mut().insert("retry-after", seconds);
    }
    status
}
