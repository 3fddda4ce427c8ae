//! Why the node takes something not.

use tonic::Status;

/// What is wrong with an identity update, a key package or a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// Bytes or fields that are not what they have to be.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// Something without which nothing can be checked.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A signature that does not fit the text, or is not by whom it claims.
    #[error("signature validation failed: {0}")]
    Signature(&'static str),
    /// A rule of the association log.
    #[error("association error: {0}")]
    Rule(&'static str),
    /// What openmls says of a key package or a message.
    #[error("{0}")]
    Mls(String),
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        Self::invalid_argument(refusal.to_string())
    }
}
