//! A request's document: parsed, with one operation chosen and its variables filled in.

use async_graphql_parser::types::{
    BaseType, DocumentOperations, ExecutableDocument, OperationDefinition, OperationType,
    Selection, Type,
};
use async_graphql_parser::{Positioned, parse_query};
use async_graphql_value::{ConstValue, Value as Input};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::failure::Failure;

/// What is posted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Posted {
    pub(crate) query: String,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Option<Map<String, Value>>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) parsed: ExecutableDocument,
    pub(crate) operation: Positioned<OperationDefinition>,
    pub(crate) variables: Map<String, Value>,
}

impl Document {
    /// Parses, chooses the operation and fills in its variables.
    pub(crate) fn read(posted: Posted) -> Result<Self, Failure> {
        let parsed = parse_query(&posted.query)
            .map_err(|error| Failure::request(format!("the document does not parse: {error}")))?;
        let operation = choose(&parsed.operations, posted.operation_name.as_deref())?;
        if operation.node.ty == OperationType::Subscription {
            return Err(Failure::request("subscriptions are not configured"));
        }
        let variables = fill_in(&operation.node, &posted.variables.unwrap_or_default())?;
        Ok(Self { parsed, operation, variables })
    }

    pub(crate) fn is_mutation(&self) -> bool {
        self.operation.node.ty == OperationType::Mutation
    }

    /// The names of its fields at the top, those in fragments left out.
    pub(crate) fn roots(&self) -> impl Iterator<Item = &str> {
        self.operation.node.selection_set.node.items.iter().filter_map(|item| match &item.node {
            Selection::Field(field) => Some(field.node.name.node.as_str()),
            Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
        })
    }
}

fn choose(
    operations: &DocumentOperations,
    name: Option<&str>,
) -> Result<Positioned<OperationDefinition>, Failure> {
    match (operations, name) {
        (DocumentOperations::Single(operation), _) => Ok(operation.clone()),
        (DocumentOperations::Multiple(named), Some(name)) => named
            .get(name)
            .cloned()
            .ok_or_else(|| Failure::request(format!("unknown operation named \"{name}\""))),
        (DocumentOperations::Multiple(named), None) if named.len() == 1 => {
            named.values().next().cloned().ok_or_else(|| Failure::request("no operation"))
        }
        (DocumentOperations::Multiple(_), None) => {
            Err(Failure::request("operationName is required: the document has several operations"))
        }
    }
}

fn fill_in(
    operation: &OperationDefinition,
    given: &Map<String, Value>,
) -> Result<Map<String, Value>, Failure> {
    let mut filled = Map::new();
    for definition in &operation.variable_definitions {
        let definition = &definition.node;
        let name = definition.name.node.as_str();
        let default = definition.default_value.as_ref().map(|value| json(&value.node));
        match given.get(name).cloned().or(default) {
            Some(value) => {
                fits(&definition.var_type.node, &value, name)?;
                filled.insert(name.to_owned(), value);
            }
            None if definition.var_type.node.nullable => {}
            None => {
                return Err(Failure::input(format!("variable \"${name}\" is required")));
            }
        }
    }
    Ok(filled)
}

/// As far as a value's shape tells: what it holds is looked at where it is used.
fn fits(kind: &Type, value: &Value, name: &str) -> Result<(), Failure> {
    if value.is_null() {
        return if kind.nullable {
            Ok(())
        } else {
            Err(Failure::input(format!("variable \"${name}\" must not be null")))
        };
    }
    let BaseType::List(item) = &kind.base else {
        return if value.is_array() {
            Err(Failure::input(format!("variable \"${name}\" must not be a list")))
        } else {
            Ok(())
        };
    };
    match value.as_array() {
        Some(items) => items.iter().try_for_each(|value| fits(item, value, name)),
        // One value stands for a list of one.
        None => fits(item, value, name),
    }
}

fn json(value: &ConstValue) -> Value {
    value.clone().into_json().unwrap_or(Value::Null)
}

/// An argument's value; `None` where it is a variable that nobody gave.
pub(crate) fn argument(input: &Input, variables: &Map<String, Value>) -> Option<Value> {
    match input {
        Input::Variable(name) => variables.get(name.as_str()).cloned(),
        Input::List(items) => Some(Value::Array(
            items.iter().map(|item| argument(item, variables).unwrap_or(Value::Null)).collect(),
        )),
        Input::Object(fields) => Some(Value::Object(
            fields
                .iter()
                .filter_map(|(name, field)| Some((name.to_string(), argument(field, variables)?)))
                .collect(),
        )),
        Input::Null => Some(Value::Null),
        Input::Number(number) => Some(Value::Number(number.clone())),
        Input::String(text) => Some(Value::String(text.clone())),
        Input::Boolean(boolean) => Some(Value::Bool(*boolean)),
        Input::Enum(name) => Some(Value::String(name.to_string())),
        Input::Binary(_) => None,
    }
}
