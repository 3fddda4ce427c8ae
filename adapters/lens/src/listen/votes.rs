//! Upvotes on the posts that are remembered: they are listed where their number has changed.

use std::collections::BTreeMap;

use super::{
    Ear, Ended,
    leg::{Current, Leg},
    state::{LegState, Standing, Vote},
};
use crate::{
    api::of,
    carried::{News, Upvoted},
    wire::{
        batch::{Ask, MOST, Upvotes},
        post::{Account, AnyPost, Post},
        time,
    },
};

/// How many pages of upvotes of one post are read.
const PAGES: usize = 10;
/// Of how many posts upvotes are listed again though their number is the same.
const AGAIN: usize = 10;

impl Leg {
    /// What became of upvotes.
    pub(super) async fn votes(
        &self,
        ear: Ear<'_>,
        state: &mut LegState,
        current: &Current,
        is_sweep: bool,
    ) -> Result<Vec<News>, Ended> {
        let mut again = if is_sweep { AGAIN } else { 0 };
        let mut changed: Vec<&Post> = Vec::new();
        for entry in state.entries.iter().rev().filter(|it| it.standing == Standing::Told) {
            let Some(AnyPost::Post(post)) = current.get(&entry.id) else { continue };
            let is_other = post.stats.reactions != entry.upvotes;
            if is_other || (again > 0 && !entry.votes.is_empty()) {
                again = again.saturating_sub(usize::from(!is_other));
                changed.push(post);
            }
        }
        let mut news = Vec::new();
        for posts in changed.chunks(MOST) {
            let asks: Vec<_> = posts.iter().map(|post| ask(post, None)).collect();
            let pages = ear.api.ask_all(&asks).await?;
            for (post, page) in posts.iter().zip(pages) {
                let votes = all(ear, post, of(page)?).await?;
                news.extend(compare(state, post, votes));
            }
        }
        Ok(news)
    }
}

fn ask(post: &Post, cursor: Option<String>) -> Ask {
    Ask::Upvotes { post: post.place.name.id.clone(), cursor }
}

/// Everybody who has given a post an upvote.
async fn all(
    ear: Ear<'_>,
    post: &Post,
    mut page: Upvotes,
) -> Result<BTreeMap<Vote, (Account, String)>, Ended> {
    let mut votes = BTreeMap::new();
    for _page in 0..PAGES {
        for upvoter in std::mem::take(&mut page.items) {
            let up = upvoter.reactions.iter().find(|it| it.reaction == "UPVOTE");
            let Some((given, at)) = up.and_then(|it| Some((it, time::parse(&it.at)?))) else {
                continue;
            };
            let vote = Vote { by: *upvoter.account.address.as_bytes(), at: at.as_micros() };
            votes.insert(vote, (upvoter.account, given.at.clone()));
        }
        let Some(next) = page.page.next.take() else { break };
        let mut answers = ear.api.ask_all(&[ask(post, Some(next))]).await?;
        page = answers.pop().map(of).transpose()?.unwrap_or_default();
    }
    Ok(votes)
}

/// Compares upvotes with what was handed over of them, and remembers the difference.
fn compare(
    state: &mut LegState,
    post: &Post,
    votes: BTreeMap<Vote, (Account, String)>,
) -> Vec<News> {
    let Some(entry) = state.entry_mut(&post.place.name.id) else { return Vec::new() };
    let place = &post.place;
    // A list that is shorter than the number it is the list of lacks some who are still there.
    let all = usize::try_from(post.stats.reactions).unwrap_or(usize::MAX);
    let is_whole = votes.len() >= all || post.stats.reactions < entry.upvotes;
    let is_gone = |vote: &&Vote| is_whole && !votes.contains_key(vote);
    let withdrawn = entry.votes.iter().filter(is_gone).map(|vote| {
        let by = Account { address: vote.account(), username: None, metadata: None };
        let at = jiff_text(*vote);
        News::Withdrawn(Upvoted { post: place.clone(), by, at })
    });
    let mut news: Vec<_> = withdrawn.collect();
    let had = std::mem::take(&mut entry.votes);
    entry.votes = votes.keys().copied().collect();
    if !is_whole {
        entry.votes.extend(had.iter().filter(|vote| !votes.contains_key(vote)));
    }
    entry.upvotes = post.stats.reactions;
    for (vote, (by, at)) in votes {
        if !had.contains(&vote) {
            news.push(News::Upvoted(Upvoted { post: place.clone(), by, at }));
        }
    }
    news
}

/// When an upvote was given, as Lens writes times.
fn jiff_text(vote: Vote) -> String {
    let at = jiff::Timestamp::from_microsecond(vote.given_at().as_micros());
    at.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}
