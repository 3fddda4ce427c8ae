//! Posts: roots, comments, quotes and reposts, with all that they ever said.

use std::collections::BTreeSet;

use alloy_primitives::Address;
use serde_json::Value;

use super::id::PostId;
use super::{GLOBAL_FEED, World, content};
use crate::lens::metadata;

/// What a post said from a time on.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) uri: String,
    /// The whole document: `$schema`, `lens` and what NFTs have.
    pub(crate) metadata: Value,
    pub(crate) at_ms: u64,
}

/// A post, of whatever kind.
#[derive(Clone, Debug)]
pub(crate) struct Post {
    pub(crate) id: PostId,
    /// Its place among all posts: by time, and in one second by when it was indexed.
    pub(crate) nth: u64,
    pub(crate) author: Address,
    pub(crate) feed: Address,
    pub(crate) app: Option<Address>,
    pub(crate) at_ms: u64,
    pub(crate) root: Option<PostId>,
    pub(crate) comment_on: Option<PostId>,
    pub(crate) quote_of: Option<PostId>,
    pub(crate) repost_of: Option<PostId>,
    /// The first is what was posted; a repost has none.
    pub(crate) versions: Vec<Version>,
    pub(crate) is_deleted: bool,
    /// By the author of the root.
    pub(crate) is_hidden: bool,
}

impl Post {
    /// What it says now.
    pub(crate) fn version(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// Its text; empty where it has none.
    pub(crate) fn content(&self) -> &str {
        let content = self.version().and_then(|version| version.metadata.pointer("/lens/content"));
        content.and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) const fn is_edited(&self) -> bool {
        self.versions.len() > 1
    }

    /// Its types in the words of the API: a comment may quote, too.
    pub(crate) fn kinds(&self) -> Vec<&'static str> {
        let kinds: Vec<_> =
            [(self.comment_on, "COMMENT"), (self.quote_of, "QUOTE"), (self.repost_of, "REPOST")]
                .into_iter()
                .filter_map(|(of, kind)| of.map(|_| kind))
                .collect();
        if kinds.is_empty() { vec!["ROOT"] } else { kinds }
    }
}

/// A post that is to be.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) author: Address,
    pub(crate) app: Option<Address>,
    pub(crate) feed: Option<Address>,
    pub(crate) uri: String,
    pub(crate) comment_on: Option<PostId>,
    pub(crate) quote_of: Option<PostId>,
}

impl Draft {
    /// What it points at.
    pub(crate) fn targets(&self) -> impl Iterator<Item = PostId> {
        [self.comment_on, self.quote_of].into_iter().flatten()
    }
}

impl World {
    /// The post of a number or a slug.
    pub(crate) fn find(&self, text: &str) -> Option<&Post> {
        let id = PostId::parse(text).or_else(|| self.slugs.get(text).copied())?;
        self.posts.get(&id)
    }

    /// Where a draft goes: named, or with its parent, or to everybody.
    pub(crate) fn feed_of(&self, draft: &Draft) -> Address {
        let parent = draft.comment_on.or(draft.quote_of).and_then(|id| self.posts.get(&id));
        draft.feed.or(parent.map(|post| post.feed)).unwrap_or(GLOBAL_FEED)
    }

    /// Why a draft is against the rules of its feed; `None` if it is not.
    pub(crate) fn refuses(&self, draft: &Draft) -> Option<String> {
        self.unfit(self.feed_of(draft), draft.author, draft.comment_on.is_some())
    }

    /// Why the contract of a feed cannot find what a post is to point at; `None` if it can. It
    /// keeps its own posts only, and none that was deleted.
    pub(crate) fn is_missing(
        &self,
        feed: Address,
        targets: impl IntoIterator<Item = PostId>,
    ) -> Option<String> {
        let mut posts = targets.into_iter().map(|id| self.posts.get(&id));
        posts
            .find_map(|post| match post {
                None => Some("DoesNotExist: there is no such post"),
                Some(post) if post.is_deleted => Some("DoesNotExist: the post was deleted"),
                Some(post) if post.feed != feed => {
                    Some("DoesNotExist: the post is in another feed")
                }
                Some(_) => None,
            })
            .map(str::to_owned)
    }

