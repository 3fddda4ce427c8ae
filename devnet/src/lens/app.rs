//! What somebody's app shows: feeds and threads, each post before its answers.

use alloy_primitives::Address;
use serde_json::{Value, json};

use super::server::Lens;
use super::world::World;
use super::world::id::PostId;
use super::world::opinion::Vote;
use super::world::post::Post;

/// Where people talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All threads of a feed.
    Feed(Address),
    /// One thread, by its root.
    Thread(PostId),
}

/// A post as an app shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The post.
    pub post: PostId,
    /// The name that its author chose, or else their username.
    pub author: String,
    /// Its author's account.
    pub account: Address,
    /// Its place among all posts of the network, in the order in which they appeared.
    pub nth: usize,
    /// What it says now; nothing, if it is deleted.
    pub text: String,
    /// What it answers.
    pub parent: Option<PostId>,
    /// What it quotes.
    pub quote_of: Option<PostId>,
    /// How many posts it is below the root.
    pub depth: usize,
    /// How many like it.
    pub likes: usize,
    /// Whether it said something else before.
    pub is_edited: bool,
    /// Whether its author deleted it.
    pub is_deleted: bool,
    /// The app that it was posted with.
    pub app: Option<Address>,
}

impl Shown {
    /// One line: two spaces for each step below the root, the author, the text.
    pub fn line(&self) -> String {
        let text = if self.is_deleted { "(deleted)" } else { &self.text };
        format!("{}{}: {text}", "  ".repeat(self.depth), self.author)
    }
}

impl Shown {
    /// All of it as JSON.
    pub fn json(&self) -> Value {
        let id = |post: Option<PostId>| post.map(|post| post.to_string());
        json!({
            "post": self.post.to_string(),
            "author": self.author,
            "text": self.text,
            "parent": id(self.parent),
            "quote_of": id(self.quote_of),
            "depth": self.depth,
            "likes": self.likes,
            "edited": self.is_edited,
            "deleted": self.is_deleted,
            "app": self.app.map(|app| app.to_string()),
        })
    }
}

impl Lens {
    /// What an app shows of a place: roots in the order of their times, answers below them.
    /// Reposts, which say nothing, and what is hidden are left out.
    pub fn shows(&self, place: Place) -> Vec<Shown> {
        self.with(|world| {
            let mut open: Vec<(PostId, usize)> = match place {
                Place::Thread(root) => vec![(root, 0)],
                Place::Feed(feed) => world
                    .newest()
                    .filter(|post| post.feed == feed && post.comment_on.is_none())
                    .map(|post| (post.id, 0))
                    .collect(),
            };
            let mut shown = Vec::new();
            while let Some((id, depth)) = open.pop() {
                let Some(post) = world.posts.get(&id) else { continue };
                if post.repost_of.is_some() || post.is_hidden {
                    continue;
                }
                shown.push(show(world, post, depth));
                let answers = world.below(id, |post| post.comment_on);
                open.extend(answers.map(|answer| (answer.id, depth.saturating_add(1))));
            }
            shown
        })
    }

    /// The same as lines.
    pub fn lines(&self, place: Place) -> Vec<String> {
        self.shows(place).iter().map(Shown::line).collect()
    }
}

fn shown_name(world: &World, account: Address) -> String {
    let profile = world.accounts.get(&account).and_then(|account| account.metadata.as_ref());
    let chosen = profile.and_then(|profile| profile.get("name")).and_then(Value::as_str);
    chosen.map_or_else(|| world.name_of(account), str::to_owned)
}

fn show(world: &World, post: &Post, depth: usize) -> Shown {
    let likes = world.opinions.votes_on(post.id).filter(|(_, vote, _)| *vote == Vote::Upvote);
    let text = if post.is_deleted { "" } else { post.content() };
    Shown {
        post: post.id,
        author: shown_name(world, post.author),
        account: post.author,
        nth: world.timeline.iter().position(|id| *id == post.id).unwrap_or_default(),
        text: text.to_owned(),
        parent: post.comment_on,
        quote_of: post.quote_of,
        depth,
        likes: likes.count(),
        is_edited: post.is_edited(),
        is_deleted: post.is_deleted,
        app: post.app,
    }
}
