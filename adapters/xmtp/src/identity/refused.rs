//! Why an identity update is not believed.

use thiserror::Error;

/// Why an entry of an inbox's log changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Refused {
    #[error("identity update lacks a part of itself")]
    Incomplete,
    #[error("identity update is larger than any that is read")]
    TooLarge,
    #[error("log of an inbox is longer than any that is read")]
    TooLong,
    #[error("signature of an identity update does not verify")]
    Signature,
    #[error("signature of an identity update was used before")]
    Replayed,
    #[error("kind of a signature does not fit its signer")]
    SignatureKind,
    #[error("inbox was made before")]
    Exists,
    #[error("inbox was not made yet")]
    NotMade,
    #[error("inbox id of an update is another than that of the inbox")]
    OtherInbox,
    #[error("signer is not allowed to change the inbox so")]
    NotAllowed,
    #[error("new member did not sign")]
    NewMember,
    #[error("member adds itself")]
    SelfAdded,
    #[error("installation adds an installation")]
    AddedByInstallation,
    #[error("key of the network's second version is used where it does not count")]
    Legacy,
    #[error("contract signed on another chain than when it became a member")]
    Chain,
}
