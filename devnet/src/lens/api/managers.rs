//! Who may speak for an account, and its profile.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::input::{Evm, PageSize, nothing, request};
use super::outcome::{self, Kind};
use super::page::Page;
use super::turn::Turn;
use crate::lens::graphql::Failure;
use crate::lens::show::account;
use crate::lens::world::account::{Delegate, Permissions};
use crate::lens::world::transaction::Effect;

type Arguments = Map<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ManagersRequest {
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

pub(super) fn all(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let me = turn.me()?;
    let asked: ManagersRequest = request(arguments)?;
    let page = Page::of(
        "AccountManagers",
        ("accountManagers", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let found = turn.world.accounts.get(&me).ok_or_else(Failure::unauthenticated)?;
    let mut managers: Vec<_> = found.managers.iter().map(|(key, of)| (*key, *of)).collect();
    managers.sort_by_key(|(_, manager)| std::cmp::Reverse(manager.added_ms));
    let mut items: Vec<Value> = Vec::new();
    if found.is_signless {
        // Who is signless has the network itself as a manager.
        let lens = Delegate { permissions: Permissions::SPEAK, added_ms: found.created_ms };
        items.push(account::manager(account::lens_manager(), lens));
    }
    items.extend(managers.into_iter().map(|(key, manager)| account::manager(key, manager)));
    page.show(super::accounts::ranked(items), &turn.world.faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AddRequest {
    address: Evm,
    permissions: Permissions,
}

pub(super) fn add(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let account = turn.owner()?;
    let AddRequest { address: Evm(manager), permissions } = request(arguments)?;
    if turn.world.accounts.get(&account).is_some_and(|found| found.owner == manager) {
        return Ok(outcome::will_fail("The owner cannot be a manager"));
    }
    let effect = Effect::AddManager { account, manager, permissions };
    outcome::send(turn, Kind::Restricted, effect)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UpdateRequest {
    manager: Evm,
    permissions: Permissions,
}

pub(super) fn update(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let account = turn.owner()?;
    let UpdateRequest { manager: Evm(manager), permissions } = request(arguments)?;
    let effect = Effect::AddManager { account, manager, permissions };
    outcome::send(turn, Kind::Restricted, effect)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RemoveRequest {
    manager: Evm,
}

pub(super) fn remove(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let account = turn.owner()?;
    let RemoveRequest { manager: Evm(manager) } = request(arguments)?;
    let effect = Effect::RemoveManager { account, manager };
    outcome::send(turn, Kind::Restricted, effect)
}

pub(super) fn signless(
    turn: &mut Turn<'_>,
    arguments: &Arguments,
    is_signless: bool,
) -> Result<Value, Failure> {
    nothing(arguments)?;
    let account = turn.owner()?;
    outcome::send(turn, Kind::Restricted, Effect::SetSignless { account, is_signless })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MetadataRequest {
    metadata_uri: String,
}

pub(super) fn set_metadata(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let account = turn.me()?;
    let MetadataRequest { metadata_uri: uri } = request(arguments)?;
    let signer = turn.signed_in()?.claim.signer;
    let may = turn.world.accounts.get(&account).is_some_and(|found| {
        found.owner == signer
            || found
                .managers
                .get(&signer)
                .is_some_and(|manager| manager.permissions.can_set_metadata_uri)
    });
    if !may {
        return Ok(outcome::will_fail("The signer may not set the account's metadata"));
    }
    outcome::send(turn, Kind::SetAccountMetadata, Effect::SetMetadata { account, uri })
}
