//! Who follows whom.

use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::input::{Evm, GraphOneOf, Hash, PageSize, request};
use super::page::Page;
use super::turn::Turn;
use crate::lens::clock::date_time;
use crate::lens::graphql::{Failure, reference};
use crate::lens::show::{object, place};
use crate::lens::world::id::shown;
use crate::lens::world::{GLOBAL_FEED, GLOBAL_GRAPH};

type Arguments = Map<String, Value>;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum FollowOrder {
    #[default]
    Desc,
    Asc,
    AccountScore,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowFilter {
    graphs: Option<Vec<GraphOneOf>>,
}

impl FollowFilter {
    /// Whether the only graph there is is meant.
    fn is_global(&self) -> bool {
        self.graphs.as_ref().is_none_or(|graphs| {
            graphs.iter().any(|graph| match graph {
                GraphOneOf::GlobalGraph(_) | GraphOneOf::App(_) => true,
                GraphOneOf::Graph(Evm(graph)) => *graph == GLOBAL_GRAPH,
            })
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FollowsRequest {
    account: Evm,
    filter: Option<FollowFilter>,
    #[serde(default)]
    order_by: FollowOrder,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

/// Which end of a follow is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Followers,
    Following,
}

pub(super) fn follows(turn: &Turn<'_>, arguments: &Arguments, end: End) -> Result<Value, Failure> {
    let asked: FollowsRequest = request(arguments)?;
    let (of, name, typename, field) = match end {
        End::Followers => ("Followers", "followers", "Follower", "follower"),
        End::Following => ("Following", "following", "Following", "following"),
    };
    let page = Page::of(of, (name, arguments), (asked.page_size, asked.cursor.as_deref()))?;
    let Evm(account) = asked.account;
    let is_global = asked.filter.unwrap_or_default().is_global();
    let mut found: Vec<(Address, u64, u64)> = turn
        .world
        .opinions
        .follows
        .iter()
        .filter(|_| is_global)
        .filter_map(|((by, whom), (at_ms, nth))| match end {
            End::Followers => (*whom == account).then_some((*by, *at_ms, *nth)),
            End::Following => (*by == account).then_some((*whom, *at_ms, *nth)),
        })
        .collect();
    found.sort_by_key(|(_, _, nth)| std::cmp::Reverse(*nth));
    match asked.order_by {
        FollowOrder::Desc => {}
        FollowOrder::Asc => found.reverse(),
        FollowOrder::AccountScore => {
            found.sort_by_key(|(other, ..)| std::cmp::Reverse(turn.world.score_of(*other)));
        }
    }
    let items = found.into_iter().map(|(other, at_ms, _)| {
        let mut item = json!({ "graph": shown(GLOBAL_GRAPH), "followedOn": date_time(at_ms) });
        if let Some(fields) = item.as_object_mut() {
            fields.insert(field.to_owned(), reference("Account", other));
        }
        object(typename, item)
    });
    page.show(super::accounts::ranked(items.collect()), &turn.world.faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowPair {
    graph: Option<Evm>,
    follower: Evm,
    account: Evm,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FollowStatusRequest {
    pairs: Vec<FollowPair>,
}

pub(super) fn status(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let FollowStatusRequest { pairs } = request(arguments)?;
    let status = |pair: FollowPair| {
        let (Evm(by), Evm(whom)) = (pair.follower, pair.account);
        let graph = pair.graph.map_or(GLOBAL_GRAPH, |Evm(graph)| graph);
        let is_so = graph == GLOBAL_GRAPH && turn.world.opinions.follows.contains_key(&(by, whom));
        object(
            "FollowStatusResult",
            json!({
                "graph": shown(graph),
                "follower": shown(by),
                "account": shown(whom),
                "isFollowing": object("BooleanValue", json!({ "optimistic": is_so, "onChain": is_so })),
            }),
        )
    };
    Ok(pairs.into_iter().map(status).collect())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GraphRequest {
    graph: Option<Evm>,
    tx_hash: Option<Hash>,
}

pub(super) fn graph(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    match request(arguments)? {
        GraphRequest { graph: Some(Evm(GLOBAL_GRAPH)), tx_hash: None } => {
            Ok(place::graph(began_ms(turn)))
        }
        GraphRequest { graph, tx_hash } if graph.is_some() != tx_hash.is_some() => Ok(Value::Null),
        _ => Err(Failure::input("request: exactly one field must be given")),
    }
}

/// When the network began.
pub(super) fn began_ms(turn: &Turn<'_>) -> u64 {
    turn.world.feeds.get(&GLOBAL_FEED).map_or(0, |feed| feed.created_ms)
}
