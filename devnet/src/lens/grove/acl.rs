//! Who may change a file: the access control lists of Grove.

use alloy_primitives::Address;
use serde_json::Value;

use super::super::world::id;

/// Who may change a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Acl {
    /// Nobody.
    Immutable,
    /// A key.
    Wallet(Address),
    /// The owner and the managers of an account.
    Account(Address),
    /// Whom a contract says; contracts do not run here, so nobody in the end.
    Contract(Address),
}

/// Reads a list; says what is wrong with it.
pub(crate) fn read(json: &Value) -> Result<Acl, String> {
    let address = |name: &str| {
        json.get(name)
            .and_then(Value::as_str)
            .and_then(id::address)
            .ok_or_else(|| format!("{name} must be an address"))
    };
    if json.get("chain_id").and_then(Value::as_u64).is_none() {
        return Err("chain_id must be a number".to_owned());
    }
    match json.get("template").and_then(Value::as_str) {
        Some("immutable") => Ok(Acl::Immutable),
        Some("wallet_address") => address("wallet_address").map(Acl::Wallet),
        Some("lens_account") => address("lens_account").map(Acl::Account),
        Some("generic_acl") => {
            let is_text = |name: &str| json.get(name).is_some_and(Value::is_string);
            let has_marker = json
                .get("params")
                .is_some_and(|params| params.to_string().contains("<recovered_address>"));
            if !is_text("function_sig") || !has_marker {
                return Err("function_sig and params with <recovered_address> are required".into());
            }
            address("contract_address").map(Acl::Contract)
        }
        _ => Err("template is unknown".to_owned()),
    }
}
