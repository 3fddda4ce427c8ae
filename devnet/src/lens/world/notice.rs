//! What people are told: others answered, quoted, mentioned, reposted, liked or followed them.

use alloy_primitives::Address;

use super::World;
use super::id::PostId;
use super::mention::Mention;
use super::opinion::Vote;
use super::post::Post;

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum News {
    Commented(PostId),
    Quoted(PostId),
    Mentioned(PostId),
    Reposted { post: PostId, repost: PostId },
    Reacted { post: PostId, vote: Vote },
    Followed,
}

/// One piece of news for one account.
#[derive(Clone, Debug)]
pub(crate) struct Notice {
    pub(crate) nth: u64,
    pub(crate) to: Address,
    pub(crate) by: Address,
    pub(crate) at_ms: u64,
    pub(crate) news: News,
}

/// What is kept; older news is forgotten.
const MAX_NOTICES: usize = 100_000;

impl World {
    pub(crate) fn tell(&mut self, to: Address, by: Address, (news, at_ms): (News, u64)) {
        if to == by || self.opinions.is_muted(to, by) {
            return;
        }
        let nth = self.next();
        if self.notices.len() >= MAX_NOTICES {
            self.notices.drain(..MAX_NOTICES / 2);
        }
        self.notices.push(Notice { nth, to, by, at_ms, news });
    }

    /// Tells everybody whom a new post concerns.
    pub(crate) fn tell_of(&mut self, post: &Post) {
        let (by, at_ms) = (post.author, post.at_ms);
        let author = |world: &Self, id: &PostId| world.posts.get(id).map(|post| post.author);
        if let Some(to) = post.comment_on.as_ref().and_then(|id| author(self, id)) {
            self.tell(to, by, (News::Commented(post.id), at_ms));
        }
        if let Some(to) = post.quote_of.as_ref().and_then(|id| author(self, id)) {
            self.tell(to, by, (News::Quoted(post.id), at_ms));
        }
        if let Some(reposted) = post.repost_of
            && let Some(to) = author(self, &reposted)
        {
            self.tell(to, by, (News::Reposted { post: reposted, repost: post.id }, at_ms));
        }
        for mention in self.mentions(post.content()) {
            if let Mention::Account { account, .. } = mention {
                self.tell(account, by, (News::Mentioned(post.id), at_ms));
            }
        }
    }
}
