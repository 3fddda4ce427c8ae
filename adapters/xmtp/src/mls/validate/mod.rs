//! What every member checks in a commit before it counts, so that no member of a group can do what
//! the group's terms and the inboxes' logs do not let them.
//!
//! The network's own clients refuse by the same rules. Refusing what they accept would lose the
//! group; accepting what they refuse would follow a fork.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::identity::logs::Unread;
use crate::mls::attribute::{MINIMUM_VERSION, Version, follows, limit_bytes};
use crate::mls::client::Leaf;
use crate::mls::extension::{BadTerms, Terms};
use crate::mls::roster::{Roster, Unknown};

use logs::logs_agree;
use policies::policies_allow;

pub(crate) use facts::Facts;

mod facts;
mod logs;
mod policies;

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

/// Whether the group asks for a newer client than this one.
pub(crate) fn version_fits(terms: &Terms) -> Result<(), Verdict> {
    let Some(asked) = terms.mutable.attributes.get(MINIMUM_VERSION) else { return Ok(()) };
    Version::parse(asked).ok_or(Violation::Version)?;
    if !follows(asked) {
        return Err(Verdict::Paused(asked.clone()));
    }
    Ok(())
}
