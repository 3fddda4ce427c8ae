//! Commits that a member makes with MLS alone, keeping none of the network's rules.

use openmls::prelude::{
    CommitMessageBundle, Extensions, GroupContext, KeyPackage, KeyPackageIn, LeafNodeIndex,
    LeafNodeParameters, OpenMlsProvider as _, Proposal, ProtocolVersion,
};
use tls_codec::{Deserialize as _, Serialize as _};

use crate::mls::extension::Terms;
use crate::mls::group::Group;
use crate::mls::group::record::GroupId;
use crate::mls::people::Person;

/// What a forged commit does.
#[derive(Default)]
pub(super) struct Forgery {
    pub(super) adds: Vec<KeyPackage>,
    pub(super) removes: Vec<LeafNodeIndex>,
    pub(super) extensions: Option<Extensions<GroupContext>>,
    pub(super) proposals: Vec<Proposal>,
    pub(super) leaf: LeafNodeParameters,
}

impl Forgery {
    /// Changes the group's terms.
    pub(super) fn terms(mut self, group: &Group<'_>, change: impl FnOnce(&mut Terms)) -> Self {
        let before = group.terms().unwrap();
        let mut after = before.clone();
        change(&mut after);
        self.extensions = Some(after.update(&before, group.mls.extensions()).unwrap());
        self
    }

    /// Adds somebody by the key package that they have on the network.
    pub(super) fn add(mut self, group: &Group<'_>, person: &Person) -> Self {
        let package = KeyPackageIn::tls_deserialize_exact(person.key_package()).unwrap();
        let package = package.validate(group.provider.crypto(), ProtocolVersion::Mls10);
        self.adds.push(package.unwrap());
        self
    }

    /// Removes somebody's leaf.
    pub(super) fn remove(mut self, group: &Group<'_>, person: &Person) -> Self {
        let is_it = |(leaf, _): &(_, _)| person.client.is(leaf);
        self.removes.push(group.tree().into_iter().find(is_it).unwrap().1);
        self
    }
}

/// Has somebody commit to a forgery; their own group stays as it is.
pub(super) fn forge(
    person: &Person,
    id: &GroupId,
    forgery: impl FnOnce(&mut Group<'_>) -> Forgery,
) -> Vec<u8> {
    bundle(person, id, forgery).commit().tls_serialize_detached().unwrap()
}

/// The same, with the welcome.
pub(super) fn bundle(
    person: &Person,
    id: &GroupId,
    forgery: impl FnOnce(&mut Group<'_>) -> Forgery,
) -> CommitMessageBundle {
    let mut group = person.group(id);
    let Forgery { adds, removes, extensions, proposals, leaf } = forgery(&mut group);
    let mut builder = group
        .mls
        .commit_builder()
        .propose_removals(removes)
        .propose_adds(adds)
        .add_proposals(proposals)
        .leaf_node_parameters(leaf)
        .consume_proposal_store(true)
        .force_self_update(true);
    if let Some(extensions) = extensions {
        builder = builder.propose_group_context_extensions(extensions).unwrap();
    }
    let (provider, installation) = (&group.provider, &person.client.installation);
    builder
        .load_psks(provider.storage())
        .unwrap()
        .build(provider.rand(), provider.crypto(), installation, |_| true)
        .unwrap()
        .stage_commit(provider)
        .unwrap()
}
