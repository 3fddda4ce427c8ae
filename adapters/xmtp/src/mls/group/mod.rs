//! A group: what an installation does in it, one message at a time.
//!
//! Each call takes the group as the account's keys have it, does one thing, and hands all that
//! changed back to them, or nothing: a group that refused something is as it was.

use openmls::prelude::{GroupEpoch, MlsGroup};
use openmls_traits::OpenMlsProvider as _;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::{Keys, ReadError};
use tls_codec::Serialize as _;

use crate::identity::logs::Unread;
use crate::mls::client::Client;
#[cfg(test)]
use crate::mls::client::Leaf;
use crate::mls::extension::{BadTerms, Terms};
use crate::mls::provider::Provider;
use crate::mls::shelf::{Loaded, Revision};
use crate::mls::storage::StorageError;

use record::{Echo, GroupId, Record, State};
use records::{RecordError, Records};

pub(crate) mod commit;
pub(crate) mod create;
pub(crate) mod join;
pub(crate) mod plan;
pub(crate) mod process;
pub(crate) mod record;
pub(crate) mod records;
pub(crate) mod refused;

#[cfg(test)]
mod tests;

/// Own leaves get new keys as often.
const RENEWED_AFTER: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why nothing could be done in a group. It is as it was.
#[derive(Debug, Error)]
pub(crate) enum GroupError {
    #[error("the account's keys could not be read")]
    Read(#[from] ReadError),
    #[error("the members' logs could not be read")]
    Logs(#[from] Unread),
    #[error("the group could not be read")]
    Storage(#[from] StorageError),
    #[error("the group's record could not be read")]
    Record(#[from] RecordError),
    #[error("the group's terms could not be read")]
    Terms(#[from] BadTerms),
    #[error("the account is not in the group any more")]
    Removed,
    #[error("the group asks for a newer client")]
    Paused,
    #[error("MLS refused: {0}")]
    Mls(&'static str),
}

/// A group that this account is in.
pub(crate) struct Group<'a> {
    provider: Provider<'a>,
    client: &'a Client,
    id: GroupId,
    mls: Loaded,
    record: Record,
}

impl<'a> Group<'a> {
    /// The group as it stands, if the account is in it.
    pub(crate) fn load(
        keys: &'a Keys,
        client: &'a Client,
        id: &GroupId,
    ) -> Result<Option<Self>, GroupError> {
        let Some(record) = Records(keys).record(id)? else { return Ok(None) };
        let provider = Provider::over(keys);
        let mls = match client.shelf.take(id, record.revision) {
            Some(mls) => Some(mls),
            None => MlsGroup::load(provider.storage(), &id.to_mls())?,
        };
        Ok(mls.map(|mls| Self::of(provider, client, (id.clone(), record), mls)))
    }

    /// A group that is as its rows have it.
    fn of(
        provider: Provider<'a>,
        client: &'a Client,
        (id, record): (GroupId, Record),
        mls: MlsGroup,
    ) -> Self {
        let mls = Loaded::new(Arc::clone(&client.shelf), id.clone(), record.revision, mls);
        Self { provider, client, id, mls, record }
    }

    /// Its name on the network.
    pub(crate) fn id(&self) -> &GroupId {
        &self.id
    }

    /// What is known of it beside MLS.
    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    /// What its members agreed on.
    pub(crate) fn terms(&self) -> Result<Terms, BadTerms> {
        Terms::read(self.mls.extensions())
    }

    /// How often its keys have changed.
    pub(crate) fn epoch(&self) -> u64 {
        self.mls.epoch().as_u64()
    }

    /// The same for all who are in the same epoch of the same group, and for nobody else.
    #[cfg(test)]
    pub(crate) fn epoch_authenticator(&self) -> Vec<u8> {
        self.mls.epoch_authenticator().as_slice().to_vec()
    }

    /// The installations in its tree.
    #[cfg(test)]
    pub(crate) fn leaves(&self) -> Vec<Leaf> {
        let leaf = |member: openmls::prelude::Member| {
            Leaf::read(&member.credential, &member.signature_key)
        };
        self.mls.members().filter_map(leaf).collect()
    }

    /// Whether the own leaf should get new keys before anything else is said.
    pub(crate) fn is_renewal_due(&self, now: Timestamp) -> bool {
        self.record.renewed_at.is_none_or(|at| now.since(at) > RENEWED_AFTER)
    }

    /// Encrypts a message for the group as it stands. `tag` is what it is told by when it comes
    /// back.
    pub(crate) fn encrypt(
        mut self,
        plain: &[u8],
        tag: &[u8],
        now: Timestamp,
    ) -> Result<Vec<u8>, GroupError> {
        self.check_state()?;
        let message = self
            .mls
            .create_message(&self.provider, &self.client.installation, plain)
            .map_err(|_| GroupError::Mls("the message was not encrypted"))?;
        let bytes = message
            .tls_serialize_detached()
            .map_err(|_| GroupError::Mls("the message has no encoding"))?;
        self.records().expect(&bytes, &Echo::Message(tag.to_vec()))?;
        self.record.last_message_at = self.record.last_message_at.max(now);
        self.keep()?;
        Ok(bytes)
    }

    fn check_state(&self) -> Result<(), GroupError> {
        match self.record.state {
            State::Active => Ok(()),
            State::Paused(_) => Err(GroupError::Paused),
            State::Removed => Err(GroupError::Removed),
        }
    }

    fn records(&self) -> Records<'a> {
        Records(self.provider.storage().keys())
    }

    /// Hands over what was changed.
    fn keep(&mut self) -> Result<(), RecordError> {
        self.record.epoch = self.epoch();
        self.record.authenticator = Some(self.mls.epoch_authenticator().as_slice().to_vec());
        self.record.patience = None;
        self.record.revision = Revision::fresh();
        self.provider.storage().keep();
        self.records().keep(&self.id, &self.record)?;
        self.mls.kept(self.record.revision);
        Ok(())
    }

    fn is_at(&self, epoch: u64) -> bool {
        self.mls.epoch() == GroupEpoch::from(epoch)
    }
}
