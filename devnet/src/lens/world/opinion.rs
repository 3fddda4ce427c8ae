//! What accounts think of posts and of each other: votes, bookmarks, follows, mutes, blocks.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use serde::{Deserialize, Serialize};

use super::World;
use super::id::PostId;
use super::notice::News;
use crate::lens::clock;

/// The only reactions that Lens has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Vote {
    /// A like.
    Upvote,
    /// Its opposite.
    Downvote,
}

impl Vote {
    /// The word of the API.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Upvote => "UPVOTE",
            Self::Downvote => "DOWNVOTE",
        }
    }
}

/// One vote that was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Given {
    pub(crate) nth: u64,
    pub(crate) at_ms: u64,
    pub(crate) app: Option<Address>,
}

/// Everybody's opinions.
#[derive(Debug, Default)]
pub(crate) struct Opinions {
    pub(crate) votes: BTreeMap<(PostId, Address, Vote), Given>,
    /// Who follows whom, since when, and the how-manieth it was.
    pub(crate) follows: BTreeMap<(Address, Address), (u64, u64)>,
    /// Who keeps which post, by number.
    pub(crate) bookmarks: BTreeMap<(Address, PostId), u64>,
    pub(crate) mutes: BTreeSet<(Address, Address)>,
    pub(crate) blocks: BTreeSet<(Address, Address)>,
}

impl Opinions {
    pub(crate) fn is_muted(&self, by: Address, whom: Address) -> bool {
        self.mutes.contains(&(by, whom))
    }

    /// The votes on a post, in the order of their accounts.
    pub(crate) fn votes_on(
        &self,
        post: PostId,
    ) -> impl Iterator<Item = (Address, Vote, Given)> + '_ {
        let first = (post, Address::ZERO, Vote::Upvote);
        let last = (post, Address::repeat_byte(0xff), Vote::Downvote);
        self.votes.range(first..=last).map(|((_, by, vote), given)| (*by, *vote, *given))
    }
}

impl World {
    /// Gives a vote; an earlier one of the other kind is taken back.
    pub(crate) fn vote(
        &mut self,
        post: PostId,
        by: Address,
        (vote, app): (Vote, Option<Address>),
    ) -> Result<(), String> {
        let Some(to) = self.posts.get(&post).map(|post| post.author) else {
            return Err("The post does not exist".to_owned());
        };
        if self.opinions.votes.contains_key(&(post, by, vote)) {
            return Err("The account has already reacted so".to_owned());
        }
        for other in [Vote::Upvote, Vote::Downvote] {
            self.opinions.votes.remove(&(post, by, other));
        }
        let at_ms = clock::unix_ms();
        let given = Given { nth: self.next(), at_ms, app };
        self.opinions.votes.insert((post, by, vote), given);
        self.tell(to, by, (News::Reacted { post, vote }, at_ms));
        Ok(())
    }

    /// Takes a vote back.
    pub(crate) fn unvote(&mut self, post: PostId, by: Address, vote: Vote) -> Result<(), String> {
        match self.opinions.votes.remove(&(post, by, vote)) {
            Some(_) => Ok(()),
            None => Err("The account has not reacted so".to_owned()),
        }
    }

    pub(crate) fn follow(&mut self, by: Address, whom: Address) {
        let at_ms = clock::unix_ms();
        let nth = self.next();
        self.opinions.follows.entry((by, whom)).or_insert((at_ms, nth));
        self.tell(whom, by, (News::Followed, at_ms));
    }
}
