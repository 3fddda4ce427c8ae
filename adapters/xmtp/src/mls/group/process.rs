//! What comes from the network for a group, one message at a time and in the server's order.

use openmls::prelude::{
    ContentType, MlsMessageBodyIn, MlsMessageIn, ProcessMessageError, ProcessedMessageContent,
    ProtocolMessage, Sender, StagedCommit,
};
use openmls_traits::OpenMlsProvider as _;
use threadbridge_core::model::time::Timestamp;
use tls_codec::Deserialize as _;

use crate::mls::client::{InstallationKey, Leaf, inbox_of};
use crate::mls::group::record::{Echo, Record, State};
use crate::mls::group::records::digest;
use crate::mls::group::refused::Refused;
use crate::mls::group::{Group, GroupError};
use crate::mls::patience::Patience;
use crate::mls::provider::OPENABLE_EPOCHS;
use crate::mls::roster::{Roster, Unknown};
use crate::mls::storage::StorageError;
use crate::mls::validate::{self, Change, Facts, Verdict, Violation};

/// The largest message that is looked at: a commit that fills a group with the most installations.
const MAX_MESSAGE_BYTES: usize = 16 * 1024 * 1024;

/// A message that somebody said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Application {
    pub(crate) inbox: String,
    /// Absent if the sender has left since.
    pub(crate) installation: Option<InstallationKey>,
    pub(crate) plain: Vec<u8>,
}

/// What became of a message.
#[derive(Debug)]
pub(crate) enum Processed {
    Application(Application),
    /// What this account had said has its place; its tag, if it was not known before.
    Own(Option<Vec<u8>>),
    /// What this account had said came when the others had thrown its keys away: nobody can read it.
    TooLate,
    /// A commit counts.
    Applied(Applied),
    /// Logs must be known further before anything can be said of it. Try again with them.
    Missing(Vec<Unknown>),
    /// A commit that asks for a client of at least this version. Nothing behind it can be read.
    Paused(String),
    /// A commit that another came before; if it was this account's, it is to be made anew.
    Stale(Whose),
    /// It is of an epoch to come: the others have gone on by a commit that does not count here, or
    /// somebody makes believe so.
    Ahead,
    Refused(Refused),
}

/// Whose a commit was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    Own,
    Others,
}

/// A commit that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) whose: Whose,
    pub(crate) change: Change,
    /// Whether this account is out of the group by it.
    pub(crate) is_removed: bool,
    /// Whether welcomes are now owed to those who were added.
    pub(crate) owes_welcomes: bool,
}

/// What stops a message from counting.
enum Stop {
    Outcome(Box<Processed>),
    Failed(GroupError),
}

impl<E: Into<GroupError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Outcome(Box::new(Processed::Refused(refused)))
    }
}

impl From<Verdict> for Stop {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Unknown(unknown) => Self::Outcome(Box::new(Processed::Missing(unknown))),
            Verdict::Refused(violation) => Refused::Commit(violation).into(),
            Verdict::Paused(version) => Self::Outcome(Box::new(Processed::Paused(version))),
            Verdict::Unread(error) => Self::Failed(error.into()),
        }
    }
}

