//! Why a hub refuses what it is given, in the network's own codes and words.

/// A refusal: a code such as `bad_request.duplicate`, and a reason for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}/{reason}")]
pub struct Refusal {
    /// What clients act on; travels as `x-err-code`.
    pub code: &'static str,
    /// What people read.
    pub reason: String,
}

/// The code of everything that breaks a rule.
pub(crate) const VALIDATION_FAILURE: &str = "bad_request.validation_failure";
/// The code of what is there already; clients take it for success.
pub(crate) const DUPLICATE: &str = "bad_request.duplicate";
/// The code of what something newer has overtaken.
pub(crate) const CONFLICT: &str = "bad_request.conflict";

impl Refusal {
    pub(crate) fn invalid(reason: impl Into<String>) -> Self {
        Self { code: VALIDATION_FAILURE, reason: reason.into() }
    }

    pub(crate) fn duplicate(reason: &str) -> Self {
        Self { code: DUPLICATE, reason: reason.to_owned() }
    }

    pub(crate) fn conflict(reason: &str) -> Self {
        Self { code: CONFLICT, reason: reason.to_owned() }
    }

    pub(crate) fn parameter(reason: &str) -> Self {
        Self { code: "bad_request.invalid_param", reason: reason.to_owned() }
    }

    pub(crate) fn rate_limited(fid: u64) -> Self {
        Self {
            code: "bad_request.rate_limited",
            reason: format!("rate limit exceeded for FID {fid}"),
        }
    }
}
