//! Upvotes on the posts that are remembered: they are listed where their number has changed, and,
//! since one that is given in the same moment hides one that is taken back, now and then where it
//! has not.

use std::collections::BTreeMap;

use super::{
    Ear, Ended,
    leg::{Current, Leg},
    state::{Entry, LegState, Standing, Vote},
};
use crate::{
    api::of,
    carried::{News, Upvoted},
    wire::{
        batch::{Ask, MOST, PAGE, Upvotes},
        post::{Account, AnyPost, Post},
        time,
    },
};

/// How many pages of upvotes of one post are read.
const PAGES: usize = 10;
/// Of how many posts upvotes are listed again in a sweep though their number is the same.
const AGAIN: usize = 10;
/// The most upvotes of one post that are read.
const LISTED: usize = PAGES * PAGE;

impl Leg {
    /// What became of upvotes.
    pub(super) async fn votes(
        &mut self,
        ear: Ear<'_>,
        state: &mut LegState,
        current: &Current,
        is_sweep: bool,
    ) -> Result<Vec<News>, Ended> {
        let mut due = changed(state, current, is_sweep);
        if is_sweep {
            due.extend(unchanged(state, current, &mut self.listed_last));
        }
        let mut news = Vec::new();
        for posts in due.chunks(MOST) {
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

/// The posts that were handed over, as they are at this moment, the newest first.
fn told<'s, 'c>(
    state: &'s LegState,
    current: &'c Current,
) -> impl Iterator<Item = (&'s Entry, &'c Post)> {
    let told = state.entries.iter().rev().filter(|it| it.standing == Standing::Told);
    told.filter_map(|entry| match current.get(&entry.id) {
        Some(AnyPost::Post(post)) => Some((entry, &**post)),
        Some(AnyPost::Repost(_) | AnyPost::Other) | None => None,
    })
}

/// Whether the number of a post's upvotes is another than it was, or, in a sweep, than was listed.
fn is_changed(entry: &Entry, post: &Post, is_sweep: bool) -> bool {
    let number = post.stats.reactions;
    let listed = u32::try_from(entry.votes.len()).unwrap_or(u32::MAX);
    let is_other_than_listed = listed != number && entry.votes.len() < LISTED;
    number != entry.upvotes || (is_sweep && is_other_than_listed)
}

fn changed<'c>(state: &LegState, current: &'c Current, is_sweep: bool) -> Vec<&'c Post> {
    let changed = told(state, current).filter(|(entry, post)| is_changed(entry, post, is_sweep));
    changed.map(|(_, post)| post).collect()
}

/// Some of the posts with upvotes whose number is the same: those after the `last` of the sweep
/// before, so that each has its turn.
fn unchanged<'c>(
    state: &LegState,
    current: &'c Current,
    last: &mut Option<String>,
) -> Vec<&'c Post> {
    let unchanged = told(state, current)
        .filter(|(entry, post)| !entry.votes.is_empty() && !is_changed(entry, post, true));
    let all: Vec<_> = unchanged.map(|(_, post)| post).collect();
    let is_last = |post: &&Post| last.as_ref() == Some(&post.place.name.id);
    let from = all.iter().position(is_last).map_or(0, |at| at.saturating_add(1));
    let next: Vec<_> = all.iter().cycle().skip(from).take(AGAIN.min(all.len())).copied().collect();
    *last = next.last().map(|post| post.place.name.id.clone());
    next
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
    // One account gives one upvote: another at another time stands in its place.
    let is_replaced = |vote: &Vote| votes.keys().any(|it| it.by == vote.by && it.at != vote.at);
    let is_gone = |vote: &&Vote| !votes.contains_key(vote) && (is_whole || is_replaced(vote));
    let withdrawn = entry.votes.iter().filter(is_gone).map(|vote| {
        let by = Account { address: vote.account(), username: None, metadata: None };
        let at = jiff_text(*vote);
        News::Withdrawn(Upvoted { post: place.clone(), by, at })
    });
    let mut news: Vec<_> = withdrawn.collect();
    let had = std::mem::take(&mut entry.votes);
    entry.votes = votes.keys().copied().collect();
    if !is_whole {
        let stays = |vote: &&Vote| !votes.contains_key(vote) && !is_replaced(vote);
        entry.votes.extend(had.iter().filter(stays));
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

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str = include_str!("../../samples/text.json");

    fn post(id: usize, reactions: u32) -> (String, AnyPost) {
        let mut post: AnyPost = serde_json::from_str(POST).unwrap();
        if let AnyPost::Post(post) = &mut post {
            (post.place.name.id, post.stats.reactions) = (id.to_string(), reactions);
        }
        (id.to_string(), post)
    }

    fn vote(by: u8, at: i64) -> Vote {
        Vote { by: [by; 20], at }
    }

    fn listed(votes: &[Vote]) -> BTreeMap<Vote, (Account, String)> {
        let who = |vote: &Vote| Account { address: vote.account(), username: None, metadata: None };
        votes.iter().map(|vote| (*vote, (who(vote), jiff_text(*vote)))).collect()
    }

    /// As many posts, each with an upvote that was handed over.
    fn liked(posts: usize) -> (LegState, Current) {
        let mut state = LegState::default();
        for id in 0..posts {
            let (id, votes) = (id.to_string(), vec![vote(1, 1)]);
            state.remember(Entry { id, upvotes: 1, votes, ..Entry::default() });
        }
        (state, (0..posts).map(|id| post(id, 1)).collect())
    }

    /// What listing a post's upvotes tells: who gave one, and who took one back.
    fn told_of(state: &mut LegState, number: u32, votes: &[Vote]) -> Vec<String> {
        let (_, AnyPost::Post(post)) = post(0, number) else { panic!("the sample is no post") };
        let told = compare(state, &post, listed(votes)).into_iter().map(|news| {
            let (sign, it) = match &news {
                News::Withdrawn(it) => ("-", it),
                News::Upvoted(it) => ("+", it),
                News::Posted(_)
                | News::Edited(_)
                | News::Deleted(_)
                | News::Reposted(_)
                | News::Unreposted(_) => panic!("{news:?}"),
            };
            format!("{sign}{}", it.at)
        });
        told.map(|it| it.replace("1970-01-01T00:00:00.00000", "")).collect()
    }

    #[test]
    fn an_upvote_that_takes_the_place_of_another_is_noticed_on_any_post() {
        let (state, current) = liked(3 * AGAIN);
        assert!(changed(&state, &current, true).is_empty(), "no number has changed");
        let mut last = None;
        let mut seen = std::collections::BTreeSet::new();
        for _sweep in 0..3 {
            let next = unchanged(&state, &current, &mut last);
            assert_eq!(next.len(), AGAIN);
            seen.extend(next.iter().map(|post| post.place.name.id.clone()));
        }
        assert_eq!(seen.len(), 3 * AGAIN);
    }

    #[test]
    fn a_list_that_was_not_what_the_number_said_is_read_again() {
        let (mut state, mut current) = liked(1);
        // Two were said to be there, and one was taken back before the list was read.
        current.extend([post(0, 2)]);
        assert_eq!(changed(&state, &current, false).len(), 1);
        assert_eq!(told_of(&mut state, 2, &[vote(1, 1)]), [""; 0]);
        assert!(changed(&state, &current, false).is_empty());
        assert_eq!(changed(&state, &current, true).len(), 1);
    }

    #[test]
    fn whoever_gives_an_upvote_anew_has_one() {
        let (mut state, _) = liked(1);
        assert_eq!(told_of(&mut state, 2, &[vote(1, 2)]), ["-1Z", "+2Z"]);
        assert_eq!(told_of(&mut state, 1, &[vote(1, 2)]), [""; 0]);
    }
}
