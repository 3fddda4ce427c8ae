//! What `open` and `seal` lack, and how it is asked for.

use threadbridge_core::adapter::{AdapterError, Envelope, Missing, Rechecked};
use threadbridge_core::model::proof::Proof;

use crate::config::Config;
use crate::listen::envelope;
use crate::network::session::{CallFailed, Session};
use crate::parse::CHECKER;
use crate::send::{failure, within};

const LATEST: &str = "latest";

/// Something that the network, or another member, can give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    room: String,
    /// Of which epoch; nothing for the latest.
    epoch: Option<u64>,
}

impl Wanted {
    /// A room's key.
    pub(crate) fn key(room: &str, epoch: Option<u64>) -> Self {
        Self { room: room.to_owned(), epoch }
    }

    /// The name under which the bridge keeps it.
    pub(crate) fn missing(&self) -> Missing {
        let epoch = self.epoch.map_or_else(|| LATEST.to_owned(), |epoch| epoch.to_string());
        Missing {
            what: format!("key/{epoch}/{}", self.room),
            reason: "the room's key is not known yet".to_owned(),
        }
    }

    fn of(missing: &Missing) -> Option<Self> {
        let (epoch, room) = missing.what.strip_prefix("key/")?.split_once('/')?;
        let epoch = if epoch == LATEST { None } else { Some(epoch.parse().ok()?) };
        Some(Self::key(room, epoch))
    }
}

/// Gets what is missing.
pub(crate) async fn fetch(
    session: &Session,
    config: &Config,
    missing: &Missing,
) -> Result<Vec<Envelope>, AdapterError> {
    // What has another form is not the network's to give, and is tried again as it is.
    let Some(Wanted { room, epoch }) = Wanted::of(missing) else { return Ok(Vec::new()) };
    let key = |epoch| within(config, session.room_key(&room, epoch));
    let latest = key(None).await.map_err(failure)?;
    let wanted = match epoch {
        // The latest comes first, so that nobody takes an old key for it.
        Some(_) => Some(key(epoch).await.map_err(failure)?),
        None => None,
    };
    let envelopes: Vec<Envelope> =
        Some(latest).into_iter().chain(wanted).filter_map(envelope).collect();
    if envelopes.is_empty() { Err(failure(CallFailed::NoSuchKey)) } else { Ok(envelopes) }
}

/// Looks whether somebody is still whom they claimed to be.
pub(crate) async fn recheck(
    session: &Session,
    config: &Config,
    proof: &Proof,
) -> Result<Rechecked, AdapterError> {
    let (who, whom) = (proof.one.author.as_str(), proof.other.uri());
    Ok(match within(config, session.is_still(who, &whom)).await.map_err(failure)? {
        true => Rechecked::Holds { checker: CHECKER.to_owned(), block: None },
        false => Rechecked::Lapsed { reason: "the network shows it no more".to_owned() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_read_as_it_was_written() {
        for wanted in [Wanted::key("a/b c", Some(7)), Wanted::key("latest", None)] {
            assert_eq!(Wanted::of(&wanted.missing()), Some(wanted));
        }
        for other in ["", "key/", "key/x/room", "message 1"] {
            let missing = Missing { what: other.to_owned(), reason: String::new() };
            assert_eq!(Wanted::of(&missing), None, "{other}");
        }
    }
}
