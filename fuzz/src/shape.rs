//! Spoils JSON as JSON, so that what it says is wrong and not how it is written: bytes are read as
//! choices of what to change and how.

use serde_json::{Map, Value, json};

/// How many changes are made, at most: with many of them nothing is left that means anything.
const MAX_CHANGES: usize = 4;

/// Texts at which readers go wrong: numbers and times out of range, names of other kinds, addresses
/// that lead elsewhere, cursors and characters that hide or turn what follows.
const TEXTS: [&str; 24] = [
    "",
    " ",
    "0",
    "-1",
    "18446744073709551616",
    "115792089237316195423570985008687907853269984665640564039457584007913129639936",
    "0x",
    "0x0000000000000000000000000000000000000000",
    "9999-12-31T23:59:59.999Z",
    "-262144-01-01T00:00:00Z",
    "1970-01-01",
    "Post",
    "Repost",
    "Nothing",
    "AccountMention",
    "TextOnlyMetadata",
    "UnknownPostMetadata",
    "UPVOTE",
    "lens://",
    "javascript:alert(1)",
    "{\"lens\":{\"content\":\"raw\"}}",
    "@lens/ann @lens/ann",
    "\u{202e}\u{200b}\u{feff}\0",
    "👩‍👩‍👧‍👧é\u{301}",
];

/// Choices, as bytes.
struct Choices<'b>(&'b [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> Option<usize> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(usize::from(*first))
    }

    /// One of `count` things.
    fn one_of(&mut self, count: usize) -> Option<usize> {
        Some((self.byte()? << 8 | self.byte()?) % count.max(1))
    }
}

/// Choices to begin with, each a little different.
#[must_use]
pub fn choices(count: u8, length: usize) -> Vec<Vec<u8>> {
    let choices = |nth: u8| {
        let mut bytes = vec![0; length];
        blake3::Hasher::new().update(&[nth]).finalize_xof().fill(&mut bytes);
        bytes
    };
    (0..count).map(choices).collect()
}

/// The document with the changes that `choices` say.
#[must_use]
pub fn spoiled(document: &Value, choices: &[u8]) -> Value {
    let (mut spoiled, mut choices) = (document.clone(), Choices(choices));
    let count = choices.byte().unwrap_or_default() % (MAX_CHANGES + 1);
    for _ in 0..count {
        if change(&mut spoiled, &mut choices).is_none() {
            break;
        }
    }
    spoiled
}

/// Makes one change; nothing if no choices are left.
fn change(document: &mut Value, choices: &mut Choices<'_>) -> Option<()> {
    let nodes = count(document);
    // Hardly ever the whole document.
    let at = choices.one_of(nodes.saturating_mul(4))?;
    let at = if at == 0 { 0 } else { 1 + at % nodes.saturating_sub(1).max(1) };
    let other = choices.one_of(nodes)?;
    let kind = choices.byte()?;
    let detail = choices.byte()?;
    let grafted = nth(document, &mut { other }).map(|it| it.clone());
    let node = nth(document, &mut { at })?;
    match kind % 14 {
        0 => *node = Value::Null,
        1 => *node = json!(detail % 2 == 0),
        2 => {
            *node =
                [json!(0), json!(-1), json!(u64::MAX), json!(i64::MIN), json!(1e300), json!(0.5)]
                    [detail % 6]
                    .clone()
        }
        3..=5 => *node = json!(TEXTS[detail % TEXTS.len()]),
        6 => *node = json!("x".repeat(1 << (detail % 21))),
        7 => *node = grafted?,
        8 => *node = (0..detail / 2).fold(node.take(), |inner, _| json!([inner])),
        9 => *node = (0..detail / 2).fold(node.take(), |inner, _| json!({ "post": inner })),
        10 => *node = json!(Map::new()),
        11 => multiply(node, detail),
        12 => lose(node, detail),
        _ => turn(node, detail),
    }
    Some(())
}

/// Repeats what is in a list, or a text.
fn multiply(node: &mut Value, times: usize) {
    match node {
        Value::Array(items) => {
            let once = items.clone();
            for _ in 0..times.min(400 / once.len().max(1)) {
                items.extend(once.iter().cloned());
            }
        }
        Value::String(text) => *text = text.repeat(times.min(4096 / text.len().max(1))),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => *node = json!([]),
    }
}

/// Takes something out of a list, an object or a text.
fn lose(node: &mut Value, which: usize) {
    match node {
        Value::Array(items) if !items.is_empty() => drop(items.remove(which % items.len())),
        Value::Object(fields) => {
            let name = fields.keys().nth(which % fields.len().max(1)).cloned();
            name.map(|name| fields.remove(&name));
        }
        Value::String(text) => drop(text.pop()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => *node = Value::Null,
    }
}

/// Turns what is in a list, or calls a field of an object otherwise.
fn turn(node: &mut Value, which: usize) {
    match node {
        Value::Array(items) => items.reverse(),
        Value::Object(fields) => {
            let name = fields.keys().nth(which % fields.len().max(1)).cloned();
            if let Some(value) = name.and_then(|name| fields.remove(&name)) {
                fields.insert("other".to_owned(), value);
            }
        }
        Value::String(text) => *text = text.chars().rev().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => *node = json!("turned"),
    }
}

/// How many values a document holds, itself included.
fn count(document: &Value) -> usize {
    1 + match document {
        Value::Array(items) => items.iter().map(count).sum::<usize>(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The value that comes after so many others.
fn nth<'v>(document: &'v mut Value, left: &mut usize) -> Option<&'v mut Value> {
    if *left == 0 {
        return Some(document);
    }
    *left -= 1;
    match document {
        Value::Array(items) => items.iter_mut().find_map(|it| nth(it, left)),
        Value::Object(fields) => fields.values_mut().find_map(|it| nth(it, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Mutator;

    #[test]
    fn what_is_spoiled_is_json_all_the_same_and_seldom_what_it_was() {
        let document = json!({ "items": [{ "id": "1", "stats": { "comments": 0 } }, null, true] });
        assert_eq!(spoiled(&document, &[]), document);
        let mut mutator = Mutator::new(7);
        let seeds = choices(20, 24);
        let all: BTreeSet<String> =
            (0..500).map(|_| spoiled(&document, &mutator.spoil(&seeds)).to_string()).collect();
        assert!(all.len() > 200, "{} different documents", all.len());
        // All but what is nested too deeply.
        let read = all.iter().filter(|it| serde_json::from_str::<Value>(it).is_ok()).count();
        assert!(read * 10 > all.len() * 9, "only {read} of {} can be read", all.len());
    }

    #[test]
    fn every_value_can_be_chosen() {
        let mut document = json!({ "a": [1, { "b": "c" }], "d": null });
        let nodes = count(&document);
        assert_eq!(nodes, 6);
        let all: Vec<_> =
            (0..nodes).map(|at| nth(&mut document, &mut { at }).unwrap().clone()).collect();
        assert_eq!(all[4], json!("c"));
        assert_eq!(nth(&mut document, &mut { nodes }), None);
    }
}
