//! Typed attributes: what apps say about a post besides what it says.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Flaw, known, not_empty, text};

const MAX_ATTRIBUTES: usize = 20;

/// Looks through the attributes, if there are any.
pub(super) fn check(fields: &Map<String, Value>) -> Result<(), Flaw> {
    let Some(attributes) = fields.get("attributes") else { return Ok(()) };
    let attributes = attributes.as_array().ok_or("attributes: must be a list")?;
    if attributes.is_empty() || attributes.len() > MAX_ATTRIBUTES {
        return Err(format!("attributes: must be 1 to {MAX_ATTRIBUTES}"));
    }
    attributes
        .iter()
        .try_for_each(|attribute| one(attribute).map_err(|flaw| format!("attributes.{flaw}")))
}

fn one(attribute: &Value) -> Result<(), Flaw> {
    let fields = attribute.as_object().ok_or("must be an object")?;
    known(fields, &["type", "key", "value"])?;
    not_empty(fields, "key")?;
    match text(fields, "type")? {
        "Boolean" => match text(fields, "value")? {
            "true" | "false" => Ok(()),
            _ => Err("value: must be true or false".to_owned()),
        },
        "Date" => time(text(fields, "value")?),
        "Number" | "String" | "JSON" => not_empty(fields, "value").map(|_| ()),
        other => Err(format!("type: {other} is not a type of attribute")),
    }
}

/// A time of ISO 8601, with its zone.
pub(super) fn time(text: &str) -> Result<(), Flaw> {
    match text.parse::<Timestamp>() {
        Ok(_) => Ok(()),
        Err(_) => Err("must be a time of ISO 8601".to_owned()),
    }
}
