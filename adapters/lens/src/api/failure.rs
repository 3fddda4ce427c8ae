//! How calls fail, and what to do about it.

use std::time::Duration;

use thiserror::Error;
use threadbridge_core::adapter::Verdict;

/// Why a call failed. Refusals of a single operation are not among these; they are answers.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ApiError {
    /// It could not even be connected to: nothing was asked.
    #[error("the api cannot be reached")]
    Unreachable,
    /// No answer, or one that broke off. What was asked may have been done.
    #[error("the api gave no answer")]
    Unanswered,
    /// It has trouble of its own.
    #[error("the api has trouble (http status {0})")]
    Trouble(u16),
    /// Grove does not take what is laid down there.
    #[error("grove does not take anything (http status {0}); check `grove`")]
    Storage(u16),
    /// Too many calls.
    #[error("too many calls to the api")]
    TooMany(Duration),
    /// An answer that cannot be read.
    #[error("the api gave an answer that cannot be read, expected {expected}")]
    Malformed {
        /// What it should have been.
        expected: &'static str,
    },
    /// The login does not hold.
    #[error(
        "the api does not take the login; see whether the key is still a manager of the account"
    )]
    Unauthenticated,
    /// The account may not.
    #[error("the api forbids it to this account; check the account's manager and the app's rules")]
    Forbidden,
    /// The question is at fault.
    #[error("the api finds fault with the question: {reason}")]
    BadInput {
        /// Why, as the API says it.
        reason: String,
    },
    /// Its own fault, as it says itself.
    #[error("the api failed inside: {reason}")]
    Internal {
        /// Why, as the API says it.
        reason: String,
    },
    /// The account has no key.
    #[error("the account can only read; name `account`, `app` and `manager`")]
    OnlyReads,
    /// Logging in failed.
    #[error("the login failed")]
    Login(#[source] LoginError),
}

/// Why logging in failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LoginError {
    /// The text to be signed is not the login that was asked for. Nothing was signed.
    #[error(
        "the api asks to sign something else than this login: {reason}; check `endpoint`, \
         `origin` and `chain_id`"
    )]
    Challenge {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The key could not sign.
    #[error("the key cannot sign")]
    Key,
    /// The key is not one of the account's.
    #[error(
        "the key is neither the account's owner nor one of its managers ({reason}); \
         have the owner add it as a manager, or set `manager` to one that is"
    )]
    WrongSigner {
        /// Why, as the API says it.
        reason: String,
    },
    /// It took too long to sign.
    #[error("the login took too long; check the clock of this machine")]
    Expired,
    /// The app, or Lens, does not let the account in.
    #[error(
        "the login is forbidden ({reason}); see whether the key is still a manager of the account, \
         and whether the app lets it in"
    )]
    Forbidden {
        /// Why, as the API says it.
        reason: String,
    },
    /// A login as somebody else, or as nobody in particular.
    #[error("the api logged in another account than the settings name, or none; check `account`")]
    OtherAccount,
    /// An answer that this version does not know.
    #[error("the api answered the login with something unknown")]
    Unknown,
}

impl ApiError {
    /// What to do about it.
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Unreachable
            | Self::Unanswered
            | Self::Trouble(_)
            | Self::Storage(_)
            | Self::Malformed { .. }
            | Self::Internal { .. } => Verdict::Retry,
            Self::TooMany(wait) => Verdict::RetryAfter(*wait),
            Self::Unauthenticated | Self::Forbidden | Self::OnlyReads => Verdict::Suspend,
            Self::BadInput { .. } => Verdict::Reject,
            Self::Login(error) => match error {
                LoginError::Expired | LoginError::Unknown => Verdict::Retry,
                LoginError::Challenge { .. }
                | LoginError::Key
                | LoginError::WrongSigner { .. }
                | LoginError::Forbidden { .. }
                | LoginError::OtherAccount => Verdict::Suspend,
            },
        }
    }

    /// Whether what was asked for may have been done nevertheless.
    pub(crate) const fn is_unclear(&self) -> bool {
        match self {
            Self::Unanswered
            | Self::Trouble(_)
            | Self::Malformed { .. }
            | Self::Internal { .. } => true,
            Self::Unreachable
            | Self::TooMany(_)
            | Self::Storage(_)
            | Self::Unauthenticated
            | Self::Forbidden
            | Self::BadInput { .. }
            | Self::OnlyReads
            | Self::Login(_) => false,
        }
    }

    /// Whether the question is at fault, and others may go well.
    pub(crate) const fn is_about_the_question(&self) -> bool {
        matches!(self, Self::BadInput { .. } | Self::Malformed { .. } | Self::Internal { .. })
    }
}
