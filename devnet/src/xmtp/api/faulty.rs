//! A service with the fault dial in front of it, which also counts the calls.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::{Service, http};
use tonic::server::NamedService;
use tonic::{Code, Status};

use crate::xmtp::faults::{Fault, Faults, Place};

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
            let path = request.uri().path().to_owned();
            let method = path.rsplit('/').next().unwrap_or_default();
            let place = Place { method };
            faults.count(method);
            if let Some(delay) = faults.delay(place) {
                tokio::time::sleep(delay).await;
            }
            match faults.strike(place, is_before) {
                Some(Fault::Hang) => return std::future::pending().await,
                Some(fault) => return Ok(refusal(&fault).into_http()),
                None => {}
            }
            let answer = inner.call(request).await?;
            match faults.strike(place, is_behind) {
                Some(Fault::Cut) => {
                    faults.cut_connections();
                    std::future::pending().await
                }
                Some(Fault::Mute) => std::future::pending().await,
                Some(fault) => Ok(refusal(&fault).into_http()),
                None => Ok(answer),
            }
        })
    }
}

/// Whether a fault strikes before a request takes effect.
const fn is_before(fault: &Fault) -> bool {
    matches!(fault, Fault::Hang | Fault::RateLimited | Fault::Unavailable | Fault::Refused { .. })
}

/// Whether a fault strikes once a request has taken effect.
const fn is_behind(fault: &Fault) -> bool {
    matches!(fault, Fault::AnswerLost | Fault::Cut | Fault::Mute)
}

fn refusal(fault: &Fault) -> Status {
    if let Fault::Refused { code } = fault {
        return Status::new(Code::from(*code), "refused by the fault dial");
    }
    if *fault == Fault::RateLimited {
        return Status::resource_exhausted("1 exceeds rate limit R0.0.0.0PUB");
    }
    Status::unavailable("unavailable by the fault dial")
}
