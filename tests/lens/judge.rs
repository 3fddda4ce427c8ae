//! A checker that knows only what the official clients were told they did, and what they see: on
//! Farcaster, and on Lens.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

/// Which of the two networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Farcaster,
    Lens,
}

impl Side {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Farcaster => Self::Lens,
            Self::Lens => Self::Farcaster,
        }
    }
}

/// What a message stands to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// What it answers.
    pub(crate) on: Option<String>,
    /// What it quotes.
    pub(crate) of: Option<String>,
}

/// Something that somebody was told they said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) side: Side,
    pub(crate) label: String,
    pub(crate) id: String,
    /// By labels.
    pub(crate) place: Place,
    pub(crate) has_picture: bool,
    pub(crate) is_edited: bool,
    pub(crate) is_deleted: bool,
}

/// Everything that people were told they did.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) said: Vec<Said>,
    /// Who likes what: side, label, name.
    pub(crate) likes: BTreeSet<(Side, String, String)>,
}

impl Told {
    fn likers(&self, side: Side, label: &str) -> usize {
        self.likes.iter().filter(|it| it.0 == side && it.1 == label).count()
    }

    fn find(&self, label: &str) -> Option<&Said> {
        self.said.iter().find(|it| it.label == label)
    }
}

/// A message as a client sees it.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) label: String,
    pub(crate) id: String,
    pub(crate) text: String,
    /// By ids.
    pub(crate) place: Place,
    pub(crate) has_picture: bool,
    pub(crate) is_by_bridge: bool,
    pub(crate) is_gone: bool,
    /// How many like it.
    pub(crate) likes: usize,
    /// What has an order among itself.
    lane: String,
}

impl Shown {
    /// Whether it tells that another message reads differently.
    pub(crate) fn is_note(&self) -> bool {
        self.text.contains(NOTE)
    }
}

/// What is seen on one side, in its order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    pub(crate) shown: Vec<Shown>,
    /// Of what by whom.
    likes: BTreeSet<(String, u64)>,
    /// Who liked what, or no longer, one after the other.
    history: BTreeMap<String, Vec<(u64, bool)>>,
    /// By whom the bridge speaks on Farcaster.
    pub(crate) bridge: u64,
    /// How much of it is the bridge's.
    pub(crate) traffic: usize,
}

const NOTE: &str = "(edited) ";

/// The name that a talker gave to a message: its first word like `alice-12`.
fn label(text: &str) -> String {
    let is_label = |word: &&str| {
        word.rsplit_once('-').is_some_and(|(_, number)| number.parse::<u32>().is_ok())
    };
    text.split_whitespace().find(is_label).unwrap_or_default().to_owned()
}

/// The id of a cast in one piece.
pub(crate) fn cast_id(value: &Value) -> Option<String> {
    Some(format!("{}:{}", value["fid"].as_u64()?, value["hash"].as_str()?))
}

impl Board {
    /// A board on Farcaster, where the bridge speaks by this fid.
    pub(crate) fn of_bridge(bridge: u64) -> Self {
        Self { bridge, ..Self::default() }
    }

    /// What was said last.
    pub(crate) fn newest(&self, most: usize) -> Self {
        let from = self.shown.len().saturating_sub(most);
        Self { shown: self.shown[from..].to_vec(), ..Self::default() }
    }

    /// Takes an event of a hub.
    pub(crate) fn takes(&mut self, event: &Value) {
        let message = &event["message"];
        let fid = message["fid"].as_u64().unwrap_or(0);
        let target = cast_id(&message["target"]).unwrap_or_default();
        match (event["event"].as_str(), message["type"].as_str()) {
            (Some("merge"), Some("cast_add")) => self.takes_cast(event),
            (Some("remove"), Some("cast_remove")) => {
                self.shown.iter_mut().filter(|it| it.id == target).for_each(|it| it.is_gone = true);
            }
            (Some("merge"), Some("reaction_add")) => self.takes_like(fid, &target, true),
            (Some("remove"), Some("reaction_remove")) => self.takes_like(fid, &target, false),
            _ => return,
        }
        self.traffic += usize::from(fid == self.bridge);
    }

