//! Who is in an inbox, and what an update may change of that.

use std::collections::{BTreeMap, BTreeSet};

use super::signature::{Signed, verify};
use super::text::text;
use super::{Member, inbox_id};
use crate::xmtp::chain::Chains;
use crate::xmtp::refusal::Refusal;
use crate::xmtp::wire::identity::identity_action::Kind;
use crate::xmtp::wire::identity::{
    AddAssociation, ChangeRecoveryAddress, CreateInbox, IdentityUpdate, RevokeAssociation,
};

/// An inbox after some updates.
#[derive(Clone, Debug)]
pub(super) struct State {
    inbox_id: String,
    members: BTreeMap<Member, Entry>,
    recovery: Member,
    /// Signatures of the updates so far.
    seen: BTreeSet<Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Entry {
    added_by: Option<Member>,
    chain_id: Option<u64>,
}

/// An update's action with its signatures checked.
enum Action<'a> {
    Create(&'a CreateInbox, Signed),
    Add { member: Member, by: Signed, new: Signed },
    Revoke { member: Member, by: Signed },
    Recover { new: Member, by: Signed },
}

impl State {
    pub(super) fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.keys()
    }

    fn knows(&self, signed: &Signed) -> Result<(), Refusal> {
        if self.seen.contains(&signed.bytes) {
            return Err(Refusal::Rule("replay detected"));
        }
        Ok(())
    }

    fn owns(&self, signed: &Signed) -> Result<(), Refusal> {
        self.knows(signed)?;
        if signed.is_delegated {
            return Err(Refusal::Rule("a delegated signature is not allowed here"));
        }
        if signed.by != self.recovery {
            return Err(Refusal::Rule("it is not signed by the recovery identifier"));
        }
        Ok(())
    }

    /// Whether `signed` may add a member.
    fn may_add(&self, member: &Member, signed: &Signed) -> Result<(), Refusal> {
        let both = (&signed.by, member);
        if let Some(entry) = self.members.get(&signed.by) {
            if entry.chain_id != signed.chain_id {
                return Err(Refusal::Rule("chain id mismatch"));
            }
        } else if signed.by != self.recovery {
            return Err(Refusal::Rule("missing existing member"));
        }
        if both.0 == both.1 {
            return Err(Refusal::Rule("a member may not add itself"));
        }
        if matches!(both, (Member::Installation(_), Member::Installation(_))) {
            return Err(Refusal::Rule("an installation may not add an installation"));
        }
        Ok(())
    }

    fn add(&mut self, member: Member, by: Signed, new: &Signed) -> Result<(), Refusal> {
        self.knows(&by)?;
        self.knows(new)?;
        if new.by != member {
            return Err(Refusal::Rule("new member identifier does not match its signature"));
        }
        for signed in [&by, new] {
            let first = inbox_id(&signed.by.name(), 0);
            if signed.is_delegated && first != self.inbox_id {
                return Err(Refusal::Rule("a delegated signature is not allowed in this inbox"));
            }
        }
        self.may_add(&member, &by)?;
        let entry = Entry { added_by: Some(by.by), chain_id: new.chain_id };
        self.members.insert(member, entry);
        Ok(())
    }

    fn revoke(&mut self, member: &Member, by: &Signed) -> Result<(), Refusal> {
        self.owns(by)?;
        self.members.remove(member);
        self.members.retain(|key, entry| {
            let is_installation = matches!(key, Member::Installation(_));
            !(is_installation && entry.added_by.as_ref() == Some(member))
        });
        Ok(())
    }
}

fn create(request: &CreateInbox, by: &Signed) -> Result<State, Refusal> {
    let kind = request.initial_identifier_kind;
    let first = Member::identifier(&request.initial_identifier, kind)?;
    if by.by != first {
        return Err(Refusal::Rule("the inbox is not created by its first member"));
    }
    if by.is_delegated && request.nonce != 0 {
        return Err(Refusal::Rule("a delegated signature needs nonce 0"));
    }
    let inbox_id = inbox_id(&first.name(), request.nonce);
    let entry = Entry { added_by: None, chain_id: by.chain_id };
    let members = BTreeMap::from([(first.clone(), entry)]);
    Ok(State { inbox_id, members, recovery: first, seen: BTreeSet::new() })
}

/// The inbox after one more update.
pub(super) fn after(
    state: Option<&State>,
    update: &IdentityUpdate,
    chains: &Chains,
) -> Result<State, Refusal> {
    let text = text(update)?;
    let actions = update
        .actions
        .iter()
        .map(|action| check(action.kind.as_ref(), &text, chains))
        .collect::<Result<Vec<_>, _>>()?;
    let mut state = state.cloned();
    let mut signatures = Vec::new();
    for action in actions {
        match (action, state.as_mut()) {
            (Action::Create(..), Some(_)) => {
                return Err(Refusal::Rule("multiple create operations detected"));
            }
            (Action::Create(request, by), None) => {
                state = Some(create(request, &by)?);
                signatures.push(by.bytes);
            }
            (_, None) => return Err(Refusal::Rule("not created")),
            (Action::Add { member, by, new }, Some(state)) => {
                signatures.extend([by.bytes.clone(), new.bytes.clone()]);
                state.add(member, by, &new)?;
            }
            (Action::Revoke { member, by }, Some(state)) => {
                state.revoke(&member, &by)?;
                signatures.push(by.bytes);
            }
            (Action::Recover { new, by }, Some(state)) => {
                state.owns(&by)?;
                state.recovery = new;
                signatures.push(by.bytes);
            }
        }
    }
    let mut state = state.filter(|_| !signatures.is_empty()).ok_or(Refusal::Missing("action"))?;
    if state.inbox_id != update.inbox_id {
        return Err(Refusal::Rule("wrong inbox id specified"));
    }
    // One wallet signature may serve several actions of one update, and no later one.
    state.seen.extend(signatures);
    Ok(state)
}

fn check<'a>(action: Option<&'a Kind>, text: &str, chains: &Chains) -> Result<Action<'a>, Refusal> {
    let signed = |signature| verify(signature, text, chains);
    match action.ok_or(Refusal::Missing("action"))? {
        Kind::CreateInbox(create) => {
            let by = signed(create.initial_identifier_signature.as_ref())?;
            Ok(Action::Create(create, by))
        }
        Kind::Add(AddAssociation {
            new_member_identifier,
            existing_member_signature,
            new_member_signature,
            ..
        }) => Ok(Action::Add {
            member: Member::read(new_member_identifier.as_ref())?,
            by: signed(existing_member_signature.as_ref())?,
            new: signed(new_member_signature.as_ref())?,
        }),
        Kind::Revoke(RevokeAssociation { member_to_revoke, recovery_identifier_signature }) => {
            Ok(Action::Revoke {
                member: Member::read(member_to_revoke.as_ref())?,
                by: signed(recovery_identifier_signature.as_ref())?,
            })
        }
        Kind::ChangeRecoveryAddress(ChangeRecoveryAddress {
            new_recovery_identifier,
            existing_recovery_identifier_signature,
            new_recovery_identifier_kind,
            ..
        }) => Ok(Action::Recover {
            new: Member::identifier(new_recovery_identifier, *new_recovery_identifier_kind)?,
            by: signed(existing_recovery_identifier_signature.as_ref())?,
        }),
    }
}
