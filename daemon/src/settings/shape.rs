//! Holds what the owner wrote against the JSON Schema of the settings, and finds all that does not
//! fit at once: unknown and missing keys, wrong types, numbers out of range.
//!
//! The schema is the one that `threadbridge schema` prints, so what an editor underlines and what
//! `threadbridge check` says come from the same structs.

use figment::value::{Num, Value};
use serde_json::Value as Json;

use super::fault::{listed, nearest};
use super::key_path::KeyPath;
use super::merge::At;
use super::schema_node::{choices, constant, expected, range, resolved, types, variants};

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) path: KeyPath,
    pub(super) at: At,
    pub(super) problem: String,
    pub(super) expected: Option<String>,
    pub(super) nearest: Option<String>,
}

/// A walk over schema and values together.
pub(super) struct Shape<'s> {
    schema: &'s Json,
    written: &'s dyn Fn(&Value) -> Option<String>,
    pub(super) misfits: Vec<Misfit>,
}

impl<'s> Shape<'s> {
    /// `written` gives the text of the variable or flag that a value was read from.
    pub(super) fn new(schema: &'s Json, written: &'s dyn Fn(&Value) -> Option<String>) -> Self {
        Self { schema, written, misfits: Vec::new() }
    }

    /// Checks everything.
    pub(super) fn check(&mut self, root: &mut Value) {
        self.node(self.schema, root, &KeyPath::default());
    }

    fn node(&mut self, node: &'s Json, value: &mut Value, path: &KeyPath) {
        let node = resolved(self.schema, node);
        if let Some(choices) = choices(self.schema, node) {
            return self.choice(&choices, value, path);
        }
        if let Some(variants) = variants(node) {
            return self.variant(&variants, value, path);
        }
        let types = types(node);
        if types.contains(&"string") {
            self.as_written(value);
        }
        let fits = types.is_empty() || types.iter().any(|wanted| is_a(value, wanted));
        match value {
            _ if !fits => self.misfit(path, wrong_type(value), expected(self.schema, node)),
            Value::Dict(..) => self.table(node, value, path),
            Value::Array(_, items) => self.list(node, items, path),
            Value::Num(_, number) => self.number(node, *number, path),
            Value::String(..) | Value::Char(..) | Value::Bool(..) | Value::Empty(..) => {}
        }
    }

    /// A variable's text that looks like a number is text all the same where text is wanted.
    fn as_written(&self, value: &mut Value) {
        if matches!(value, Value::Num(..) | Value::Bool(..) | Value::Char(..))
            && let Some(text) = (self.written)(value)
            && !text.contains(['[', '{'])
        {
            *value = Value::String(value.tag(), text);
        }
    }

    fn choice(&mut self, choices: &[&str], value: &mut Value, path: &KeyPath) {
        let expected = Some(format!("one of {}", listed(choices.iter().copied())));
        match value.as_str() {
            Some(text) if choices.contains(&text) => {}
            Some(text) => {
                let nearest = nearest(text, choices.iter().copied()).map(str::to_owned);
                let problem = "there is no such choice".to_owned();
                let path = path.clone();
                self.misfits.push(Misfit { path, at: At::Value, problem, expected, nearest });
            }
            None => self.misfit(path, wrong_type(value), expected),
        }
    }

