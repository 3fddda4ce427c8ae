//! As much of GraphQL as the API needs: documents are parsed by a crate and run here, over JSON
//! objects that name their type.
//!
//! There is no schema. An object has the fields that it has, and asking for another is an error
//! that names type and field; so a gap here cannot pass for a null. Response shapes are not
//! checked for conflicts between union members, as the real server does not check them either,
//! and its official client relies on it.

mod arguments;
mod document;
mod failure;
mod select;
mod unions;

use serde_json::{Map, Value};

pub(crate) use self::document::{Document, Posted};
pub(crate) use self::failure::{Code, Failure};

/// What documents are run over.
pub(crate) trait Roots {
    /// The value of a field of `Query` or `Mutation`.
    fn resolve(
        &mut self,
        is_mutation: bool,
        name: &str,
        arguments: &Map<String, Value>,
    ) -> Result<Value, Failure>;

    /// The object that a [`reference`] stands for.
    fn load(&self, typename: &str, id: &str) -> Option<Value>;
}

/// An object in short, put in full only where a document asks for its fields: posts and accounts
/// point at each other without end.
pub(crate) fn reference(typename: &str, id: impl std::fmt::Display) -> Value {
    serde_json::json!({ "__typename": typename, "__ref": id.to_string() })
}

/// A value that depends on an argument of its field.
///
/// `by` points into the arguments, as in `/request/type`; `cases` says what each value of it gives
/// (texts in lower case), `otherwise` what any other gives; `absent` is for when it is not given.
pub(crate) fn choice(
    by: &str,
    cases: impl IntoIterator<Item = (String, Value)>,
    (absent, otherwise): (Value, Value),
) -> Value {
    let cases: Map<String, Value> = cases.into_iter().collect();
    serde_json::json!({
        "__choose": { "by": by, "cases": cases, "absent": absent, "otherwise": otherwise }
    })
}

/// Runs a document; gives its `data`.
pub(crate) fn run(document: &Document, roots: &mut impl Roots) -> Result<Value, Failure> {
    select::Selector::new(document).run(roots)
}

#[cfg(test)]
mod tests;
