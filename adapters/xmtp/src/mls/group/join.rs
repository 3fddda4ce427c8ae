//! Being added to a group by somebody's welcome.

use std::collections::BTreeSet;

use openmls::prelude::{
    ExtensionType, Extensions, GroupContext, MlsGroup, MlsMessageBodyIn, MlsMessageIn,
    ProcessedWelcome, ProposalType, StagedWelcome, Welcome, WelcomeError,
};
use openmls_traits::OpenMlsProvider as _;
use thiserror::Error;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;
use tls_codec::Deserialize as _;

use crate::mls::client::{Client, Leaf};
use crate::mls::extension::{BadTerms, Terms};
use crate::mls::group::record::{GroupId, Kind, Record, State};
use crate::mls::group::records::{RecordError, Records};
use crate::mls::group::{Group, GroupError};
use crate::mls::permission::Preset;
use crate::mls::provider::{CIPHERSUITE, Place, Provider, capabilities, join_config};
use crate::mls::roster::{Roster, Unknown};
use crate::mls::shelf::Revision;
use crate::mls::storage::StorageError;
use crate::mls::validate::{self, Verdict};
use crate::wire::proto::group::ConversationType;

/// The largest welcome that is looked at: one to the largest group, with its tree.
const MAX_WELCOME_BYTES: usize = 8 * 1024 * 1024;

/// Why a welcome leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum NotJoined {
    #[error("the welcome is too large")]
    TooLarge,
    #[error("the welcome is not in MLS's format")]
    Malformed,
    #[error("the welcome is for no key package of this account")]
    NoKeyPackage,
    #[error("the welcome is not valid by MLS")]
    Invalid,
    #[error("the group asks for a newer client")]
    NewerClient,
    #[error("the group's terms cannot be read")]
    Terms(BadTerms),
    #[error("the group is of a kind that is not known")]
    Kind,
    #[error("the group was made to carry one message, which is not for this client")]
    Oneshot,
    #[error("a member's credential is not of this network")]
    Credential,
    #[error("a member's place in their log does not exist")]
    NoSuchEntry,
    #[error("the group's tree has an installation that no log calls for")]
    Extra,
    #[error("the group's tree lacks an installation that the logs call for")]
    Lacking,
    #[error("the direct conversation is not between its members")]
    Strangers,
    #[error("the direct conversation has admins, or lets members be changed")]
    Ruled,
    #[error("the account is in too many groups, or in too many with one peer")]
    TooMany,
    #[error("the account is in the group already")]
    Known,
}

/// What became of a welcome.
pub(crate) enum Joined<'a> {
    Group(Box<Group<'a>>),
    /// Logs must be known further before anything can be said of it. Try again with them.
    Missing(Vec<Unknown>),
    Not(NotJoined),
}

enum Stop {
    Missing(Vec<Unknown>),
    Not(NotJoined),
    Failed(GroupError),
}

impl From<BadTerms> for NotJoined {
    fn from(terms: BadTerms) -> Self {
        match terms {
            // A newer client keeps them elsewhere.
            BadTerms::Absent => Self::NewerClient,
            BadTerms::Malformed | BadTerms::TooLarge => Self::Terms(terms),
        }
    }
}

impl<E: Into<NotJoined>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Not(error.into())
    }
}

