//! What a profile may say.

use alloy_primitives::Address;

use super::name;
use crate::farcaster::refusal::Refusal;
use crate::farcaster::wire::{UserDataBody, UserDataType};

pub(super) fn check(body: &UserDataBody, is_pro: bool) -> Result<(), Refusal> {
    let value = body.value.as_str();
    let kind = UserDataType::try_from(body.r#type).unwrap_or(UserDataType::None);
    match kind {
        UserDataType::None => Err(Refusal::invalid("invalid user data type")),
        UserDataType::Pfp => within(value, 256, "pfp value > 256"),
        UserDataType::Display => within(value, 32, "display value > 32"),
        UserDataType::Bio => within(value, 256, "bio value > 256"),
        UserDataType::Url => within(value, 256, "url value > 256"),
        UserDataType::Username if value.is_empty() => Ok(()),
        UserDataType::Username => name::check_any(value),
        UserDataType::Location => location(value),
        UserDataType::Twitter => handle(value, 15, "^[a-z0-9_]{0,15}$", |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'
        }),
        UserDataType::Github => {
            handle(value, 38, "^[a-zA-Z\\d](?:[a-zA-Z\\d]|-(?!-)){0,38}$", |c| {
                c.is_ascii_alphanumeric() || c == '-'
            })
        }
        UserDataType::Banner if !is_pro => Err(Refusal::invalid("Pro subscription required")),
        UserDataType::Banner => within(value, 256, "banner value > 256"),
        UserDataType::PrimaryAddressEthereum => primary_ethereum(value),
        UserDataType::PrimaryAddressSolana | UserDataType::LiveAt => {
            within(value, 256, "value is too long")
        }
        UserDataType::ProfileToken => within(value, 256, "CAIP-19 string too long"),
    }
}

fn within(value: &str, max: usize, reason: &str) -> Result<(), Refusal> {
    if value.len() > max { Err(Refusal::invalid(reason)) } else { Ok(()) }
}

fn handle(
    value: &str,
    max: usize,
    pattern: &str,
    allows: impl Fn(char) -> bool,
) -> Result<(), Refusal> {
    if value.len() > max {
        return Err(Refusal::invalid(format!("username \"{value}\" > {max} characters")));
    }
    if !value.chars().all(allows) {
        return Err(Refusal::invalid(format!("username \"{value}\" doesn't match {pattern}")));
    }
    Ok(())
}

/// `geo:12.34,-56.78`, with two decimals each.
fn location(value: &str) -> Result<(), Refusal> {
    if value.is_empty() {
        return Ok(());
    }
    let wrong = || Refusal::invalid("Invalid location string");
    let (latitude, longitude) =
        value.strip_prefix("geo:").and_then(|rest| rest.split_once(',')).ok_or_else(wrong)?;
    let degrees = |text: &str| -> Option<f64> {
        let (_, decimals) = text.split_once('.')?;
        if decimals.len() == 2 { text.parse().ok() } else { None }
    };
    if degrees(latitude).ok_or_else(wrong)?.abs() > 90.0 {
        return Err(Refusal::invalid("Latitude value outside valid range"));
    }
    if degrees(longitude).ok_or_else(wrong)?.abs() > 180.0 {
        return Err(Refusal::invalid("Longitude value outside valid range"));
    }
    Ok(())
}

fn primary_ethereum(value: &str) -> Result<(), Refusal> {
    if value.is_empty() {
        return Ok(());
    }
    if !value.starts_with("0x") || value.len() != 42 {
        return Err(Refusal::invalid("invalid length for eth address"));
    }
    if is_checksummed(value) { Ok(()) } else { Err(Refusal::invalid("Message data invalid")) }
}

/// Whether an address is written with the capitals of ERC-55.
fn is_checksummed(value: &str) -> bool {
    Address::parse_checksummed(value, None).is_ok()
}
