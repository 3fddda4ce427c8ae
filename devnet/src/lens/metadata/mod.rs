//! What counts as metadata: the documents that posts and profiles point at.

mod attribute;
pub(crate) mod kind;
pub(crate) mod media;

use serde_json::{Map, Value};

/// What is wrong, and where.
pub(crate) type Flaw = String;

const POSTS: &str = "https://json-schemas.lens.dev/posts/";
const ACCOUNT: &str = "https://json-schemas.lens.dev/account/1.0.0.json";

/// Looks through a post's document.
pub(crate) fn check_post(document: &Value) -> Result<(), Flaw> {
    let fields = document.as_object().ok_or("the document must be an object")?;
    let schema = text(fields, "$schema")?;
    let kind = schema
        .strip_prefix(POSTS)
        .and_then(|rest| rest.strip_suffix("/3.0.0.json"))
        .and_then(kind::find)
        .ok_or_else(|| format!("$schema: {schema} is not a schema of a post"))?;
    let lens = lens(fields)?;
    kind::check(kind, lens)?;
    marketplace(fields)
}

/// Looks through an account's document.
pub(crate) fn check_account(document: &Value) -> Result<(), Flaw> {
    let fields = document.as_object().ok_or("the document must be an object")?;
    let schema = text(fields, "$schema")?;
    if schema != ACCOUNT {
        return Err(format!("$schema: {schema} is not the schema of an account"));
    }
    let lens = lens(fields)?;
    known(lens, &["id", "name", "bio", "picture", "coverPicture", "attributes"])?;
    not_empty(lens, "id")?;
    for name in ["name", "bio", "picture", "coverPicture"] {
        if lens.contains_key(name) {
            not_empty(lens, name)?;
        }
    }
    attribute::check(lens)
}

fn lens(fields: &Map<String, Value>) -> Result<&Map<String, Value>, Flaw> {
    fields
        .get("lens")
        .and_then(Value::as_object)
        .ok_or_else(|| "lens: an object is required".into())
}

/// What NFTs have, where it is there.
fn marketplace(fields: &Map<String, Value>) -> Result<(), Flaw> {
    for name in ["name", "description", "image", "external_url", "animation_url", "signature"] {
        // Some of them may be null in the schemas of marketplaces.
        if let Some(value) = fields.get(name)
            && !value.is_string()
            && !value.is_null()
        {
            return Err(format!("{name}: must be a text"));
        }
    }
    Ok(())
}

/// A text that must be there.
fn text<'m>(fields: &'m Map<String, Value>, name: &str) -> Result<&'m str, Flaw> {
    fields.get(name).and_then(Value::as_str).ok_or_else(|| format!("{name}: a text is required"))
}

/// A text that must be there and say something.
fn not_empty<'m>(fields: &'m Map<String, Value>, name: &str) -> Result<&'m str, Flaw> {
    match text(fields, name)? {
        "" => Err(format!("{name}: must not be empty")),
        text => Ok(text),
    }
}

/// Refuses what is not one of `names`.
fn known(fields: &Map<String, Value>, names: &[&str]) -> Result<(), Flaw> {
    match fields.keys().find(|key| !names.contains(&key.as_str())) {
        Some(stranger) => Err(format!("{stranger}: is not a field here")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
