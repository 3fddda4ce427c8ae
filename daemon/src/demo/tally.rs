//! Counting, from what the networks show and nothing else.

use std::collections::BTreeMap;

use super::room::Shown;

/// What came of what one side said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// How many things people said and did not take back.
    pub(super) said: usize,
    /// How many of them the other side shows.
    pub(super) arrived: usize,
    /// How many it does not show.
    pub(super) lost: usize,
    /// How many copies stand there for nothing, or for what has a copy already.
    pub(super) doubled: usize,
    /// How many stand before something that their author said earlier.
    pub(super) out_of_order: usize,
}

impl Count {
    /// Whether everything arrived exactly once and in order.
    pub(super) const fn is_perfect(&self) -> bool {
        self.arrived == self.said && self.lost == 0 && self.doubled == 0 && self.out_of_order == 0
    }
}

/// What the bridge said for somebody: one cast, or the pieces of a long one.
#[derive(Clone, Debug)]
pub(super) struct Copy<'a> {
    pub(super) pieces: Vec<&'a Shown>,
}

/// How the bridge begins to tell a change where nothing can be changed.
pub(super) const EDITED: &str = "(edited) ";

/// How the bridge begins to tell what was better protected.
const MARKED: &str = "[L4] ";

/// What was told, without how well it was protected.
pub(super) fn unmarked(text: &str) -> &str {
    text.strip_prefix(MARKED).unwrap_or(text)
}

impl Copy<'_> {
    /// Whether this tells what one of these did.
    pub(super) fn is_by(&self, people: &[&str]) -> bool {
        let Some(first) = self.pieces.first() else { return false };
        let text = unmarked(first.text.strip_prefix(EDITED).unwrap_or(&first.text));
        text.split_once(": ").is_some_and(|(speaker, _)| people.contains(&speaker))
    }

    /// Whether this tells that `author` changed what they said.
    pub(super) fn tells_edit(&self, author: &str, text: &str) -> bool {
        let first = self.pieces.first().and_then(|it| it.text.strip_prefix(EDITED));
        first == Some(format!("{author}: {text}").as_str())
    }

    /// Whether this is what `author` said.
    pub(super) fn tells(&self, author: &str, text: &str) -> bool {
        let whole = format!("{author}: {text}");
        match self.pieces.as_slice() {
            [only] => unmarked(&only.text) == whole,
            pieces => joins(pieces, &whole),
        }
    }
}

/// Whether the pieces without their marks make up `rest`. A mark brings a blank of its own unless
/// there is one already.
fn joins(pieces: &[&Shown], rest: &str) -> bool {
    let Some((first, others)) = pieces.split_first() else { return rest.is_empty() };
    let Some(mark) = Mark::of(&first.text) else { return false };
    [mark.before, mark.before.strip_suffix(' ').unwrap_or(mark.before)]
        .into_iter()
        .filter_map(|piece| rest.strip_prefix(piece))
        .any(|rest| joins(others, rest))
}

/// The ` (2/3)` at the end of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark<'a> {
    pub(super) before: &'a str,
    pub(super) index: usize,
    pub(super) count: usize,
}

impl<'a> Mark<'a> {
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let (before, mark) = text.strip_suffix(')')?.rsplit_once('(')?;
        let (index, count) = mark.split_once('/')?;
        Some(Self { before, index: index.parse().ok()?, count: count.parse().ok()? })
    }
}

/// What the bridge's account says in a conversation, in the order in which it is shown. Pieces come
/// below each other there.
pub(super) fn copies(shown: &[Shown]) -> Vec<Copy<'_>> {
    let mut copies: Vec<Copy<'_>> = Vec::new();
    for cast in shown.iter().filter(|it| it.is_copy) {
        match copies.iter_mut().rev().find(|it| continues(it, cast)) {
            Some(copy) => copy.pieces.push(cast),
            None => copies.push(Copy { pieces: vec![cast] }),
        }
    }
    copies
}

fn continues(copy: &Copy<'_>, cast: &Shown) -> bool {
    let (Some(last), Some(mark)) = (copy.pieces.last(), Mark::of(&cast.text)) else { return false };
    let is_next =
        |it: Mark<'_>| it.index.checked_add(1) == Some(mark.index) && it.count == mark.count;
    last.depth.checked_add(1) == Some(cast.depth) && Mark::of(&last.text).is_some_and(is_next)
}

