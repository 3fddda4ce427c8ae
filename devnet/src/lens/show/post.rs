//! Posts and reposts.

use alloy_primitives::Address;
use serde_json::{Value, json};

use super::{Eyes, metadata, no_rules, object, outcome, place};
use crate::lens::clock::date_time;
use crate::lens::graphql::{choice, reference};
use crate::lens::world::World;
use crate::lens::world::id::{PostId, shown};
use crate::lens::world::mention::Mention;
use crate::lens::world::opinion::Vote;
use crate::lens::world::post::Post;

pub(crate) fn repost(post: &Post) -> Value {
    object(
        "Repost",
        json!({
            "id": post.id.to_string(),
            "slug": post.id.slug(),
            "author": reference("Account", post.author),
            "isDeleted": post.is_deleted,
            "timestamp": date_time(post.at_ms),
            "app": post.app.map(|app| reference("App", app)),
            "repostOf": post.repost_of.map(|id| reference("Post", id)),
        }),
    )
}

pub(crate) fn post(world: &World, eyes: Eyes, post: &Post) -> Value {
    let other = |id: Option<PostId>| id.map(|id| reference("Post", id));
    let uri = post.version().map(|version| version.uri.clone()).unwrap_or_default();
    let snapshot = world.shelf.gateway_url(&uri);
    object(
        "Post",
        json!({
            "id": post.id.to_string(),
            "slug": post.id.slug(),
            "author": reference("Account", post.author),
            "isEdited": post.is_edited(),
            "isDeleted": post.is_deleted,
            "timestamp": date_time(post.at_ms),
            "app": post.app.map(|app| reference("App", app)),
            "metadata": metadata::shown(world, post.version()),
            "root": other(post.root),
            "quoteOf": other(post.quote_of),
            "commentOn": other(post.comment_on),
            "actions": [],
            "operations": operations(world, eyes, post),
            "stats": stats(world, post.id),
            "mentions": mentions(world, post),
            "rules": no_rules("PostRules"),
            "collectibleMetadata": collectible(world, post),
            "contentUri": choice(
                "/request/useSnapshot",
                [("true".to_owned(), snapshot.into())],
                (uri.clone().into(), uri.into()),
            ),
            "feed": feed(world, post.feed),
        }),
    )
}

fn feed(world: &World, address: Address) -> Value {
    let feed = world.feeds.get(&address);
    let group = feed.and_then(|feed| world.groups.get(&feed.group?)).map(|group| {
        object(
            "PostGroupInfo",
            json!({ "address": shown(group.address), "metadata": place::group_metadata(group) }),
        )
    });
    object(
        "PostFeedInfo",
        json!({
            "address": shown(address),
            "metadata": feed.map(place::feed_metadata),
            "group": group,
        }),
    )
}

fn stats(world: &World, id: PostId) -> Value {
    let count = |by: fn(&Post) -> Option<PostId>| {
        world.below(id, by).filter(|post| !post.is_deleted).count()
    };
    let votes =
        |kind: Vote| world.opinions.votes_on(id).filter(|(_, vote, _)| *vote == kind).count();
    let (up, down) = (votes(Vote::Upvote), votes(Vote::Downvote));
    let bookmarks = world.opinions.bookmarks.keys().filter(|(_, post)| *post == id).count();
    object(
        "PostStats",
        json!({
            "bookmarks": bookmarks,
            "comments": count(|post| post.comment_on),
            "reposts": count(|post| post.repost_of),
            "quotes": count(|post| post.quote_of),
            "collects": 0,
            "tips": 0,
            "reactions": choice(
                "/request/type",
                [("downvote".to_owned(), json!(down))],
                (json!(up), json!(up)),
            ),
        }),
    )
}

fn mentions(world: &World, post: &Post) -> Value {
    let replace =
        |from: &str, to: &str| object("MentionReplace", json!({ "from": from, "to": to }));
    let shown_mentions = world.mentions(post.content()).into_iter().map(|mention| match mention {
        Mention::Account { account, namespace, from, to } => object(
            "AccountMention",
            json!({
                "account": shown(account),
                "namespace": shown(namespace),
                "replace": replace(&from, &to),
            }),
        ),
        Mention::Group { group, from, to } => {
            object("GroupMention", json!({ "group": shown(group), "replace": replace(&from, &to) }))
        }
    });
    Value::Array(shown_mentions.collect())
}

fn collectible(world: &World, post: &Post) -> Value {
    let document = post.version().map(|version| &version.metadata);
    let text = |name: &str| document?.get(name)?.as_str();
    let image = text("image").map(|uri| world.shelf.gateway_url(uri));
    object(
        "NftMetadata",
        json!({
            "animationUrl": text("animation_url"),
            "attributes": [],
            "description": text("description"),
            "externalUrl": text("external_url"),
            "image": image,
            "name": text("name"),
        }),
    )
}

fn operations(world: &World, eyes: Eyes, post: &Post) -> Value {
    let Some(me) = eyes.account else { return Value::Null };
    let answer = match world.unfit(post.feed, me, true) {
        Some(reason) => outcome::not_a_member("Post", (world, post.feed), &reason),
        None => outcome::passed("Post"),
    };
    let begin = match world.unfit(post.feed, me, false) {
        Some(reason) => outcome::not_a_member("Post", (world, post.feed), &reason),
        None => outcome::passed("Post"),
    };
    let own = outcome::unless("Post", (post.author != me).then_some("Not the author of the post"));
    let has = |by: fn(&Post) -> Option<PostId>| {
        let has = world.below(post.id, by).any(|post| post.author == me && !post.is_deleted);
        object("BooleanValue", json!({ "optimistic": has, "onChain": has }))
    };
    let has_voted = |vote| world.opinions.votes.contains_key(&(post.id, me, vote));
    let (up, down) = (has_voted(Vote::Upvote), has_voted(Vote::Downvote));
    let collect = object(
        "SimpleCollectValidationFailed",
        json!({ "reasonType": "NOT_ENABLED", "reason": "The post cannot be collected" }),
    );
    object(
        "LoggedInPostOperations",
        json!({
            "id": format!("post-{}-{me}", post.id),
            "isNotInterested": false,
            "hasBookmarked": world.opinions.bookmarks.contains_key(&(me, post.id)),
            "hasReported": false,
            "hasReacted": choice(
                "/request/type",
                [("upvote".to_owned(), json!(up)), ("downvote".to_owned(), json!(down))],
                (json!(up || down), json!(false)),
            ),
            "canComment": answer,
            "canQuote": begin,
            "canRepost": begin,
            "hasCommented": has(|post| post.comment_on),
            "hasQuoted": has(|post| post.quote_of),
            "hasReposted": has(|post| post.repost_of),
            "canEdit": own,
            "canDelete": own,
            "canTip": false,
            "canSimpleCollect": collect,
            "executedUnknownActionCount": 0,
            "hasExecutedUnknownAction": false,
            "simpleCollectCount": 0,
            "hasSimpleCollected": false,
            "postTipCount": 0,
            "hasTipped": false,
            "lastTip": null,
        }),
    )
}
