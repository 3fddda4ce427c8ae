//! Who may change what in a group.

use std::collections::BTreeMap;

use crate::mls::attribute::{
    APP_DATA, DESCRIPTION, DISAPPEAR_FROM, DISAPPEAR_IN, GROUP_IMAGE, GROUP_NAME, MINIMUM_VERSION,
};
use crate::wire::proto::group::membership_policy::{BasePolicy, Kind as Membership};
use crate::wire::proto::group::metadata_policy::{Kind as Metadata, MetadataBasePolicy};
use crate::wire::proto::group::permissions_update_policy::{
    Kind as Permissions, PermissionsBasePolicy,
};
use crate::wire::proto::group::{
    MembershipPolicy, MetadataPolicy, PermissionsUpdatePolicy, PolicySet,
};

/// Attributes whose names begin so are for super admins where no policy names them.
const SUPER_ADMIN_PREFIX: &str = "_";

/// What somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Member,
    Admin,
    SuperAdmin,
}

/// The policies that the network's clients know by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "an account has no say yet in how a group is made or ruled")
)]
pub(crate) enum Preset {
    /// Everybody may add members and change the group's description.
    AllMembers,
    AdminsOnly,
    /// A direct conversation.
    Dm,
}

impl Preset {
    /// The policies themselves.
    pub(crate) fn policies(self) -> PolicySet {
        let (add, remove) = match self {
            Self::AllMembers => (BasePolicy::Allow, BasePolicy::AllowIfAdmin),
            Self::AdminsOnly => (BasePolicy::AllowIfAdmin, BasePolicy::AllowIfAdmin),
            Self::Dm => (BasePolicy::Deny, BasePolicy::Deny),
        };
        let admins = match self {
            Self::AllMembers | Self::AdminsOnly => PermissionsBasePolicy::AllowIfSuperAdmin,
            Self::Dm => PermissionsBasePolicy::Deny,
        };
        PolicySet {
            add_member_policy: Some(membership(add)),
            remove_member_policy: Some(membership(remove)),
            update_metadata_policy: self.metadata(),
            add_admin_policy: Some(permissions(admins)),
            remove_admin_policy: Some(permissions(admins)),
            update_permissions_policy: Some(permissions(admins)),
        }
    }

    fn metadata(self) -> BTreeMap<String, MetadataPolicy> {
        use MetadataBasePolicy::{Allow, AllowIfAdmin, AllowIfSuperAdmin};
        let (described, disappearing, version) = match self {
            Self::AllMembers => (Allow, AllowIfAdmin, AllowIfSuperAdmin),
            Self::AdminsOnly => (AllowIfAdmin, AllowIfAdmin, AllowIfSuperAdmin),
            Self::Dm => (Allow, Allow, Allow),
        };
        let described =
            [GROUP_NAME, DESCRIPTION, GROUP_IMAGE, APP_DATA].map(|key| (key, described));
        let disappearing = [DISAPPEAR_FROM, DISAPPEAR_IN].map(|key| (key, disappearing));
        let all = described.into_iter().chain(disappearing).chain([(MINIMUM_VERSION, version)]);
        all.map(|(key, policy)| (key.to_owned(), metadata(policy))).collect()
    }
}

fn membership(base: BasePolicy) -> MembershipPolicy {
    MembershipPolicy { kind: Some(Membership::Base(base.into())) }
}

fn metadata(base: MetadataBasePolicy) -> MetadataPolicy {
    MetadataPolicy { kind: Some(Metadata::Base(base.into())) }
}

fn permissions(base: PermissionsBasePolicy) -> PermissionsUpdatePolicy {
    PermissionsUpdatePolicy { kind: Some(Permissions::Base(base.into())) }
}

/// Whether each policy is there and says something. prost bounds how deep they are nested.
pub(crate) fn is_well_formed(policies: &PolicySet) -> bool {
    let members = [&policies.add_member_policy, &policies.remove_member_policy];
    let admins = [
        &policies.add_admin_policy,
        &policies.remove_admin_policy,
        &policies.update_permissions_policy,
    ];
    members.iter().all(|policy| policy.as_ref().is_some_and(says_who_may_join))
        && admins.iter().all(|policy| policy.as_ref().is_some_and(says_who_may_permit))
        && policies.update_metadata_policy.values().all(says_who_may_describe)
}

