//! A checker that knows only what the official clients were told they sent, and what they see.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::person::Cast;

/// One of two rooms that are bridged.
pub(crate) type Side = usize;

/// What a cast in one of the rooms stands under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parent {
    /// The room itself: a channel's URL, or the root of a thread.
    Room,
    /// A cast.
    Cast(Cast),
}

/// Something that somebody was told they said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) side: Side,
    pub(crate) label: String,
    pub(crate) cast: Cast,
    /// The label of what it answers.
    pub(crate) answers: Option<String>,
    pub(crate) is_deleted: bool,
}

/// Everything that people were told they did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) said: Vec<Said>,
    /// Who likes what, by label: side, label, fid.
    pub(crate) likes: BTreeSet<(Side, String, u64)>,
}

/// A cast as a client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) label: String,
    pub(crate) cast: Cast,
    pub(crate) parent: Parent,
    /// Shard and place in it.
    pub(crate) at: (u64, u64),
}

/// What a client has seen on one side, from the beginning, taken from the events that it was shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// By whom the bridge speaks here.
    pub(crate) bridge: u64,
    /// In the order of each shard.
    pub(crate) casts: Vec<Shown>,
    pub(crate) removed: BTreeSet<String>,
    /// Who liked what, or no longer, in the order of each shard.
    pub(crate) reactions: Vec<(u64, bool, String)>,
    /// What the bridge likes, by hash.
    pub(crate) liked: BTreeSet<String>,
    /// How many events of the bridge's there were.
    pub(crate) traffic: usize,
    /// The cast that is the room, if it is a thread.
    pub(crate) root: Option<Cast>,
}

impl Seen {
    pub(crate) fn takes(&mut self, event: &Value) {
        let message = &event["message"];
        let by_bridge = message["fid"] == self.bridge;
        let hash = |value: &Value| value["hash"].as_str().unwrap_or_default().to_owned();
        if let Some("reaction_add" | "reaction_remove") = message["type"].as_str() {
            let (fid, is_there) = (message["fid"].as_u64(), message["type"] == "reaction_add");
            self.reactions.push((fid.unwrap_or(0), is_there, hash(&message["target"])));
        }
        match (event["event"].as_str(), message["type"].as_str()) {
            (Some("merge"), Some("cast_add")) => self.takes_cast(event),
            (Some("remove"), Some("cast_remove")) => {
                self.removed.insert(hash(&message["target"]));
            }
            (Some("merge"), Some("reaction_add")) if by_bridge => {
                self.liked.insert(hash(&message["target"]));
            }
            (Some("remove"), Some("reaction_remove")) if by_bridge => {
                self.liked.remove(&hash(&message["target"]));
            }
            _ => return,
        }
        self.traffic += usize::from(by_bridge);
    }

    fn takes_cast(&mut self, event: &Value) {
        let message = &event["message"];
        let text = message["text"].as_str().unwrap_or_default();
        let label = text.rsplit(": ").next().unwrap_or_default().to_owned();
        let parent = match message["parent"]["fid"].as_u64() {
            Some(_) => {
                Some(Cast::of(&message["parent"])).filter(|it| Some(it) != self.root.as_ref())
            }
            None => None,
        };
        self.casts.push(Shown {
            label,
            cast: Cast::of(message),
            parent: parent.map_or(Parent::Room, Parent::Cast),
            at: (event["shard"].as_u64().unwrap_or(0), event["seq"].as_u64().unwrap_or(0)),
        });
    }

    /// Where the message of that label appears here: as it was said, or as the bridge's copy.
    pub(crate) fn shown(&self, label: &str) -> Option<&Shown> {
        self.casts.iter().find(|it| it.label == label)
    }

    /// Who liked the cast, or no longer, one after the other.
    fn history(&self, cast: &Cast) -> Vec<(u64, bool)> {
        let about = self.reactions.iter().filter(|it| it.2 == cast.hash);
        about.map(|(fid, is_there, _)| (*fid, *is_there)).collect()
    }

