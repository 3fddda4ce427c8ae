//! What became of things, and what would.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::input::{Hash, argument, nothing, request};
use super::turn::Turn;
use crate::lens::graphql::Failure;
use crate::lens::metadata;
use crate::lens::show::{object, transaction};
use crate::lens::world::content;

type Arguments = Map<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StatusRequest {
    tx_hash: Hash,
}

pub(super) fn transaction(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let StatusRequest { tx_hash: Hash(hash) } = request(arguments)?;
    let found = turn.world.transactions.get(&hash);
    Ok(transaction::status(turn.world, found, turn.now_ms))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DebugRequest {
    raw_uri: Option<String>,
    json: Option<String>,
    source: String,
}

pub(super) fn debug_metadata(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: DebugRequest = argument(arguments, "debugMetadataRequest")?;
    let document = match (&asked.raw_uri, &asked.json) {
        (Some(uri), None) => content::fetch(uri, &turn.world.shelf),
        (None, Some(json)) => serde_json::from_str(json).map_err(|error| error.to_string()),
        _ => return Err(Failure::input("exactly one of rawUri and json must be given")),
    };
    let checked = document.and_then(|document| match asked.source.as_str() {
        "POST" => metadata::check_post(&document),
        "ACCOUNT" => metadata::check_account(&document),
        other => Err(format!("metadata of {other} is not looked through here")),
    });
    Ok(object(
        "DebugPostMetadataResult",
        json!({ "valid": checked.is_ok(), "reason": checked.err().unwrap_or_default() }),
    ))
}

pub(super) fn health(arguments: &Arguments) -> Result<Value, Failure> {
    nothing(arguments).map(|()| json!(true))
}
