//! What a server answers instead of what was asked, sorted by what it means to us.

use std::time::Duration;

use thiserror::Error;
use threadbridge_core::adapter::{AdapterError, Verdict};
use tonic::{Code, Status};

/// A reason from outside is cut to this many characters.
const REASON_CHARS: usize = 200;
/// What the network says once its third version has ended.
const CUTOVER: [&str; 4] = ["no longer", "migrat", "cutover", "d14n"];

/// Why a server did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum ApiError {
    /// It asks to be left alone.
    #[error("the network limits how often it may be asked")]
    RateLimited {
        /// For how long, if it says so.
        retry_after: Option<Duration>,
    },
    /// What was asked breaks a rule of the network, for good.
    #[error("the network refused it: {0}")]
    Refused(String),
    /// The network has left the version of its API that this bridge speaks.
    #[error(
        "the network takes nothing more by version 3 of its API ({0}), the only one that this \
         release speaks: what is there can still be read; look for a newer release"
    )]
    CutOver(String),
    /// It cannot do it now.
    #[error("the network cannot do it now: {0}")]
    Unavailable(String),
    /// The answer is larger than any that is read.
    #[error("the network's answer is too large")]
    TooLarge,
    /// No answer came in time.
    #[error("the network does not answer")]
    TimedOut,
    /// An answer that is none.
    #[error("the network's answer is not in its form, expected {expected}")]
    Malformed {
        /// What should have been there.
        expected: &'static str,
    },
}

impl ApiError {
    /// What to do about it.
    pub(crate) const fn verdict(&self) -> Verdict {
        match self {
            Self::RateLimited { retry_after: Some(wait) } => Verdict::RetryAfter(*wait),
            Self::RateLimited { retry_after: None } => Verdict::RetryAfter(Duration::from_secs(10)),
            Self::Refused(_) => Verdict::Reject,
            Self::CutOver(_) => Verdict::Suspend,
            Self::Unavailable(_) | Self::TooLarge | Self::TimedOut | Self::Malformed { .. } => {
                Verdict::Retry
            }
        }
    }
}

impl From<ApiError> for AdapterError {
    fn from(error: ApiError) -> Self {
        Self::new(error.verdict(), error)
    }
}

impl From<Status> for ApiError {
    fn from(status: Status) -> Self {
        let reason = presentable(status.message());
        match status.code() {
            Code::ResourceExhausted => Self::RateLimited { retry_after: retry_after(&status) },
            Code::InvalidArgument
            | Code::FailedPrecondition
            | Code::AlreadyExists
            | Code::PermissionDenied
            | Code::Unauthenticated => Self::Refused(reason),
            Code::Unavailable if tells_of_cutover(&reason) => Self::CutOver(reason),
            // How tonic says that a message is above its limit.
            Code::OutOfRange => Self::TooLarge,
            Code::DeadlineExceeded => Self::TimedOut,
            Code::Ok
            | Code::Cancelled
            | Code::Unknown
            | Code::NotFound
            | Code::Aborted
            | Code::Unimplemented
            | Code::Internal
            | Code::Unavailable
            | Code::DataLoss => Self::Unavailable(reason),
        }
    }
}

fn tells_of_cutover(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    reason.contains("v3") && CUTOVER.iter().any(|sign| reason.contains(sign))
}

fn retry_after(status: &Status) -> Option<Duration> {
    let seconds = status.metadata().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Words from outside, fit for a terminal: one line, bounded, no control characters.
fn presentable(text: &str) -> String {
    let hides = |c: &char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let visible = text.chars().filter(|c| !hides(c)).take(REASON_CHARS);
    visible.map(|c| if c.is_control() { ' ' } else { c }).collect()
}