    fn copies<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a Shown> {
        self.casts.iter().filter(move |it| it.label == label && it.cast.fid == self.bridge)
    }
}

/// What is wrong, each in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) lost: Vec<String>,
    pub(crate) doubled: Vec<String>,
    pub(crate) disordered: Vec<String>,
    pub(crate) returned: Vec<String>,
    /// An answer under another message, a like that does not follow, a cast that outlives its
    /// deletion.
    pub(crate) astray: Vec<String>,
}

impl Verdict {
    pub(crate) fn is_clean(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = [
            ("lost", &self.lost),
            ("doubled", &self.doubled),
            ("out of order", &self.disordered),
            ("returned", &self.returned),
            ("astray", &self.astray),
        ];
        for (kind, lines) in kinds {
            write!(f, "{} {kind} {:?}; ", lines.len(), lines.iter().take(8).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// Compares what people were told they did with what is seen on both sides.
pub(crate) fn judge(told: &Told, sides: [&Seen; 2]) -> Verdict {
    let mut verdict = Verdict::default();
    for said in &told.said {
        let there = sides[1 - said.side];
        judge_copies(said, sides, &mut verdict);
        if said.is_deleted {
            continue;
        }
        for side in [0, 1] {
            let Some(shown) = sides[side].shown(&said.label) else { continue };
            let liked = sides[side].liked.contains(&shown.cast.hash);
            let expected =
                told.likes.iter().any(|(from, label, _)| *from != side && *label == said.label);
            if liked != expected {
                let history = sides.map(|it| it.shown(&said.label).map(|at| it.history(&at.cast)));
                let line = format!("{} is liked on {side}: {liked}; {history:?}", said.label);
                verdict.astray.push(line);
            }
        }
        judge_parent(told, said, there, &mut verdict);
    }
    for (side, seen) in sides.iter().enumerate() {
        let known = |shown: &&Shown| !told.said.iter().any(|it| it.label == shown.label);
        let unknown = seen.casts.iter().filter(|it| it.cast.fid == seen.bridge).filter(known);
        verdict.returned.extend(unknown.map(|it| format!("{} unknown on {side}", it.label)));
        judge_order(sides[1 - side], seen, &mut verdict);
    }
    verdict
}

fn judge_copies(said: &Said, sides: [&Seen; 2], verdict: &mut Verdict) {
    let there = sides[1 - said.side];
    let copies: Vec<_> = there.copies(&said.label).collect();
    let visible = copies.iter().filter(|it| !there.removed.contains(&it.cast.hash)).count();
    if copies.len() > 1 {
        verdict.doubled.push(format!("{} × {}", said.label, copies.len()));
    }
    match (said.is_deleted, visible) {
        (false, 0) => verdict.lost.push(said.label.clone()),
        (true, 1..) => verdict.astray.push(format!("{} was deleted", said.label)),
        _ => {}
    }
    let returned = sides[said.side].copies(&said.label).count();
    if returned > 0 {
        verdict.returned.push(format!("{} × {returned}", said.label));
    }
}

fn judge_parent(told: &Told, said: &Said, there: &Seen, verdict: &mut Verdict) {
    let Some(copy) = there.copies(&said.label).next() else { return };
    let expected = match &said.answers {
        None => Some(Parent::Room),
        // What was taken back has no place any more that an answer could keep.
        Some(label) if told.said.iter().any(|it| it.label == *label && it.is_deleted) => None,
        Some(label) => there.shown(label).map(|it| Parent::Cast(it.cast.clone())),
    };
    if expected.as_ref().is_some_and(|expected| *expected != copy.parent) {
        verdict.astray.push(format!("{} should answer {:?}", said.label, said.answers));
    }
}

/// What stood in one order in a shard on one side is in the same order on the other.
fn judge_order(from: &Seen, to: &Seen, verdict: &mut Verdict) {
    let mut last: BTreeMap<u64, ((u64, u64), &str)> = BTreeMap::new();
    let mut originals: Vec<_> = from.casts.iter().filter(|it| it.cast.fid != from.bridge).collect();
    originals.sort_by_key(|it| it.at);
    for original in originals {
        let Some(copy) = to.copies(&original.label).next() else { continue };
        let before = last.insert(original.at.0, (copy.at, &original.label));
        if let Some((at, label)) = before
            && at > copy.at
        {
            verdict.disordered.push(format!("{label} after {}", original.label));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRIDGES: [u64; 2] = [901, 902];

    fn cast(fid: u64, label: &str) -> Cast {
        Cast { fid, hash: format!("{fid}-{label}") }
    }

    fn shown(fid: u64, label: &str, seq: u64) -> Shown {
        let cast = cast(fid, label);
        Shown { label: label.to_owned(), cast, parent: Parent::Room, at: (1, seq) }
    }

    /// Ann says two things on the left; the bridge carries both to the right.
    fn a_day() -> (Told, [Seen; 2]) {
        let mut told = Told::default();
        let [mut left, mut right] = BRIDGES.map(|bridge| Seen { bridge, ..Seen::default() });
        for (seq, label) in [(1, "ann-1"), (2, "ann-2")] {
            told.said.push(Said {
                side: 0,
                label: label.to_owned(),
                cast: cast(1, label),
                answers: None,
                is_deleted: false,
            });
            left.casts.push(shown(1, label, seq));
            right.casts.push(shown(902, label, seq + 7));
        }
        (told, [left, right])
    }

    fn verdict(change: impl FnOnce(&mut Told, &mut [Seen; 2])) -> Verdict {
        let (mut told, mut sides) = a_day();
        change(&mut told, &mut sides);
        judge(&told, [&sides[0], &sides[1]])
    }

    #[test]
    fn a_day_on_which_all_is_well_is_clean() {
        assert!(verdict(|_, _| ()).is_clean());
    }

    #[test]
    fn what_is_lost_doubled_swapped_or_returned_is_found() {
        let lost = verdict(|_, sides| drop(sides[1].casts.pop()));
        assert_eq!(lost.lost, ["ann-2"]);
        let taken = verdict(|_, sides| sides[1].removed.extend(["902-ann-1".to_owned()]));
        assert_eq!(taken.lost, ["ann-1"]);
        let doubled = verdict(|_, sides| sides[1].casts.push(shown(902, "ann-2", 99)));
        assert_eq!(doubled.doubled, ["ann-2 × 2"]);
        let swapped = verdict(|_, sides| sides[1].casts[0].at.1 = 99);
        assert_eq!(swapped.disordered, ["ann-1 after ann-2"]);
        let returned = verdict(|_, sides| sides[0].casts.push(shown(901, "ann-2", 99)));
        assert_eq!(returned.returned, ["ann-2 × 1"]);
        let unknown = verdict(|_, sides| sides[0].casts.push(shown(901, "zoe-1", 99)));
        assert_eq!(unknown.returned, ["zoe-1 unknown on 0"]);
    }

    #[test]
    fn what_goes_astray_is_found() {
        let outlives = verdict(|told, _| told.said[0].is_deleted = true);
        assert_eq!(outlives.astray, ["ann-1 was deleted"]);
        let unanswered = verdict(|told, _| told.said[1].answers = Some("ann-1".to_owned()));
        assert_eq!(unanswered.astray, ["ann-2 should answer Some(\"ann-1\")"]);
        let unliked = verdict(|told, _| told.likes.extend([(0, "ann-1".to_owned(), 1)]));
        assert!(unliked.astray[0].starts_with("ann-1 is liked on 1: false"));
        let liked = verdict(|_, sides| sides[1].liked.extend(["902-ann-1".to_owned()]));
        assert!(liked.astray[0].starts_with("ann-1 is liked on 1: true"));
    }
}
