//! What a verified signature says, whatever its kind.

use super::{
    contract::{self, Claim, Verdicts},
    installation, legacy,
    member::Member,
    passkey,
    refused::Refused,
    wallet,
};
use crate::wire::proto::identity::{Signature, signature::Signature as Kinds};

/// Which kind of signature somebody signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Wallet,
    Contract,
    Installation,
    /// By a key of the network's second version that a wallet had signed.
    Legacy,
    Passkey,
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) signer: Member,
    pub(crate) kind: Kind,
    /// By what it is known when it comes a second time.
    pub(crate) bytes: Vec<u8>,
    /// Where the contract lives that signed.
    pub(crate) chain_id: Option<u64>,
}

/// Why nothing follows from a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unproven {
    Refused(Refused),
    /// Only the chain of this contract can say.
    NeedsVerdict(Box<Claim>),
}

impl From<Refused> for Unproven {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Who signed `text`.
pub(crate) fn verify(
    text: &str,
    signature: Option<&Signature>,
    verdicts: &impl Verdicts,
) -> Result<Verified, Unproven> {
    let kind = signature.and_then(|signature| signature.signature.as_ref());
    match kind.ok_or(Refused::Incomplete)? {
        Kinds::Erc191(signature) => Ok(wallet::verify(text, &signature.bytes)?),
        Kinds::Erc6492(signature) => contract::verify(text, signature, verdicts),
        Kinds::InstallationKey(signature) => Ok(installation::verify(text, signature)?),
        Kinds::DelegatedErc191(signature) => Ok(legacy::verify(text, signature)?),
        Kinds::Passkey(signature) => Ok(passkey::verify(text, signature)?),
    }
}
