//! What every member checks in a commit before it counts, so that no member of a group can do what
//! the group's terms and the inboxes' logs do not let them.
//!
//! The network's own clients refuse by the same rules. Refusing what they accept would lose the
//! group; accepting what they refuse would follow a fork.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::identity::logs::Unread;
use crate::mls::attribute::{MINIMUM_VERSION, Version, follows, limit_bytes};
use crate::mls::client::{InstallationKey, Leaf};
use crate::mls::extension::{BadTerms, Terms};
use crate::mls::permission::Rank;
use crate::mls::roster::{Roster, Unknown};

pub(crate) use facts::Facts;

mod facts;

/// What a commit breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Violation {
    #[error("the group's terms would not be readable")]
    Terms(#[from] BadTerms),
    #[error("what the group is for good would change")]
    Immutable,
    #[error("people outside of the group could propose changes")]
    ExternalSenders,
    #[error("a member's credential is not of this network")]
    Credential,
    #[error("an attribute would be too long")]
    TooLong,
    #[error("it brings a key from outside")]
    Psk,
    #[error("it proposes what the network does not know")]
    Proposal,
    #[error("its author is not a member")]
    Outsider,
    #[error("more than one member had a part in it")]
    SecondActor,
    #[error("a member's place in their log does not exist")]
    NoSuchEntry,
    #[error("a member's place in their log would go back")]
    SequenceDecreased,
    #[error("an installation is added that no log calls for")]
    UnexpectedAdd,
    #[error("the removed installations are not those that the logs call for")]
    UnexpectedRemoval,
    #[error("its author's installation does not belong to their inbox any more")]
    Impostor,
    #[error("its author may not add these members")]
    MayNotAdd,
    #[error("its author may not remove these members")]
    MayNotRemove,
    #[error("a super admin would be removed")]
    SuperAdminRemoved,
    #[error("its author may not change an attribute")]
    MayNotDescribe,
    #[error("its author may not change the admins")]
    MayNotChangeAdmins,
    #[error("its author may not change the super admins, or none would be left")]
    MayNotChangeSuperAdmins,
    #[error("its author may not change who may do what")]
    MayNotPermit,
    #[error("the version that it asks for is not one")]
    Version,
}

/// Why a commit does not count, or not yet.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Logs must be known further before anything can be said.
    Unknown(Vec<Unknown>),
    Refused(Violation),
    /// It asks for a client of at least this version.
    Paused(String),
    Unread(Unread),
}

impl From<Violation> for Verdict {
    fn from(violation: Violation) -> Self {
        Self::Refused(violation)
    }
}

impl From<Unread> for Verdict {
    fn from(error: Unread) -> Self {
        Self::Unread(error)
    }
}

/// An attribute that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AttributeChange {
    pub(crate) key: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// Who was put on a list, and who was taken off it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListChange {
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
}

impl ListChange {
    fn between(before: &[String], after: &[String]) -> Self {
        let without = |some: &[String], others: &[String]| {
            some.iter().filter(|inbox| !others.contains(inbox)).cloned().collect()
        };
        Self { added: without(after, before), removed: without(before, after) }
    }

    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty()
    }
}

/// What a commit that counts has changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) by: Leaf,
    /// Inboxes, not installations.
    pub(crate) members: ListChange,
    pub(crate) attributes: Vec<AttributeChange>,
    pub(crate) admins: ListChange,
    pub(crate) super_admins: ListChange,
    pub(crate) permissions_changed: bool,
    /// Whether installations came or went.
    pub(crate) tree_changed: bool,
}

/// Checks a commit by every rule, and says what it changes.
pub(crate) fn check(facts: &Facts, roster: &impl Roster) -> Result<Change, Verdict> {
    let change = changes(facts);
    attributes_fit(&change)?;
    sequences_grow(&facts.before, &facts.after)?;
    logs_agree(facts, roster)?;
    policies_allow(facts, &change)?;
    version_fits(&facts.after)?;
    Ok(change)
}

