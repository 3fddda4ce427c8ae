//! The text that all signatures of an update are over. Clients make it anew from the update, so
//! every byte counts.

use jiff::Timestamp;

use super::Member;
use crate::xmtp::refusal::Refusal;
use crate::xmtp::wire::identity::identity_action::Kind;
use crate::xmtp::wire::identity::{IdentityAction, IdentityUpdate};

/// The text of an update.
pub(crate) fn text(update: &IdentityUpdate) -> Result<String, Refusal> {
    let seconds = i64::try_from(update.client_timestamp_ns / 1_000_000_000).unwrap_or(i64::MAX);
    let time = Timestamp::from_second(seconds).map_err(|_| Refusal::Malformed("timestamp"))?;
    let blocks = update.actions.iter().map(block).collect::<Result<Vec<_>, _>>()?;
    Ok(format!(
        "XMTP : Authenticate to inbox\n\nInbox ID: {}\nCurrent time: {time}\n\n{}\n\n\
         For more info: https://xmtp.org/signatures",
        update.inbox_id,
        blocks.join("\n"),
    ))
}

fn block(action: &IdentityAction) -> Result<String, Refusal> {
    let (title, label, value) = match action.kind.as_ref().ok_or(Refusal::Missing("action"))? {
        Kind::CreateInbox(create) => {
            let owner =
                Member::identifier(&create.initial_identifier, create.initial_identifier_kind)?;
            ("Create inbox", "Owner", owner.name())
        }
        Kind::Add(add) => {
            let member = Member::read(add.new_member_identifier.as_ref())?;
            let (title, label) = match member {
                Member::Ethereum(_) => ("Link address to inbox", "Address"),
                Member::Installation(_) => ("Grant messaging access to app", "ID"),
                Member::Passkey(_) => ("Link passkey to inbox", "Passkey"),
            };
            (title, label, member.name())
        }
        Kind::Revoke(revoke) => {
            let member = Member::read(revoke.member_to_revoke.as_ref())?;
            let (title, label) = match member {
                Member::Ethereum(_) => ("Unlink address from inbox", "Address"),
                Member::Installation(_) => ("Revoke messaging access from app", "ID"),
                Member::Passkey(_) => ("Unlink passkey from inbox", "Passkey"),
            };
            (title, label, member.name())
        }
        Kind::ChangeRecoveryAddress(change) => {
            let kind = change.new_recovery_identifier_kind;
            let new = Member::identifier(&change.new_recovery_identifier, kind)?;
            ("Change inbox recovery address", "Address", new.name())
        }
    };
    Ok(format!("- {title}\n  ({label}: {value})"))
}