/// Counts what `said` became. `spoken` is how much was said; a network that shows less of it on its own
/// side has lost it, too. Order is that of the times that both sides show.
pub(super) fn count(said: &[&Shown], copies: &[Copy<'_>], spoken: usize) -> Count {
    let (mut said, mut copies) = (said.to_vec(), copies.to_vec());
    said.sort_by_key(|it| time(it));
    copies.sort_by_key(|it| it.pieces.first().map(|first| time(first)));
    let mut is_free = vec![true; copies.len()];
    let mut latest: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = Count { said: spoken, ..Count::default() };
    for original in said {
        let found =
            copies.iter().zip(&mut is_free).enumerate().find(|(_, (copy, is_free))| {
                **is_free && copy.tells(&original.author, &original.text)
            });
        let Some((place, (_, is_free))) = found else { continue };
        *is_free = false;
        count.arrived = count.arrived.saturating_add(1);
        let latest = latest.entry(&original.author).or_insert(place);
        if place < *latest {
            count.out_of_order = count.out_of_order.saturating_add(1);
        }
        *latest = place.max(*latest);
    }
    count.lost = spoken.saturating_sub(count.arrived);
    count.doubled = is_free.into_iter().filter(|is_free| *is_free).count();
    count
}

/// By what apps sort.
const fn time(shown: &Shown) -> &(u64, Vec<u8>) {
    &shown.order
}

#[cfg(test)]
mod tests {
    use threadbridge_devnet::farcaster::wire::CastId;

    use super::super::room::Id;
    use super::*;

    fn shown(is_copy: bool, depth: usize, text: &str) -> Shown {
        Shown {
            id: Id::Cast(CastId { fid: 1, hash: Vec::new() }),
            author: if is_copy { "bridge" } else { "Ann" }.to_owned(),
            is_copy,
            text: text.to_owned(),
            depth,
            likes: 0,
            is_edited: false,
            order: (0, Vec::new()),
        }
    }

    fn counted(said: &[&str], theirs: &[&str]) -> Count {
        let at = |(nth, text): (u64, &&str), is_copy| Shown {
            order: (nth, Vec::new()),
            ..shown(is_copy, 0, text)
        };
        let said: Vec<Shown> = (0..).zip(said).map(|it| at(it, false)).collect();
        let mut theirs: Vec<Shown> = (0..).zip(theirs).map(|it| at(it, true)).collect();
        // Where a cast stands says nothing: what an answer answers may stand anywhere.
        theirs.reverse();
        let said: Vec<&Shown> = said.iter().collect();
        count(&said, &copies(&theirs), said.len())
    }

    #[test]
    fn what_arrived_once_and_in_order_is_perfect() {
        let perfect = counted(&["a", "b", "a"], &["Ann: a", "Ann: b", "Ann: a"]);
        assert_eq!(perfect, Count { said: 3, arrived: 3, ..Count::default() });
        assert!(perfect.is_perfect());
    }

    #[test]
    fn what_is_lost_doubled_or_out_of_order_is_noticed() {
        let lost = counted(&["a", "b"], &["Ann: b"]);
        assert_eq!((lost.arrived, lost.lost), (1, 1));
        let doubled = counted(&["a", "b"], &["Ann: a", "Ann: b", "Ann: a"]);
        assert_eq!((doubled.arrived, doubled.doubled), (2, 1));
        let turned = counted(&["a", "b", "c"], &["Ann: c", "Ann: a", "Ann: b"]);
        assert_eq!((turned.arrived, turned.out_of_order), (3, 1));
        let left_over = counted(&["a"], &["Ann: a", "Ann: what was taken back"]);
        assert_eq!(left_over.doubled, 1);
        for bad in [lost, doubled, turned, left_over] {
            assert!(!bad.is_perfect());
        }
    }

    #[test]
    fn pieces_are_put_together_whether_or_not_there_was_a_blank() {
        for (first, second) in [("Ann: one (1/2)", "two (2/2)"), ("Ann: onetw (1/2)", "o (2/2)")] {
            let theirs = [shown(true, 1, first), shown(true, 2, second)];
            let copies = copies(&theirs);
            assert_eq!(copies.len(), 1);
            assert!(copies[0].tells("Ann", "one two") || copies[0].tells("Ann", "onetwo"));
            assert!(!copies[0].tells("Ann", "one tw"));
        }
        let half = [shown(true, 1, "Ann: one (1/2)")];
        assert!(!copies(&half)[0].tells("Ann", "one two"));
        // Somebody may end with such a mark.
        let typed = [shown(true, 0, "Ann: done (2/3)")];
        assert!(copies(&typed)[0].tells("Ann", "done (2/3)"));
    }
}