    fn takes_like(&mut self, by: u64, target: &str, is_given: bool) {
        self.history.entry(target.to_owned()).or_default().push((by, is_given));
        let like = (target.to_owned(), by);
        if is_given {
            self.likes.insert(like);
        } else {
            self.likes.remove(&like);
        }
        let likes = self.likes_of(target);
        if let Some(shown) = self.shown.iter_mut().rev().find(|it| it.id == target) {
            shown.likes = likes;
        }
    }

    fn likes_of(&self, id: &str) -> usize {
        self.likes.range((id.to_owned(), 0)..=(id.to_owned(), u64::MAX)).count()
    }

    fn takes_cast(&mut self, event: &Value) {
        let message = &event["message"];
        let text = message["text"].as_str().unwrap_or_default();
        let embeds = message["embeds"].as_array().unwrap();
        self.shown.push(Shown {
            label: label(text),
            id: cast_id(message).unwrap(),
            text: text.to_owned(),
            place: Place { on: cast_id(&message["parent"]), of: embeds.iter().find_map(cast_id) },
            has_picture: embeds.iter().any(|it| it["url"].is_string()),
            is_by_bridge: message["fid"] == self.bridge,
            is_gone: false,
            // A like may come before what is liked, by another shard.
            likes: self.likes_of(&cast_id(message).unwrap()),
            lane: format!("shard {}", event["shard"]),
        });
    }

    /// What a client reads in a feed of Lens, oldest first.
    pub(crate) fn reads(posts: &[Value], bridge: &str) -> Self {
        let shown: Vec<_> = posts
            .iter()
            .filter(|it| it["type"] == "Post")
            .map(|post| {
                let text = post["text"].as_str().unwrap_or_default();
                let owned = |value: &Value| value.as_str().map(str::to_owned);
                Shown {
                    label: label(text),
                    id: owned(&post["id"]).unwrap(),
                    text: text.to_owned(),
                    place: Place { on: owned(&post["on"]), of: owned(&post["of"]) },
                    has_picture: post["image"].is_object() || post["link"].is_string(),
                    is_by_bridge: post["by"] == bridge,
                    is_gone: post["deleted"] == true,
                    likes: usize::try_from(post["upvotes"].as_u64().unwrap_or(0)).unwrap(),
                    // Lens promises an order of what one account posts, and no other.
                    lane: post["by"].as_str().unwrap_or_default().to_owned(),
                }
            })
            .collect();
        let traffic = shown.iter().filter(|it| it.is_by_bridge).count();
        Self { shown, traffic, ..Self::default() }
    }

    /// Where the message of that label appears here: as it was said, or as the bridge's copy.
    pub(crate) fn shown(&self, label: &str) -> Option<&Shown> {
        self.shown.iter().find(|it| it.label == label && !it.is_note())
    }

    fn copies<'a>(&'a self, label: &'a str) -> impl Iterator<Item = &'a Shown> {
        self.shown.iter().filter(move |it| it.label == label && it.is_by_bridge && !it.is_note())
    }
}

/// What is wrong, each in a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) lost: Vec<String>,
    pub(crate) doubled: Vec<String>,
    pub(crate) disordered: Vec<String>,
    pub(crate) returned: Vec<String>,
    /// What stands under another message, or outlives its deletion, or reads or is liked otherwise.
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
pub(crate) fn judge(told: &Told, boards: &BTreeMap<Side, Board>) -> Verdict {
    let mut verdict = Verdict::default();
    for said in &told.said {
        judge_copies(said, boards, &mut verdict);
        if !said.is_deleted {
            judge_likes(told, said, boards, &mut verdict);
            judge_place(told, said, &boards[&said.side.other()], &mut verdict);
            judge_words(said, &boards[&said.side.other()], &mut verdict);
        }
    }
    for (side, board) in boards {
        let unknown = board.shown.iter().filter(|it| it.is_by_bridge);
        let unknown = unknown.filter(|it| told.find(&it.label).is_none());
        verdict.returned.extend(unknown.map(|it| format!("«{}» unknown on {side:?}", it.text)));
        judge_order(&boards[&side.other()], board, &mut verdict);
    }
    verdict
}

