//! How long an entry of a log is waited for that somebody says is there.
//!
//! A commit or a welcome names places in logs, and whoever writes it may name one that does not
//! exist. All behind it waits, so it is asked for a few times and then taken not to be there.

use minicbor::{Decode, Encode};
use threadbridge_core::model::time::Timestamp;

use crate::identity::logs::Unread;
use crate::mls::roster::{Roster, Unknown};

/// So often the network is asked.
const MAX_ASKED: u32 = 8;

/// How often the network was asked in vain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Patience {
    /// What waits.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    of: Vec<u8>,
    #[n(1)]
    asked: u32,
    #[n(2)]
    last_asked_at: Option<Timestamp>,
}

impl Patience {
    /// Patience with what has this digest, which waits for these entries; nothing if it is over.
    pub(crate) fn with(
        before: Option<Self>,
        of: &[u8],
        unknown: &[Unknown],
        roster: &impl Roster,
    ) -> Result<Option<Self>, Unread> {
        let mut patience = match before {
            Some(before) if before.of == of => before,
            Some(_) | None => Self { of: of.to_vec(), ..Self::default() },
        };
        let mut asked_at = patience.last_asked_at;
        for unknown in unknown {
            asked_at = asked_at.max(roster.asked_at(&unknown.inbox)?);
        }
        if asked_at > patience.last_asked_at {
            patience.asked = patience.asked.saturating_add(1);
            patience.last_asked_at = asked_at;
        }
        Ok((patience.asked <= MAX_ASKED).then_some(patience))
    }
}
