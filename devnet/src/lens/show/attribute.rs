//! Typed attributes, as posts and profiles have them.

use serde_json::{Value, json};

use super::object;

/// The attributes of a document's `lens` part; an empty list where it has none.
pub(crate) fn attributes(lens: &Value) -> Value {
    let Some(attributes) = lens.get("attributes").and_then(Value::as_array) else {
        return json!([]);
    };
    let shown = attributes.iter().map(|attribute| {
        let part = |name: &str| attribute.get(name).cloned().unwrap_or(Value::Null);
        let kind = part("type").as_str().unwrap_or_default().to_uppercase();
        object(
            "MetadataAttribute",
            json!({ "type": kind, "key": part("key"), "value": part("value") }),
        )
    });
    Value::Array(shown.collect())
}
