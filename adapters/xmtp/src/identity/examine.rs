//! From an entry of a log to what it does and who signed it.

use prost::Message as _;

use super::{
    contract::{Claim, Verdicts},
    member::Member,
    refused::Refused,
    signature::{Unproven, Verified, verify},
    text::text,
};
use crate::wire::proto::identity::{
    IdentityAction, IdentityUpdate, Signature, identity_action::Kind,
};

/// Each action takes up to two signatures to verify, at a tenth of a millisecond each.
const MAX_ACTIONS: usize = 256;
const MAX_BYTES: usize = 1 << 20;

/// What an action does, by whom.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Create {
        owner: Member,
        nonce: u64,
        by: Verified,
    },
    Add {
        member: Member,
        by: Verified,
        itself: Verified,
    },
    /// Nothing is named where nobody could be: then nothing is removed.
    Revoke {
        member: Option<Member>,
        by: Verified,
    },
    Recover {
        next: Member,
        by: Verified,
    },
}

impl Step {
    pub(crate) fn signatures(&self) -> impl Iterator<Item = &Verified> {
        let (by, itself) = match self {
            Self::Create { by, .. } | Self::Revoke { by, .. } | Self::Recover { by, .. } => {
                (by, None)
            }
            Self::Add { by, itself, .. } => (by, Some(itself)),
        };
        [Some(by), itself].into_iter().flatten()
    }
}

/// An update whose signatures hold.
#[derive(Clone, Debug)]
pub(crate) struct Examined {
    pub(crate) inbox_id: String,
    /// By the clock of who wrote it.
    pub(crate) at_ns: u64,
    pub(crate) steps: Vec<Step>,
}

/// Why an update was not examined to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unexamined {
    Refused(Refused),
    /// Contracts signed, and nobody asked their chains yet.
    NeedsVerdict(Vec<Claim>),
}

impl From<Refused> for Unexamined {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Verifies every signature of `update`.
pub(crate) fn examine(
    update: &IdentityUpdate,
    verdicts: &impl Verdicts,
) -> Result<Examined, Unexamined> {
    if update.actions.len() > MAX_ACTIONS || update.encoded_len() > MAX_BYTES {
        return Err(Refused::TooLarge.into());
    }
    let text = text(update)?;
    let mut claims = Vec::new();
    let mut steps = Vec::new();
    for action in &update.actions {
        match step(action, |signature| verify(&text, signature, verdicts)) {
            Ok(step) => steps.push(step),
            Err(Unproven::Refused(refused)) => return Err(refused.into()),
            Err(Unproven::NeedsVerdict(claim)) => claims.push(*claim),
        }
    }
    if !claims.is_empty() {
        return Err(Unexamined::NeedsVerdict(claims));
    }
    Ok(Examined { inbox_id: update.inbox_id.clone(), at_ns: update.client_timestamp_ns, steps })
}

fn step(
    action: &IdentityAction,
    verify: impl Fn(Option<&Signature>) -> Result<Verified, Unproven>,
) -> Result<Step, Unproven> {
    Ok(match action.kind.as_ref().ok_or(Refused::Incomplete)? {
        Kind::CreateInbox(create) => Step::Create {
            owner: Member::identifier(&create.initial_identifier, create.initial_identifier_kind())
                .ok_or(Refused::Incomplete)?,
            nonce: create.nonce,
            by: verify(create.initial_identifier_signature.as_ref())?,
        },
        Kind::Add(add) => Step::Add {
            member: add
                .new_member_identifier
                .as_ref()
                .and_then(Member::of)
                .ok_or(Refused::NewMember)?,
            by: verify(add.existing_member_signature.as_ref())?,
            itself: verify(add.new_member_signature.as_ref())?,
        },
        Kind::Revoke(revoke) => Step::Revoke {
            member: revoke.member_to_revoke.as_ref().and_then(Member::of),
            by: verify(revoke.recovery_identifier_signature.as_ref())?,
        },
        Kind::ChangeRecoveryAddress(change) => Step::Recover {
            next: Member::identifier(
                &change.new_recovery_identifier,
                change.new_recovery_identifier_kind(),
            )
            .ok_or(Refused::Incomplete)?,
            by: verify(change.existing_recovery_identifier_signature.as_ref())?,
        },
    })
}
