//! Groups and their members.

use alloy_primitives::Address;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::accounts::ranked;
use super::input::{Evm, Hash, PageSize, UsernameSearch, request};
use super::outcome::{self, Kind};
use super::page::Page;
use super::places::{PlacesRequest, known, one};
use super::turn::Turn;
use crate::lens::clock::date_time;
use crate::lens::graphql::{Failure, reference};
use crate::lens::show::{self, object};
use crate::lens::world::place::Group;
use crate::lens::world::transaction::Effect;

type Arguments = Map<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GroupRequest {
    group: Option<Evm>,
    tx_hash: Option<Hash>,
}

pub(super) fn group(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let GroupRequest { group, tx_hash } = request(arguments)?;
    let address = one(group, tx_hash, turn)?;
    Ok(known("Group", address, |address| turn.world.groups.contains_key(address)))
}

pub(super) fn groups(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: PlacesRequest = request(arguments)?;
    let page =
        Page::of("Groups", ("groups", arguments), (asked.page_size, asked.cursor.as_deref()))?;
    let filter = asked.filter.unwrap_or_default();
    let fits = |group: &&Group| {
        filter.lets(group.owner, &group.name)
            && filter.member.is_none_or(|Evm(member)| group.members.contains_key(&member))
    };
    let mut found: Vec<&Group> = turn.world.groups.values().filter(fits).collect();
    asked.order_by.sort(&mut found, |group| (group.nth, group.name.clone()));
    let items = found.into_iter().map(|group| reference("Group", group.address)).collect();
    page.show(ranked(items), &turn.world.faults)
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum MembersOrder {
    LastJoined,
    FirstJoined,
    LastActive,
    #[default]
    AccountScore,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MembersFilter {
    search_by: Option<UsernameSearch>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MembersRequest {
    group: Evm,
    filter: Option<MembersFilter>,
    #[serde(default)]
    order_by: MembersOrder,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

pub(super) fn members(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: MembersRequest = request(arguments)?;
    let page = Page::of(
        "GroupMembers",
        ("groupMembers", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let group = found(turn, asked.group)?;
    let part = asked.filter.and_then(|filter| filter.search_by);
    let part = part.map(|search| search.local_name_query.to_lowercase()).unwrap_or_default();
    let mut found: Vec<(Address, u64)> = group
        .members
        .iter()
        .map(|(account, joined_ms)| (*account, *joined_ms))
        .filter(|(account, _)| turn.world.name_of(*account).contains(&part))
        .collect();
    match asked.order_by {
        MembersOrder::LastJoined | MembersOrder::LastActive => {
            found.sort_by_key(|(_, joined_ms)| std::cmp::Reverse(*joined_ms));
        }
        MembersOrder::FirstJoined => found.sort_by_key(|(_, joined_ms)| *joined_ms),
        MembersOrder::AccountScore => {
            found.sort_by_key(|(account, _)| std::cmp::Reverse(turn.world.score_of(*account)));
        }
    }
    let items = found.into_iter().map(|(account, joined_ms)| {
        object(
            "GroupMember",
            json!({
                "account": reference("Account", account),
                "lastActiveAt": date_time(joined_ms),
                "joinedAt": date_time(joined_ms),
            }),
        )
    });
    page.show(ranked(items.collect()), &turn.world.faults)
}

fn found<'t>(turn: &'t Turn<'_>, Evm(group): Evm) -> Result<&'t Group, Failure> {
    turn.world.groups.get(&group).ok_or_else(|| Failure::input("group: there is no such group"))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatsRequest {
    group: Evm,
}

pub(super) fn group_stats(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let StatsRequest { group } = request(arguments)?;
    let total = found(turn, group)?.members.len();
    Ok(object("GroupStatsResponse", json!({ "totalMembers": total })))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MembershipRequest {
    group: Evm,
    #[serde(rename = "rulesProcessingParams")]
    _rules: Option<IgnoredAny>,
}

pub(super) fn join(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let account = turn.speaker()?;
    let asked: MembershipRequest = request(arguments)?;
    let group = found(turn, asked.group)?;
    let reason = if group.members.contains_key(&account) {
        Some("Already a member of the group")
    } else {
        group.banned.contains(&account).then_some("Banned from the group")
    };
    if let Some(reason) = reason {
        return Ok(show::outcome::failed("Group", reason));
    }
    let group = group.address;
    outcome::send(turn, Kind::JoinGroup, Effect::Join { group, account })
}

pub(super) fn leave(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let account = turn.speaker()?;
    let asked: MembershipRequest = request(arguments)?;
    let group = found(turn, asked.group)?;
    if !group.members.contains_key(&account) {
        return Ok(show::outcome::failed("Group", "Not a member of the group"));
    }
    let group = group.address;
    outcome::send(turn, Kind::LeaveGroup, Effect::Leave { group, account })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateGroup {
    metadata_uri: Option<String>,
    owner: Option<Evm>,
    #[serde(rename = "admins")]
    _admins: Option<Vec<Evm>>,
    #[serde(rename = "rules")]
    _rules: Option<IgnoredAny>,
    feed: Option<IgnoredAny>,
}

pub(super) fn create_group(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let me = turn.speaker()?;
    let asked: CreateGroup = request(arguments)?;
    let owner = asked.owner.map_or(me, |Evm(owner)| owner);
    let effect =
        Effect::CreateGroup { owner, metadata: asked.metadata_uri, has_feed: asked.feed.is_some() };
    outcome::send(turn, Kind::CreateGroup, effect)
}
