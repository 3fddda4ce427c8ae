//! What a node answers instead of what was asked, sorted by what it means to us.

use std::time::Duration;

use thiserror::Error;
use tonic::{Code, Status};

/// The trailer that says more than the gRPC status does.
const CODE_TRAILER: &str = "x-err-code";
/// A reason from outside is cut to this many characters.
const REASON_CHARS: usize = 200;

/// Why a node did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NodeError {
    /// It has the message already, merged or waiting: as good as done.
    #[error("node has the message already")]
    Duplicate,
    /// A later removal or replacement stands against the message, for good.
    #[error("message conflicts with a more recent one")]
    Conflict,
    /// The fid has used up its hourly allowance.
    #[error("node limits the rate of this account")]
    RateLimited {
        /// When the node said to come back.
        retry_after: Option<Duration>,
    },
    /// The message breaks a rule of the network, for good.
    #[error("node refused the message: {reason} ({code})")]
    Refused {
        /// The node's own code, such as `bad_request.validation_failure`.
        code: String,
        /// The node's own words, cut to a safe length.
        reason: String,
    },
    /// The credentials of this endpoint are missing or wrong.
    #[error(
        "node does not accept the credentials, \
         expected the endpoint's `user` and `password`, or its `api_key`"
    )]
    Unauthorized,
    /// There is no such thing on the node.
    #[error("node does not have it")]
    NotFound,
    /// This node or transport cannot do that.
    #[error("node does not offer this call")]
    Unsupported,
    /// No answer in time.
    #[error("node did not answer in time")]
    TimedOut,
    /// No connection, overload, restart.
    #[error("node is unavailable")]
    Unavailable,
    /// An answer that is not what the protocol says.
    #[error("node answered something that is not the protocol ({expected} expected)")]
    Malformed {
        /// What should have been there.
        expected: &'static str,
    },
}

impl NodeError {
    /// Whether another node may do better, and this one should be left alone for a while.
    pub fn is_about_the_node(&self) -> bool {
        match self {
            Self::Unauthorized
            | Self::Unsupported
            | Self::TimedOut
            | Self::Unavailable
            | Self::Malformed { .. } => true,
            Self::Duplicate
            | Self::Conflict
            | Self::RateLimited { .. }
            | Self::Refused { .. }
            | Self::NotFound => false,
        }
    }

    /// Sorts by the node's code, which is more precise than any status. Codes that are not known
    /// give `None`.
    pub fn from_code(code: &str, reason: &str) -> Option<Self> {
        match code {
            "bad_request.duplicate" => Some(Self::Duplicate),
            "bad_request.conflict" => Some(Self::Conflict),
            "bad_request.rate_limited" => Some(Self::RateLimited { retry_after: None }),
            "unauthenticated" | "unauthorized" => Some(Self::Unauthorized),
            "not_found" => Some(Self::NotFound),
            "unavailable" | "unavailable.network_failure" | "unavailable.storage_failure" => {
                Some(Self::Unavailable)
            }
            _ if code.starts_with("bad_request") => {
                Some(Self::Refused { code: presentable(code), reason: presentable(reason) })
            }
            _ => None,
        }
    }
}

impl From<Status> for NodeError {
    fn from(status: Status) -> Self {
        let trailer = status.metadata().get(CODE_TRAILER).and_then(|value| value.to_str().ok());
        let reason = status.message();
        if let Some(known) = trailer.and_then(|code| Self::from_code(code, reason)) {
            if matches!(known, Self::RateLimited { .. }) {
                return Self::RateLimited { retry_after: retry_after(&status) };
            }
            return known;
        }
        match status.code() {
            Code::AlreadyExists => Self::Duplicate,
            Code::NotFound => Self::NotFound,
            Code::ResourceExhausted => Self::RateLimited { retry_after: retry_after(&status) },
            Code::Unauthenticated | Code::PermissionDenied => Self::Unauthorized,
            Code::Unimplemented => Self::Unsupported,
            Code::DeadlineExceeded => Self::TimedOut,
            Code::InvalidArgument | Code::FailedPrecondition | Code::OutOfRange => {
                Self::Refused { code: "bad_request".to_owned(), reason: presentable(reason) }
            }
            Code::DataLoss => Self::Malformed { expected: "a whole message" },
            Code::Ok
            | Code::Cancelled
            | Code::Unknown
            | Code::Aborted
            | Code::Internal
            | Code::Unavailable => Self::Unavailable,
        }
    }
}

fn retry_after(status: &Status) -> Option<Duration> {
    let seconds = status.metadata().get("retry-after")?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// Words from outside, fit for a terminal: one line, bounded, no control characters.
pub(crate) fn presentable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .take(REASON_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: Code, trailer: &str, message: &str) -> NodeError {
        let mut status = Status::new(code, message);
        status.metadata_mut().insert(CODE_TRAILER, trailer.parse().unwrap());
        status.into()
    }

    #[test]
    fn the_trailer_decides_and_the_status_stands_in_for_it() {
        let merged = "message has already been merged";
        assert_eq!(
            status(Code::InvalidArgument, "bad_request.duplicate", merged),
            NodeError::Duplicate
        );
        assert_eq!(status(Code::Internal, "bad_request.conflict", ""), NodeError::Conflict);
        assert_eq!(
            status(Code::InvalidArgument, "bad_request.validation_failure", "embeds > 4"),
            NodeError::Refused {
                code: "bad_request.validation_failure".to_owned(),
                reason: "embeds > 4".to_owned()
            }
        );
        assert_eq!(status(Code::Internal, "unavailable", ""), NodeError::Unavailable);
        assert_eq!(NodeError::from(Status::not_found("")), NodeError::NotFound);
        assert_eq!(NodeError::from(Status::unimplemented("")), NodeError::Unsupported);
    }

    #[test]
    fn a_rate_limit_carries_the_time_to_wait() {
        let mut status = Status::new(Code::ResourceExhausted, "");
        status.metadata_mut().insert("retry-after", "30".parse().unwrap());
        let wait = Some(Duration::from_secs(30));
        assert_eq!(NodeError::from(status), NodeError::RateLimited { retry_after: wait });
    }

    #[test]
    fn words_from_outside_are_cut_and_cleaned() {
        let nasty = format!("a\u{1b}[2J\u{202e}b\n{}", "x".repeat(1000));
        let shown = presentable(&nasty);
        assert!(shown.starts_with("a [2Jb x"));
        assert!(shown.chars().count() <= REASON_CHARS);
    }
}