fn judge_copies(said: &Said, boards: &BTreeMap<Side, Board>, verdict: &mut Verdict) {
    let there = &boards[&said.side.other()];
    let copies: Vec<_> = there.copies(&said.label).collect();
    let visible = copies.iter().filter(|it| !it.is_gone).count();
    if copies.len() > 1 {
        verdict.doubled.push(format!("{} × {}", said.label, copies.len()));
    }
    match (said.is_deleted, visible) {
        (false, 0) => verdict.lost.push(said.label.clone()),
        (true, 1..) => verdict.astray.push(format!("{} was deleted", said.label)),
        _ => {}
    }
    let returned = boards[&said.side].copies(&said.label).count();
    if returned > 0 {
        verdict.returned.push(format!("{} × {returned}", said.label));
    }
}

/// However many like it on one side, the bridge likes it once on the other.
fn judge_likes(told: &Told, said: &Said, boards: &BTreeMap<Side, Board>, verdict: &mut Verdict) {
    for (side, board) in boards {
        let Some(shown) = board.shown(&said.label) else { continue };
        let here = told.likers(*side, &said.label);
        let there = told.likers(side.other(), &said.label).min(1);
        if shown.likes != here + there {
            let likes = shown.likes;
            let history = board.history.get(&shown.id).map_or(&[] as &[_], Vec::as_slice);
            let label = &said.label;
            let line =
                format!("{label} has {likes} likes on {side:?}: {here} + {there}; {history:?}");
            verdict.astray.push(line);
        }
    }
}

fn judge_place(told: &Told, said: &Said, there: &Board, verdict: &mut Verdict) {
    let Some(copy) = there.copies(&said.label).next() else { return };
    for (what, label, id) in
        [("answer", &said.place.on, &copy.place.on), ("quote", &said.place.of, &copy.place.of)]
    {
        // What was taken back has no place any more that an answer could keep.
        let is_gone = |label: &str| told.find(label).is_some_and(|it| it.is_deleted);
        let expected = match label {
            Some(label) if is_gone(label) => continue,
            Some(label) => there.shown(label).map(|it| it.id.clone()),
            None => None,
        };
        if expected != *id {
            verdict.astray.push(format!("{} should {what} {label:?}", said.label));
        }
    }
    if said.has_picture && !copy.has_picture {
        verdict.astray.push(format!("{} has lost its picture", said.label));
    }
}

/// An edited message reads as it was edited: in its own place, or told of once beside it.
fn judge_words(said: &Said, there: &Board, verdict: &mut Verdict) {
    let notes: Vec<_> =
        there.shown.iter().filter(|it| it.label == said.label && it.is_note()).collect();
    let reads = there.copies(&said.label).filter(|it| it.text.contains("edited")).count();
    let told = notes.len() + reads;
    if told != usize::from(said.is_edited) {
        verdict.astray.push(format!("{} is edited: {}; {told} times", said.label, said.is_edited));
    }
    let copy = there.copies(&said.label).next().map(|it| it.id.as_str());
    let is_beside = |note: &&&Shown| note.place.on.as_deref() == copy;
    if notes.iter().any(|note| !is_beside(&note)) {
        verdict.astray.push(format!("{} is told of elsewhere", said.label));
    }
}

