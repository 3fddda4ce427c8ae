//! Whether a commit changes the tree as the inboxes' logs do.

use std::collections::BTreeSet;

use crate::identity::logs::Unread;
use crate::mls::client::{InstallationKey, Leaf};
use crate::mls::permission::Rank;
use crate::mls::roster::{Roster, Unknown};
use crate::mls::validate::policies::rank;
use crate::mls::validate::{Facts, Verdict, Violation};

/// The tree changes exactly as the logs of the inboxes do that came, went or moved on.
pub(super) fn logs_agree(facts: &Facts, roster: &impl Roster) -> Result<(), Verdict> {
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
