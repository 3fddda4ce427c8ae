//! Apps, feeds, groups, graphs and namespaces.

use serde_json::{Value, json};

use super::{Eyes, no_rules, object, outcome};
use crate::lens::clock::date_time;
use crate::lens::graphql::reference;
use crate::lens::world::id::{address_of, shown};
use crate::lens::world::place::{App, Feed, Group};
use crate::lens::world::{GLOBAL_FEED, GLOBAL_GRAPH, LENS_NAMESPACE, World};

pub(crate) fn app(app: &App) -> Value {
    let domain = app.domains.first().map_or("example.com", String::as_str);
    object(
        "App",
        json!({
            "address": shown(app.address),
            "graphAddress": shown(GLOBAL_GRAPH),
            "sponsorshipAddress": null,
            "defaultFeedAddress": shown(GLOBAL_FEED),
            "namespaceAddress": shown(LENS_NAMESPACE),
            "treasuryAddress": null,
            "verificationEnabled": false,
            "createdAt": date_time(app.created_ms),
            "metadata": object(
                "AppMetadata",
                json!({
                    "description": null,
                    "developer": "devnet",
                    "name": app.name,
                    "tagline": null,
                    "platforms": ["WEB"],
                    "privacyPolicy": null,
                    "termsOfService": null,
                    "url": format!("https://{domain}"),
                    "logo": null,
                }),
            ),
            "owner": shown(address_of("lens")),
            "hasAuthorizationEndpoint": app.forbids.is_some(),
        }),
    )
}

/// What a feed says of itself; the global one says nothing.
pub(super) fn feed_metadata(feed: &Feed) -> Value {
    feed.name.as_ref().map_or(Value::Null, |name| {
        object(
            "FeedMetadata",
            json!({ "description": null, "id": format!("feed-{}", feed.nth), "name": name }),
        )
    })
}

pub(crate) fn feed(world: &World, eyes: Eyes, feed: &Feed) -> Value {
    let operations = eyes.account.map(|me| {
        let may = match world.unfit(feed.address, me, false) {
            Some(reason) => outcome::not_a_member("Feed", (world, feed.address), &reason),
            None => outcome::passed("Feed"),
        };
        object(
            "LoggedInFeedPostOperations",
            json!({ "id": format!("feed-{}-{me}", feed.address), "canPost": may }),
        )
    });
    object(
        "Feed",
        json!({
            "address": shown(feed.address),
            "createdAt": date_time(feed.created_ms),
            "metadata": feed_metadata(feed),
            "owner": shown(feed.owner),
            "operations": operations,
            "rules": feed_rules(world, feed),
        }),
    )
}

fn feed_rules(world: &World, feed: &Feed) -> Value {
    if feed.group.is_none() {
        return no_rules("FeedRules");
    }
    let rule = object(
        "FeedRule",
        json!({
            "id": format!("0x{:064x}", feed.nth),
            "type": "GROUP_GATED",
            "address": shown(address_of("rule of groups")),
            "executesOn": ["CREATING_POST"],
            "config": outcome::group_config(world, feed.address),
        }),
    );
    object("FeedRules", json!({ "required": [rule], "anyOf": [] }))
}

/// What a group says of itself.
pub(super) fn group_metadata(group: &Group) -> Value {
    object(
        "GroupMetadata",
        json!({
            "description": group.description,
            "id": format!("group-{}", group.nth),
            "icon": null,
            "name": group.name,
            "coverPicture": null,
        }),
    )
}

pub(crate) fn group(world: &World, eyes: Eyes, group: &Group) -> Value {
    let has_feed = group.feed.is_some_and(|feed| world.feeds.contains_key(&feed));
    let feed = group.feed.filter(|_| has_feed).map(|feed| reference("Feed", feed));
    object(
        "Group",
        json!({
            "address": shown(group.address),
            "timestamp": date_time(group.created_ms),
            "feed": feed,
            "metadata": group_metadata(group),
            "owner": shown(group.owner),
            "operations": group_operations(eyes, group),
            "banningEnabled": true,
            "membershipApprovalEnabled": false,
            "rules": no_rules("GroupRules"),
        }),
    )
}

fn group_operations(eyes: Eyes, group: &Group) -> Value {
    let Some(me) = eyes.account else { return Value::Null };
    let is_member = group.members.contains_key(&me);
    let is_banned = group.banned.contains(&me);
    let join = if is_member {
        Some("Already a member")
    } else {
        is_banned.then_some("Banned from the group")
    };
    let of_owner = (group.owner != me).then_some("Not the owner of the group");
    object(
        "LoggedInGroupOperations",
        json!({
            "id": format!("group-{}-{me}", group.address),
            "canJoin": outcome::unless("Group", join),
            "canLeave": outcome::unless("Group", (!is_member).then_some("Not a member")),
            "canAddMember": outcome::unless("Group", of_owner),
            "canRemoveMember": outcome::unless("Group", of_owner),
            "isMember": is_member,
            "isBanned": is_banned,
            "hasRequestedMembership": false,
        }),
    )
}

/// The one graph.
pub(crate) fn graph(created_ms: u64) -> Value {
    object(
        "Graph",
        json!({
            "address": shown(GLOBAL_GRAPH),
            "createdAt": date_time(created_ms),
            "metadata": null,
            "owner": shown(address_of("lens")),
            "rules": no_rules("GraphRules"),
        }),
    )
}

/// The namespace `lens/`.
pub(crate) fn namespace(world: &World, eyes: Eyes, created_ms: u64) -> Value {
    let operations = eyes.account.map(|me| {
        object(
            "LoggedInUsernameNamespaceOperations",
            json!({ "id": format!("namespace-{me}"), "canCreate": outcome::passed("Namespace") }),
        )
    });
    object(
        "UsernameNamespace",
        json!({
            "address": shown(LENS_NAMESPACE),
            "namespace": "lens",
            "tokenName": "Lens Usernames",
            "tokenSymbol": "LENS",
            "createdAt": date_time(created_ms),
            "metadata": null,
            "collectionMetadata": null,
            "owner": shown(address_of("lens")),
            "stats": object(
                "UsernameNamespaceStats",
                json!({ "totalUsernames": world.usernames.len() }),
            ),
            "rules": no_rules("NamespaceRules"),
            "operations": operations,
        }),
    )
}
