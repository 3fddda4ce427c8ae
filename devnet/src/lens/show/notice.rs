//! News, as the members of `Notification`.

use serde_json::{Value, json};

use super::object;
use crate::lens::clock::date_time;
use crate::lens::graphql::reference;
use crate::lens::world::notice::{News, Notice};

/// News about one thing, the newest first; there is at least one.
pub(crate) fn shown(of: &[&Notice]) -> Option<Value> {
    let newest = of.first()?;
    let id = format!("notification-{}", newest.nth);
    Some(match newest.news {
        News::Commented(post) => {
            object("CommentNotification", json!({ "id": id, "comment": reference("Post", post) }))
        }
        News::Quoted(post) => {
            object("QuoteNotification", json!({ "id": id, "quote": reference("Post", post) }))
        }
        News::Mentioned(post) => {
            object("MentionNotification", json!({ "id": id, "post": reference("Post", post) }))
        }
        News::Reposted { post, .. } => object(
            "RepostNotification",
            json!({
                "id": id,
                "reposts": of.iter().filter_map(|notice| repost(notice)).collect::<Vec<_>>(),
                "post": reference("Post", post),
            }),
        ),
        News::Reacted { post, .. } => object(
            "ReactionNotification",
            json!({
                "id": id,
                "reactions": of.iter().filter_map(|notice| reaction(notice)).collect::<Vec<_>>(),
                "post": reference("Post", post),
            }),
        ),
        News::Followed => {
            let followers = of.iter().map(|notice| {
                object(
                    "NotificationAccountFollow",
                    json!({
                        "followedAt": date_time(notice.at_ms),
                        "account": reference("Account", notice.by),
                    }),
                )
            });
            object(
                "FollowNotification",
                json!({ "id": id, "followers": followers.collect::<Vec<_>>() }),
            )
        }
    })
}

fn repost(notice: &Notice) -> Option<Value> {
    let News::Reposted { repost, .. } = notice.news else { return None };
    Some(object(
        "NotificationAccountRepost",
        json!({
            "repostId": repost.to_string(),
            "repostedAt": date_time(notice.at_ms),
            "account": reference("Account", notice.by),
        }),
    ))
}

fn reaction(notice: &Notice) -> Option<Value> {
    let News::Reacted { vote, .. } = notice.news else { return None };
    let reaction = object(
        "PostReaction",
        json!({ "reaction": vote.word(), "reactedAt": date_time(notice.at_ms), "app": null }),
    );
    Some(object(
        "NotificationAccountPostReaction",
        json!({ "account": reference("Account", notice.by), "reactions": [reaction] }),
    ))
}
