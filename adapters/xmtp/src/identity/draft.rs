//! Updates to an inbox's log before they are signed: registration, revocation, another wallet.

use prost::Message as _;

use super::{
    inbox::InboxId,
    installation,
    member::{Installation, Member},
    refused::Refused,
    text::text,
};
use crate::wire::proto::identity::{
    AddAssociation, CreateInbox, IdentityAction, IdentityUpdate, RevokeAssociation, Signature,
    identity_action::Kind,
};

/// An update without its signatures. Its text has the time in it: a draft is kept until the wallet
/// has signed, and not drawn up again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    update: IdentityUpdate,
    text: String,
}

impl Draft {
    /// A new inbox of `owner`, with `installation` in it. None if nobody can own it.
    pub(crate) fn create(
        owner: &Member,
        nonce: u64,
        installation: Installation,
        at_ns: u64,
    ) -> Option<Self> {
        let inbox = InboxId::made_by(owner, nonce)?;
        let create = CreateInbox {
            initial_identifier: owner.to_string(),
            nonce,
            initial_identifier_signature: None,
            initial_identifier_kind: owner.identifier_kind()?.into(),
            relying_party: None,
        };
        let add = add(&Member::Installation(installation));
        Self::new(inbox, vec![Kind::CreateInbox(create), add], at_ns).ok()
    }

    /// Another installation or wallet in an inbox that exists.
    pub(crate) fn add(inbox: InboxId, member: &Member, at_ns: u64) -> Result<Self, Refused> {
        Self::new(inbox, vec![add(member)], at_ns)
    }

    /// These members no longer in the inbox, nor what they had added.
    pub(crate) fn revoke(inbox: InboxId, members: &[Member], at_ns: u64) -> Result<Self, Refused> {
        let revoke = |member: &Member| {
            Kind::Revoke(RevokeAssociation {
                member_to_revoke: Some(member.to_proto()),
                recovery_identifier_signature: None,
            })
        };
        Self::new(inbox, members.iter().map(revoke).collect(), at_ns)
    }

    /// Somebody else who recovers the inbox. An installation cannot.
    #[cfg(test)]
    pub(crate) fn recover(inbox: InboxId, next: &Member, at_ns: u64) -> Result<Self, Refused> {
        let kind = next.identifier_kind().ok_or(Refused::NotAllowed)?;
        let change = crate::wire::proto::identity::ChangeRecoveryAddress {
            new_recovery_identifier: next.to_string(),
            existing_recovery_identifier_signature: None,
            new_recovery_identifier_kind: kind.into(),
            relying_party: None,
        };
        Self::new(inbox, vec![Kind::ChangeRecoveryAddress(change)], at_ns)
    }

    fn new(inbox: InboxId, kinds: Vec<Kind>, at_ns: u64) -> Result<Self, Refused> {
        let actions = kinds.into_iter().map(|kind| IdentityAction { kind: Some(kind) }).collect();
        Self::of(IdentityUpdate {
            actions,
            client_timestamp_ns: at_ns,
            inbox_id: inbox.to_string(),
        })
    }

    fn of(update: IdentityUpdate) -> Result<Self, Refused> {
        if update.actions.is_empty() {
            return Err(Refused::Incomplete);
        }
        let text = text(&update)?;
        Ok(Self { update, text })
    }

    /// To be kept while somebody elsewhere signs.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.update.encode_to_vec()
    }

    /// As it was kept.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, Refused> {
        Self::of(IdentityUpdate::decode(bytes).map_err(|_form| Refused::Incomplete)?)
    }

    /// What everybody signs.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The update, signed by a member (or who recovers the inbox) with `wallet`, and by the new
    /// installation with its 32-byte seed.
    pub(crate) fn signed(self, wallet: &Signature, seed: &[u8; 32]) -> Option<IdentityUpdate> {
        let newcomer = installation::sign(seed, &self.text)?;
        Some(self.signed_by(wallet, Some(&newcomer)))
    }

    /// The update, signed by a member (or who recovers the inbox), and by whoever joins.
    pub(crate) fn signed_by(
        self,
        member: &Signature,
        newcomer: Option<&Signature>,
    ) -> IdentityUpdate {
        let mut update = self.update;
        for kind in update.actions.iter_mut().filter_map(|action| action.kind.as_mut()) {
            let member = Some(member.clone());
            match kind {
                Kind::CreateInbox(create) => create.initial_identifier_signature = member,
                Kind::Add(add) => {
                    add.existing_member_signature = member;
                    add.new_member_signature = newcomer.cloned();
                }
                Kind::Revoke(revoke) => revoke.recovery_identifier_signature = member,
                Kind::ChangeRecoveryAddress(change) => {
                    change.existing_recovery_identifier_signature = member;
                }
            }
        }
        update
    }
}

fn add(member: &Member) -> Kind {
    Kind::Add(AddAssociation {
        new_member_identifier: Some(member.to_proto()),
        existing_member_signature: None,
        new_member_signature: None,
        relying_party: None,
    })
}
