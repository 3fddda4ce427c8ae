//! Posts, alone and in lists.

use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::filter::{PostsFilter, Sieve};
use super::input::{Evm, Hash, PageSize, request};
use super::page::Page;
use super::turn::Turn;
use crate::lens::clock::date_time;
use crate::lens::graphql::{Failure, reference};
use crate::lens::show::{metadata, object};
use crate::lens::world::id::PostId;
use crate::lens::world::post::Post;
use crate::lens::world::transaction::{Fate, Made};

type Arguments = Map<String, Value>;

/// A post in short.
pub(super) fn short(post: &Post) -> Value {
    let typename = if post.repost_of.is_some() { "Repost" } else { "Post" };
    reference(typename, post.id)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PostRequest {
    post: Option<String>,
    legacy_id: Option<String>,
    tx_hash: Option<Hash>,
}

pub(super) fn post(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let found = match request(arguments)? {
        PostRequest { post: Some(id), legacy_id: None, tx_hash: None } => turn.world.find(&id),
        PostRequest { post: None, legacy_id: None, tx_hash: Some(Hash(hash)) } => {
            match turn.world.transactions.get(&hash).map(|transaction| &transaction.fate) {
                Some(Fate::Finished { made: Some(Made::Post(id)) }) => turn.world.posts.get(id),
                _ => None,
            }
        }
        PostRequest { post: None, legacy_id: Some(_), tx_hash: None } => None,
        _ => return Err(Failure::input("request: exactly one field must be given")),
    };
    Ok(found.map_or(Value::Null, short))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PostsRequest {
    filter: Option<PostsFilter>,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

pub(super) fn posts(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: PostsRequest = request(arguments)?;
    let page =
        Page::of("AnyPosts", ("posts", arguments), (asked.page_size, asked.cursor.as_deref()))?;
    let sieve = Sieve::new(turn.world, asked.filter.unwrap_or_default());
    let items = turn.world.newest().filter(|post| sieve.lets(post));
    page.show(items.map(|post| (post.nth, short(post))), &turn.world.faults)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum ReferenceType {
    CommentOn,
    RepostOf,
    QuoteOf,
}

impl ReferenceType {
    /// What a post points at in this way.
    pub(super) const fn of(self, post: &Post) -> Option<PostId> {
        match self {
            Self::CommentOn => post.comment_on,
            Self::RepostOf => post.repost_of,
            Self::QuoteOf => post.quote_of,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Visibility {
    All,
    Hidden,
    #[default]
    Visible,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Relevancy {
    #[default]
    All,
    Relevant,
    NotRelevant,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReferencesRequest {
    referenced_post: String,
    reference_types: Vec<ReferenceType>,
    #[serde(default)]
    visibility_filter: Visibility,
    #[serde(default)]
    relevancy_filter: Relevancy,
    authors: Option<Vec<Evm>>,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

/// Below this score, what an account says counts as not relevant.
pub(super) const RELEVANT_SCORE: i32 = 1000;

pub(super) fn references(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: ReferencesRequest = request(arguments)?;
    let page = Page::of(
        "AnyPosts",
        ("postReferences", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let target = found(turn, &asked.referenced_post)?.id;
    let score = |author| turn.world.score_of(author);
    let fits = |post: &&Post| {
        let is_below = asked.reference_types.iter().any(|kind| kind.of(post) == Some(target));
        let is_visible = match asked.visibility_filter {
            Visibility::All => true,
            Visibility::Hidden => post.is_hidden,
            Visibility::Visible => !post.is_hidden,
        };
        let is_relevant = match asked.relevancy_filter {
            Relevancy::All => true,
            Relevancy::Relevant => score(post.author) >= RELEVANT_SCORE,
            Relevancy::NotRelevant => score(post.author) < RELEVANT_SCORE,
        };
        let is_by =
            asked.authors.as_ref().is_none_or(|authors| authors.contains(&Evm(post.author)));
        is_below && is_visible && is_relevant && is_by
    };
    let items = turn.world.newest().filter(fits).map(|post| (post.nth, short(post)));
    page.show(items, &turn.world.faults)
}

/// The post of an id or a slug.
pub(super) fn found<'t>(turn: &'t Turn<'_>, id: &str) -> Result<&'t Post, Failure> {
    turn.world.find(id).ok_or_else(|| Failure::input("post: there is no such post"))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EditsRequest {
    post: String,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

/// What a post said before: all versions but the one of now, the newest first.
pub(super) fn edits(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: EditsRequest = request(arguments)?;
    let page = Page::of(
        "PostEdits",
        ("postEdits", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let post = found(turn, &asked.post)?;
    let earlier = post.versions.split_last().map_or(&[] as &[_], |(_, earlier)| earlier);
    let mut items: Vec<_> = (1_u64..).zip(earlier).collect();
    items.reverse();
    let items = items.into_iter().map(|(nth, version)| {
        let edit = json!({
            "metadata": metadata::shown(turn.world, Some(version)),
            "timestamp": date_time(version.at_ms),
        });
        (nth, object("PostEdit", edit))
    });
    page.show(items, &turn.world.faults)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WhoRequest {
    post: String,
    reference_types: Vec<ReferenceType>,
    #[serde(default)]
    order_by: WhoOrder,
    #[serde(default)]
    page_size: PageSize,
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum WhoOrder {
    #[default]
    MostRecent,
    Oldest,
    AccountScore,
}

pub(super) fn who_referenced(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let asked: WhoRequest = request(arguments)?;
    let page = Page::of(
        "Accounts",
        ("whoReferencedPost", arguments),
        (asked.page_size, asked.cursor.as_deref()),
    )?;
    let target = found(turn, &asked.post)?.id;
    let mut who: Vec<Address> = Vec::new();
    for post in turn.world.newest() {
        let does = asked.reference_types.iter().any(|kind| kind.of(post) == Some(target));
        if does && !who.contains(&post.author) {
            who.push(post.author);
        }
    }
    match asked.order_by {
        WhoOrder::MostRecent => {}
        WhoOrder::Oldest => who.reverse(),
        WhoOrder::AccountScore => {
            who.sort_by_key(|account| std::cmp::Reverse(turn.world.score_of(*account)));
        }
    }
    let items = who.into_iter().map(|account| reference("Account", account)).collect();
    page.show(super::accounts::ranked(items), &turn.world.faults)
}
