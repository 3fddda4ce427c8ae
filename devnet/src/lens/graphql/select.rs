//! Takes from objects what a document asks for.

use std::cell::Cell;

use async_graphql_parser::Positioned;
use async_graphql_parser::types::{Directive, Field, Selection, SelectionSet};
use serde_json::{Map, Value};

use super::document::{Document, argument};
use super::failure::Failure;
use super::{Roots, arguments, unions};

/// How deep a document may nest, fragments counted.
const MAX_DEPTH: usize = 96;
/// How many selections are followed for an answer: many times what fifty posts take as the official
/// client asks for them.
const MAX_SELECTIONS: usize = 1_000_000;

pub(super) struct Selector<'a> {
    document: &'a Document,
    left: Cell<usize>,
}

/// Fields of one name in the answer, to be answered as one.
struct Asked<'a> {
    key: &'a str,
    field: &'a Field,
    below: Vec<&'a SelectionSet>,
}

impl<'a> Selector<'a> {
    pub(super) const fn new(document: &'a Document) -> Self {
        Self { document, left: Cell::new(MAX_SELECTIONS) }
    }

    pub(super) fn run(&self, roots: &mut impl Roots) -> Result<Value, Failure> {
        let is_mutation = self.document.is_mutation();
        let typename = if is_mutation { "Mutation" } else { "Query" };
        let mut asked = Vec::new();
        self.collect(&self.document.operation.node.selection_set.node, typename, (&mut asked, 0))?;
        let mut data = Map::new();
        for Asked { key, field, below } in asked {
            let name = field.name.node.as_str();
            if name == "__typename" {
                data.insert(key.to_owned(), typename.into());
                continue;
            }
            if matches!(name, "__schema" | "__type" | "_service") {
                return Err(Failure::request("a devnet has no schema to look into"));
            }
            let value = roots
                .resolve(is_mutation, name, &self.arguments(field))
                .and_then(|value| self.value(value, &below, (&*roots, 0)))
                .map_err(|failure| failure.at(key))?;
            data.insert(key.to_owned(), value);
        }
        Ok(Value::Object(data))
    }

    fn arguments(&self, field: &Field) -> Map<String, Value> {
        let given = field.arguments.iter().filter_map(|(name, input)| {
            Some((name.node.to_string(), argument(&input.node, &self.document.variables)?))
        });
        given.collect()
    }

    fn value(
        &self,
        value: Value,
        below: &[&'a SelectionSet],
        (roots, depth): (&dyn Roots, usize),
    ) -> Result<Value, Failure> {
        match value {
            Value::Null => Ok(Value::Null),
            Value::Array(items) => items
                .into_iter()
                .map(|item| self.value(item, below, (roots, depth)))
                .collect::<Result<_, _>>()
                .map(Value::Array),
            Value::Object(fields) => self.object(fields, below, (roots, depth)),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                if below.iter().all(|set| set.items.is_empty()) {
                    Ok(value)
                } else {
                    Err(Failure::request("a scalar has no fields to select"))
                }
            }
        }
    }

