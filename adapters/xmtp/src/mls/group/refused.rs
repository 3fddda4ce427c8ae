//! Why a message from the network counts for nothing.

use openmls::framing::errors::{MessageDecryptionError, SecretTreeError};
use openmls::prelude::ValidationError;
use thiserror::Error;

use crate::mls::validate::Violation;

/// Why a message counts for nothing. The group is as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refused {
    #[error("the message is too large")]
    TooLarge,
    #[error("the message is not in MLS's format")]
    Malformed,
    #[error("the message is not encrypted")]
    Public,
    #[error("the message is for another group")]
    OtherGroup,
    #[error("the message was opened before")]
    OpenedBefore,
    #[error("the message is of an epoch that was forgotten")]
    TooOld,
    #[error("the message does not open with the group's keys")]
    Sealed,
    #[error("changes are proposed in commits only")]
    Proposal,
    #[error("the message is no member's")]
    Outsider,
    #[error("the commit is not valid: {0}")]
    Commit(Violation),
    #[error("the commit is not valid by MLS")]
    BadCommit,
    #[error("the account is not in the group any more")]
    Removed,
}

impl Refused {
    /// What MLS found wrong with a message.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all else does not open")]
    pub(super) fn of(error: &ValidationError) -> Self {
        match error {
            ValidationError::UnableToDecrypt(MessageDecryptionError::SecretTreeError(error)) => {
                match error {
                    SecretTreeError::SecretReuseError => Self::OpenedBefore,
                    SecretTreeError::TooDistantInThePast => Self::TooOld,
                    _ => Self::Sealed,
                }
            }
            ValidationError::NoPastEpochData => Self::TooOld,
            ValidationError::UnknownMember => Self::Outsider,
            _ => Self::Sealed,
        }
    }
}
