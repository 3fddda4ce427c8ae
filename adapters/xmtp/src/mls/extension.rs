//! What a group agrees on beside its keys, in extensions of its context.

use std::collections::BTreeMap;

use openmls::prelude::{
    CredentialType, Extension, Extensions, GroupContext, ProposalType,
    RequiredCapabilitiesExtension, UnknownExtension,
};
use prost::Message;
use thiserror::Error;
use tls_codec::{Deserialize as _, Serialize as _, VLBytes};

use crate::identity::inbox::InboxId;
use crate::mls::permission;
use crate::mls::provider::REQUIRED;
use crate::wire::proto::group::{
    GroupMembership, GroupMetadataV1, GroupMutableMetadataV1, GroupMutablePermissionsV1, PolicySet,
};

/// What a group is, for good.
pub(crate) const IMMUTABLE: u16 = 0xf000;
/// Attributes and lists of admins.
pub(crate) const MUTABLE: u16 = 0xff00;
/// Inboxes, each with the place in its log that the tree reflects.
pub(crate) const MEMBERSHIP: u16 = 0xff01;
/// Who may change what.
pub(crate) const PERMISSIONS: u16 = 0xff02;
/// The key that welcomes are wrapped for, in key packages.
pub(crate) const WELCOME_WRAPPER: u16 = 0xff03;
/// That welcomes may come as pointers, in key packages.
pub(crate) const AEAD_TYPES: u16 = 0xff04;

/// The most inboxes in a group.
pub(crate) const MAX_INBOXES: usize = 250;
const MAX_ATTRIBUTES: usize = 256;
const MAX_EXTENSION_BYTES: usize = 1024 * 1024;

/// The terms that a group's members agreed on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Terms {
    pub(crate) metadata: GroupMetadataV1,
    pub(crate) mutable: GroupMutableMetadataV1,
    pub(crate) membership: GroupMembership,
    pub(crate) policies: PolicySet,
}

/// Why a group's terms cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum BadTerms {
    #[error("the group lacks an extension of the network; it may need a newer client")]
    Absent,
    #[error("an extension of the group is not in its format")]
    Malformed,
    #[error("an extension of the group is too large")]
    TooLarge,
}

impl Terms {
    /// Reads them from a group's context.
    pub(crate) fn read(extensions: &Extensions<GroupContext>) -> Result<Self, BadTerms> {
        // The network's own MLS wrote this one with a length of its own around it.
        let wrapped = body(extensions, IMMUTABLE)?;
        let metadata = VLBytes::tls_deserialize_exact(wrapped).map_err(|_| BadTerms::Malformed)?;
        let permissions: GroupMutablePermissionsV1 = decode(body(extensions, PERMISSIONS)?)?;
        let terms = Self {
            metadata: decode(metadata.as_slice())?,
            mutable: decode(body(extensions, MUTABLE)?)?,
            membership: decode(body(extensions, MEMBERSHIP)?)?,
            policies: permissions.policies.ok_or(BadTerms::Malformed)?,
        };
        terms.check()?;
        Ok(terms)
    }

    fn check(&self) -> Result<(), BadTerms> {
        if self.membership.members.len() > MAX_INBOXES
            || self.mutable.attributes.len() > MAX_ATTRIBUTES
        {
            return Err(BadTerms::TooLarge);
        }
        let both_lists =
            self.mutable.admin_list.is_some() && self.mutable.super_admin_list.is_some();
        let are_inboxes = self.members().keys().all(|inbox| InboxId::parse(inbox).is_some());
        if !both_lists || !are_inboxes || !permission::is_well_formed(&self.policies) {
            return Err(BadTerms::Malformed);
        }
        Ok(())
    }

    /// The extensions of a new group, in the order in which the network's clients have them.
    pub(crate) fn extensions(&self) -> Option<Extensions<GroupContext>> {
        Extensions::from_vec(vec![
            self.immutable()?,
            self.mutable(),
            self.membership(),
            self.permissions(),
            Extension::RequiredCapabilities(RequiredCapabilitiesExtension::new(
                &REQUIRED,
                &[ProposalType::GroupContextExtensions],
                &[CredentialType::Basic],
            )),
        ])
        .ok()
    }

    /// A group's extensions with what differs from `before` in place of what was there. What did
    /// not change keeps its bytes, with all that a newer client may have put into them.
    pub(crate) fn update(
        &self,
        before: &Self,
        extensions: &Extensions<GroupContext>,
    ) -> Option<Extensions<GroupContext>> {
        let mut updated = extensions.clone();
        if self.mutable != before.mutable {
            updated.add_or_replace(self.mutable()).ok()?;
        }
        if self.membership != before.membership {
            updated.add_or_replace(self.membership()).ok()?;
        }
        if self.policies != before.policies {
            updated.add_or_replace(self.permissions()).ok()?;
        }
        Some(updated)
    }

    fn immutable(&self) -> Option<Extension> {
        let wrapped = VLBytes::new(self.metadata.encode_to_vec()).tls_serialize_detached().ok()?;
        Some(unknown(IMMUTABLE, wrapped))
    }

    fn mutable(&self) -> Extension {
        unknown(MUTABLE, self.mutable.encode_to_vec())
    }

    fn membership(&self) -> Extension {
        unknown(MEMBERSHIP, self.membership.encode_to_vec())
    }

    fn permissions(&self) -> Extension {
        let permissions = GroupMutablePermissionsV1 { policies: Some(self.policies.clone()) };
        unknown(PERMISSIONS, permissions.encode_to_vec())
    }

    /// The inboxes of the group, each with the place in its log that the tree reflects.
    pub(crate) fn members(&self) -> &BTreeMap<String, u64> {
        &self.membership.members
    }

    pub(crate) fn admins(&self) -> &[String] {
        self.mutable.admin_list.as_ref().map_or(&[], |list| &list.inbox_ids)
    }

    pub(crate) fn super_admins(&self) -> &[String] {
        self.mutable.super_admin_list.as_ref().map_or(&[], |list| &list.inbox_ids)
    }

    /// The two inboxes of a direct conversation.
    pub(crate) fn dm_members(&self) -> Option<[&str; 2]> {
        let members = self.metadata.dm_members.as_ref()?;
        let one = members.dm_member_one.as_ref()?;
        let two = members.dm_member_two.as_ref()?;
        Some([&one.inbox_id, &two.inbox_id])
    }
}

fn unknown(id: u16, bytes: Vec<u8>) -> Extension {
    Extension::Unknown(id, UnknownExtension(bytes))
}

pub(super) fn body(extensions: &Extensions<GroupContext>, id: u16) -> Result<&[u8], BadTerms> {
    let UnknownExtension(bytes) = extensions.unknown(id).ok_or(BadTerms::Absent)?;
    if bytes.len() > MAX_EXTENSION_BYTES {
        return Err(BadTerms::TooLarge);
    }
    Ok(bytes)
}

fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, BadTerms> {
    M::decode(bytes).map_err(|_| BadTerms::Malformed)
}