fn says_who_may_join(policy: &MembershipPolicy) -> bool {
    match &policy.kind {
        Some(Membership::Base(base)) => {
            BasePolicy::try_from(*base).is_ok_and(|base| base != BasePolicy::Unspecified)
        }
        Some(Membership::AndCondition(several) | Membership::AnyCondition(several)) => {
            !several.policies.is_empty() && several.policies.iter().all(says_who_may_join)
        }
        None => false,
    }
}

fn says_who_may_describe(policy: &MetadataPolicy) -> bool {
    match &policy.kind {
        Some(Metadata::Base(base)) => MetadataBasePolicy::try_from(*base)
            .is_ok_and(|base| base != MetadataBasePolicy::Unspecified),
        Some(Metadata::AndCondition(several) | Metadata::AnyCondition(several)) => {
            !several.policies.is_empty() && several.policies.iter().all(says_who_may_describe)
        }
        None => false,
    }
}

fn says_who_may_permit(policy: &PermissionsUpdatePolicy) -> bool {
    match &policy.kind {
        Some(Permissions::Base(base)) => PermissionsBasePolicy::try_from(*base)
            .is_ok_and(|base| base != PermissionsBasePolicy::Unspecified),
        Some(Permissions::AndCondition(several) | Permissions::AnyCondition(several)) => {
            !several.policies.is_empty() && several.policies.iter().all(says_who_may_permit)
        }
        None => false,
    }
}

impl Rank {
    /// Whether a policy lets somebody of this rank add or remove members.
    pub(crate) fn may_change_members(self, policy: Option<&MembershipPolicy>) -> bool {
        match policy.and_then(|policy| policy.kind.as_ref()) {
            Some(Membership::Base(base)) => match BasePolicy::try_from(*base) {
                Ok(BasePolicy::Allow) => true,
                Ok(BasePolicy::AllowIfAdmin) => self >= Self::Admin,
                Ok(BasePolicy::AllowIfSuperAdmin) => self == Self::SuperAdmin,
                Ok(BasePolicy::Deny | BasePolicy::Unspecified) | Err(_) => false,
            },
            Some(Membership::AndCondition(all)) => {
                all.policies.iter().all(|policy| self.may_change_members(Some(policy)))
            }
            Some(Membership::AnyCondition(any)) => {
                any.policies.iter().any(|policy| self.may_change_members(Some(policy)))
            }
            None => false,
        }
    }

    /// Whether somebody of this rank may change an attribute.
    pub(crate) fn may_change_attribute(self, policies: &PolicySet, key: &str) -> bool {
        match policies.update_metadata_policy.get(key) {
            Some(policy) => self.may_describe(policy),
            None if key.starts_with(SUPER_ADMIN_PREFIX) => self == Self::SuperAdmin,
            None => self >= Self::Admin,
        }
    }

    fn may_describe(self, policy: &MetadataPolicy) -> bool {
        match &policy.kind {
            Some(Metadata::Base(base)) => match MetadataBasePolicy::try_from(*base) {
                Ok(MetadataBasePolicy::Allow) => true,
                Ok(MetadataBasePolicy::AllowIfAdmin) => self >= Self::Admin,
                Ok(MetadataBasePolicy::AllowIfSuperAdmin) => self == Self::SuperAdmin,
                Ok(MetadataBasePolicy::Deny | MetadataBasePolicy::Unspecified) | Err(_) => false,
            },
            Some(Metadata::AndCondition(all)) => {
                all.policies.iter().all(|policy| self.may_describe(policy))
            }
            Some(Metadata::AnyCondition(any)) => {
                any.policies.iter().any(|policy| self.may_describe(policy))
            }
            None => false,
        }
    }

    /// Whether a policy lets somebody of this rank make or unmake admins.
    pub(crate) fn may_change_admins(self, policy: Option<&PermissionsUpdatePolicy>) -> bool {
        match policy.and_then(|policy| policy.kind.as_ref()) {
            Some(Permissions::Base(base)) => match PermissionsBasePolicy::try_from(*base) {
                Ok(PermissionsBasePolicy::AllowIfAdmin) => self >= Self::Admin,
                Ok(PermissionsBasePolicy::AllowIfSuperAdmin) => self == Self::SuperAdmin,
                Ok(PermissionsBasePolicy::Deny | PermissionsBasePolicy::Unspecified) | Err(_) => {
                    false
                }
            },
            Some(Permissions::AndCondition(all)) => {
                all.policies.iter().all(|policy| self.may_change_admins(Some(policy)))
            }
            Some(Permissions::AnyCondition(any)) => {
                any.policies.iter().any(|policy| self.may_change_admins(Some(policy)))
            }
            None => false,
        }
    }
}
