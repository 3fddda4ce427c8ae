//! How a welcome is wrapped for the one installation that may read it, and what it leads to.

use thiserror::Error;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;

use crate::mls::client::{Client, InstallationKey};
use crate::mls::group::join::{Joined, NotJoined};
use crate::mls::group::record::GroupId;
use crate::mls::group::records::{Records, digest};
use crate::mls::group::{Group, GroupError};
use crate::mls::key_package::KeyPackages;
use crate::mls::patience::Patience;
use crate::mls::roster::{Roster, Unknown};
use crate::wire::proto::mls::{WelcomeMessage, welcome_message};

use kem::Kem;
use unwrap::{Unreadable, Unwrapped};

pub(crate) mod hpke;
pub(crate) mod kem;
pub(crate) mod unwrap;
pub(crate) mod wrap;

#[cfg(test)]
mod tests;

/// RFC 9420 §5.1.3, `EncryptContext` with an empty context: the label and nothing, each with its
/// length before it.
const INFO: &[u8] = b"\x13MLS 1.0 MLS_WELCOME\x00";

/// The key that a welcome is wrapped with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    /// The init key of a key package.
    X25519,
    /// The key that a key package brings for it.
    XWing,
}

impl Wrapping {
    /// How it is written.
    pub(crate) const fn kem(self) -> Kem {
        match self {
            Self::X25519 => Kem::X25519,
            Self::XWing => Kem::XWING_OLD,
        }
    }
}

/// Who a welcome is wrapped for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SealFor {
    pub(crate) installation: InstallationKey,
    pub(crate) wrapping: Wrapping,
    pub(crate) key: Vec<u8>,
    /// Whether it follows pointers to a welcome that is kept elsewhere.
    pub(crate) follows_pointers: bool,
}

/// What came of a welcome message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Welcomed {
    /// The account is in this group, and reads its messages behind `begins_after`.
    Joined {
        group: GroupId,
        begins_after: u64,
    },
    /// The welcome itself is to be asked for as if this were an installation.
    At(Vec<u8>),
    /// Logs must be known further before anything can be said of it. Try again with them.
    Missing(Vec<Unknown>),
    Not(NotJoined),
}

/// Why a welcome message led nowhere. Nothing was changed.
#[derive(Debug, Error)]
pub(crate) enum WelcomeError {
    #[error("the welcome cannot be read")]
    Unreadable(#[from] Unreadable),
    #[error("the group could not be joined")]
    Group(#[from] GroupError),
}

/// Opens a welcome message and joins the group that it is to. A key package that it used should
/// be replaced soon: see [`KeyPackages::is_due`].
pub(crate) fn take(
    keys: &Keys,
    client: &Client,
    message: &WelcomeMessage,
    at: Timestamp,
    roster: &impl Roster,
) -> Result<Welcomed, WelcomeError> {
    match unwrap::unwrap(keys, message)? {
        Unwrapped::At { destination, wrapped_for } => {
            mark_used(keys, Some(&wrapped_for))?;
            Ok(Welcomed::At(destination))
        }
        Unwrapped::Welcome { bytes, begins_after, wrapped_for } => {
            let (records, of) = (Records(keys), digest(&bytes));
            match Group::join(keys, client, &bytes, (begins_after, at), roster)? {
                Joined::Group(group) => {
                    mark_used(keys, wrapped_for.as_deref())?;
                    forget(keys, message, &of)?;
                    Ok(Welcomed::Joined { group: group.id().clone(), begins_after })
                }
                Joined::Missing(unknown) => {
                    let before = records.patience(&of).map_err(GroupError::from)?;
                    let patience = Patience::with(before, &of, &unknown, roster);
                    let Some(patience) = patience.map_err(GroupError::from)? else {
                        forget(keys, message, &of)?;
                        return Ok(Welcomed::Not(NotJoined::NoSuchEntry));
                    };
                    records.keep_patience(&of, &patience).map_err(GroupError::from)?;
                    Ok(Welcomed::Missing(unknown))
                }
                // It is kept, and opened again.
                Joined::Not(reason @ NotJoined::NewerClient) => Ok(Welcomed::Not(reason)),
                Joined::Not(reason) => {
                    forget(keys, message, &of)?;
                    Ok(Welcomed::Not(reason))
                }
            }
        }
    }
}

fn mark_used(keys: &Keys, public: Option<&[u8]>) -> Result<(), Unreadable> {
    if let Some(public) = public {
        KeyPackages::load(keys)?.mark_used(public)?;
    }
    Ok(())
}

fn forget(keys: &Keys, message: &WelcomeMessage, of: &[u8]) -> Result<(), WelcomeError> {
    if let Some(welcome_message::Version::V1(message)) = &message.version {
        let forgotten = unwrap::forget_pointer(keys, &message.installation_key);
        forgotten.map_err(Unreadable::from)?;
    }
    Ok(Records(keys).forget_patience(of).map_err(GroupError::from)?)
}