    /// One of several shapes: the one whose constant key (`network = "…"`) the table has, else the
    /// first one of the value's type.
    fn variant(&mut self, variants: &[&'s Json], value: &mut Value, path: &KeyPath) {
        let schema = self.schema;
        let nodes: Vec<&Json> = variants.iter().map(|node| resolved(schema, node)).collect();
        let tagged: Vec<(&str, &str, &Json)> = nodes
            .iter()
            .filter_map(|node| constant(node).map(|(key, name)| (key, name, *node)))
            .collect();
        if let (Some((key, _, _)), Some(dict)) = (tagged.first(), value.as_dict()) {
            let names = || tagged.iter().map(|(_, name, _)| *name);
            let expected = format!("one of {}", listed(names()));
            let Some(tag) = dict.get(*key) else {
                return self.missing(path, key, Some(expected));
            };
            return match tagged.iter().find(|(_, name, _)| tag.as_str() == Some(name)) {
                Some((_, _, node)) => self.node(node, value, path),
                None => {
                    let mut tag = tag.clone();
                    self.choice(&names().collect::<Vec<_>>(), &mut tag, &path.key(key));
                }
            };
        }
        let fitting =
            nodes.iter().find(|node| types(node).iter().any(|wanted| is_a(value, wanted)));
        match fitting {
            Some(node) => self.node(node, value, path),
            None => {
                let kinds: Vec<String> =
                    nodes.iter().filter_map(|node| expected(schema, node)).collect();
                self.misfit(path, wrong_type(value), Some(kinds.join(", or ")));
            }
        }
    }

    fn table(&mut self, node: &'s Json, value: &mut Value, path: &KeyPath) {
        let Value::Dict(_, dict) = value else { return };
        let known = node.get("properties").and_then(Json::as_object);
        let others = node.get("additionalProperties");
        let mut meant = Vec::new();
        for (key, value) in dict.iter_mut() {
            let path = path.key(key);
            if let Some(node) = known.and_then(|known| known.get(key)) {
                self.node(node, value, &path);
            } else if let Some(node) = others.filter(|node| node.is_object()) {
                self.node(node, value, &path);
            } else if others == Some(&Json::Bool(false)) {
                meant.extend(self.unknown(key, known, path));
            }
        }
        let required = node.get("required").and_then(Json::as_array).into_iter().flatten();
        for key in required.filter_map(Json::as_str) {
            if !dict.contains_key(key) && !meant.contains(&key) {
                let wanted = known.and_then(|known| known.get(key));
                self.missing(path, key, wanted.and_then(|node| expected(self.schema, node)));
            }
        }
    }

    fn unknown(
        &mut self,
        key: &str,
        known: Option<&'s serde_json::Map<String, Json>>,
        path: KeyPath,
    ) -> Option<&'s str> {
        let names = || known.into_iter().flat_map(|known| known.keys().map(String::as_str));
        let near = nearest(key, names());
        let elsewhere = || super::schema::homes_of(self.schema, key).into_iter().next();
        self.misfits.push(Misfit {
            path,
            at: At::Key,
            problem: "there is no such key".to_owned(),
            expected: Some(format!("one of {}", listed(names()))),
            nearest: near.map(str::to_owned).or_else(elsewhere),
        });
        near
    }

    fn missing(&mut self, table: &KeyPath, key: &str, expected: Option<String>) {
        self.misfits.push(Misfit {
            path: table.key(key),
            at: At::Key,
            problem: "that key is missing".to_owned(),
            expected,
            nearest: None,
        });
    }

    fn list(&mut self, node: &'s Json, items: &mut [Value], path: &KeyPath) {
        let least = node.get("minItems").and_then(Json::as_u64).unwrap_or(0);
        let most = node.get("maxItems").and_then(Json::as_u64).unwrap_or(u64::MAX);
        let count = items.len() as u64;
        if count < least || count > most {
            let problem = match count {
                0 => "the list is empty".to_owned(),
                1 => "the list has one entry".to_owned(),
                many => format!("the list has {many} entries"),
            };
            self.misfit(path, problem, expected(self.schema, node));
        }
        if let Some(each) = node.get("items") {
            for (index, item) in items.iter_mut().enumerate() {
                self.node(each, item, &path.index(index));
            }
        }
    }

    fn number(&mut self, node: &'s Json, number: Num, path: &KeyPath) {
        let (least, most) = range(node);
        let unsigned = || number.to_u128().map(|whole| i128::try_from(whole).unwrap_or(i128::MAX));
        let Some(whole) = number.to_i128().or_else(unsigned) else { return };
        let problem = match whole {
            _ if whole < least => "the number is too small",
            _ if whole > most => "the number is too large",
            _ => return,
        };
        self.misfit(path, problem.to_owned(), expected(self.schema, node));
    }

    fn misfit(&mut self, path: &KeyPath, problem: String, expected: Option<String>) {
        let path = path.clone();
        self.misfits.push(Misfit { path, at: At::Value, problem, expected, nearest: None });
    }
}

fn is_a(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(..) | Value::Char(..) => wanted == "string",
        Value::Bool(..) => wanted == "boolean",
        Value::Num(_, number) => {
            wanted == "number"
                || (wanted == "integer" && !matches!(number, Num::F32(_) | Num::F64(_)))
        }
        Value::Dict(..) => wanted == "object",
        Value::Array(..) => wanted == "array",
        Value::Empty(..) => false,
    }
}

fn wrong_type(value: &Value) -> String {
    let found = match value {
        Value::String(..) | Value::Char(..) => "text",
        Value::Bool(..) => "`true` or `false`",
        Value::Num(_, Num::F32(_) | Num::F64(_)) => "a number with a fraction",
        Value::Num(..) => "a whole number",
        Value::Dict(..) => "a table",
        Value::Array(..) => "a list",
        Value::Empty(..) => "a date or a time",
    };
    format!("there is {found}")
}