    /// Makes a post of a draft, if what it points at can be read and is valid.
    pub(crate) fn publish(&mut self, draft: &Draft, at_ms: u64) -> Result<PostId, String> {
        if let Some(reason) = self.refuses(draft) {
            return Err(reason);
        }
        let feed = self.feed_of(draft);
        let document = self.document(&draft.uri)?;
        let parent = draft.comment_on.and_then(|id| self.posts.get(&id));
        let root = parent.map(|parent| parent.root.unwrap_or(parent.id));
        let version = Version { uri: draft.uri.clone(), metadata: document, at_ms };
        let post = Post {
            comment_on: draft.comment_on,
            quote_of: draft.quote_of,
            root,
            versions: vec![version],
            app: draft.app,
            ..self.blank((feed, draft.author), at_ms)
        };
        Ok(self.insert(post))
    }

    /// Shows somebody's post again under another's name.
    pub(crate) fn repost(
        &mut self,
        of: PostId,
        (author, app): (Address, Option<Address>),
        at_ms: u64,
    ) -> Result<PostId, String> {
        let feed = self.posts.get(&of).map(|post| post.feed).ok_or("The post does not exist")?;
        let blank = self.blank((feed, author), at_ms);
        Ok(self.insert(Post { repost_of: Some(of), app, ..blank }))
    }

    /// Lets a post say something else.
    pub(crate) fn edit(&mut self, id: PostId, uri: &str, at_ms: u64) -> Result<(), String> {
        let metadata = self.document(uri)?;
        let post = self.posts.get_mut(&id).ok_or("The post does not exist")?;
        if post.is_deleted {
            return Err("The post is deleted".to_owned());
        }
        post.versions.push(Version { uri: uri.to_owned(), metadata, at_ms });
        Ok(())
    }

    /// Flags a post as deleted. What it said stays on the chain and in storage.
    pub(crate) fn delete(&mut self, id: PostId) -> Result<(), String> {
        let post = self.posts.get_mut(&id).ok_or("The post does not exist")?;
        if post.is_deleted {
            return Err("The post is deleted".to_owned());
        }
        post.is_deleted = true;
        Ok(())
    }

    /// The newest posts first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &Post> {
        self.timeline.iter().rev().filter_map(|id| self.posts.get(id))
    }

    /// The posts that point at a post, the newest first.
    pub(crate) fn below(
        &self,
        id: PostId,
        by: impl Fn(&Post) -> Option<PostId>,
    ) -> impl Iterator<Item = &Post> {
        let pointing = self.pointing.get(&id).map_or(&[] as &[_], Vec::as_slice);
        let posts = pointing.iter().rev().filter_map(|id| self.posts.get(id));
        posts.filter(move |post| by(post) == Some(id))
    }

    fn document(&self, uri: &str) -> Result<Value, String> {
        let document = content::fetch(uri, &self.shelf)?;
        metadata::check_post(&document).map_err(|flaw| format!("Metadata is not valid: {flaw}"))?;
        Ok(document)
    }

    fn blank(&mut self, (feed, author): (Address, Address), at_ms: u64) -> Post {
        let said = self.said.entry((feed, author)).or_insert(0);
        *said = said.saturating_add(1);
        let id = PostId::of(feed, author, *said);
        // Seconds above, in 31 bits for a while yet; below, what tells posts of one second apart.
        let nth = ((at_ms / 1000) << 24) | (self.next() % (1 << 24));
        Post {
            id,
            nth,
            author,
            feed,
            app: None,
            at_ms,
            root: None,
            comment_on: None,
            quote_of: None,
            repost_of: None,
            versions: Vec::new(),
            is_deleted: false,
            is_hidden: false,
        }
    }

    /// Where a post belongs that was indexed late.
    fn place_among(&self, ids: &[PostId], nth: u64) -> usize {
        ids.partition_point(|id| self.posts.get(id).is_some_and(|post| post.nth < nth))
    }

    fn insert(&mut self, post: Post) -> PostId {
        let id = post.id;
        self.tell_of(&post);
        self.slugs.insert(id.slug(), id);
        self.timeline.insert(self.place_among(&self.timeline, post.nth), id);
        // One may quote what one answers.
        let points_at = BTreeSet::from([post.comment_on, post.quote_of, post.repost_of]);
        for target in points_at.into_iter().flatten() {
            let mut pointing = self.pointing.remove(&target).unwrap_or_default();
            pointing.insert(self.place_among(&pointing, post.nth), id);
            self.pointing.insert(target, pointing);
        }
        self.posts.insert(id, post);
        id
    }
}
