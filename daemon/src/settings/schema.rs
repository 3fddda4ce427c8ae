//! The JSON Schema of the settings (draft 2020-12), and what can be read off it.

use serde_json::Value as Json;

use super::Settings;
use super::schema_node::{resolved, variants};

/// The schema, as `threadbridge schema` prints it.
#[must_use]
pub fn schema() -> Json {
    schemars::schema_for!(Settings).to_value()
}

/// Every key that settings can have, as paths such as `accounts.*.endpoints` and
/// `links.[].legs.[].leg`. Sorted.
#[must_use]
pub fn all_keys(schema: &Json) -> Vec<String> {
    let mut keys = Vec::new();
    collect(schema, schema, "", &mut keys);
    keys.sort();
    keys.dedup();
    keys
}

fn collect(schema: &Json, node: &Json, path: &str, keys: &mut Vec<String>) {
    let node = resolved(schema, node);
    let below =
        |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for variant in variants(node).into_iter().flatten() {
        collect(schema, variant, path, keys);
    }
    for (key, node) in node.get("properties").and_then(Json::as_object).into_iter().flatten() {
        keys.push(below(key));
        collect(schema, node, &below(key), keys);
    }
    if let Some(node) = node.get("additionalProperties").filter(|node| node.is_object()) {
        collect(schema, node, &below("*"), keys);
    }
    if let Some(node) = node.get("items") {
        collect(schema, node, &below("[]"), keys);
    }
}

/// The paths, for people, of a key by its last name: where it would belong.
pub(super) fn homes_of(schema: &Json, key: &str) -> Vec<String> {
    all_keys(schema)
        .into_iter()
        .filter(|path| path.rsplit('.').next() == Some(key))
        .map(|path| path.replace(".[]", "[]").replace(".*.", ".NAME."))
        .collect()
}
