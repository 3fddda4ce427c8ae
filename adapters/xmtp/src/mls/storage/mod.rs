//! OpenMLS's storage, over an account's own keys.
//!
//! OpenMLS knows no transactions: merging a commit is a dozen writes. They are gathered in [`Rows`],
//! and handed to the account's keys all together or, where a message is refused, not at all.

use openmls_traits::storage::{StorageProvider, traits as t};

use rows::{Done, Read, decode, encode};

mod rows;

pub(crate) use rows::{Rows, StorageError};

impl StorageProvider<1> for Rows<'_> {
    type Error = StorageError;

    fn write_mls_join_config<G: t::GroupId<1>, V: t::MlsGroupJoinConfig<1>>(
        &self,
        group: &G,
        config: &V,
    ) -> Done {
        self.write_changed("config", group, config)
    }

    fn append_own_leaf_node<G: t::GroupId<1>, V: t::LeafNode<1>>(&self, group: &G, it: &V) -> Done {
        let mut nodes: Vec<Vec<u8>> = self.read("leaves", group)?.unwrap_or_default();
        nodes.push(encode(it)?);
        self.write("leaves", group, &nodes)
    }

    fn queue_proposal<G: t::GroupId<1>, R: t::ProposalRef<1>, V: t::QueuedProposal<1>>(
        &self,
        group: &G,
        reference: &R,
        proposal: &V,
    ) -> Done {
        let mut proposals = self.proposals(group)?;
        proposals.push((encode(reference)?, encode(proposal)?));
        self.write("proposals", group, &proposals)
    }

    fn write_tree<G: t::GroupId<1>, V: t::TreeSync<1>>(&self, group: &G, tree: &V) -> Done {
        self.write("tree", group, tree)
    }

    fn write_interim_transcript_hash<G: t::GroupId<1>, V: t::InterimTranscriptHash<1>>(
        &self,
        group: &G,
        hash: &V,
    ) -> Done {
        self.write("transcript", group, hash)
    }

    fn write_context<G: t::GroupId<1>, V: t::GroupContext<1>>(&self, group: &G, it: &V) -> Done {
        self.write("context", group, it)
    }

    fn write_confirmation_tag<G: t::GroupId<1>, V: t::ConfirmationTag<1>>(
        &self,
        group: &G,
        tag: &V,
    ) -> Done {
        self.write("tag", group, tag)
    }

    fn write_group_state<V: t::GroupState<1>, G: t::GroupId<1>>(&self, group: &G, it: &V) -> Done {
        self.write_changed("state", group, it)
    }

    fn write_message_secrets<G: t::GroupId<1>, V: t::MessageSecrets<1>>(
        &self,
        group: &G,
        secrets: &V,
    ) -> Done {
        self.write("secrets", group, secrets)
    }

    fn write_resumption_psk_store<G: t::GroupId<1>, V: t::ResumptionPskStore<1>>(
        &self,
        group: &G,
        psks: &V,
    ) -> Done {
        self.write("resumption", group, psks)
    }

    fn write_own_leaf_index<G: t::GroupId<1>, V: t::LeafNodeIndex<1>>(
        &self,
        group: &G,
        index: &V,
    ) -> Done {
        self.write_changed("index", group, index)
    }

    fn write_group_epoch_secrets<G: t::GroupId<1>, V: t::GroupEpochSecrets<1>>(
        &self,
        group: &G,
        secrets: &V,
    ) -> Done {
        self.write("epoch", group, secrets)
    }

    fn write_signature_key_pair<K: t::SignaturePublicKey<1>, V: t::SignatureKeyPair<1>>(
        &self,
        public_key: &K,
        pair: &V,
    ) -> Done {
        self.write("signature", public_key, pair)
    }

    fn write_encryption_key_pair<K: t::EncryptionKey<1>, V: t::HpkeKeyPair<1>>(
        &self,
        public_key: &K,
        pair: &V,
    ) -> Done {
        self.write("encryption", public_key, pair)
    }

    fn write_encryption_epoch_key_pairs<
        G: t::GroupId<1>,
        E: t::EpochKey<1>,
        V: t::HpkeKeyPair<1>,
    >(
        &self,
        group: &G,
        epoch: &E,
        leaf_index: u32,
        pairs: &[V],
    ) -> Done {
        self.write("pairs", &(group, epoch, leaf_index), &pairs)
    }

    fn write_key_package<R: t::HashReference<1>, V: t::KeyPackage<1>>(
        &self,
        reference: &R,
        package: &V,
    ) -> Done {
        self.write("package", reference, package)
    }

    fn write_psk<K: t::PskId<1>, V: t::PskBundle<1>>(&self, id: &K, psk: &V) -> Done {
        self.write("psk", id, psk)
    }

    fn mls_group_join_config<G: t::GroupId<1>, V: t::MlsGroupJoinConfig<1>>(
        &self,
        group: &G,
    ) -> Read<V> {
        self.read("config", group)
    }

    fn own_leaf_nodes<G: t::GroupId<1>, V: t::LeafNode<1>>(
        &self,
        group: &G,
    ) -> Result<Vec<V>, StorageError> {
        let nodes: Vec<Vec<u8>> = self.read("leaves", group)?.unwrap_or_default();
        nodes.iter().map(|node| decode(node)).collect()
    }

    fn queued_proposal_refs<G: t::GroupId<1>, R: t::ProposalRef<1>>(
        &self,
        group: &G,
    ) -> Result<Vec<R>, StorageError> {
        self.proposals(group)?.iter().map(|(reference, _)| decode(reference)).collect()
    }

    fn queued_proposals<G: t::GroupId<1>, R: t::ProposalRef<1>, V: t::QueuedProposal<1>>(
        &self,
        group: &G,
    ) -> Result<Vec<(R, V)>, StorageError> {
        let both = |(reference, proposal): &(Vec<u8>, Vec<u8>)| {
            Ok((decode(reference)?, decode(proposal)?))
        };
        self.proposals(group)?.iter().map(both).collect()
    }

    fn tree<G: t::GroupId<1>, V: t::TreeSync<1>>(&self, group: &G) -> Read<V> {
        self.read("tree", group)
    }

    fn group_context<G: t::GroupId<1>, V: t::GroupContext<1>>(&self, group: &G) -> Read<V> {
        self.read("context", group)
    }

    fn interim_transcript_hash<G: t::GroupId<1>, V: t::InterimTranscriptHash<1>>(
        &self,
        group: &G,
    ) -> Read<V> {
        self.read("transcript", group)
    }

    fn confirmation_tag<G: t::GroupId<1>, V: t::ConfirmationTag<1>>(&self, group: &G) -> Read<V> {
        self.read("tag", group)
    }

    fn group_state<V: t::GroupState<1>, G: t::GroupId<1>>(&self, group: &G) -> Read<V> {
        self.read("state", group)
    }

    fn message_secrets<G: t::GroupId<1>, V: t::MessageSecrets<1>>(&self, group: &G) -> Read<V> {
        self.read("secrets", group)
    }

    fn resumption_psk_store<G: t::GroupId<1>, V: t::ResumptionPskStore<1>>(
        &self,
        group: &G,
    ) -> Read<V> {
        self.read("resumption", group)
    }

    fn own_leaf_index<G: t::GroupId<1>, V: t::LeafNodeIndex<1>>(&self, group: &G) -> Read<V> {
        self.read("index", group)
    }

    fn group_epoch_secrets<G: t::GroupId<1>, V: t::GroupEpochSecrets<1>>(
        &self,
        group: &G,
    ) -> Read<V> {
        self.read("epoch", group)
    }

    fn signature_key_pair<K: t::SignaturePublicKey<1>, V: t::SignatureKeyPair<1>>(
        &self,
        public_key: &K,
    ) -> Read<V> {
        self.read("signature", public_key)
    }

    fn encryption_key_pair<V: t::HpkeKeyPair<1>, K: t::EncryptionKey<1>>(
        &self,
        public_key: &K,
    ) -> Read<V> {
        self.read("encryption", public_key)
    }

    fn encryption_epoch_key_pairs<G: t::GroupId<1>, E: t::EpochKey<1>, V: t::HpkeKeyPair<1>>(
        &self,
        group: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Result<Vec<V>, StorageError> {
        Ok(self.read("pairs", &(group, epoch, leaf_index))?.unwrap_or_default())
    }

    fn key_package<R: t::HashReference<1>, V: t::KeyPackage<1>>(&self, reference: &R) -> Read<V> {
        self.read("package", reference)
    }

    fn psk<V: t::PskBundle<1>, K: t::PskId<1>>(&self, id: &K) -> Read<V> {
        self.read("psk", id)
    }

    fn remove_proposal<G: t::GroupId<1>, R: t::ProposalRef<1>>(
        &self,
        group: &G,
        reference: &R,
    ) -> Done {
        let reference = encode(reference)?;
        let mut proposals = self.proposals(group)?;
        proposals.retain(|(kept, _)| *kept != reference);
        self.write("proposals", group, &proposals)
    }

    fn delete_own_leaf_nodes<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("leaves", group)
    }

    fn delete_group_config<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("config", group)
    }

    fn delete_tree<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("tree", group)
    }

    fn delete_confirmation_tag<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("tag", group)
    }

    fn delete_group_state<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("state", group)
    }

    fn delete_context<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("context", group)
    }

    fn delete_interim_transcript_hash<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("transcript", group)
    }

    fn delete_message_secrets<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("secrets", group)
    }

    fn delete_all_resumption_psk_secrets<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("resumption", group)
    }

    fn delete_own_leaf_index<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("index", group)
    }

    fn delete_group_epoch_secrets<G: t::GroupId<1>>(&self, group: &G) -> Done {
        self.remove("epoch", group)
    }

    fn clear_proposal_queue<G: t::GroupId<1>, R: t::ProposalRef<1>>(&self, group: &G) -> Done {
        self.remove("proposals", group)
    }

    fn delete_signature_key_pair<K: t::SignaturePublicKey<1>>(&self, public_key: &K) -> Done {
        self.remove("signature", public_key)
    }

    fn delete_encryption_key_pair<K: t::EncryptionKey<1>>(&self, public_key: &K) -> Done {
        self.remove("encryption", public_key)
    }

    fn delete_encryption_epoch_key_pairs<G: t::GroupId<1>, E: t::EpochKey<1>>(
        &self,
        group: &G,
        epoch: &E,
        leaf_index: u32,
    ) -> Done {
        self.remove("pairs", &(group, epoch, leaf_index))
    }

    fn delete_key_package<R: t::HashReference<1>>(&self, reference: &R) -> Done {
        self.remove("package", reference)
    }

    fn delete_psk<K: t::PskId<1>>(&self, id: &K) -> Done {
        self.remove("psk", id)
    }
}
