//! Upvotes on the posts that are remembered: they are listed where their number has changed, and,
//! since one that is given in the same moment hides one that is taken back, now and then where it
//! has not. Of a post with more upvotes than are listed, those who were told of and are not on the
//! list are asked about one by one, some of them each time.

use std::collections::{BTreeMap, BTreeSet};

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
/// The most upvotes of one post that are told of, so that each can be told to be taken back.
const TOLD: usize = 4 * LISTED;
/// How many who are not on a list are asked about in one turn.
const ASKED: usize = 4 * PAGE;

/// Who has given a post an upvote.
#[derive(Debug, Default)]
struct Listed {
    votes: BTreeMap<Vote, (Account, String)>,
    /// Whether there are more than are read.
    is_cut: bool,
}

impl Listed {
    /// Whether nobody else can have given one.
    fn is_whole(&self, post: &Post, entry: &Entry) -> bool {
        // A list that is shorter than the number it is the list of lacks some who are still there.
        let all = usize::try_from(post.stats.reactions).unwrap_or(usize::MAX);
        !self.is_cut && (self.votes.len() >= all || post.stats.reactions < entry.upvotes)
    }

    /// Whether an upvote stands in the place of another: one account gives one.
    fn replaces(&self, vote: &Vote) -> bool {
        self.votes.keys().any(|it| it.by == vote.by && it.at != vote.at)
    }

    /// Upvotes that were told of and are not on the list.
    fn lacks(&self, entry: &Entry) -> Vec<Vote> {
        let is_lacking = |vote: &&Vote| !self.votes.contains_key(vote) && !self.replaces(vote);
        entry.votes.iter().filter(is_lacking).copied().collect()
    }
}

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
        self.list(ear, state, &due, is_sweep).await
    }

    /// Lists the upvotes of these posts, and says what became of them.
    pub(super) async fn list(
        &mut self,
        ear: Ear<'_>,
        state: &mut LegState,
        due: &[&Post],
        is_sweep: bool,
    ) -> Result<Vec<News>, Ended> {
        let mut news = Vec::new();
        for posts in due.chunks(MOST) {
            let asks: Vec<_> = posts.iter().map(|post| ask(post, None)).collect();
            let pages = ear.api.ask_all(&asks).await?;
            for (post, page) in posts.iter().zip(pages) {
                let listed = all(ear, post, of(page)?).await?;
                let lacking = match state.entry(&post.place.name.id) {
                    Some(entry) if is_sweep && listed.is_cut => listed.lacks(entry),
                    Some(_) | None => Vec::new(),
                };
                let gone = self.withdrawn(ear, post, &lacking).await?;
                news.extend(compare(state, post, listed, &gone));
            }
        }
        Ok(news)
    }

    /// Which of some upvotes were taken back; of many, only some are asked about, in turn.
    async fn withdrawn(
        &mut self,
        ear: Ear<'_>,
        post: &Post,
        votes: &[Vote],
    ) -> Result<BTreeSet<Vote>, Ended> {
        let from = self.asked_from.checked_rem(votes.len()).unwrap_or_default();
        let turn: Vec<_> = votes.iter().cycle().skip(from).take(ASKED.min(votes.len())).collect();
        self.asked_from = from.saturating_add(turn.len());
        let mut gone = BTreeSet::new();
        for votes in turn.chunks(PAGE) {
            let by: Vec<_> = votes.iter().map(|vote| vote.account()).collect();
            let standing = ear.api.upvoters_among(&post.place.name.id, &by).await?;
            gone.extend(votes.iter().filter(|it| !standing.contains(&it.account())).copied());
        }
        Ok(gone)
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

/// The posts whose upvotes are not those that were told of.
pub(super) fn changed<'c>(state: &LegState, current: &'c Current, is_sweep: bool) -> Vec<&'c Post> {
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
async fn all(ear: Ear<'_>, post: &Post, mut page: Upvotes) -> Result<Listed, Ended> {
    let mut listed = Listed::default();
    for _page in 0..PAGES {
        for upvoter in std::mem::take(&mut page.items) {
            let up = upvoter.reactions.iter().find(|it| it.reaction == "UPVOTE");
            let Some((given, at)) = up.and_then(|it| Some((it, time::parse(&it.at)?))) else {
                continue;
            };
            let vote = Vote { by: *upvoter.account.address.as_bytes(), at: at.as_micros() };
            listed.votes.insert(vote, (upvoter.account, given.at.clone()));
        }
        let Some(next) = page.page.next.take() else { return Ok(listed) };
        let mut answers = ear.api.ask_all(&[ask(post, Some(next))]).await?;
        page = answers.pop().map(of).transpose()?.unwrap_or_default();
    }
    listed.is_cut = true;
    Ok(listed)
}

