//! Who belongs to an inbox, as of an entry of its log.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode, bytes::ByteArray};
use sha2::{Digest as _, Sha256};

use super::{
    examine::{Examined, Step},
    inbox::InboxId,
    member::{Installation, Member},
    refused::Refused,
    signature::{Kind, Verified},
};

/// How somebody became a member.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Joining {
    /// Who added them; nobody for who made the inbox.
    #[n(0)]
    pub(crate) parent: Option<Member>,
    /// When, by the clock of who wrote the update.
    #[n(1)]
    pub(crate) at_ns: Option<u64>,
    /// Where a contract lives that became one.
    #[n(2)]
    pub(crate) chain_id: Option<u64>,
}

/// An inbox as its log has it up to some entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct State {
    #[n(0)]
    inbox: InboxId,
    #[n(1)]
    members: BTreeMap<Member, Joining>,
    #[n(2)]
    recovery: Option<Member>,
}

impl State {
    /// Before the first entry of its log.
    pub(crate) const fn empty(inbox: InboxId) -> Self {
        Self { inbox, members: BTreeMap::new(), recovery: None }
    }

    pub(crate) const fn inbox(&self) -> InboxId {
        self.inbox
    }

    /// Who may revoke, and may add even without being a member.
    pub(crate) const fn recovery(&self) -> Option<&Member> {
        self.recovery.as_ref()
    }

    fn is_recovery(&self, member: &Member) -> bool {
        self.recovery.as_ref() == Some(member)
    }

    pub(crate) const fn members(&self) -> &BTreeMap<Member, Joining> {
        &self.members
    }

    pub(crate) fn is_member(&self, member: &Member) -> bool {
        self.members.contains_key(member)
    }

    /// Every installation, in order of its key.
    pub(crate) fn installations(&self) -> BTreeSet<Installation> {
        self.members
            .keys()
            .filter_map(|member| match member {
                Member::Installation(installation) => Some(*installation),
                Member::Ethereum(_) | Member::Passkey(_) => None,
            })
            .collect()
    }

    /// Every address, in order.
    pub(crate) fn addresses(&self) -> Vec<&str> {
        self.members
            .keys()
            .filter_map(|member| match member {
                Member::Ethereum(address) => Some(address.as_str()),
                Member::Passkey(_) | Member::Installation(_) => None,
            })
            .collect()
    }
}

/// A log as far as it was followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Replay {
    pub(crate) state: Option<State>,
    /// Hashes of the signatures of every update, none of which counts again.
    pub(crate) seen: BTreeSet<ByteArray<32>>,
}

impl Replay {
    /// Follows the log by one update: all of it, or none.
    pub(crate) fn follow(&mut self, update: &Examined) -> Result<(), Refused> {
        let mut state = self.state.clone();
        for step in &update.steps {
            state = Some(self.step(state, step, update.at_ns)?);
        }
        let state = state.ok_or(Refused::NotMade)?;
        if state.inbox.to_string() != update.inbox_id {
            return Err(Refused::OtherInbox);
        }
        self.state = Some(state);
        // Behind the whole update: one signature of a wallet makes an inbox and adds to it at once.
        self.seen.extend(update.steps.iter().flat_map(Step::signatures).map(hash));
        Ok(())
    }

    fn step(&self, state: Option<State>, step: &Step, at_ns: u64) -> Result<State, Refused> {
        let mut state = match (state, step) {
            (None, Step::Create { owner, nonce, by }) => return create(owner, *nonce, by),
            (None, _) => return Err(Refused::NotMade),
            (Some(state), _) => state,
        };
        let is_seen = |signature| self.seen.contains(&hash(signature));
        match step {
            Step::Create { .. } => return Err(Refused::Exists),
            step if step.signatures().any(is_seen) => return Err(Refused::Replayed),
            Step::Add { member, by, itself } => {
                may_add(&state, member, by, itself)?;
                let joining = Joining {
                    parent: Some(by.signer.clone()),
                    at_ns: Some(at_ns),
                    chain_id: itself.chain_id,
                };
                state.members.insert(member.clone(), joining);
            }
            Step::Revoke { member, by } => {
                may_recover(&state, by)?;
                if let Some(member) = member {
                    remove(&mut state, member);
                }
            }
            Step::Recover { next, by } => {
                may_recover(&state, by)?;
                state.recovery = Some(next.clone());
            }
        }
        Ok(state)
    }
}