impl Group<'_> {
    /// Takes in the server's `cursor`th message. What does not count leaves the group as it was,
    /// but for what its record says of waiting, of falling behind, and of a pause.
    pub(crate) fn process(
        self,
        cursor: u64,
        bytes: &[u8],
        at: Timestamp,
        roster: &impl Roster,
    ) -> Result<Processed, GroupError> {
        let (records, id, record) = (self.records(), self.id.clone(), self.record.clone());
        let outcome = match self.take(cursor, bytes, at, roster) {
            Ok(processed) => processed,
            Err(Stop::Outcome(processed)) => *processed,
            Err(Stop::Failed(error)) => return Err(error),
        };
        let kept = match &outcome {
            Processed::Ahead => Record { ahead: record.ahead.saturating_add(1), ..record },
            Processed::Paused(version) if record.state == State::Active => {
                Record { state: State::Paused(version.clone()), ..record }
            }
            Processed::Missing(unknown) => {
                let before = record.patience.clone();
                let patience = Patience::with(before, &digest(bytes), unknown, roster)?;
                if patience.is_none() {
                    return Ok(Processed::Refused(Refused::Commit(Violation::NoSuchEntry)));
                }
                Record { patience, ..record }
            }
            Processed::Paused(_)
            | Processed::Application(_)
            | Processed::Own(_)
            | Processed::TooLate
            | Processed::Applied(_)
            | Processed::Stale(_)
            | Processed::Refused(_) => return Ok(outcome),
        };
        records.keep(&id, &kept)?;
        Ok(outcome)
    }

    fn take(
        mut self,
        cursor: u64,
        bytes: &[u8],
        at: Timestamp,
        roster: &impl Roster,
    ) -> Result<Processed, Stop> {
        if let Some(echo) = self.records().echo(bytes)? {
            let records = self.records();
            let processed = self.own(&echo, bytes, cursor)?;
            records.heard(bytes);
            return Ok(processed);
        }
        let message = self.parse(bytes)?;
        let epoch = message.epoch().as_u64();
        let is_application = message.content_type() == ContentType::Application;
        if epoch > self.epoch() {
            return Ok(Processed::Ahead);
        }
        if !is_application && epoch < self.epoch() {
            return Ok(Processed::Stale(Whose::Others));
        }
        let processed = self.mls.process_message(&self.provider, message).map_err(stop)?;
        let sender = processed.sender().clone();
        let inbox = inbox_of(processed.credential());
        match processed.into_content() {
            ProcessedMessageContent::ApplicationMessage(message) => {
                let inbox = inbox.ok_or(Refused::Outsider)?;
                let installation = self.installation_of(&sender, &inbox);
                self.record.last_message_at = self.record.last_message_at.max(at);
                // Who has not come along yet may still be heard by those who went another way.
                if self.is_at(epoch) {
                    self.record.ahead = 0;
                }
                self.keep()?;
                let plain = message.into_bytes();
                Ok(Processed::Application(Application { inbox, installation, plain }))
            }
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                self.apply(*staged, &sender, roster)
            }
            ProcessedMessageContent::OwnPrivateMessage
            | ProcessedMessageContent::OwnPendingCommit => Ok(Processed::Own(None)),
            ProcessedMessageContent::ProposalMessage(_)
            | ProcessedMessageContent::ExternalJoinProposalMessage(_) => {
                Err(Refused::Proposal.into())
            }
        }
    }

    fn parse(&self, bytes: &[u8]) -> Result<ProtocolMessage, Refused> {
        if bytes.len() > MAX_MESSAGE_BYTES {
            return Err(Refused::TooLarge);
        }
        let message = MlsMessageIn::tls_deserialize_exact(bytes).map_err(|_| Refused::Malformed)?;
        let message = match message.extract() {
            MlsMessageBodyIn::PrivateMessage(message) => ProtocolMessage::from(message),
            MlsMessageBodyIn::PublicMessage(_) => return Err(Refused::Public),
            MlsMessageBodyIn::Welcome(_)
            | MlsMessageBodyIn::GroupInfo(_)
            | MlsMessageBodyIn::KeyPackage(_) => return Err(Refused::Malformed),
        };
        if message.group_id().as_slice() != self.id.as_bytes() {
            return Err(Refused::OtherGroup);
        }
        Ok(message)
    }

    /// What this account sent came back.
    fn own(mut self, echo: &Echo, bytes: &[u8], cursor: u64) -> Result<Processed, Stop> {
        if let Echo::Message(tag) = echo {
            let epoch = self.parse(bytes)?.epoch().as_u64();
            let is_open = self.epoch().saturating_sub(epoch) <= OPENABLE_EPOCHS;
            let read = if is_open { Processed::Own(Some(tag.clone())) } else { Processed::TooLate };
            return Ok(read);
        }
        let pending = self.pending()?.filter(|it| it.digest == digest(bytes));
        let Some(pending) = pending else { return Ok(Processed::Stale(Whose::Own)) };
        if !self.is_at(pending.epoch) {
            self.drop_pending()?;
            self.keep()?;
            return Ok(Processed::Stale(Whose::Own));
        }
        let owes_welcomes = !pending.targets.is_empty();
        let staged = self.mls.pending_commit().ok_or(GroupError::Mls("no commit is pending"))?;
        let sender = Sender::Member(self.mls.own_leaf_index());
        let facts = Facts::read(&self.mls, staged, &sender).map_err(Refused::Commit)?;
        let change = validate::changes(&facts);
        self.merge(pending, cursor)?;
        self.record.ahead = 0;
        self.keep()?;
        let whose = Whose::Own;
        Ok(Processed::Applied(Applied { whose, change, is_removed: false, owes_welcomes }))
    }

    /// Another's commit: it counts if it keeps every rule.
    fn apply(
        mut self,
        staged: StagedCommit,
        sender: &Sender,
        roster: &impl Roster,
    ) -> Result<Processed, Stop> {
        let facts = Facts::read(&self.mls, &staged, sender).map_err(Refused::Commit)?;
        let change = validate::check(&facts, roster)?;
        let is_removed = staged.self_removed();
        self.mls
            .merge_staged_commit(&self.provider, staged)
            .map_err(|_| GroupError::Mls("a commit was not merged"))?;
        self.record.state = State::Active;
        // Ours, if one is under way, was made for the epoch that is over.
        self.records().forget_pending(&self.id)?;
        self.record.ahead = 0;
        if is_removed {
            self.record.state = State::Removed;
            self.mls.delete(self.provider.storage())?;
        }
        self.keep()?;
        let whose = Whose::Others;
        Ok(Processed::Applied(Applied { whose, change, is_removed, owes_welcomes: false }))
    }

    fn installation_of(&self, sender: &Sender, inbox: &str) -> Option<InstallationKey> {
        let Sender::Member(index) = sender else { return None };
        let member = self.mls.member_at(*index)?;
        let leaf = Leaf::read(&member.credential, &member.signature_key)?;
        (leaf.inbox == inbox).then_some(leaf.installation)
    }
}

fn stop(error: ProcessMessageError<StorageError>) -> Stop {
    match error {
        ProcessMessageError::StorageError(error) => Stop::Failed(error.into()),
        ProcessMessageError::ValidationError(error) => Refused::of(&error).into(),
        ProcessMessageError::InvalidCommit(_) => Refused::BadCommit.into(),
        ProcessMessageError::GroupStateError(_) => Refused::Removed.into(),
        ProcessMessageError::IncompatibleWireFormat => Refused::Public.into(),
        ProcessMessageError::UnauthorizedExternalApplicationMessage
        | ProcessMessageError::UnauthorizedExternalCommitMessage => Refused::Outsider.into(),
        ProcessMessageError::UnsupportedProposalType => Refused::Proposal.into(),
        ProcessMessageError::LibraryError(_) => Refused::Sealed.into(),
    }
}
