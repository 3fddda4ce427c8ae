//! Posting, editing and deleting.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use super::input::{Evm, request};
use super::outcome::{self, Kind};
use super::turn::Turn;
use crate::lens::graphql::{Code, Failure};
use crate::lens::show;
use crate::lens::world::id::PostId;
use crate::lens::world::post::Draft;
use crate::lens::world::transaction::Effect;

type Arguments = Map<String, Value>;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Referencing {
    post: String,
    #[serde(rename = "postRulesProcessingParams")]
    _rules: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreatePost {
    content_uri: String,
    feed: Option<Evm>,
    comment_on: Option<Referencing>,
    quote_of: Option<Referencing>,
    #[serde(rename = "feedRulesProcessingParams")]
    _feed_rules: Option<IgnoredAny>,
    #[serde(rename = "actions")]
    _actions: Option<IgnoredAny>,
    #[serde(rename = "rules")]
    _rules: Option<IgnoredAny>,
}

pub(super) fn post(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let author = turn.speaker()?;
    let asked: CreatePost = request(arguments)?;
    let target = |asked: &Option<Referencing>| {
        asked.as_ref().map(|asked| target(turn, &asked.post)).transpose()
    };
    let draft = Draft {
        author,
        app: turn.app(),
        feed: asked.feed.map(|Evm(feed)| feed),
        comment_on: target(&asked.comment_on)?,
        quote_of: target(&asked.quote_of)?,
        uri: asked.content_uri,
    };
    let feed = turn.world.feed_of(&draft);
    if !turn.world.feeds.contains_key(&feed) {
        return Err(Failure::input("feed: there is no such feed"));
    }
    if let Some(reason) = turn.world.is_missing(feed, draft.targets()) {
        return Ok(outcome::will_fail(&reason));
    }
    if let Some(reason) = turn.world.refuses(&draft) {
        return Ok(show::outcome::not_a_member("Post", (turn.world, feed), &reason));
    }
    outcome::send(turn, Kind::Post, Effect::Post(draft))
}

/// What is answered, quoted or shown again.
fn target(turn: &Turn<'_>, id: &str) -> Result<PostId, Failure> {
    let post = super::posts::found(turn, id)?;
    // Who answers a repost answers what it shows.
    Ok(post.repost_of.unwrap_or(post.id))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CreateRepost {
    post: String,
    #[serde(rename = "postRulesProcessingParams")]
    _post_rules: Option<IgnoredAny>,
    #[serde(rename = "feedRulesProcessingParams")]
    _feed_rules: Option<IgnoredAny>,
}

pub(super) fn repost(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let author = turn.speaker()?;
    let asked: CreateRepost = request(arguments)?;
    let post = target(turn, &asked.post)?;
    let feed = super::posts::found(turn, &post.to_string())?.feed;
    if let Some(reason) = turn.world.is_missing(feed, [post]) {
        return Ok(outcome::will_fail(&reason));
    }
    if let Some(reason) = turn.world.unfit(feed, author, false) {
        return Ok(show::outcome::not_a_member("Post", (turn.world, feed), &reason));
    }
    let app = turn.app();
    outcome::send(turn, Kind::Post, Effect::Repost { post, author, app })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EditPost {
    post: String,
    content_uri: String,
    #[serde(rename = "feedRulesProcessingParams")]
    _feed_rules: Option<IgnoredAny>,
    #[serde(rename = "parentPostRulesProcessingParams")]
    _parent_rules: Option<IgnoredAny>,
}

pub(super) fn edit(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let author = turn.speaker()?;
    let asked: EditPost = request(arguments)?;
    let found = super::posts::found(turn, &asked.post)?;
    let post = found.id;
    let reason = if found.author != author {
        Some("Only the author of a post may edit it")
    } else if found.repost_of.is_some() {
        Some("A repost says nothing that could be edited")
    } else {
        found.is_deleted.then_some("The post is deleted")
    };
    if let Some(reason) = reason {
        return Ok(show::outcome::failed("Post", reason));
    }
    outcome::send(turn, Kind::Post, Effect::Edit { post, uri: asked.content_uri })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DeletePost {
    post: String,
    #[serde(rename = "feedRulesProcessingParams")]
    _feed_rules: Option<IgnoredAny>,
}

pub(super) fn delete(turn: &mut Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let author = turn.speaker()?;
    let asked: DeletePost = request(arguments)?;
    let found = super::posts::found(turn, &asked.post)?;
    if found.author != author {
        return Ok(outcome::will_fail("Only the author of a post may delete it"));
    }
    if found.is_deleted {
        return Ok(outcome::will_fail("The post is deleted"));
    }
    let post = found.id;
    outcome::send(turn, Kind::DeletePost, Effect::Delete { post })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HideReply {
    post: String,
}

pub(super) fn hide(
    turn: &mut Turn<'_>,
    arguments: &Arguments,
    is_hidden: bool,
) -> Result<Value, Failure> {
    let author = turn.speaker()?;
    let HideReply { post } = request(arguments)?;
    let found = super::posts::found(turn, &post)?;
    let id = found.id;
    let root = found.root.and_then(|root| turn.world.posts.get(&root));
    if root.is_none_or(|root| root.author != author) {
        let reason = "Only the author of the root may hide what is below it";
        return Err(Failure::new(Code::Forbidden, reason));
    }
    if let Some(post) = turn.world.posts.get_mut(&id) {
        post.is_hidden = is_hidden;
    }
    Ok(json!(""))
}
