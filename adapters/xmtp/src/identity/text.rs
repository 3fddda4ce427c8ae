//! The text that all signatures of an identity update are over.

use jiff::Timestamp;

use super::{member::Member, refused::Refused};
use crate::wire::proto::identity::{
    IdentityAction, IdentityUpdate, MemberIdentifier, identity_action::Kind, member_identifier,
};

const NANOSECONDS: i64 = 1_000_000_000;

/// What a wallet shows and signs for `update`, exact to the byte.
pub(crate) fn text(update: &IdentityUpdate) -> Result<String, Refused> {
    let blocks = update.actions.iter().map(block).collect::<Result<Vec<_>, _>>()?;
    let time = time(update.client_timestamp_ns).ok_or(Refused::Incomplete)?;
    Ok(format!(
        "XMTP : Authenticate to inbox\n\nInbox ID: {}\nCurrent time: {time}\n\n{}\n\n\
         For more info: https://xmtp.org/signatures",
        update.inbox_id,
        blocks.join("\n"),
    ))
}

fn block(action: &IdentityAction) -> Result<String, Refused> {
    let (title, label, value) = match action.kind.as_ref().ok_or(Refused::Incomplete)? {
        Kind::CreateInbox(create) => {
            let owner =
                Member::identifier(&create.initial_identifier, create.initial_identifier_kind())
                    .ok_or(Refused::Incomplete)?;
            ("Create inbox", "Owner", owner.to_string())
        }
        Kind::Add(add) => added(add.new_member_identifier.as_ref())?,
        Kind::Revoke(revoke) => revoked(revoke.member_to_revoke.as_ref())?,
        Kind::ChangeRecoveryAddress(change) => {
            let kind = change.new_recovery_identifier_kind();
            let new = Member::identifier(&change.new_recovery_identifier, kind)
                .ok_or(Refused::Incomplete)?;
            ("Change inbox recovery address", "Address", new.to_string())
        }
    };
    Ok(format!("- {title}\n  ({label}: {value})"))
}

fn added(
    member: Option<&MemberIdentifier>,
) -> Result<(&'static str, &'static str, String), Refused> {
    let (label, value) = label(member)?;
    let title = match label {
        "Address" => "Link address to inbox",
        "ID" => "Grant messaging access to app",
        _ => "Link passkey to inbox",
    };
    Ok((title, label, value))
}

fn revoked(
    member: Option<&MemberIdentifier>,
) -> Result<(&'static str, &'static str, String), Refused> {
    let (label, value) = label(member)?;
    let title = match label {
        "Address" => "Unlink address from inbox",
        "ID" => "Revoke messaging access from app",
        _ => "Unlink passkey from inbox",
    };
    Ok((title, label, value))
}

/// From the bytes themselves: what is shown need not have the form of a member.
fn label(member: Option<&MemberIdentifier>) -> Result<(&'static str, String), Refused> {
    let kind = member.and_then(|member| member.kind.as_ref()).ok_or(Refused::Incomplete)?;
    Ok(match kind {
        member_identifier::Kind::EthereumAddress(address) => ("Address", address.clone()),
        member_identifier::Kind::InstallationPublicKey(key) => ("ID", hex::encode(key)),
        member_identifier::Kind::Passkey(passkey) => ("Passkey", hex::encode(&passkey.key)),
    })
}

/// RFC 3339 in whole seconds, cut off.
fn time(nanoseconds: u64) -> Option<String> {
    // The official clients take the number for a signed one, which the far future overflows.
    let seconds = nanoseconds.cast_signed().div_euclid(NANOSECONDS);
    Timestamp::from_second(seconds).ok().map(|time| time.to_string())
}
