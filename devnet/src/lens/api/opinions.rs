//! Reactions, bookmarks, follows, mutes and blocks.

use std::collections::BTreeMap;

use alloy_primitives::Address;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::filter::{MetadataFilter, addresses};
use super::input::{Evm, FeedOneOf, PageSize, request};
use super::outcome::{self, Kind};
use super::page::Page;
use super::posts::{found, short};
use super::turn::Turn;
use crate::lens::clock::date_time;
use crate::lens::graphql::{Failure, reference};
use crate::lens::show::{self, object};
use crate::lens::world::id::shown;
use crate::lens::world::opinion::{Given, Vote};
use crate::lens::world::transaction::Effect;

type Arguments = Map<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reaction {
    post: String,
    reaction: Vote,
}

pub(super) fn react(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let me = turn.speaker()?;
    let Reaction { post, reaction } = request(arguments)?;
    let id = found(turn, &post)?.id;
    let app = turn.app();
    Ok(match turn.world.vote(id, me, (reaction, app)) {
        Ok(()) => object("AddReactionResponse", json!({ "success": true })),
        Err(reason) => object("AddReactionFailure", json!({ "reason": reason })),
    })
}

pub(super) fn unreact(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let me = turn.speaker()?;
    let Reaction { post, reaction } = request(arguments)?;
    let id = found(turn, &post)?.id;
    Ok(match turn.world.unvote(id, me, reaction) {
        Ok(()) => object("UndoReactionResponse", json!({ "success": true })),
        Err(reason) => object("UndoReactionFailure", json!({ "reason": reason })),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReactionsFilter {
    any_of: Option<Vec<Vote>>,
}

impl ReactionsFilter {
    fn lets(&self, vote: Vote) -> bool {
        self.any_of.as_ref().is_none_or(|list| list.contains(&vote))
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReactionsRequest {
    post: String,
    filter: Option<ReactionsFilter>,
    order_by: Option<ScoreOrder>,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ScoreOrder {
    Default,
    AccountScore,
}

/// A reaction in the words of the API.
pub(super) fn reaction(vote: Vote, given: Given) -> Value {
    object(
        "PostReaction",
        json!({
            "reaction": vote.word(),
            "reactedAt": date_time(given.at_ms),
            "app": given.app.map(shown),
        }),
    )
}

pub(super) fn reactions(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: ReactionsRequest = request(arguments)?;
    let page = Page::of(
        "PostReactions",
        ("postReactions", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let id = found(turn, &asked.post)?.id;
    let filter = asked.filter.unwrap_or_default();
    let mut votes: Vec<(Address, Vote, Given)> =
        turn.world.opinions.votes_on(id).filter(|(_, vote, _)| filter.lets(*vote)).collect();
    votes.sort_by_key(|(_, _, given)| std::cmp::Reverse(given.nth));
    if asked.order_by == Some(ScoreOrder::AccountScore) {
        votes.sort_by_key(|(by, ..)| std::cmp::Reverse(turn.world.score_of(*by)));
    }
    let items = votes.into_iter().map(|(by, vote, given)| {
        object(
            "AccountPostReaction",
            json!({ "account": reference("Account", by), "reactions": [reaction(vote, given)] }),
        )
    });
    page.show(super::accounts::ranked(items.collect()), &turn.world.faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PostAccountPair {
    post: String,
    account: Evm,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReactionStatusRequest {
    pairs: Vec<PostAccountPair>,
    filter: Option<ReactionsFilter>,
}

pub(super) fn reaction_status(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: ReactionStatusRequest = request(arguments)?;
    let filter = asked.filter.unwrap_or_default();
    let status = |PostAccountPair { post, account: Evm(account) }: &PostAccountPair| {
        let id = found(turn, post)?.id;
        let given = turn
            .world
            .opinions
            .votes_on(id)
            .find(|(by, vote, _)| by == account && filter.lets(*vote));
        Ok(object(
            "PostReactionStatus",
            json!({
                "postId": id.to_string(),
                "account": shown(*account),
                "app": given.and_then(|(_, _, given)| given.app).map(shown),
                "result": given.is_some(),
            }),
        ))
    };
    asked.pairs.iter().map(status).collect::<Result<_, Failure>>().map(Value::Array)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BookmarkRequest {
    post: String,
}

pub(super) fn bookmark(
    turn: &mut Turn<'_>,
    arguments: &Arguments,
    is_kept: bool,
) -> Result<Value, Failure> {
    let me = turn.speaker()?;
    let BookmarkRequest { post } = request(arguments)?;
    let id = found(turn, &post)?.id;
    if is_kept {
        let nth = turn.world.next();
        turn.world.opinions.bookmarks.entry((me, id)).or_insert(nth);
    } else {
        turn.world.opinions.bookmarks.remove(&(me, id));
    }
    Ok(json!(""))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct BookmarksFilter {
    feeds: Option<Vec<FeedOneOf>>,
    metadata: Option<MetadataFilter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BookmarksRequest {
    filter: Option<BookmarksFilter>,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

pub(super) fn bookmarks(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let me = turn.me()?;
    let asked: BookmarksRequest = request(arguments)?;
    let page = Page::of(
        "AnyPosts",
        ("postBookmarks", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let filter = asked.filter.unwrap_or_default();
    let feeds = filter.feeds.as_ref().map(|feeds| addresses(feeds));
    let mut kept: BTreeMap<u64, Value> = BTreeMap::new();
    for ((by, id), nth) in &turn.world.opinions.bookmarks {
        let Some(post) = turn.world.posts.get(id).filter(|_| *by == me) else { continue };
        let is_in = feeds.as_ref().is_none_or(|feeds| feeds.contains(&post.feed));
        if is_in && filter.metadata.as_ref().is_none_or(|metadata| metadata.lets(post)) {
            kept.insert(*nth, short(post));
        }
    }
    page.show(kept.into_iter().rev(), &turn.world.faults)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AboutAccount {
    account: Evm,
}

pub(super) fn mute(
    turn: &mut Turn<'_>,
    arguments: &Arguments,
    is_muted: bool,
) -> Result<Value, Failure> {
    let me = turn.speaker()?;
    let AboutAccount { account: Evm(whom) } = request(arguments)?;
    if is_muted {
        turn.world.opinions.mutes.insert((me, whom));
    } else {
        turn.world.opinions.mutes.remove(&(me, whom));
    }
    Ok(json!(""))
}

pub(super) fn block(
    turn: &mut Turn<'_>,
    arguments: &Arguments,
    is_blocked: bool,
) -> Result<Value, Failure> {
    let by = turn.speaker()?;
    let AboutAccount { account: Evm(whom) } = request(arguments)?;
    if is_blocked {
        outcome::send(turn, Kind::Block, Effect::Block { by, whom })
    } else {
        outcome::send(turn, Kind::Unblock, Effect::Unblock { by, whom })
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FollowRequest {
    account: Evm,
    #[serde(rename = "graph")]
    _graph: Option<Evm>,
    #[serde(rename = "followRuleProcessingParams")]
    _follow_rules: Option<IgnoredAny>,
    #[serde(rename = "graphRulesProcessingParams")]
    _graph_rules: Option<IgnoredAny>,
}

pub(super) fn follow(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let by = turn.speaker()?;
    let FollowRequest { account: Evm(whom), .. } = request(arguments)?;
    let reason = if by == whom {
        Some("Nobody follows themselves")
    } else if !turn.world.accounts.contains_key(&whom) {
        Some("The account does not exist")
    } else {
        turn.world.opinions.follows.contains_key(&(by, whom)).then_some("Followed already")
    };
    match reason {
        Some(reason) => Ok(show::outcome::failed("AccountFollow", reason)),
        None => outcome::send(turn, Kind::Follow, Effect::Follow { by, whom }),
    }
}

pub(super) fn unfollow(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let by = turn.speaker()?;
    let FollowRequest { account: Evm(whom), .. } = request(arguments)?;
    if !turn.world.opinions.follows.contains_key(&(by, whom)) {
        return Ok(show::outcome::failed("AccountFollow", "Not followed"));
    }
    outcome::send(turn, Kind::Unfollow, Effect::Unfollow { by, whom })
}
