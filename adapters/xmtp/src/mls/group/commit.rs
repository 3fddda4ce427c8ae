//! Commits of our own. A commit is made, published and read back; only then does it count. What is
//! read back first counts: if that is another's, ours is made anew.

use std::collections::{BTreeMap, BTreeSet};

use openmls::prelude::{KeyPackage, OpenMlsProvider as _, Sender};
use thiserror::Error;
use threadbridge_core::model::time::Timestamp;
use tls_codec::Serialize as _;

use crate::mls::client::{InstallationKey, Leaf};
use crate::mls::group::plan::Plan;
use crate::mls::group::record::{Echo, Owed, Pending, Target};
use crate::mls::group::records::{RecordError, digest};
use crate::mls::group::{Group, GroupError};
use crate::mls::key_package::foreign::{self, Unusable, Usable};
use crate::mls::validate::{self, Facts, Violation};

/// Why no commit was made. The group is as it was.
#[derive(Debug, Error)]
pub(crate) enum CommitError {
    #[error("an inbox that is to be added has no installation that can be")]
    Unreachable,
    #[error("another commit of this account is under way")]
    UnderWay,
    #[error("the group's other members would refuse it")]
    Forbidden(#[from] Violation),
    #[error("nothing could be done in the group")]
    Group(#[from] GroupError),
}

impl From<RecordError> for CommitError {
    fn from(error: RecordError) -> Self {
        Self::Group(error.into())
    }
}

/// A commit to publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) bytes: Vec<u8>,
    /// Installations that could not be added, and why.
    pub(crate) failed: Vec<(Leaf, Unusable)>,
}

impl Group<'_> {
    /// The commit of this account that is under way, if one is.
    pub(crate) fn pending(&self) -> Result<Option<Pending>, RecordError> {
        self.records().pending(&self.id)
    }

    /// Makes the commit that was planned. `packages` are key packages as the network gave them;
    /// an installation whose key package is missing or of no use is noted as failed in the group.
    pub(crate) fn commit(
        mut self,
        mut plan: Plan,
        packages: &BTreeMap<InstallationKey, Vec<u8>>,
        now: Timestamp,
    ) -> Result<Made, CommitError> {
        self.check_state()?;
        if self.pending()?.is_some() {
            return Err(CommitError::UnderWay);
        }
        let (usable, failed) = self.sort(&plan, packages);
        let is_reached = |inbox: &&String| {
            plan.adds.iter().any(|leaf| {
                leaf.inbox == **inbox && !failed.iter().any(|(failed, _)| failed == leaf)
            })
        };
        if !plan.joining.iter().all(|inbox| is_reached(&inbox)) {
            return Err(CommitError::Unreachable);
        }
        for (leaf, _) in &failed {
            plan.after.membership.failed_installations.push(leaf.installation.to_vec());
        }
        let pending = self.stage(&plan, usable, now)?;
        validate::allows(&self.own_facts()?)?;
        self.records().expect(&pending.bytes, &Echo::Commit)?;
        self.records().keep_pending(&self.id, &pending)?;
        self.keep()?;
        Ok(Made { bytes: pending.bytes, failed })
    }

    fn sort(
        &self,
        plan: &Plan,
        packages: &BTreeMap<InstallationKey, Vec<u8>>,
    ) -> (Vec<Usable>, Vec<(Leaf, Unusable)>) {
        // One key package that repeats a key of the tree would make the whole commit impossible.
        let mut taken: BTreeSet<Vec<u8>> =
            self.mls.members().map(|member| member.encryption_key).collect();
        let (mut usable, mut failed) = (Vec::new(), Vec::new());
        for leaf in &plan.adds {
            let bytes = packages.get(&leaf.installation).map_or(&[][..], Vec::as_slice);
            match foreign::check(bytes, leaf, &self.provider) {
                Ok(one) if is_free(one.keys(), &mut taken) => usable.push(one),
                Ok(_) => failed.push((leaf.clone(), Unusable::Invalid)),
                Err(error) => failed.push((leaf.clone(), error)),
            }
        }
        (usable, failed)
    }

    fn stage(
        &mut self,
        plan: &Plan,
        usable: Vec<Usable>,
        now: Timestamp,
    ) -> Result<Pending, GroupError> {
        let targets = usable.iter().map(|usable| Target::from(&usable.seal_for)).collect();
        let packages: Vec<KeyPackage> = usable.into_iter().map(|usable| usable.package).collect();
        let epoch = self.epoch();
        let extensions = plan
            .after
            .update(&plan.before, self.mls.extensions())
            .ok_or(GroupError::Mls("the terms have no encoding"))?;
        let mut builder = self
            .mls
            .commit_builder()
            .propose_removals(plan.removes.iter().copied())
            .propose_adds(packages)
            .force_self_update(true);
        if plan.after != plan.before {
            builder = builder
                .propose_group_context_extensions(extensions)
                .map_err(|_| GroupError::Mls("the terms were not proposed"))?;
        }
        let bundle = builder
            .load_psks(self.provider.storage())
            .and_then(|builder| {
                let installation = &self.client.installation;
                builder.build(self.provider.rand(), self.provider.crypto(), installation, |_| true)
            })
            .map_err(|_| GroupError::Mls("the commit was not built"))?
            .stage_commit(&self.provider)
            .map_err(|_| GroupError::Mls("the commit was not staged"))?;
        let encode = |error| GroupError::Mls(error);
        let bytes = bundle.commit().tls_serialize_detached();
        let bytes = bytes.map_err(|_| encode("the commit has no encoding"))?;
        let welcome = match bundle.to_welcome_msg() {
            Some(welcome) => welcome
                .tls_serialize_detached()
                .map_err(|_| encode("the welcome has no encoding"))?,
            None => Vec::new(),
        };
        Ok(Pending { digest: digest(&bytes), bytes, epoch, welcome, targets, made_at: now })
    }

    /// What the commit that is under way does.
    pub(super) fn own_facts(&self) -> Result<Facts, CommitError> {
        let staged = self.mls.pending_commit().ok_or(GroupError::Mls("no commit is pending"))?;
        Ok(Facts::read(&self.mls, staged, &Sender::Member(self.mls.own_leaf_index()))?)
    }

    /// The commit that is under way was read back as the server's `cursor`th message: it counts.
    pub(super) fn merge(&mut self, pending: Pending, cursor: u64) -> Result<(), GroupError> {
        self.mls
            .merge_pending_commit(&self.provider)
            .map_err(|_| GroupError::Mls("the own commit was not merged"))?;
        self.record.renewed_at = Some(pending.made_at);
        self.records().forget_pending(&self.id)?;
        if !pending.targets.is_empty() {
            let Pending { welcome, targets, .. } = pending;
            self.records().owe(&self.id, Owed { welcome, cursor, targets })?;
        }
        Ok(())
    }

    /// The commit that is under way came too late.
    pub(super) fn drop_pending(&mut self) -> Result<(), GroupError> {
        self.mls.clear_pending_commit(self.provider.storage())?;
        Ok(self.records().forget_pending(&self.id)?)
    }
}

fn is_free(keys: Option<[Vec<u8>; 2]>, taken: &mut BTreeSet<Vec<u8>>) -> bool {
    keys.is_some_and(|keys| keys.into_iter().all(|key| taken.insert(key)))
}
