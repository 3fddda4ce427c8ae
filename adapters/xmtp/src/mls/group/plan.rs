//! What a commit of ours is to change, worked out from the group and the inboxes' logs.

use std::collections::{BTreeMap, BTreeSet};

use openmls::prelude::LeafNodeIndex;
use thiserror::Error;

use crate::identity::logs::Unread;
use crate::mls::attribute::limit_bytes;
use crate::mls::client::{InstallationKey, Leaf};
use crate::mls::extension::{BadTerms, MAX_INBOXES, Terms};
use crate::mls::group::Group;
use crate::mls::roster::{Roster, Unknown};
use crate::wire::proto::group::{Inboxes, PolicySet};

/// What somebody wants changed. Whatever it names, a commit also brings the tree in line with the
/// members' logs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Intent {
    pub(crate) add: BTreeSet<String>,
    pub(crate) remove: BTreeSet<String>,
    /// Attributes to set; those without a value are dropped.
    pub(crate) attributes: BTreeMap<String, Option<String>>,
    /// Inboxes that become or cease to be admins.
    pub(crate) admins: BTreeMap<String, Is>,
    pub(crate) super_admins: BTreeMap<String, Is>,
    pub(crate) policies: Option<PolicySet>,
    /// New keys for the own leaf, even if nothing else is to be done.
    pub(crate) renew: bool,
}

/// Whether an inbox is to be on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    Listed,
    Unlisted,
}

/// Why nothing can be planned.
#[derive(Debug, Error)]
pub(crate) enum PlanError {
    #[error("logs of inboxes are not known far enough")]
    Unknown(Vec<Unknown>),
    #[error("an inbox that is to be added has no installations")]
    Empty,
    #[error("the group would have too many members")]
    TooMany,
    #[error("an attribute is too long")]
    TooLong,
    #[error("an account cannot remove itself")]
    OwnRemoval,
    #[error("the group's terms could not be read")]
    Terms(#[from] BadTerms),
    #[error("the members' logs could not be read")]
    Logs(#[from] Unread),
}

/// A commit that is to be made.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(super) adds: Vec<Leaf>,
    pub(super) removes: Vec<LeafNodeIndex>,
    pub(super) before: Terms,
    pub(super) after: Terms,
    /// Inboxes that are in the group only if one of their installations can be added.
    pub(super) joining: BTreeSet<String>,
    is_wanted: bool,
}

impl Plan {
    /// Whether there is nothing to commit.
    pub(crate) fn is_empty(&self) -> bool {
        !self.is_wanted
    }

    /// The installations whose key packages are needed.
    pub(crate) fn wanted(&self) -> &[Leaf] {
        &self.adds
    }
}

/// The leaves of a tree by inbox.
type Tree = BTreeMap<Leaf, LeafNodeIndex>;

struct Draft<'r, R> {
    roster: &'r R,
    tree: Tree,
    own: Leaf,
    adds: Vec<Leaf>,
    removes: Vec<LeafNodeIndex>,
    failed: BTreeSet<Vec<u8>>,
    unknown: Vec<Unknown>,
}

impl Group<'_> {
    /// Works out what a commit has to do for `intent`, and for the tree to be what the logs say.
    pub(crate) fn plan(&self, intent: &Intent, roster: &impl Roster) -> Result<Plan, PlanError> {
        let before = self.terms()?;
        let mut after = before.clone();
        if intent.remove.contains(&self.client.inbox) {
            return Err(PlanError::OwnRemoval);
        }
        let failed = before.membership.failed_installations.iter().cloned().collect();
        let mut draft = Draft {
            roster,
            tree: self.tree(),
            own: Leaf {
                inbox: self.client.inbox.clone(),
                installation: self.client.installation.public(),
            },
            adds: Vec::new(),
            removes: Vec::new(),
            failed,
            unknown: Vec::new(),
        };
        let joining = draft.members(&before, &mut after, intent)?;
        if !draft.unknown.is_empty() {
            return Err(PlanError::Unknown(draft.unknown));
        }
        change_terms(&mut after, intent)?;
        after.membership.failed_installations = draft.failed.into_iter().collect();
        let moves = !draft.adds.is_empty() || !draft.removes.is_empty();
        let is_wanted = intent.renew
            || moves
            || after.mutable != before.mutable
            || after.policies != before.policies
            || before.members().keys().ne(after.members().keys());
        Ok(Plan { adds: draft.adds, removes: draft.removes, before, after, joining, is_wanted })
    }

    pub(super) fn tree(&self) -> Tree {
        let leaves = self.mls.members().filter_map(|member| {
            Leaf::read(&member.credential, &member.signature_key).map(|leaf| (leaf, member.index))
        });
        leaves.collect()
    }
}

