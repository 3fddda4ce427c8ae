//! What one node of the JSON Schema says about a value.

use serde_json::Value as Json;

use super::fault::listed;

/// Follows `$ref`.
pub(super) fn resolved<'s>(schema: &'s Json, node: &'s Json) -> &'s Json {
    let mut node = node;
    // A chain of references has no more links than this in any schema that schemars makes.
    for _ in 0..8 {
        let pointer = node.get("$ref").and_then(Json::as_str).and_then(|r| r.strip_prefix('#'));
        match pointer.and_then(|pointer| schema.pointer(pointer)) {
            Some(target) => node = target,
            None => break,
        }
    }
    node
}

/// The shapes that a value may have, where there are several.
pub(super) fn variants(node: &Json) -> Option<Vec<&Json>> {
    let several = node.get("oneOf").or_else(|| node.get("anyOf"))?.as_array()?;
    let is_null = |node: &Json| node.get("type").and_then(Json::as_str) == Some("null");
    Some(several.iter().filter(|node| !is_null(node)).collect())
}

/// The texts that a value may be, where they are a closed list.
pub(super) fn choices<'s>(schema: &'s Json, node: &'s Json) -> Option<Vec<&'s str>> {
    if let Some(texts) = node.get("enum").and_then(Json::as_array) {
        return texts.iter().map(Json::as_str).collect();
    }
    if let Some(text) = node.get("const").and_then(Json::as_str) {
        return Some(vec![text]);
    }
    let lists: Option<Vec<Vec<&str>>> = variants(node)?
        .into_iter()
        .map(|variant| choices(schema, resolved(schema, variant)))
        .collect();
    lists.map(|lists| lists.concat())
}

/// The key whose value tells this shape from the others, and that value.
pub(super) fn constant(node: &Json) -> Option<(&str, &str)> {
    node.get("properties")?
        .as_object()?
        .iter()
        .find_map(|(key, node)| Some((key.as_str(), node.get("const")?.as_str()?)))
}

pub(super) fn types(node: &Json) -> Vec<&str> {
    match node.get("type") {
        Some(Json::String(one)) => vec![one],
        Some(Json::Array(several)) => {
            several.iter().filter_map(Json::as_str).filter(|name| *name != "null").collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn range(node: &Json) -> (i128, i128) {
    let bound = |key| node.get(key).and_then(Json::as_i64).map(i128::from);
    let (least, most) = match node.get("format").and_then(Json::as_str) {
        Some("uint8") => (0, i128::from(u8::MAX)),
        Some("uint16") => (0, i128::from(u16::MAX)),
        Some("uint32") => (0, i128::from(u32::MAX)),
        Some("uint64" | "uint") => (0, i128::from(u64::MAX)),
        _ => (i128::from(i64::MIN), i128::from(u64::MAX)),
    };
    (bound("minimum").unwrap_or(least), bound("maximum").unwrap_or(most))
}

/// What fits, for people.
pub(super) fn expected(schema: &Json, node: &Json) -> Option<String> {
    let node = resolved(schema, node);
    if let Some(choices) = choices(schema, node) {
        return Some(format!("one of {}", listed(choices)));
    }
    if let Some(variants) = variants(node) {
        let mut kinds: Vec<String> =
            variants.into_iter().filter_map(|node| expected(schema, node)).collect();
        kinds.dedup();
        return Some(kinds.join(", or "));
    }
    let kinds: Vec<String> = types(node)
        .into_iter()
        .map(|kind| match kind {
            "string" => "text in quotes".to_owned(),
            "boolean" => "`true` or `false`".to_owned(),
            "integer" => match range(node) {
                (least, most) if most >= i128::from(u32::MAX) => {
                    format!("a whole number of at least {least}")
                }
                (least, most) => format!("a whole number from {least} to {most}"),
            },
            "array" => {
                let bound = |key| node.get(key).and_then(Json::as_u64);
                match (bound("minItems"), bound("maxItems")) {
                    (Some(least), Some(most)) => format!("a list of {least} to {most} entries"),
                    _ => "a list".to_owned(),
                }
            }
            "object" => match node.get("required").and_then(Json::as_array) {
                Some(keys) => {
                    format!("a table with {}", listed(keys.iter().filter_map(Json::as_str)))
                }
                None => "a table".to_owned(),
            },
            other => other.to_owned(),
        })
        .collect();
    let example = node.get("examples").and_then(|examples| examples.get(0)).and_then(Json::as_str);
    (!kinds.is_empty()).then(|| {
        let kinds = kinds.join(" or ");
        example.map_or_else(|| kinds.clone(), |example| format!("{kinds}, such as `{example}`"))
    })
}