/// Compares upvotes with what was handed over of them, and remembers the difference. Those `gone`
/// were asked about.
fn compare(state: &mut LegState, post: &Post, listed: Listed, gone: &BTreeSet<Vote>) -> Vec<News> {
    let Some(entry) = state.entry_mut(&post.place.name.id) else { return Vec::new() };
    let place = &post.place;
    let is_whole = listed.is_whole(post, entry);
    let is_gone = |vote: &Vote| {
        let is_listed = listed.votes.contains_key(vote);
        !is_listed && (is_whole || gone.contains(vote) || listed.replaces(vote))
    };
    let (withdrawn, had): (Vec<Vote>, Vec<Vote>) =
        std::mem::take(&mut entry.votes).into_iter().partition(is_gone);
    let mut news: Vec<_> = withdrawn
        .into_iter()
        .map(|vote| {
            let by =
                Account { address: vote.account(), owner: None, username: None, metadata: None };
            News::Withdrawn(Upvoted { post: place.clone(), by, at: jiff_text(vote) })
        })
        .collect();
    entry.votes = had;
    let had: BTreeSet<_> = entry.votes.iter().copied().collect();
    for (vote, (by, at)) in listed.votes {
        if !had.contains(&vote) && entry.votes.len() < TOLD {
            entry.votes.push(vote);
            news.push(News::Upvoted(Upvoted { post: place.clone(), by, at }));
        }
    }
    entry.votes.sort_unstable();
    entry.upvotes = post.stats.reactions;
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

    fn listed(votes: &[Vote]) -> Listed {
        let who = |vote: &Vote| Account {
            address: vote.account(),
            owner: None,
            username: None,
            metadata: None,
        };
        let votes = votes.iter().map(|vote| (*vote, (who(vote), jiff_text(*vote)))).collect();
        Listed { votes, is_cut: false }
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
        told_of_all(state, number, listed(votes), &[])
    }

    fn told_of_all(
        state: &mut LegState,
        number: u32,
        listed: Listed,
        gone: &[Vote],
    ) -> Vec<String> {
        let (_, AnyPost::Post(post)) = post(0, number) else { panic!("the sample is no post") };
        let gone = gone.iter().copied().collect();
        let told = compare(state, &post, listed, &gone).into_iter().map(|news| {
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
        let mut seen = BTreeSet::new();
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

    #[test]
    fn whoever_is_beyond_the_end_of_a_list_stands_until_they_are_asked_about() {
        let (mut state, _) = liked(1);
        let cut = |votes: &[Vote]| Listed { is_cut: true, ..listed(votes) };
        assert_eq!(told_of_all(&mut state, 9, cut(&[vote(2, 2)]), &[]), ["+2Z"]);
        // Fewer than there were, and still more than are listed.
        assert_eq!(told_of_all(&mut state, 8, cut(&[vote(2, 2)]), &[]), [""; 0]);
        let listed = cut(&[vote(2, 2)]);
        assert_eq!(listed.lacks(state.entry("0").unwrap()), [vote(1, 1)]);
        assert_eq!(told_of_all(&mut state, 8, listed, &[vote(1, 1)]), ["-1Z"]);
        assert_eq!(state.entry("0").unwrap().votes, [vote(2, 2)]);
    }

    #[test]
    fn no_more_upvotes_are_told_of_than_are_remembered() {
        let (mut state, _) = liked(1);
        let many: Vec<_> = (0..TOLD).map(|at| vote(2, i64::try_from(at).unwrap())).collect();
        let told = told_of_all(&mut state, 9999, Listed { is_cut: true, ..listed(&many) }, &[]);
        assert_eq!((told.len(), state.entry("0").unwrap().votes.len()), (TOLD - 1, TOLD));
    }
}
