//! Accounts, their names and their managers.

use alloy_primitives::Address;
use serde_json::{Value, json};

use super::attribute::attributes;
use super::{Eyes, no_rules, object, outcome, picture};
use crate::lens::clock::date_time;
use crate::lens::graphql::{choice, reference};
use crate::lens::grove::Shelf;
use crate::lens::world::account::{Account, Delegate, Permissions, Username};
use crate::lens::world::id::{address_of, shown};
use crate::lens::world::{LENS_NAMESPACE, World};

/// An account; one that owns itself, for an address that only owns or manages others.
pub(crate) fn account(world: &World, eyes: Eyes, address: Address) -> Option<Value> {
    let Some(account) = world.accounts.get(&address) else {
        let is_key =
            |account: &Account| account.owner == address || account.managers.contains_key(&address);
        let of = world.accounts.values().find(|account| is_key(account))?;
        return Some(bare(address, of.created_ms));
    };
    let metadata = account.metadata.as_ref().map(|lens| profile(lens, &world.shelf));
    Some(object(
        "Account",
        json!({
            "address": shown(address),
            "owner": shown(account.owner),
            "createdAt": date_time(account.created_ms),
            "score": account.score,
            "metadata": metadata,
            "username": name_of(world, eyes, address),
            "operations": operations(world, eyes, address),
            "rules": no_rules("AccountFollowRules"),
            "actions": [],
            "isMemberOf": membership(world, address),
        }),
    ))
}

fn bare(address: Address, created_ms: u64) -> Value {
    object(
        "Account",
        json!({
            "address": shown(address),
            "owner": shown(address),
            "createdAt": date_time(created_ms),
            "score": 0,
            "metadata": null,
            "username": null,
            "operations": null,
            "rules": no_rules("AccountFollowRules"),
            "actions": [],
            "isMemberOf": false,
        }),
    )
}

fn profile(lens: &Value, shelf: &Shelf) -> Value {
    let text = |name: &str| lens.get(name).and_then(Value::as_str);
    object(
        "AccountMetadata",
        json!({
            "attributes": attributes(lens),
            "bio": text("bio"),
            "id": text("id").unwrap_or_default(),
            "name": text("name"),
            "picture": picture(text("picture"), shelf),
            "coverPicture": picture(text("coverPicture"), shelf),
        }),
    )
}

/// The name in the namespace that is asked for; without one, in `lens/`.
fn name_of(world: &World, eyes: Eyes, address: Address) -> Value {
    let names = world.names_of(address);
    let cases: Vec<(String, Value)> = names
        .iter()
        .map(|name| (name.namespace.to_string().to_lowercase(), username(eyes, name)))
        .collect();
    let first = cases.first().map_or(Value::Null, |(_, name)| name.clone());
    let usual =
        cases.iter().find(|(namespace, _)| *namespace == LENS_NAMESPACE.to_string().to_lowercase());
    let usual = usual.map_or(Value::Null, |(_, name)| name.clone());
    // Without a namespace, and with one that resolves itself.
    let absent = choice("/request/autoResolve", [("true".to_owned(), first)], (usual, Value::Null));
    choice("/request/namespace", cases, (absent, Value::Null))
}

/// A name.
pub(crate) fn username(eyes: Eyes, name: &Username) -> Value {
    let is_owner = eyes.account == Some(name.owned_by);
    let may = outcome::unless("Namespace", (!is_owner).then_some("Not the owner of the username"));
    let operations = eyes.account.map(|_| {
        object(
            "LoggedInUsernameOperations",
            json!({
                "id": format!("username-{}", name.nth),
                "canRemove": may,
                "canAssign": may,
                "canUnassign": may,
            }),
        )
    });
    object(
        "Username",
        json!({
            "id": format!("{}-{}", name.namespace, name.local_name),
            "value": name.value(),
            "namespace": shown(name.namespace),
            "localName": name.local_name,
            "linkedTo": name.linked_to.map(shown),
            "ownedBy": shown(name.owned_by),
            "timestamp": date_time(name.created_ms),
            "operations": operations,
        }),
    )
}

fn membership(world: &World, address: Address) -> Value {
    let groups = world.groups.values().filter(|group| group.members.contains_key(&address));
    let cases = groups.map(|group| (group.address.to_string().to_lowercase(), json!(true)));
    choice("/request/group", cases, (json!(false), json!(false)))
}

fn operations(world: &World, eyes: Eyes, address: Address) -> Value {
    let Some(me) = eyes.account else { return Value::Null };
    let opinions = &world.opinions;
    let follows = |by: Address, whom: Address| opinions.follows.contains_key(&(by, whom));
    let is_me = me == address;
    let follow = (is_me || follows(me, address)).then_some("Already followed, or oneself");
    let unfollow = (!follows(me, address)).then_some("Not followed");
    object(
        "LoggedInAccountOperations",
        json!({
            "id": format!("account-{address}-{me}"),
            "isFollowedByMe": follows(me, address),
            "isFollowingMe": follows(address, me),
            "canFollow": outcome::unless("AccountFollow", follow),
            "canUnfollow": outcome::unless("AccountFollow", unfollow),
            "isMutedByMe": opinions.is_muted(me, address),
            "isBlockedByMe": opinions.blocks.contains(&(me, address)),
            "hasBlockedMe": opinions.blocks.contains(&(address, me)),
            "canBlock": !is_me,
            "canUnblock": opinions.blocks.contains(&(me, address)),
            "hasReported": false,
        }),
    )
}

/// What a manager may do.
pub(crate) fn permissions(permissions: Permissions) -> Value {
    object("AccountManagerPermissions", json!(permissions))
}

/// An account that a key owns.
pub(crate) fn owned(account: &Account) -> Value {
    object(
        "AccountOwned",
        json!({
            "account": reference("Account", account.address),
            "addedAt": date_time(account.created_ms),
        }),
    )
}

/// An account that a key manages.
pub(crate) fn managed(account: &Account, manager: Delegate) -> Value {
    object(
        "AccountManaged",
        json!({
            "account": reference("Account", account.address),
            "permissions": permissions(manager.permissions),
            "addedAt": date_time(manager.added_ms),
        }),
    )
}

/// A manager of an account.
pub(crate) fn manager(address: Address, manager: Delegate) -> Value {
    object(
        "AccountManager",
        json!({
            "manager": shown(address),
            "isLensManager": address == lens_manager(),
            "permissions": permissions(manager.permissions),
            "addedAt": date_time(manager.added_ms),
        }),
    )
}

/// The network's own manager, which sends for those who are signless.
pub(crate) fn lens_manager() -> Address {
    address_of("lens manager")
}
