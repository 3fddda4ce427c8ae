//! `threadbridge schema`: the JSON Schema of bridge.toml, for editors.

use super::output::print_json;
use crate::exit::Failure;
use crate::settings::schema::schema;

pub(super) fn run() -> Result<(), Failure> {
    print_json(&schema())
}