fn hash(signature: &Verified) -> ByteArray<32> {
    ByteArray::from(<[u8; 32]>::from(Sha256::digest(&signature.bytes)))
}

fn create(owner: &Member, nonce: u64, by: &Verified) -> Result<State, Refused> {
    if by.signer != *owner {
        return Err(Refused::NotAllowed);
    }
    fits(owner, by)?;
    if by.kind == Kind::Legacy && nonce != 0 {
        return Err(Refused::Legacy);
    }
    let inbox = InboxId::made_by(owner, nonce).ok_or(Refused::Incomplete)?;
    let joining = Joining { chain_id: by.chain_id, ..Joining::default() };
    Ok(State {
        inbox,
        members: BTreeMap::from([(owner.clone(), joining)]),
        recovery: Some(owner.clone()),
    })
}

/// Whether `by` may add `member`, who signed with `itself`.
fn may_add(
    state: &State,
    member: &Member,
    by: &Verified,
    itself: &Verified,
) -> Result<(), Refused> {
    if itself.signer != *member {
        return Err(Refused::NewMember);
    }
    if itself.signer == by.signer {
        return Err(Refused::SelfAdded);
    }
    let is_legacy = by.kind == Kind::Legacy || itself.kind == Kind::Legacy;
    if is_legacy
        && by.signer.identifier_kind().is_some()
        && InboxId::made_by(&by.signer, 0) != Some(state.inbox)
    {
        return Err(Refused::Legacy);
    }
    fits(member, itself)?;
    match state.members.get(&by.signer) {
        Some(joining) if joining.chain_id != by.chain_id => return Err(Refused::Chain),
        Some(_) => {}
        // Who recovers the inbox adds to it even when revoked, but with the wallet itself.
        None if !state.is_recovery(&by.signer) => return Err(Refused::NotAllowed),
        None if by.kind == Kind::Legacy => return Err(Refused::Legacy),
        None => {}
    }
    fits(&by.signer, by)?;
    if matches!((&by.signer, member), (Member::Installation(_), Member::Installation(_))) {
        return Err(Refused::AddedByInstallation);
    }
    Ok(())
}

/// Whether `by` may recover the inbox.
fn may_recover(state: &State, by: &Verified) -> Result<(), Refused> {
    let joined = state.members.get(&by.signer);
    if joined.is_some_and(|joining| joining.chain_id != by.chain_id) {
        return Err(Refused::Chain);
    }
    if by.kind == Kind::Legacy {
        return Err(Refused::SignatureKind);
    }
    if !state.is_recovery(&by.signer) {
        return Err(Refused::NotAllowed);
    }
    Ok(())
}

/// Removes a member with the installations that it had added; other members that it added stay.
fn remove(state: &mut State, member: &Member) {
    state.members.remove(member);
    state.members.retain(|child, joining| {
        !matches!(child, Member::Installation(_)) || joining.parent.as_ref() != Some(member)
    });
}

/// Whether the kind of a signature is one that such a member signs with.
fn fits(member: &Member, signature: &Verified) -> Result<(), Refused> {
    let fits = match member {
        Member::Ethereum(_) => {
            matches!(signature.kind, Kind::Wallet | Kind::Contract | Kind::Legacy)
        }
        Member::Passkey(_) => signature.kind == Kind::Passkey,
        Member::Installation(_) => signature.kind == Kind::Installation,
    };
    if fits { Ok(()) } else { Err(Refused::SignatureKind) }
}
