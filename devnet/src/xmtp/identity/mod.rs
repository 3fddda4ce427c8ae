//! Inboxes: who is in them, by logs of signed updates that are replayed from the first entry.

mod directory;
pub(crate) mod legacy;
mod passkey;
mod signature;
mod state;
mod text;
#[cfg(test)]
mod tests;

pub(crate) use self::directory::{Directory, NotPublished};
pub(crate) use self::text::text;

use sha2::{Digest as _, Sha256};

use super::refusal::Refusal;
use super::wire::identity::member_identifier::Kind;
use super::wire::identity::{IdentifierKind, MemberIdentifier};

/// Who can be in an inbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Member {
    /// A wallet, by its address in lower case with `0x`.
    Ethereum(String),
    /// An installation of an app, by its public key.
    Installation([u8; 32]),
    /// A passkey, by its public key.
    Passkey(Vec<u8>),
}

impl Member {
    fn read(identifier: Option<&MemberIdentifier>) -> Result<Self, Refusal> {
        match identifier.and_then(|identifier| identifier.kind.as_ref()) {
            None => Err(Refusal::Missing("member identifier")),
            Some(Kind::EthereumAddress(text)) => address(text).map(Self::Ethereum),
            Some(Kind::InstallationPublicKey(key)) => installation(key).map(Self::Installation),
            Some(Kind::Passkey(passkey)) => passkey::checked(&passkey.key).map(Self::Passkey),
        }
    }

    /// An identifier beside its kind; without one it is an address.
    fn identifier(text: &str, kind: i32) -> Result<Self, Refusal> {
        match IdentifierKind::try_from(kind) {
            Ok(IdentifierKind::Unspecified | IdentifierKind::Ethereum) => {
                address(text).map(Self::Ethereum)
            }
            Ok(IdentifierKind::Passkey) => {
                let key = hex::decode(text).map_err(|_| Refusal::Malformed("passkey"))?;
                passkey::checked(&key).map(Self::Passkey)
            }
            Err(_) => Err(Refusal::Malformed("identifier kind")),
        }
    }

    /// As texts to sign and inbox ids have it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Ethereum(address) => address.clone(),
            Self::Installation(key) => hex::encode(key),
            Self::Passkey(key) => hex::encode(key),
        }
    }
}

/// What an installation's signature of an update is bound to.
pub(crate) const fn signature_context() -> &'static [u8] {
    signature::CONTEXT
}

/// The id of the inbox that an identifier begins.
pub(crate) fn inbox_id(identifier: &str, nonce: u64) -> String {
    hex::encode(Sha256::digest(format!("{identifier}{nonce}")))
}

fn address(text: &str) -> Result<String, Refusal> {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::Malformed("address"));
    }
    Ok(text.to_ascii_lowercase())
}

fn installation(key: &[u8]) -> Result<[u8; 32], Refusal> {
    key.try_into().map_err(|_| Refusal::Malformed("installation key"))
}
