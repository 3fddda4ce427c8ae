//! What is new for an account: notifications, and the timeline of those it follows.

use alloy_primitives::keccak256;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::filter::{MetadataFilter, addresses};
use super::input::{Evm, FeedOneOf, GraphOneOf, PageSize, request};
use super::opinions::ScoreOrder;
use super::page::Page;
use super::posts::{RELEVANT_SCORE, short};
use super::turn::Turn;
use crate::lens::faults::{Fault, Union};
use crate::lens::graphql::Failure;
use crate::lens::show::{notice, object};
use crate::lens::world::World;
use crate::lens::world::id::PostId;
use crate::lens::world::notice::{News, Notice};
use crate::lens::world::post::Post;

type Arguments = Map<String, Value>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum NotificationType {
    ExecutedPostAction,
    ExecutedAccountAction,
    GroupMembershipRequestApproved,
    GroupMembershipRequestRejected,
    Reposted,
    Quoted,
    Commented,
    Followed,
    Mentioned,
    Reacted,
    TokenDistributed,
}

impl NotificationType {
    const fn of(news: News) -> Self {
        match news {
            News::Commented(_) => Self::Commented,
            News::Quoted(_) => Self::Quoted,
            News::Mentioned(_) => Self::Mentioned,
            News::Reposted { .. } => Self::Reposted,
            News::Reacted { .. } => Self::Reacted,
            News::Followed => Self::Followed,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NotificationFilter {
    feeds: Option<Vec<FeedOneOf>>,
    #[serde(rename = "graphs")]
    _graphs: Option<Vec<GraphOneOf>>,
    apps: Option<Vec<Evm>>,
    notification_types: Option<Vec<NotificationType>>,
    include_low_score: Option<bool>,
    time_based_aggregation: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NotificationRequest {
    filter: Option<NotificationFilter>,
    #[serde(rename = "orderBy")]
    _order_by: Option<ScoreOrder>,
    cursor: Option<String>,
}

impl NotificationFilter {
    fn lets(&self, world: &World, notice: &Notice) -> bool {
        let post = about(notice.news).and_then(|id| world.posts.get(&id));
        let score = world.score_of(notice.by);
        let is_in =
            |feeds: &Vec<FeedOneOf>| post.is_some_and(|post| addresses(feeds).contains(&post.feed));
        let is_by = |apps: &Vec<Evm>| {
            post.and_then(|post| post.app).is_some_and(|app| apps.contains(&Evm(app)))
        };
        let kind = NotificationType::of(notice.news);
        (self.include_low_score.unwrap_or(false) || score >= RELEVANT_SCORE)
            && self.feeds.as_ref().is_none_or(is_in)
            && self.apps.as_ref().is_none_or(is_by)
            && self.notification_types.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }
}

/// The post that news is about.
const fn about(news: News) -> Option<PostId> {
    match news {
        News::Commented(post) | News::Quoted(post) | News::Mentioned(post) => Some(post),
        News::Reposted { post, .. } | News::Reacted { post, .. } => Some(post),
        News::Followed => None,
    }
}

/// Whether two pieces of news become one.
fn are_one(first: News, second: News) -> bool {
    match (first, second) {
        (News::Reposted { post, .. }, News::Reposted { post: other, .. })
        | (News::Reacted { post, .. }, News::Reacted { post: other, .. }) => post == other,
        (News::Followed, News::Followed) => true,
        _ => false,
    }
}

pub(super) fn notifications(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    let me = turn.me()?;
    let asked: NotificationRequest = request(arguments)?;
    let page = Page::of(
        "Notification",
        ("notifications", arguments),
        (PageSize::Fifty, asked.cursor.as_deref()),
    )?;
    let filter = asked.filter.unwrap_or_default();
    let joins = filter.time_based_aggregation.unwrap_or(true);
    let mut bundles: Vec<Vec<&Notice>> = Vec::new();
    for notice in turn.world.notices.iter().rev() {
        if notice.to != me || !filter.lets(turn.world, notice) {
            continue;
        }
        let joined = bundles
            .iter_mut()
            .filter(|_| joins)
            .find(|bundle| bundle.first().is_some_and(|first| are_one(first.news, notice.news)));
        match joined {
            Some(bundle) => bundle.push(notice),
            None => bundles.push(vec![notice]),
        }
    }
    let future = Fault::FutureMember { of: Union::Notifications };
    let items = bundles.iter().filter_map(|bundle| {
        let nth = bundle.first()?.nth;
        if turn.world.faults.strikes(&future) {
            return Some((nth, object("FutureThing", json!({}))));
        }
        Some((nth, notice::shown(bundle)?))
    });
    page.show(items, &turn.world.faults)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum EventType {
    Post,
    Comment,
    Repost,
    Quote,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TimelineFilter {
    feeds: Option<Vec<FeedOneOf>>,
    apps: Option<Vec<Evm>>,
    event_type: Option<Vec<EventType>>,
    metadata: Option<MetadataFilter>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TimelineRequest {
    account: Evm,
    filter: Option<TimelineFilter>,
    cursor: Option<String>,
}

impl TimelineFilter {
    fn lets(&self, post: &Post) -> bool {
        let kind = if post.repost_of.is_some() {
            EventType::Repost
        } else if post.comment_on.is_some() {
            EventType::Comment
        } else if post.quote_of.is_some() {
            EventType::Quote
        } else {
            EventType::Post
        };
        self.feeds.as_ref().is_none_or(|feeds| addresses(feeds).contains(&post.feed))
            && self.event_type.as_ref().is_none_or(|kinds| kinds.contains(&kind))
            && self.metadata.as_ref().is_none_or(|metadata| metadata.lets(post))
            && self
                .apps
                .as_ref()
                .is_none_or(|apps| post.app.is_some_and(|app| apps.contains(&Evm(app))))
    }
}

/// One post with what those who are followed did with it.
#[derive(Debug)]
struct Item<'w> {
    nth: u64,
    primary: &'w Post,
    comments: Vec<&'w Post>,
    reposts: Vec<&'w Post>,
}

pub(super) fn timeline(turn: &Turn<'_>, arguments: &Arguments) -> Result<Value, Failure> {
    turn.me()?;
    let asked: TimelineRequest = request(arguments)?;
    let page =
        Page::of("Timeline", ("timeline", arguments), (PageSize::Fifty, asked.cursor.as_deref()))?;
    let Evm(account) = asked.account;
    let filter = asked.filter.unwrap_or_default();
    let follows = &turn.world.opinions.follows;
    let mut items: Vec<Item<'_>> = Vec::new();
    let posts = turn.world.newest();
    for post in posts.filter(|post| follows.contains_key(&(account, post.author))) {
        if !filter.lets(post) || post.is_deleted {
            continue;
        }
        let primary = post.repost_of.or(post.comment_on).and_then(|id| turn.world.posts.get(&id));
        let primary = primary.unwrap_or(post);
        let at = items.iter().position(|item| item.primary.id == primary.id);
        let at = at.unwrap_or(items.len());
        if at == items.len() {
            items.push(Item { nth: post.nth, primary, comments: Vec::new(), reposts: Vec::new() });
        }
        if let Some(item) = items.get_mut(at) {
            if post.repost_of.is_some() {
                item.reposts.push(post);
            } else if post.comment_on.is_some() {
                item.comments.push(post);
            }
        }
    }
    page.show(items.iter().map(|item| (item.nth, shown(item))), &turn.world.faults)
}

fn shown(item: &Item<'_>) -> Value {
    let all = |posts: &[&Post]| posts.iter().map(|post| short(post)).collect::<Vec<_>>();
    object(
        "TimelineItem",
        json!({
            "id": uuid_of(item.primary.id),
            "primary": short(item.primary),
            "comments": all(&item.comments),
            "reposts": all(&item.reposts),
        }),
    )
}

/// The same for the same post.
fn uuid_of(post: PostId) -> String {
    let digest = hex::encode(keccak256(post.to_string()));
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default().to_owned();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}
