//! How a group stands by what the account keeps, for who looks at its store.

use thiserror::Error;
use threadbridge_core::store::Keys;

use crate::mls::group::record::GroupId;
use crate::mls::group::records::{RecordError, Records};

/// What an account keeps of a group cannot be read.
#[derive(Debug, Error)]
#[error("what the account keeps of the group cannot be read")]
pub struct StandingError(#[source] RecordError);

/// How a group stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How often its keys have changed.
    pub epoch: u64,
    /// 64 hexadecimal digits: the same for all who are in the same epoch of the same group, and for
    /// nobody else (RFC 9420, section 8.7).
    pub authenticator: Option<String>,
    /// Whether its other members went on without this account.
    pub is_left_behind: bool,
}

/// How the group of this id stands by an account's keys; nothing if the account is in no such group.
pub fn standing(keys: &Keys, group: &[u8]) -> Result<Option<Standing>, StandingError> {
    let Some(id) = GroupId::parse(group) else { return Ok(None) };
    let record = Records(keys).record(&id).map_err(StandingError)?;
    Ok(record.map(|record| Standing {
        epoch: record.epoch,
        is_left_behind: record.is_left_behind(),
        authenticator: record.authenticator.map(hex::encode),
    }))
}
