//! What a commit does, taken out of MLS's own types.

use std::collections::{BTreeMap, BTreeSet};

use openmls::prelude::{Extension, LeafNodeIndex, MlsGroup, Proposal, Sender, StagedCommit};

use crate::mls::client::Leaf;
use crate::mls::extension::{IMMUTABLE, Terms, body};
use crate::mls::validate::Violation;

/// What a commit does to a group.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Facts {
    pub(super) before: Terms,
    pub(super) after: Terms,
    /// The tree as it stands.
    pub(super) tree: BTreeSet<Leaf>,
    pub(super) added: BTreeSet<Leaf>,
    pub(super) removed: BTreeSet<Leaf>,
    pub(super) actor: Leaf,
}

impl Facts {
    /// Reads what `staged`, which `sender` made, does to `group`.
    pub(crate) fn read(
        group: &MlsGroup,
        staged: &StagedCommit,
        sender: &Sender,
    ) -> Result<Self, Violation> {
        let before = Terms::read(group.extensions())?;
        let after_extensions = staged.group_context().extensions();
        let after = Terms::read(after_extensions)?;
        // The bytes are compared: what is not understood here may not change either.
        if body(group.extensions(), IMMUTABLE)? != body(after_extensions, IMMUTABLE)? {
            return Err(Violation::Immutable);
        }
        if after_extensions.iter().any(|it| matches!(it, Extension::ExternalSenders(_))) {
            return Err(Violation::ExternalSenders);
        }
        let indexed: BTreeMap<LeafNodeIndex, Leaf> = group
            .members()
            .map(|member| {
                let leaf = Leaf::read(&member.credential, &member.signature_key);
                leaf.map(|leaf| (member.index, leaf)).ok_or(Violation::Credential)
            })
            .collect::<Result<_, _>>()?;
        let Sender::Member(committer) = sender else { return Err(Violation::Outsider) };
        let actor = indexed.get(committer).ok_or(Violation::Outsider)?.clone();
        // RFC 9420 §12.4: the path's leaf takes the committer's place; it may not become another.
        if let Some(leaf) = staged.update_path_leaf_node() {
            let renewed = Leaf::read(leaf.credential(), leaf.signature_key().as_slice());
            if renewed.as_ref() != Some(&actor) {
                return Err(Violation::SecondActor);
            }
        }
        let mut facts = Self {
            before,
            after,
            tree: indexed.values().cloned().collect(),
            added: BTreeSet::new(),
            removed: BTreeSet::new(),
            actor,
        };
        for queued in staged.queued_proposals() {
            if queued.sender() != sender {
                return Err(Violation::SecondActor);
            }
            facts.take(queued.proposal(), &indexed)?;
        }
        Ok(facts)
    }

    fn take(
        &mut self,
        proposal: &Proposal,
        indexed: &BTreeMap<LeafNodeIndex, Leaf>,
    ) -> Result<(), Violation> {
        match proposal {
            Proposal::Add(add) => {
                let node = add.key_package().leaf_node();
                let leaf = Leaf::read(node.credential(), node.signature_key().as_slice());
                self.added.insert(leaf.ok_or(Violation::Credential)?);
                Ok(())
            }
            Proposal::Remove(remove) => {
                let leaf = indexed.get(&remove.removed()).ok_or(Violation::UnexpectedRemoval)?;
                self.removed.insert(leaf.clone());
                Ok(())
            }
            // What it says stands in the context that the commit leads to.
            Proposal::GroupContextExtensions(_) => Ok(()),
            Proposal::PreSharedKey(_) => Err(Violation::Psk),
            // RFC 9420 §12.2: nobody commits an update of their own, so it is another's.
            Proposal::Update(_) => Err(Violation::SecondActor),
            Proposal::ReInit(_)
            | Proposal::ExternalInit(_)
            | Proposal::SelfRemove
            | Proposal::Custom(_) => Err(Violation::Proposal),
        }
    }
}
