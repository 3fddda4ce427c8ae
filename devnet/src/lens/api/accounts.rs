//! Accounts and usernames.

use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::input::{Evm, Hash, PageSize, UsernameInput, UsernameSearch, request};
use super::page::Page;
use super::turn::Turn;
use crate::lens::graphql::{Failure, reference};
use crate::lens::show::account;
use crate::lens::world::account::{Account, Username};
use crate::lens::world::{LENS_NAMESPACE, World};

type Arguments = Map<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccountRequest {
    address: Option<Evm>,
    username: Option<UsernameInput>,
    legacy_profile_id: Option<String>,
    tx_hash: Option<Hash>,
}

pub(super) fn account(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: AccountRequest = request(arguments)?;
    let found = match asked {
        AccountRequest {
            address: Some(Evm(address)),
            username: None,
            legacy_profile_id: None,
            tx_hash: None,
        } => account::account(turn.world, turn.eyes(), address),
        AccountRequest {
            address: None,
            username: Some(name),
            legacy_profile_id: None,
            tx_hash: None,
        } => named(turn.world, &name).map(|account| reference("Account", account.address)),
        // Nobody has a profile of before, and accounts are not made by transactions here.
        AccountRequest { address: None, username: None, legacy_profile_id, tx_hash }
            if legacy_profile_id.is_some() != tx_hash.is_some() =>
        {
            None
        }
        _ => return Err(Failure::input("request: exactly one field must be given")),
    };
    Ok(found.unwrap_or(Value::Null))
}

fn named<'w>(world: &'w World, name: &UsernameInput) -> Option<&'w Account> {
    let namespace = name.namespace.map_or(LENS_NAMESPACE, |Evm(namespace)| namespace);
    world.named(namespace, &name.local_name)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BulkRequest {
    addresses: Option<Vec<Evm>>,
    usernames: Option<Vec<UsernameInput>>,
    legacy_profile_ids: Option<Vec<String>>,
    owned_by: Option<Vec<Evm>>,
}

/// The most that is looked up at once.
const MAX_BULK: usize = 50;

pub(super) fn bulk(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: BulkRequest = request(arguments)?;
    let found: Vec<Address> = match asked {
        BulkRequest { addresses: Some(of), .. } => limited(of)?
            .into_iter()
            .map(|Evm(address)| address)
            .filter(|address| turn.world.accounts.contains_key(address))
            .collect(),
        BulkRequest { usernames: Some(of), .. } => limited(of)?
            .iter()
            .filter_map(|name| named(turn.world, name))
            .map(|account| account.address)
            .collect(),
        BulkRequest { owned_by: Some(of), .. } => {
            let owners = limited(of)?;
            let all = turn.world.accounts.values();
            all.filter(|account| owners.contains(&Evm(account.owner)))
                .map(|account| account.address)
                .collect()
        }
        BulkRequest { legacy_profile_ids: Some(_), .. } => Vec::new(),
        _ => return Err(Failure::input("request: one field must be given")),
    };
    Ok(found.into_iter().map(|address| reference("Account", address)).collect())
}

fn limited<T>(of: Vec<T>) -> Result<Vec<T>, Failure> {
    if of.len() <= MAX_BULK {
        Ok(of)
    } else {
        Err(Failure::input(format!("request: at most {MAX_BULK} at once")))
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum AccountsOrder {
    Alphabetical,
    #[default]
    AccountScore,
    BestMatch,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccountsFilter {
    search_by: Option<UsernameSearch>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AccountsRequest {
    filter: Option<AccountsFilter>,
    #[serde(default)]
    order_by: AccountsOrder,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

pub(super) fn search(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: AccountsRequest = request(arguments)?;
    let page =
        Page::of("Accounts", ("accounts", arguments), (asked.page_size, asked.cursor.as_deref()))?;
    let search = asked.filter.and_then(|filter| filter.search_by);
    let fits = |account: &&Account| match &search {
        None => true,
        Some(search) => {
            let part = search.local_name_query.to_lowercase();
            let spaces = search.namespaces.clone().unwrap_or_else(|| vec![Evm(LENS_NAMESPACE)]);
            turn.world.names_of(account.address).iter().any(|name| {
                spaces.contains(&Evm(name.namespace)) && name.local_name.contains(&part)
            })
        }
    };
    let mut found: Vec<&Account> = turn.world.accounts.values().filter(fits).collect();
    let name = |account: &Account| turn.world.name_of(account.address);
    match asked.order_by {
        AccountsOrder::Alphabetical => found.sort_by_key(|account| name(account)),
        AccountsOrder::AccountScore => {
            found.sort_by_key(|account| (std::cmp::Reverse(account.score), account.nth));
        }
        AccountsOrder::BestMatch => found.sort_by_key(|account| (name(account).len(), account.nth)),
    }
    let items = found.iter().map(|account| reference("Account", account.address)).collect();
    page.show(ranked(items), &turn.world.faults)
}

/// Items in an order of their own, numbered from the end.
pub(super) fn ranked(items: Vec<Value>) -> impl Iterator<Item = (u64, Value)> {
    let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
    (1..=count).rev().zip(items)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UsernameRequest {
    id: Option<String>,
    username: Option<UsernameInput>,
}

pub(super) fn username(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let found = match request(arguments)? {
        UsernameRequest { id: Some(id), username: None } => turn
            .world
            .usernames
            .values()
            .find(|name| format!("{}-{}", name.namespace, name.local_name) == id),
        UsernameRequest { id: None, username: Some(name) } => {
            let namespace = name.namespace.map_or(LENS_NAMESPACE, |Evm(namespace)| namespace);
            turn.world.usernames.get(&(namespace, name.local_name.to_lowercase()))
        }
        _ => return Err(Failure::input("request: exactly one field must be given")),
    };
    Ok(found.map_or(Value::Null, |name| account::username(turn.eyes(), name)))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum UsernamesOrder {
    #[default]
    LastMinted,
    FirstMinted,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UsernamesFilter {
    owner: Option<Evm>,
    linked_to: Option<Evm>,
    namespace: Option<Evm>,
    local_name_query: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct UsernamesRequest {
    filter: Option<UsernamesFilter>,
    #[serde(default)]
    order_by: UsernamesOrder,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

pub(super) fn usernames(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: UsernamesRequest = request(arguments)?;
    let page = Page::of(
        "Usernames",
        ("usernames", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let filter = asked.filter.unwrap_or_default();
    let is = |wanted: Option<Evm>, found: Option<Address>| {
        wanted.is_none_or(|Evm(wanted)| found == Some(wanted))
    };
    let fits = |name: &&Username| {
        is(filter.owner, Some(name.owned_by))
            && is(filter.linked_to, name.linked_to)
            && is(filter.namespace, Some(name.namespace))
            && filter
                .local_name_query
                .as_ref()
                .is_none_or(|part| name.local_name.contains(&part.to_lowercase()))
    };
    let mut found: Vec<_> = turn.world.usernames.values().filter(fits).collect();
    found.sort_by_key(|name| std::cmp::Reverse(name.nth));
    if asked.order_by == UsernamesOrder::FirstMinted {
        found.reverse();
    }
    let items = found.into_iter().map(|name| account::username(turn.eyes(), name)).collect();
    page.show(ranked(items), &turn.world.faults)
}
