//! Whether a commit's author may do what it does.

use crate::mls::extension::Terms;
use crate::mls::permission::Rank;
use crate::mls::validate::{Change, Facts, Violation};

/// What an inbox is in a group with these terms.
pub(super) fn rank(terms: &Terms, inbox: &String) -> Rank {
    if terms.super_admins().contains(inbox) {
        Rank::SuperAdmin
    } else if terms.admins().contains(inbox) {
        Rank::Admin
    } else {
        Rank::Member
    }
}

/// Each change is one that the group, as it was, let its author make.
pub(super) fn policies_allow(facts: &Facts, change: &Change) -> Result<(), Violation> {
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