/// Checks a commit of our own by all but the logs, which it was made of.
pub(crate) fn allows(facts: &Facts) -> Result<(), Violation> {
    let change = changes(facts);
    attributes_fit(&change)?;
    sequences_grow(&facts.before, &facts.after)?;
    policies_allow(facts, &change)
}

/// What a commit changes, whether it may or not.
pub(crate) fn changes(facts: &Facts) -> Change {
    let Facts { before, after, .. } = facts;
    let inboxes = |terms: &Terms| terms.members().keys().cloned().collect::<Vec<_>>();
    let (old, new) = (&before.mutable.attributes, &after.mutable.attributes);
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let changed = keys.into_iter().filter(|key| old.get(*key) != new.get(*key));
    let attributes = changed.map(|key| AttributeChange {
        key: key.clone(),
        before: old.get(key).cloned(),
        after: new.get(key).cloned(),
    });
    Change {
        by: facts.actor.clone(),
        members: ListChange::between(&inboxes(before), &inboxes(after)),
        attributes: attributes.collect(),
        admins: ListChange::between(before.admins(), after.admins()),
        super_admins: ListChange::between(before.super_admins(), after.super_admins()),
        permissions_changed: before.policies != after.policies,
        tree_changed: !facts.added.is_empty() || !facts.removed.is_empty(),
    }
}

fn attributes_fit(change: &Change) -> Result<(), Violation> {
    let is_too_long = |change: &AttributeChange| {
        let limit = limit_bytes(&change.key);
        limit.is_some_and(|limit| change.after.as_ref().is_some_and(|it| it.len() > limit))
    };
    if change.attributes.iter().any(is_too_long) {
        return Err(Violation::TooLong);
    }
    Ok(())
}

fn sequences_grow(before: &Terms, after: &Terms) -> Result<(), Violation> {
    let shrinks =
        |(inbox, old): (&String, &u64)| after.members().get(inbox).is_some_and(|new| new < old);
    if before.members().iter().any(shrinks) {
        return Err(Violation::SequenceDecreased);
    }
    Ok(())
}

/// The tree changes exactly as the logs of the inboxes do that came, went or moved on.
fn logs_agree(facts: &Facts, roster: &impl Roster) -> Result<(), Verdict> {
    let Facts { before, after, actor, .. } = facts;
    let mut logs = Logs { roster, unknown: BTreeSet::new() };
    let (mut expected_adds, mut expected_removals) = (BTreeSet::new(), BTreeSet::new());
    for (inbox, new) in after.members() {
        let old = before.members().get(inbox).copied().unwrap_or(0);
        if old == *new {
            continue;
        }
        let (then, now) = (logs.at(inbox, old)?, logs.at(inbox, *new)?);
        expected_adds.extend(now.difference(&then).cloned());
        expected_removals.extend(then.difference(&now).cloned());
    }
    for (inbox, old) in before.members() {
        if !after.members().contains_key(inbox) {
            expected_removals.extend(logs.at(inbox, *old)?);
        }
    }
    let place = after.members().get(&actor.inbox).ok_or(Violation::Impostor)?;
    let own = logs.at(&actor.inbox, *place)?;
    for Unknown { inbox, sequence_id } in &logs.unknown {
        if roster.lacks(inbox, *sequence_id)? {
            return Err(Violation::NoSuchEntry.into());
        }
    }
    if !logs.unknown.is_empty() {
        return Err(Verdict::Unknown(logs.unknown.into_iter().collect()));
    }
    if !own.contains(actor) {
        return Err(Violation::Impostor.into());
    }
    matches_logs(facts, &expected_adds, expected_removals)?;
    Ok(())
}