impl<R: Roster> Draft<'_, R> {
    fn members(
        &mut self,
        before: &Terms,
        after: &mut Terms,
        intent: &Intent,
    ) -> Result<BTreeSet<String>, PlanError> {
        let members = &mut after.membership.members;
        for inbox in &intent.remove {
            if let Some(sequence_id) = members.remove(inbox) {
                self.drop_inbox(inbox, sequence_id)?;
            }
        }
        for (inbox, sequence_id) in members.iter_mut() {
            self.follow(inbox, sequence_id)?;
        }
        let mut joining = BTreeSet::new();
        for inbox in &intent.add {
            if before.members().contains_key(inbox) {
                continue;
            }
            // What failed when they were in the group before may be possible again.
            self.forgive(inbox)?;
            let mut sequence_id = 0;
            self.follow(inbox, &mut sequence_id)?;
            members.insert(inbox.clone(), sequence_id);
            joining.insert(inbox.clone());
        }
        let is_empty = |inbox: &&String| !self.adds.iter().any(|leaf| leaf.inbox == **inbox);
        if self.unknown.is_empty() && joining.iter().any(|inbox| is_empty(&inbox)) {
            return Err(PlanError::Empty);
        }
        if members.len() > MAX_INBOXES {
            return Err(PlanError::TooMany);
        }
        Ok(joining)
    }

    /// Adds and removes what changed in an inbox's log, and moves its place to the log's end.
    fn follow(&mut self, inbox: &str, sequence_id: &mut u64) -> Result<(), Unread> {
        let newest = self.roster.newest(inbox)?.filter(|(newest, _)| newest >= sequence_id);
        let Some((newest, now)) = newest else {
            self.lack(inbox, (*sequence_id).max(1));
            return Ok(());
        };
        let Some(then) = self.roster.installations(inbox, *sequence_id)? else {
            self.lack(inbox, *sequence_id);
            return Ok(());
        };
        for added in now.difference(&then) {
            let leaf = Leaf { inbox: inbox.to_owned(), installation: *added };
            let is_there = leaf == self.own || self.tree.contains_key(&leaf);
            if !is_there && !self.failed.contains(added.as_slice()) {
                self.adds.push(leaf);
            }
        }
        for removed in then.difference(&now) {
            self.remove(inbox, removed);
        }
        *sequence_id = newest;
        Ok(())
    }

    fn forgive(&mut self, inbox: &str) -> Result<(), Unread> {
        if let Some((_, now)) = self.roster.newest(inbox)? {
            self.failed.retain(|failed| !now.iter().any(|it| it.as_slice() == failed));
        }
        Ok(())
    }

    /// Removes all that an inbox has in the tree.
    fn drop_inbox(&mut self, inbox: &str, sequence_id: u64) -> Result<(), Unread> {
        let Some(then) = self.roster.installations(inbox, sequence_id)? else {
            self.lack(inbox, sequence_id);
            return Ok(());
        };
        for removed in &then {
            self.remove(inbox, removed);
        }
        Ok(())
    }

    /// Others expect exactly the removals that the logs call for; what is not in the tree must
    /// count as failed, or they refuse the commit.
    fn remove(&mut self, inbox: &str, installation: &InstallationKey) {
        let leaf = Leaf { inbox: inbox.to_owned(), installation: *installation };
        match self.tree.get(&leaf) {
            Some(index) => self.removes.push(*index),
            None => {
                self.failed.insert(installation.to_vec());
            }
        }
    }

    fn lack(&mut self, inbox: &str, sequence_id: u64) {
        self.unknown.push(Unknown { inbox: inbox.to_owned(), sequence_id });
    }
}

fn change_terms(terms: &mut Terms, intent: &Intent) -> Result<(), PlanError> {
    for (key, value) in &intent.attributes {
        match value {
            Some(value) if limit_bytes(key).is_some_and(|limit| value.len() > limit) => {
                return Err(PlanError::TooLong);
            }
            Some(value) => terms.mutable.attributes.insert(key.clone(), value.clone()),
            None => terms.mutable.attributes.remove(key),
        };
    }
    list(&mut terms.mutable.admin_list, &intent.admins);
    list(&mut terms.mutable.super_admin_list, &intent.super_admins);
    if let Some(policies) = &intent.policies {
        terms.policies = policies.clone();
    }
    Ok(())
}

fn list(listed: &mut Option<Inboxes>, changes: &BTreeMap<String, Is>) {
    let inboxes = &mut listed.get_or_insert_default().inbox_ids;
    for (inbox, is) in changes {
        match is {
            Is::Listed if inboxes.contains(inbox) => {}
            Is::Listed => inboxes.push(inbox.clone()),
            Is::Unlisted => inboxes.retain(|listed| listed != inbox),
        }
    }
}
