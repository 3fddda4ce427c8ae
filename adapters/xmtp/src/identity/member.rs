//! What an inbox is made of.

use std::fmt;

use minicbor::{Decode, Encode};

use crate::wire::proto::identity::{
    IdentifierKind, MemberIdentifier, Passkey, member_identifier::Kind,
};

/// The public key of one installation of one app: the key of its leaves, the address of its welcomes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub(crate) struct Installation(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl Installation {
    pub(crate) const fn from_bytes(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// The key, if it has the length of one.
    pub(crate) fn from_slice(key: &[u8]) -> Option<Self> {
        key.try_into().ok().map(Self)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Installation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Installation({self})")
    }
}

/// A member of an inbox, or who is to become one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) enum Member {
    /// A wallet by its address, as it was written: who signed always has lower-case digits, so that
    /// one written otherwise is nobody's.
    #[n(0)]
    Ethereum(#[n(0)] String),
    /// A passkey by its public key, whichever site it was made for.
    #[n(1)]
    Passkey(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
    /// An installation.
    #[n(2)]
    Installation(#[n(0)] Installation),
}

impl Member {
    /// As an action names a member. None for an installation whose key is none: nobody is that.
    pub(crate) fn of(identifier: &MemberIdentifier) -> Option<Self> {
        Some(match identifier.kind.as_ref()? {
            Kind::EthereumAddress(address) => Self::Ethereum(address.clone()),
            Kind::InstallationPublicKey(key) => Self::Installation(Installation::from_slice(key)?),
            Kind::Passkey(passkey) => Self::Passkey(passkey.key.clone()),
        })
    }

    /// As actions name who makes or recovers an inbox. None for a passkey that is not hexadecimal.
    pub(crate) fn identifier(text: &str, kind: IdentifierKind) -> Option<Self> {
        Some(match kind {
            // What was written before there were kinds is an address.
            IdentifierKind::Unspecified | IdentifierKind::Ethereum => {
                Self::Ethereum(text.to_owned())
            }
            IdentifierKind::Passkey => Self::Passkey(hex::decode(text).ok()?),
        })
    }

    pub(crate) fn to_proto(&self) -> MemberIdentifier {
        let kind = match self {
            Self::Ethereum(address) => Kind::EthereumAddress(address.clone()),
            Self::Passkey(key) => Kind::Passkey(Passkey { key: key.clone(), relying_party: None }),
            Self::Installation(key) => Kind::InstallationPublicKey(key.as_bytes().to_vec()),
        };
        MemberIdentifier { kind: Some(kind) }
    }

    /// The kind under which it makes or recovers an inbox; an installation does neither.
    pub(crate) const fn identifier_kind(&self) -> Option<IdentifierKind> {
        match self {
            Self::Ethereum(_) => Some(IdentifierKind::Ethereum),
            Self::Passkey(_) => Some(IdentifierKind::Passkey),
            Self::Installation(_) => None,
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ethereum(address) => f.write_str(address),
            Self::Passkey(key) => f.write_str(&hex::encode(key)),
            Self::Installation(key) => key.fmt(f),
        }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Ethereum(_) => "Ethereum",
            Self::Passkey(_) => "Passkey",
            Self::Installation(_) => "Installation",
        };
        write!(f, "{kind}({self})")
    }
}
