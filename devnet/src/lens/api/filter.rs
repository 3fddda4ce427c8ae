//! Which posts a list has.

use alloy_primitives::Address;
use serde::Deserialize;
use serde_json::Value;

use super::input::{Evm, FeedOneOf};
use crate::lens::world::post::Post;
use crate::lens::world::{GLOBAL_FEED, World};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PostsFilter {
    pub(super) feeds: Option<Vec<FeedOneOf>>,
    pub(super) authors: Option<Vec<Evm>>,
    pub(super) posts: Option<Vec<String>>,
    pub(super) post_types: Option<Vec<PostType>>,
    pub(super) metadata: Option<MetadataFilter>,
    pub(super) apps: Option<Vec<Evm>>,
    pub(super) search_query: Option<String>,
    pub(super) collected_by: Option<CollectedBy>,
    pub(super) account_score: Option<ScoreFilter>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum PostType {
    Root,
    Comment,
    Repost,
    Quote,
}

impl PostType {
    const fn word(self) -> &'static str {
        match self {
            Self::Root => "ROOT",
            Self::Comment => "COMMENT",
            Self::Repost => "REPOST",
            Self::Quote => "QUOTE",
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CollectedBy {
    #[serde(rename = "account")]
    _account: Evm,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ScoreFilter {
    AtLeast(i32),
    LessThan(i32),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MetadataFilter {
    main_content_focus: Option<Vec<String>>,
    tags: Option<TagsFilter>,
    content_warning: Option<WarningFilter>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TagsFilter {
    one_of: Option<Vec<String>>,
    all: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WarningFilter {
    one_of: Vec<String>,
}

/// A filter that knows the feeds it is about.
#[derive(Debug)]
pub(super) struct Sieve<'w> {
    world: &'w World,
    filter: PostsFilter,
    feeds: Option<Vec<Address>>,
}

impl<'w> Sieve<'w> {
    pub(super) fn new(world: &'w World, filter: PostsFilter) -> Self {
        let feeds = filter.feeds.as_ref().map(|feeds| addresses(feeds));
        Self { world, filter, feeds }
    }

    pub(super) fn lets(&self, post: &Post) -> bool {
        let filter = &self.filter;
        let is_in = |list: &Option<Vec<Evm>>, address: Option<Address>| {
            list.as_ref().is_none_or(|list| list.iter().any(|Evm(known)| Some(*known) == address))
        };
        let score = self.world.score_of(post.author);
        let is_scored = filter.account_score.is_none_or(|wanted| match wanted {
            ScoreFilter::AtLeast(least) => score >= least,
            ScoreFilter::LessThan(limit) => score < limit,
        });
        self.feeds.as_ref().is_none_or(|feeds| feeds.contains(&post.feed))
            && is_in(&filter.authors, Some(post.author))
            && is_in(&filter.apps, post.app)
            && is_scored
            // Nothing can be collected here.
            && filter.collected_by.is_none()
            && filter.posts.as_ref().is_none_or(|posts| names(posts, post))
            && filter.post_types.as_ref().is_none_or(|types| {
                types.iter().any(|kind| post.kinds().contains(&kind.word()))
            })
            && filter.search_query.as_ref().is_none_or(|words| {
                post.content().to_lowercase().contains(&words.to_lowercase())
            })
            && filter.metadata.as_ref().is_none_or(|metadata| metadata.lets(post))
    }
}

/// The feeds that are meant; an app's is the global one.
pub(super) fn addresses(feeds: &[FeedOneOf]) -> Vec<Address> {
    let address = |feed: &FeedOneOf| match feed {
        FeedOneOf::GlobalFeed(_) | FeedOneOf::App(_) => GLOBAL_FEED,
        FeedOneOf::Feed(Evm(feed)) => *feed,
    };
    feeds.iter().map(address).collect()
}

fn names(posts: &[String], post: &Post) -> bool {
    posts.iter().any(|id| *id == post.id.to_string() || *id == post.id.slug())
}

impl MetadataFilter {
    pub(super) fn lets(&self, post: &Post) -> bool {
        let lens = post.version().and_then(|version| version.metadata.get("lens"));
        let text = |name: &str| lens?.get(name)?.as_str();
        let tags: Vec<&str> = lens
            .and_then(|lens| lens.get("tags")?.as_array())
            .map(|tags| tags.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default();
        let focus = text("mainContentFocus").map(|focus| match focus {
            "3D" => "THREE_D",
            focus => focus,
        });
        let is_one = |list: &[String], found: Option<&str>| {
            found.is_some_and(|found| list.iter().any(|known| known == found))
        };
        let has = |tag: &String| tags.contains(&tag.as_str());
        self.main_content_focus.as_ref().is_none_or(|list| is_one(list, focus))
            && self
                .content_warning
                .as_ref()
                .is_none_or(|filter| is_one(&filter.one_of, text("contentWarning")))
            && self.tags.as_ref().is_none_or(|filter| {
                filter.one_of.as_ref().is_none_or(|list| list.iter().any(has))
                    && filter.all.as_ref().is_none_or(|list| list.iter().all(has))
            })
    }
}
