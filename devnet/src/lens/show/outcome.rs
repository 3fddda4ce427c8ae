//! Whether something may be done: passed, or failed with a reason.

use alloy_primitives::Address;
use serde_json::{Value, json};

use super::object;
use crate::lens::world::World;
use crate::lens::world::id::{address_of, shown};

/// It may be done. `of` is the middle of the type's name, as in `Post`.
pub(crate) fn passed(of: &str) -> Value {
    object(&format!("{of}OperationValidationPassed"), json!({ "passed": true }))
}

/// It may not be done, and no rule says so.
pub(crate) fn failed(of: &str, reason: &str) -> Value {
    object(
        &format!("{of}OperationValidationFailed"),
        json!({ "reason": reason, "unsatisfiedRules": null }),
    )
}

/// It may be done, or not, for this reason.
pub(crate) fn unless(of: &str, reason: Option<&str>) -> Value {
    reason.map_or_else(|| passed(of), |reason| failed(of, reason))
}

/// A post that only members of a group may make.
pub(crate) fn not_a_member(of: &str, (world, feed): (&World, Address), reason: &str) -> Value {
    let unsatisfied = object(
        &format!("{of}UnsatisfiedRule"),
        json!({
            "rule": shown(address_of("rule of groups")),
            "reason": if of == "Post" { "FEED_GROUP_GATED_NOT_A_MEMBER" } else { "GROUP_GATED_NOT_A_MEMBER" },
            "message": reason,
            "config": group_config(world, feed),
        }),
    );
    let rules =
        object(&format!("{of}UnsatisfiedRules"), json!({ "required": [unsatisfied], "anyOf": [] }));
    object(
        &format!("{of}OperationValidationFailed"),
        json!({ "reason": reason, "unsatisfiedRules": rules }),
    )
}

/// How the rule of a group's feed is set.
pub(crate) fn group_config(world: &World, feed: Address) -> Value {
    let Some(feed) = world.feeds.get(&feed) else { return json!([]) };
    let Some(group) = feed.group else { return json!([]) };
    json!([
        object("AddressKeyValue", json!({ "key": "group", "address": shown(group) })),
        object(
            "BooleanKeyValue",
            json!({ "key": "repliesRestricted", "boolean": feed.are_replies_restricted }),
        ),
    ])
}