/// What stood in one order on one side is in the same order on the other.
fn judge_order(from: &Board, to: &Board, verdict: &mut Verdict) {
    let mut last: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for original in from.shown.iter().filter(|it| !it.is_by_bridge) {
        let is_copy = |it: &Shown| it.is_by_bridge && !it.is_note() && it.label == original.label;
        let Some(at) = to.shown.iter().position(is_copy) else { continue };
        let before = last.insert(&original.lane, (at, &original.label));
        if let Some((before, label)) = before
            && before > at
        {
            verdict.disordered.push(format!("{label} after {}", original.label));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const BRIDGE: &str = "0xb";

    fn said(side: Side, label: &str) -> Said {
        Said {
            side,
            label: label.to_owned(),
            id: label.to_owned(),
            place: Place::default(),
            has_picture: false,
            is_edited: false,
            is_deleted: false,
        }
    }

    fn post(by: &str, text: &str) -> Value {
        json!({ "type": "Post", "id": format!("{by} {text}"), "by": by, "text": text, "upvotes": 0 })
    }

    /// Ann says two things on Farcaster, and ben one on Lens; all have crossed.
    fn a_day() -> (Told, BTreeMap<Side, Board>) {
        let said = vec![
            said(Side::Farcaster, "ann-1"),
            said(Side::Farcaster, "ann-2"),
            said(Side::Lens, "ben-1"),
        ];
        let told = Told { said, ..Told::default() };
        let mut farcaster = Board::of_bridge(901);
        for (fid, text) in [(1, "ann-1"), (1, "ann-2"), (901, "ben: ben-1")] {
            let message =
                json!({ "type": "cast_add", "fid": fid, "hash": text, "text": text, "embeds": [] });
            farcaster.takes(&json!({ "event": "merge", "shard": 1, "message": message }));
        }
        let posts = [post(BRIDGE, "ann: ann-1"), post(BRIDGE, "ann: ann-2"), post("0x1", "ben-1")];
        let boards = [(Side::Farcaster, farcaster), (Side::Lens, Board::reads(&posts, BRIDGE))];
        (told, boards.into())
    }

    fn verdict(change: impl FnOnce(&mut Told, &mut Board, &mut Board)) -> Verdict {
        let (mut told, mut boards) = a_day();
        let (mut lens, mut farcaster) =
            (boards.remove(&Side::Lens).unwrap(), boards.remove(&Side::Farcaster).unwrap());
        change(&mut told, &mut farcaster, &mut lens);
        judge(&told, &[(Side::Farcaster, farcaster), (Side::Lens, lens)].into())
    }

    #[test]
    fn a_day_on_which_all_is_well_is_clean() {
        assert_eq!(verdict(|_, _, _| ()), Verdict::default());
    }

    #[test]
    fn what_is_lost_doubled_swapped_or_returned_is_found() {
        assert_eq!(verdict(|_, _, lens| drop(lens.shown.remove(1))).lost, ["ann-2"]);
        assert_eq!(verdict(|_, _, lens| lens.shown[1].is_gone = true).lost, ["ann-2"]);
        let doubled = verdict(|_, _, lens| lens.shown.push(lens.shown[0].clone()));
        assert_eq!(doubled.doubled, ["ann-1 × 2"]);
        let swapped = verdict(|_, _, lens| lens.shown.swap(0, 1));
        assert_eq!(swapped.disordered, ["ann-1 after ann-2"]);
        let returned = verdict(|_, farcaster, lens| farcaster.shown.push(lens.shown[0].clone()));
        assert_eq!(returned.returned, ["ann-1 × 1"]);
        let unknown = verdict(|told, _, _| drop(told.said.pop()));
        assert_eq!(unknown.returned, ["«ben: ben-1» unknown on Farcaster"]);
    }

    #[test]
    fn what_goes_astray_is_found() {
        let astray = |change: fn(&mut Told, &mut Board, &mut Board)| verdict(change).astray;
        assert_eq!(astray(|told, _, _| told.said[0].is_deleted = true), ["ann-1 was deleted"]);
        let unanswered = astray(|told, _, _| told.said[1].place.on = Some("ann-1".to_owned()));
        assert_eq!(unanswered, ["ann-2 should answer Some(\"ann-1\")"]);
        let unquoted = astray(|told, _, _| told.said[2].place.of = Some("ann-1".to_owned()));
        assert_eq!(unquoted, ["ben-1 should quote Some(\"ann-1\")"]);
        let unliked = astray(|told, _, _| {
            told.likes.insert((Side::Farcaster, "ben-1".to_owned(), "ann".to_owned()));
        });
        assert_eq!(unliked.len(), 2, "{unliked:?}");
        let unedited = astray(|told, _, _| told.said[2].is_edited = true);
        assert_eq!(unedited, ["ben-1 is edited: true; 0 times"]);
        let pictureless = astray(|told, _, _| told.said[2].has_picture = true);
        assert_eq!(pictureless, ["ben-1 has lost its picture"]);
    }
}