impl<'a> Group<'a> {
    /// Joins by a welcome as MLS wrote it. `begins_after` is where on the server the commit stands
    /// that added this account.
    pub(crate) fn join(
        keys: &'a Keys,
        client: &'a Client,
        welcome: &[u8],
        (begins_after, at): (u64, Timestamp),
        roster: &impl Roster,
    ) -> Result<Joined<'a>, GroupError> {
        match join(keys, client, welcome, (begins_after, at), roster) {
            Ok(group) => Ok(Joined::Group(Box::new(group))),
            Err(Stop::Missing(unknown)) => Ok(Joined::Missing(unknown)),
            Err(Stop::Not(reason)) => Ok(Joined::Not(reason)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }
}

fn join<'a>(
    keys: &'a Keys,
    client: &'a Client,
    welcome: &[u8],
    (begins_after, at): (u64, Timestamp),
    roster: &impl Roster,
) -> Result<Group<'a>, Stop> {
    let provider = Provider::over(keys);
    let welcome = parse(welcome)?;
    let processed =
        ProcessedWelcome::new_from_welcome(&provider, &join_config(), welcome).map_err(unopened)?;
    if !processed.psks().is_empty() {
        return Err(NotJoined::Invalid.into());
    }
    let context = processed.unverified_group_info().group_id().clone();
    let id = GroupId::parse(context.as_slice()).ok_or(NotJoined::Malformed)?;
    if !is_understood(processed.unverified_group_info().group_context().extensions()) {
        return Err(NotJoined::NewerClient.into());
    }
    let staged = openmls::prelude::JoinBuilder::new(&provider, processed)
        .skip_lifetime_validation()
        .replace_old_group()
        .build()
        .map_err(unopened)?;
    give_up_older(&provider, &id, &staged)?;
    let terms = Terms::read(staged.group_context().extensions())?;
    let added_by = adder(&staged)?;
    let kind = kind(&terms)?;
    tree_agrees(&staged, &terms, roster)?;
    let peer = match kind {
        Kind::Dm => Some(dm_peer(&terms, client, &added_by)?),
        Kind::Group | Kind::Sync => None,
    };
    let state = match validate::version_fits(&terms) {
        Err(Verdict::Paused(version)) => State::Paused(version),
        Ok(()) | Err(_) => State::Active,
    };
    let mls = staged.into_group(&provider).map_err(unopened)?;
    let record = Record {
        kind,
        peer,
        added_by: added_by.inbox,
        begins_after,
        joined_at: at,
        renewed_at: None,
        last_message_at: at,
        state,
        ahead: 0,
        epoch: mls.epoch().as_u64(),
        patience: None,
        authenticator: Some(mls.epoch_authenticator().as_slice().to_vec()),
        revision: Revision::fresh(),
    };
    let records = Records(keys);
    let kept = records.begin(&id, &record).and_then(|()| records.forget_pending(&id));
    kept.map_err(|error| match error {
        RecordError::Full => NotJoined::TooMany.into(),
        error @ (RecordError::Read(_) | RecordError::Broken) => Stop::Failed(error.into()),
    })?;
    provider.storage().keep();
    Ok(Group::of(provider, client, (id, record), mls))
}

/// Whether a client like this one can be in a group with these extensions (RFC 9420 §11.1).
pub(super) fn is_understood(extensions: &Extensions<GroupContext>) -> bool {
    let own = capabilities(Place::KeyPackage);
    let knows = |it: ExtensionType| is_default(it) || own.extensions().contains(&it);
    let proposes = |it: &ProposalType| {
        // RFC 9420 §7.2: these need not be listed.
        matches!(u16::from(*it), 1..=7) || own.proposals().contains(it)
    };
    let asks_no_more = extensions.required_capabilities().is_none_or(|it| {
        it.extension_types().iter().all(|it| knows(*it))
            && it.proposal_types().iter().all(proposes)
            && it.credential_types().iter().all(|it| own.credentials().contains(it))
    });
    asks_no_more && extensions.iter().all(|it| knows(it.extension_type()))
}

/// RFC 9420 §7.2: these need not be listed, nor does what only tries whether others are passed over.
fn is_default(extension: ExtensionType) -> bool {
    matches!(u16::from(extension), 1..=5) || matches!(extension, ExtensionType::Grease(_))
}

