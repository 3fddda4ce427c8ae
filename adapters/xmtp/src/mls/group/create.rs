//! Making a group. It has one member, who then adds the others by a first commit.

use std::collections::BTreeMap;

use openmls::prelude::{MlsGroup, PURE_CIPHERTEXT_WIRE_FORMAT_POLICY};
use openmls_traits::OpenMlsProvider as _;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::Keys;
use zeroize::Zeroizing;

use crate::mls::attribute::{
    APP_DATA, COMMIT_LOG_SIGNER, DESCRIPTION, GROUP_IMAGE, GROUP_NAME, limit_bytes,
};
use crate::mls::client::Client;
use crate::mls::extension::Terms;
use crate::mls::group::record::{GroupId, Kind, Record, State};
use crate::mls::group::records::Records;
use crate::mls::group::{Group, GroupError};
use crate::mls::permission::Preset;
use crate::mls::provider::{CIPHERSUITE, MAX_PAST_EPOCHS, Place, Provider, capabilities};
use crate::mls::shelf::Revision;
use crate::wire::proto::group::{
    ConversationType, DmMembers, GroupMembership, GroupMetadataV1, GroupMutableMetadataV1, Inbox,
    Inboxes,
};

/// A group that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Founding {
    /// A conversation with one other inbox.
    Dm {
        peer: String,
    },
    Group {
        preset: Preset,
        name: String,
        description: String,
        image: String,
    },
    /// For the inbox's own installations.
    Sync,
}

impl Founding {
    fn kind(&self) -> Kind {
        match self {
            Self::Dm { .. } => Kind::Dm,
            Self::Group { .. } => Kind::Group,
            Self::Sync => Kind::Sync,
        }
    }

    /// What its members agree on at first.
    pub(crate) fn terms(&self, creator: &str) -> Result<Terms, GroupError> {
        let (conversation_type, dm_members, preset) = match self {
            Self::Dm { peer } => {
                let inbox = |inbox: &str| Some(Inbox { inbox_id: inbox.to_owned() });
                let members =
                    DmMembers { dm_member_one: inbox(creator), dm_member_two: inbox(peer) };
                (ConversationType::Dm, Some(members), Preset::Dm)
            }
            Self::Group { preset, .. } => (ConversationType::Group, None, *preset),
            Self::Sync => (ConversationType::Sync, None, Preset::AllMembers),
        };
        let super_admins = match self {
            Self::Dm { .. } => Vec::new(),
            Self::Group { .. } | Self::Sync => vec![creator.to_owned()],
        };
        Ok(Terms {
            metadata: GroupMetadataV1 {
                conversation_type: conversation_type.into(),
                creator_account_address: String::new(),
                creator_inbox_id: creator.to_owned(),
                dm_members,
                oneshot_message: None,
            },
            mutable: GroupMutableMetadataV1 {
                attributes: self.attributes()?,
                admin_list: Some(Inboxes::default()),
                super_admin_list: Some(Inboxes { inbox_ids: super_admins }),
            },
            membership: GroupMembership {
                members: BTreeMap::from([(creator.to_owned(), 0)]),
                failed_installations: Vec::new(),
            },
            policies: preset.policies(),
        })
    }

    fn attributes(&self) -> Result<BTreeMap<String, String>, GroupError> {
        let (name, description, image) = match self {
            Self::Group { name, description, image, .. } => {
                (name.as_str(), description.as_str(), image.as_str())
            }
            Self::Dm { .. } | Self::Sync => ("", "", ""),
        };
        let mut attributes = BTreeMap::new();
        for (key, value) in [(GROUP_NAME, name), (DESCRIPTION, description), (GROUP_IMAGE, image)] {
            if limit_bytes(key).is_some_and(|limit| value.len() > limit) {
                return Err(GroupError::Mls("an attribute is too long"));
            }
            attributes.insert(key.to_owned(), value.to_owned());
        }
        if !matches!(self, Self::Dm { .. }) {
            attributes.insert(APP_DATA.to_owned(), String::new());
        }
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut()).map_err(|_| GroupError::Mls("there is no randomness"))?;
        attributes.insert(COMMIT_LOG_SIGNER.to_owned(), hex::encode(seed.as_ref()));
        Ok(attributes)
    }
}

impl<'a> Group<'a> {
    /// Makes a group with nobody else in it.
    pub(crate) fn create(
        keys: &'a Keys,
        client: &'a Client,
        founding: &Founding,
        now: Timestamp,
    ) -> Result<Self, GroupError> {
        Self::create_as(keys, client, founding, (None, now))
    }

    /// The same, under a name that was chosen before.
    pub(crate) fn create_as(
        keys: &'a Keys,
        client: &'a Client,
        founding: &Founding,
        (id, now): (Option<GroupId>, Timestamp),
    ) -> Result<Self, GroupError> {
        let terms = founding.terms(&client.inbox)?;
        let extensions = terms.extensions().ok_or(GroupError::Mls("the terms have no encoding"))?;
        let provider = Provider::over(keys);
        let builder = MlsGroup::builder();
        let builder = match &id {
            Some(id) => builder.with_group_id(id.to_mls()),
            None => builder,
        };
        let mls = builder
            .ciphersuite(CIPHERSUITE)
            .with_wire_format_policy(PURE_CIPHERTEXT_WIRE_FORMAT_POLICY)
            .max_past_epochs(MAX_PAST_EPOCHS)
            .use_ratchet_tree_extension(true)
            .with_capabilities(capabilities(Place::Creator))
            .with_group_context_extensions(extensions)
            .build(&provider, &client.installation, client.credential())
            .map_err(|_| GroupError::Mls("the group was not made"))?;
        let id = GroupId::parse(mls.group_id().as_slice())
            .ok_or(GroupError::Mls("the group has no name"))?;
        let peer = match founding {
            Founding::Dm { peer } => Some(peer.clone()),
            Founding::Group { .. } | Founding::Sync => None,
        };
        let record = Record {
            kind: founding.kind(),
            peer,
            added_by: client.inbox.clone(),
            begins_after: 0,
            joined_at: now,
            renewed_at: Some(now),
            last_message_at: now,
            state: State::Active,
            ahead: 0,
            epoch: 0,
            patience: None,
            authenticator: Some(mls.epoch_authenticator().as_slice().to_vec()),
            revision: Revision::fresh(),
        };
        Records(keys).begin(&id, &record)?;
        provider.storage().keep();
        Ok(Self::of(provider, client, (id, record), mls))
    }
}