fn matches_logs(
    facts: &Facts,
    expected_adds: &BTreeSet<Leaf>,
    mut expected_removals: BTreeSet<Leaf>,
) -> Result<(), Violation> {
    let failed: BTreeSet<&[u8]> =
        facts.after.membership.failed_installations.iter().map(Vec::as_slice).collect();
    let mut failed = failed;
    let (mut added, mut removed) = (facts.added.clone(), facts.removed.clone());
    // A super admin may take somebody out and in again, who lost the group; and if that failed for
    // want of a key package, take them out.
    if rank(&facts.before, &facts.actor.inbox) == Rank::SuperAdmin {
        let again: BTreeSet<Leaf> = added.intersection(&removed).cloned().collect();
        added.retain(|leaf| !again.contains(leaf));
        removed.retain(|leaf| !again.contains(leaf));
        removed.retain(|leaf| !failed.remove(leaf.installation.as_slice()));
    }
    if !added.iter().all(|leaf| expected_adds.contains(leaf) || facts.tree.contains(leaf)) {
        return Err(Violation::UnexpectedAdd);
    }
    expected_removals.retain(|leaf| !failed.contains(leaf.installation.as_slice()));
    if removed != expected_removals {
        return Err(Violation::UnexpectedRemoval);
    }
    Ok(())
}

struct Logs<'r, R> {
    roster: &'r R,
    unknown: BTreeSet<Unknown>,
}

impl<R: Roster> Logs<'_, R> {
    fn at(&mut self, inbox: &str, sequence_id: u64) -> Result<BTreeSet<Leaf>, Unread> {
        let known = self.roster.installations(inbox, sequence_id)?;
        if known.is_none() {
            self.unknown.insert(Unknown { inbox: inbox.to_owned(), sequence_id });
        }
        let leaf = |installation: InstallationKey| Leaf { inbox: inbox.to_owned(), installation };
        Ok(known.unwrap_or_default().into_iter().map(leaf).collect())
    }
}

fn rank(terms: &Terms, inbox: &String) -> Rank {
    if terms.super_admins().contains(inbox) {
        Rank::SuperAdmin
    } else if terms.admins().contains(inbox) {
        Rank::Admin
    } else {
        Rank::Member
    }
}

fn policies_allow(facts: &Facts, change: &Change) -> Result<(), Violation> {
    let Facts { before, after, actor, .. } = facts;
    let policies = &before.policies;
    let rank = rank(before, &actor.inbox);
    let members = &change.members;
    let may_add = members.added.is_empty()
        || rank.may_change_members(policies.add_member_policy.as_ref())
        || brings_the_other(before, &members.added, &actor.inbox);
    if !may_add {
        return Err(Violation::MayNotAdd);
    }
    let may_remove = members.removed.is_empty()
        || rank.may_change_members(policies.remove_member_policy.as_ref());
    if !may_remove {
        return Err(Violation::MayNotRemove);
    }
    if members.removed.iter().any(|inbox| before.super_admins().contains(inbox)) {
        return Err(Violation::SuperAdminRemoved);
    }
    if !change.attributes.iter().all(|it| rank.may_change_attribute(policies, &it.key)) {
        return Err(Violation::MayNotDescribe);
    }
    let may_make = change.admins.added.is_empty()
        || rank.may_change_admins(policies.add_admin_policy.as_ref());
    let may_unmake = change.admins.removed.is_empty()
        || rank.may_change_admins(policies.remove_admin_policy.as_ref());
    if !(may_make && may_unmake) {
        return Err(Violation::MayNotChangeAdmins);
    }
    let is_headless = !change.super_admins.removed.is_empty() && after.super_admins().is_empty();
    if !change.super_admins.is_empty() && (rank != Rank::SuperAdmin || is_headless) {
        return Err(Violation::MayNotChangeSuperAdmins);
    }
    if change.permissions_changed && rank != Rank::SuperAdmin {
        return Err(Violation::MayNotPermit);
    }
    Ok(())
}

/// In a direct conversation each may bring the other in, whatever the policies say.
fn brings_the_other(before: &Terms, added: &[String], actor: &str) -> bool {
    match (before.dm_members(), added) {
        (Some(members), [added]) => members.contains(&added.as_str()) && added != actor,
        _ => false,
    }
}

/// Whether the group asks for a newer client than this one.
pub(crate) fn version_fits(terms: &Terms) -> Result<(), Verdict> {
    let Some(asked) = terms.mutable.attributes.get(MINIMUM_VERSION) else { return Ok(()) };
    Version::parse(asked).ok_or(Violation::Version)?;
    if !follows(asked) {
        return Err(Verdict::Paused(asked.clone()));
    }
    Ok(())
}