fn parse(bytes: &[u8]) -> Result<Welcome, NotJoined> {
    if bytes.len() > MAX_WELCOME_BYTES {
        return Err(NotJoined::TooLarge);
    }
    let message = MlsMessageIn::tls_deserialize_exact(bytes).map_err(|_| NotJoined::Malformed)?;
    match message.extract() {
        MlsMessageBodyIn::Welcome(welcome) if welcome.ciphersuite() == CIPHERSUITE => Ok(welcome),
        MlsMessageBodyIn::Welcome(_) => Err(NotJoined::Invalid),
        MlsMessageBodyIn::PrivateMessage(_)
        | MlsMessageBodyIn::PublicMessage(_)
        | MlsMessageBodyIn::GroupInfo(_)
        | MlsMessageBodyIn::KeyPackage(_) => Err(NotJoined::Malformed),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all else is the welcome's fault")]
fn unopened(error: WelcomeError<StorageError>) -> Stop {
    match error {
        WelcomeError::StorageError(error) => Stop::Failed(error.into()),
        WelcomeError::NoMatchingKeyPackage => NotJoined::NoKeyPackage.into(),
        _ => NotJoined::Invalid.into(),
    }
}

/// Whoever lost a group is added to it again; whoever is in it needs no welcome.
fn give_up_older(
    provider: &Provider<'_>,
    id: &GroupId,
    staged: &StagedWelcome,
) -> Result<(), Stop> {
    let older = MlsGroup::load(provider.storage(), &id.to_mls());
    let Some(mut older) = older.map_err(|error| Stop::Failed(error.into()))? else {
        return Ok(());
    };
    if older.is_active() && older.epoch() >= staged.group_context().epoch() {
        return Err(NotJoined::Known.into());
    }
    older.delete(provider.storage()).map_err(|error| Stop::Failed(error.into()))
}

fn adder(staged: &StagedWelcome) -> Result<Leaf, NotJoined> {
    let leaf = staged.welcome_sender().map_err(|_| NotJoined::Invalid)?;
    Leaf::read(leaf.credential(), leaf.signature_key().as_slice()).ok_or(NotJoined::Credential)
}

fn kind(terms: &Terms) -> Result<Kind, NotJoined> {
    match ConversationType::try_from(terms.metadata.conversation_type) {
        Ok(ConversationType::Group) => Ok(Kind::Group),
        Ok(ConversationType::Dm) => Ok(Kind::Dm),
        Ok(ConversationType::Sync) => Ok(Kind::Sync),
        Ok(ConversationType::Oneshot) => Err(NotJoined::Oneshot),
        Ok(ConversationType::Unspecified) | Err(_) => Err(NotJoined::Kind),
    }
}

/// The tree holds the installations that the logs name at the places that the group names, but for
/// those that could not be added, and no others.
fn tree_agrees(staged: &StagedWelcome, terms: &Terms, roster: &impl Roster) -> Result<(), Stop> {
    let tree: BTreeSet<Leaf> = staged
        .members()
        .map(|member| Leaf::read(&member.credential, &member.signature_key))
        .collect::<Option<_>>()
        .ok_or(NotJoined::Credential)?;
    let mut expected = BTreeSet::new();
    let mut unknown = Vec::new();
    for (inbox, sequence_id) in terms.members() {
        let known = roster.installations(inbox, *sequence_id);
        match known.map_err(|error| Stop::Failed(error.into()))? {
            Some(known) => expected.extend(
                known.into_iter().map(|installation| Leaf { inbox: inbox.clone(), installation }),
            ),
            None => unknown.push(Unknown { inbox: inbox.clone(), sequence_id: *sequence_id }),
        }
    }
    for Unknown { inbox, sequence_id } in &unknown {
        let is_lacking = roster.lacks(inbox, *sequence_id);
        if is_lacking.map_err(|error| Stop::Failed(error.into()))? {
            return Err(NotJoined::NoSuchEntry.into());
        }
    }
    if !unknown.is_empty() {
        return Err(Stop::Missing(unknown));
    }
    if !tree.is_subset(&expected) {
        return Err(NotJoined::Extra.into());
    }
    let failed = &terms.membership.failed_installations;
    let has_failed = |leaf: &Leaf| failed.iter().any(|it| *it == leaf.installation);
    if !expected.difference(&tree).all(has_failed) {
        return Err(NotJoined::Lacking.into());
    }
    Ok(())
}

/// With whom a direct conversation is: it is between this account and whoever added it, or another
/// installation of this account did.
fn dm_peer(terms: &Terms, client: &Client, added_by: &Leaf) -> Result<String, NotJoined> {
    let own = client.inbox.as_str();
    let peer = match terms.dm_members() {
        Some([one, other]) if one == own => other,
        Some([one, other]) if other == own => one,
        Some(_) | None => return Err(NotJoined::Strangers),
    };
    if added_by.inbox != own && added_by.inbox != peer {
        return Err(NotJoined::Strangers);
    }
    let dm = Preset::Dm.policies();
    let members_fixed = terms.policies.add_member_policy == dm.add_member_policy
        && terms.policies.remove_member_policy == dm.remove_member_policy;
    if !terms.admins().is_empty() || !terms.super_admins().is_empty() || !members_fixed {
        return Err(NotJoined::Ruled);
    }
    Ok(peer.to_owned())
}
