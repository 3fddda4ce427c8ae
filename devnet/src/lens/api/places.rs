//! Feeds, apps and namespaces; what groups have in common with feeds.

use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::accounts::ranked;
use super::input::{Evm, Hash, PageSize, request};
use super::page::Page;
use super::turn::Turn;
use crate::lens::graphql::{Failure, reference};
use crate::lens::show::place;
use crate::lens::world::LENS_NAMESPACE;
use crate::lens::world::place::Feed;
use crate::lens::world::transaction::{Fate, Made};

type Arguments = Map<String, Value>;

/// One thing, by its address or by the transaction that made it.
pub(super) fn one(
    address: Option<Evm>,
    hash: Option<Hash>,
    turn: &Turn<'_>,
) -> Result<Option<Address>, Failure> {
    match (address, hash) {
        (Some(Evm(address)), None) => Ok(Some(address)),
        (None, Some(Hash(hash))) => {
            match turn.world.transactions.get(&hash).map(|transaction| &transaction.fate) {
                Some(Fate::Finished { made: Some(Made::Group(address)) }) => Ok(Some(*address)),
                _ => Ok(None),
            }
        }
        _ => Err(Failure::input("request: exactly one field must be given")),
    }
}

pub(super) fn known(
    typename: &str,
    address: Option<Address>,
    is_known: impl Fn(&Address) -> bool,
) -> Value {
    address.filter(is_known).map_or(Value::Null, |address| reference(typename, address))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AppRequest {
    app: Option<Evm>,
    tx_hash: Option<Hash>,
}

pub(super) fn app(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let AppRequest { app, tx_hash } = request(arguments)?;
    let address = one(app, tx_hash, turn)?;
    Ok(known("App", address, |address| turn.world.apps.contains_key(address)))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NamespaceRequest {
    namespace: Option<Evm>,
    tx_hash: Option<Hash>,
}

pub(super) fn namespace(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let NamespaceRequest { namespace, tx_hash } = request(arguments)?;
    let is_lens = one(namespace, tx_hash, turn)? == Some(LENS_NAMESPACE);
    let began_ms = super::graph::began_ms(turn);
    Ok(if is_lens { place::namespace(turn.world, turn.eyes(), began_ms) } else { Value::Null })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FeedRequest {
    feed: Option<Evm>,
    tx_hash: Option<Hash>,
}

pub(super) fn feed(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let FeedRequest { feed, tx_hash } = request(arguments)?;
    let address = one(feed, tx_hash, turn)?;
    Ok(known("Feed", address, |address| turn.world.feeds.contains_key(address)))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum PlaceOrder {
    #[default]
    LatestFirst,
    OldestFirst,
    Alphabetical,
}

impl PlaceOrder {
    pub(super) fn sort<T>(self, found: &mut [T], key: impl Fn(&T) -> (u64, String)) {
        match self {
            Self::LatestFirst => found.sort_by_key(|item| std::cmp::Reverse(key(item).0)),
            Self::OldestFirst => found.sort_by_key(|item| key(item).0),
            Self::Alphabetical => found.sort_by_key(|item| key(item).1),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ManagedBy {
    address: Evm,
    #[serde(rename = "includeOwners")]
    _include_owners: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PlaceFilter {
    /// Groups only.
    pub(super) member: Option<Evm>,
    managed_by: Option<ManagedBy>,
    search_query: Option<String>,
    app: Option<Evm>,
}

impl PlaceFilter {
    pub(super) fn lets(&self, owner: Address, name: &str) -> bool {
        self.managed_by.as_ref().is_none_or(|by| by.address == Evm(owner))
            // No place belongs to an app here.
            && self.app.is_none()
            && self
                .search_query
                .as_ref()
                .is_none_or(|part| name.to_lowercase().contains(&part.to_lowercase()))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PlacesRequest {
    pub(super) filter: Option<PlaceFilter>,
    #[serde(default)]
    pub(super) order_by: PlaceOrder,
    #[serde(default)]
    pub(super) page_size: PageSize,
    pub(super) cursor: Option<String>,
}

pub(super) fn feeds(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: PlacesRequest = request(arguments)?;
    let page = Page::of("Feeds", ("feeds", arguments), (asked.page_size, asked.cursor.as_deref()))?;
    let filter = asked.filter.unwrap_or_default();
    if filter.member.is_some() {
        return Err(Failure::input("request: unknown field `member`"));
    }
    let name = |feed: &Feed| feed.name.clone().unwrap_or_default();
    let fits = |feed: &&Feed| filter.lets(feed.owner, &name(feed));
    let mut found: Vec<&Feed> = turn.world.feeds.values().filter(fits).collect();
    asked.order_by.sort(&mut found, |feed| (feed.nth, name(feed)));
    let items = found.into_iter().map(|feed| reference("Feed", feed.address)).collect();
    page.show(ranked(items), &turn.world.faults)
}