    fn object(
        &self,
        fields: Map<String, Value>,
        below: &[&'a SelectionSet],
        (roots, depth): (&dyn Roots, usize),
    ) -> Result<Value, Failure> {
        let fields = full(fields, roots)?;
        let typename = text(&fields, "__typename").to_owned();
        let mut asked = Vec::new();
        for set in below {
            self.collect(set, &typename, (&mut asked, depth))?;
        }
        if below.iter().all(|set| set.items.is_empty()) {
            return Err(Failure::request(format!("\"{typename}\" needs a selection of fields")));
        }
        let mut answer = Map::new();
        for Asked { key, field, below } in asked {
            let name = field.name.node.as_str();
            let found = fields.get(name).filter(|_| name == "__typename" || !name.starts_with('_'));
            let Some(found) = found else {
                return Err(Failure::request(format!(
                    "cannot query field \"{name}\" on type \"{typename}\""
                )));
            };
            let given = self.arguments(field);
            arguments::check(&typename, name, &given)?;
            let found = chosen(found, given);
            let value = self.value(found, &below, (roots, depth.saturating_add(1)))?;
            answer.insert(key.to_owned(), value);
        }
        Ok(Value::Object(answer))
    }

    /// Fragments can ask for the same without end, so each selection costs.
    fn spend(&self) -> Result<(), Failure> {
        self.left.set(self.left.get().checked_sub(1).ok_or_else(too_much)?);
        Ok(())
    }

    /// Adds the fields that a selection has for an object of a type, fragments opened.
    fn collect(
        &self,
        set: &'a SelectionSet,
        typename: &str,
        (asked, depth): (&mut Vec<Asked<'a>>, usize),
    ) -> Result<(), Failure> {
        if depth > MAX_DEPTH {
            return Err(too_much());
        }
        for selection in &set.items {
            self.spend()?;
            match &selection.node {
                Selection::Field(field) => {
                    if self.is_wanted(&field.node.directives)? {
                        add(asked, &field.node)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let fragment =
                        self.document.parsed.fragments.get(name).ok_or_else(|| {
                            Failure::request(format!("unknown fragment \"{name}\""))
                        })?;
                    let condition = fragment.node.type_condition.node.on.node.as_str();
                    if self.is_wanted(&spread.node.directives)?
                        && unions::takes_in(condition, typename)
                    {
                        let inside = &fragment.node.selection_set.node;
                        self.collect(inside, typename, (asked, depth.saturating_add(1)))?;
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let fits = condition
                        .is_none_or(|on| unions::takes_in(on.node.on.node.as_str(), typename));
                    if fits && self.is_wanted(&fragment.node.directives)? {
                        let inside = &fragment.node.selection_set.node;
                        self.collect(inside, typename, (asked, depth.saturating_add(1)))?;
                    }
                }
            }
        }
        Ok(())
    }

    fn is_wanted(&self, directives: &[Positioned<Directive>]) -> Result<bool, Failure> {
        for directive in directives {
            let name = directive.node.name.node.as_str();
            let condition = directive
                .node
                .get_argument("if")
                .and_then(|input| argument(&input.node, &self.document.variables))
                .and_then(|value| value.as_bool());
            match (name, condition) {
                ("include", Some(true)) | ("skip", Some(false)) => {}
                ("include", Some(false)) | ("skip", Some(true)) => return Ok(false),
                ("include" | "skip", None) => {
                    return Err(Failure::request(format!("@{name} needs a Boolean \"if\"")));
                }
                _ => return Err(Failure::request(format!("unknown directive \"@{name}\""))),
            }
        }
        Ok(true)
    }
}

fn too_much() -> Failure {
    Failure::request("the query is nested too deep or too complex")
}

fn add<'a>(asked: &mut Vec<Asked<'a>>, field: &'a Field) -> Result<(), Failure> {
    let key = field.response_key().node.as_str();
    let Some(known) = asked.iter_mut().find(|known| known.key == key) else {
        asked.push(Asked { key, field, below: vec![&field.selection_set.node] });
        return Ok(());
    };
    if known.field.name.node != field.name.node {
        return Err(Failure::request(format!(
            "fields conflict: \"{key}\" is two different fields"
        )));
    }
    let arguments = |field: &Field| {
        field
            .arguments
            .iter()
            .map(|(name, value)| (name.node.to_string(), value.node.to_string()))
            .collect::<std::collections::BTreeMap<_, _>>()
    };
    if arguments(known.field) != arguments(field) {
        return Err(Failure::request(format!("fields conflict: \"{key}\" has two arguments")));
    }
    known.below.push(&field.selection_set.node);
    Ok(())
}

fn text<'m>(fields: &'m Map<String, Value>, name: &str) -> &'m str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn full(fields: Map<String, Value>, roots: &dyn Roots) -> Result<Map<String, Value>, Failure> {
    let Some(id) = fields.get("__ref").and_then(Value::as_str) else { return Ok(fields) };
    let typename = text(&fields, "__typename");
    match roots.load(typename, id) {
        Some(Value::Object(fields)) => Ok(fields),
        _ => Err(Failure::request(format!("a \"{typename}\" that is pointed at is not there"))),
    }
}

/// A field's value for these arguments.
fn chosen(found: &Value, given: Map<String, Value>) -> Value {
    let given = Value::Object(given);
    let mut found = found.clone();
    while let Some(choose) = found.get("__choose") {
        let part = |name: &str| choose.get(name).cloned().unwrap_or(Value::Null);
        let by = choose.get("by").and_then(Value::as_str).unwrap_or_default();
        found = match given.pointer(by) {
            None | Some(Value::Null) => part("absent"),
            Some(value) => {
                let key = value.as_str().map_or_else(|| value.to_string(), str::to_lowercase);
                let case = choose.get("cases").and_then(|cases| cases.get(&key)).cloned();
                case.unwrap_or_else(|| part("otherwise"))
            }
        };
    }
    found
}
