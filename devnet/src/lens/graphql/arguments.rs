//! Which fields below the roots take arguments, and what may be in their `request`.

use serde_json::{Map, Value};

use super::failure::Failure;

const IMAGE: &[&str] = &["useOriginal", "preferTransform"];
const GRAPH: &[&str] = &["graph"];

const FIELDS: &[(&str, &str, &[&str])] = &[
    ("Account", "isMemberOf", &["group"]),
    ("Account", "username", &["namespace", "autoResolve"]),
    ("AccountMetadata", "coverPicture", IMAGE),
    ("AccountMetadata", "picture", IMAGE),
    ("AppMetadata", "logo", IMAGE),
    ("GroupMetadata", "coverPicture", IMAGE),
    ("GroupMetadata", "icon", IMAGE),
    ("LoggedInAccountOperations", "canFollow", GRAPH),
    ("LoggedInAccountOperations", "canUnfollow", GRAPH),
    ("LoggedInAccountOperations", "isFollowedByMe", GRAPH),
    ("LoggedInAccountOperations", "isFollowingMe", GRAPH),
    ("LoggedInPostOperations", "executedUnknownActionCount", &["address"]),
    ("LoggedInPostOperations", "hasExecutedUnknownAction", &["address"]),
    ("LoggedInPostOperations", "hasReacted", &["type"]),
    ("MediaAudio", "cover", IMAGE),
    ("MediaAudio", "item", &["useOriginal"]),
    ("MediaImage", "item", IMAGE),
    ("MediaVideo", "cover", IMAGE),
    ("MediaVideo", "item", &["useOriginal"]),
    ("Post", "actions", &["includeDisabled"]),
    ("Post", "contentUri", &["useSnapshot"]),
    ("Post", "stats", &["includeModeratorFlagged"]),
    ("PostStats", "reactions", &["type"]),
];

/// Refuses an argument that the field does not take.
pub(super) fn check(
    typename: &str,
    field: &str,
    arguments: &Map<String, Value>,
) -> Result<(), Failure> {
    let known = FIELDS
        .iter()
        .find(|(owner, name, _)| *owner == typename && *name == field)
        .map_or(&[] as &[&str], |(_, _, known)| *known);
    for (name, value) in arguments {
        if name != "request" || known.is_empty() {
            return Err(Failure::request(format!(
                "unknown argument \"{name}\" on field \"{typename}.{field}\""
            )));
        }
        let fields = value.as_object().into_iter().flat_map(Map::keys);
        if let Some(stranger) = fields.into_iter().find(|key| !known.contains(&key.as_str())) {
            return Err(Failure::input(format!(
                "field \"{stranger}\" is not defined on the request of \"{typename}.{field}\""
            )));
        }
    }
    Ok(())
}
