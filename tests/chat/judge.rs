//! A checker that knows only what the official clients were told they did, and what they see in each
//! of the rooms that are bridged.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::board::{Board, Place, Shown};

/// Something that somebody was told they said.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    /// In which room.
    pub(crate) side: &'static str,
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
    /// Who likes what: room, label, name.
    pub(crate) likes: BTreeSet<(&'static str, String, String)>,
}

impl Told {
    fn likers(&self, label: &str, is_there: impl Fn(&str) -> bool) -> usize {
        self.likes.iter().filter(|it| is_there(it.0) && it.1 == label).count()
    }

    fn find(&self, label: &str) -> Option<&Said> {
        self.said.iter().find(|it| it.label == label)
    }
}

/// What each room shows.
pub(crate) type Boards = BTreeMap<&'static str, Board>;

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

impl Verdict {
    /// What each room shows of whatever is wrong, with where it stands there.
    pub(crate) fn shown(&self, boards: &Boards) -> String {
        let wrong = [&self.lost, &self.doubled, &self.disordered, &self.returned, &self.astray];
        let words = wrong.into_iter().flatten().flat_map(|it| it.split_whitespace());
        let words: BTreeSet<_> = words.collect();
        let mut lines = Vec::new();
        for (side, board) in boards {
            let shown = board.shown.iter().enumerate();
            let wrong = shown.filter(|(_, it)| words.contains(it.label.as_str()));
            lines.extend(wrong.map(|(at, it)| format!("{side} {at} {it:?}")));
        }
        lines.join("\n")
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

/// Compares what people were told they did with what is seen in all rooms.
pub(crate) fn judge(told: &Told, boards: &Boards) -> Verdict {
    let mut verdict = Verdict::default();
    for said in &told.said {
        for (side, board) in boards {
            if *side == said.side {
                let returned = board.copies(&said.label).count();
                let line = (returned > 0).then(|| format!("{} × {returned}", said.label));
                verdict.returned.extend(line);
            } else {
                judge_copies(said, (side, board), &mut verdict);
            }
            if said.is_deleted {
                continue;
            }
            judge_likes(told, said, (side, board), &mut verdict);
            if *side != said.side {
                judge_place(told, said, (side, board), &mut verdict);
                judge_words(said, (side, board), &mut verdict);
            }
        }
    }
    for (side, board) in boards {
        // What was taken back may show nothing of what it said.
        let unknown = board.shown.iter().filter(|it| it.is_by_bridge && !it.is_gone);
        let unknown = unknown.filter(|it| told.find(&it.label).is_none());
        verdict.returned.extend(unknown.map(|it| format!("«{}» unknown on {side}", it.text)));
        for (_, other) in boards.iter().filter(|it| it.0 != side) {
            judge_order(other, (side, board), &mut verdict);
        }
    }
    verdict
}

fn judge_copies(said: &Said, (side, there): (&str, &Board), verdict: &mut Verdict) {
    let copies: Vec<_> = there.copies(&said.label).collect();
    let visible = copies.iter().filter(|it| !it.is_gone).count();
    let label = &said.label;
    if copies.len() > 1 {
        verdict.doubled.push(format!("{label} × {} on {side}", copies.len()));
    }
    match (said.is_deleted, visible) {
        (false, 0) => verdict.lost.push(format!("{label} on {side}")),
        (true, 1..) => verdict.astray.push(format!("{label} was deleted and is on {side}")),
        _ => {}
    }
}

/// However many like it elsewhere, the bridge likes it once here.
fn judge_likes(told: &Told, said: &Said, (side, board): (&str, &Board), verdict: &mut Verdict) {
    let Some(shown) = board.shown(&said.label) else { return };
    let here = told.likers(&said.label, |it| it == side);
    let there = told.likers(&said.label, |it| it != side).min(1);
    if shown.likes != here + there {
        let (label, likes, history) = (&said.label, shown.likes, board.history(&shown.id));
        let line = format!("{label} has {likes} likes on {side}: {here} + {there}; {history:?}");
        verdict.astray.push(line);
    }
}

fn judge_place(told: &Told, said: &Said, (side, there): (&str, &Board), verdict: &mut Verdict) {
    let Some(copy) = there.copies(&said.label).next() else { return };
    let quotes = said.place.of.as_ref().filter(|_| !there.quotes_in_words);
    for (what, label, id) in
        [("answer", said.place.on.as_ref(), &copy.place.on), ("quote", quotes, &copy.place.of)]
    {
        // What was taken back has no place any more that an answer could keep.
        let is_gone = |label: &str| told.find(label).is_some_and(|it| it.is_deleted);
        let expected = match label {
            Some(label) if is_gone(label) => continue,
            Some(label) => there.shown(label).map(|it| it.id.clone()),
            None => None,
        };
        if expected != *id {
            verdict.astray.push(format!("{} should {what} {label:?} on {side}", said.label));
        }
    }
    if said.has_picture && !copy.has_picture {
        verdict.astray.push(format!("{} has lost its picture on {side}", said.label));
    }
}

/// An edited message reads as it was edited: in its own place, or told of once beside it.
fn judge_words(said: &Said, (side, there): (&str, &Board), verdict: &mut Verdict) {
    let notes: Vec<_> =
        there.shown.iter().filter(|it| it.label == said.label && it.is_note()).collect();
    let reads = there.copies(&said.label).filter(|it| it.text.contains("edited")).count();
    let times = notes.len() + reads;
    if times != usize::from(said.is_edited) {
        let (label, is_edited) = (&said.label, said.is_edited);
        verdict.astray.push(format!("{label} is edited: {is_edited}; {times} times on {side}"));
    }
    let copy = there.copies(&said.label).next().map(|it| it.id.as_str());
    let is_beside = |note: &&&Shown| note.place.on.as_deref() == copy;
    if notes.iter().any(|note| !is_beside(&note)) {
        verdict.astray.push(format!("{} is told of elsewhere on {side}", said.label));
    }
}

/// What stood in one order in one room is in the same order in the other.
fn judge_order(from: &Board, (side, to): (&str, &Board), verdict: &mut Verdict) {
    let copies = to.shown.iter().enumerate().filter(|(_, it)| it.is_by_bridge && !it.is_note());
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, copy) in copies {
        places.entry(&copy.label).or_insert(at);
    }
    let mut last: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for original in from.shown.iter().filter(|it| !it.is_by_bridge && !it.label.is_empty()) {
        let Some(at) = places.get(original.label.as_str()).copied() else { continue };
        let before = last.insert(&original.lane, (at, &original.label));
        if let Some((before, label)) = before
            && before > at
        {
            verdict.disordered.push(format!("{label} after {} on {side}", original.label));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const BRIDGE: &str = "0xb";

    fn said(side: &'static str, label: &str) -> Said {
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

    fn message(by: &str, text: &str) -> Value {
        json!({ "type": "text", "id": format!("{by} {text}"), "sender": by, "text": text })
    }

    /// Ann says two things on Farcaster, ben one on Lens, and cyd one on XMTP; all have crossed.
    fn a_day() -> (Told, Boards) {
        let said = vec![
            said("hub", "ann-1"),
            said("hub", "ann-2"),
            said("lens", "ben-1"),
            said("xmtp", "cyd-1"),
        ];
        let told = Told { said, ..Told::default() };
        let mut hub = Board::on_hub(901, None);
        for (fid, text) in
            [(1, "ann-1"), (1, "ann-2"), (901, "ben: ben-1"), (901, "[L4] cyd: cyd-1")]
        {
            let message =
                json!({ "type": "cast_add", "fid": fid, "hash": text, "text": text, "embeds": [] });
            hub.takes(&json!({ "event": "merge", "shard": 1, "message": message }));
        }
        let copies = ["ann: ann-1", "ann: ann-2"];
        let posts = copies.map(|it| post(BRIDGE, it)).into_iter();
        let posts: Vec<_> =
            posts.chain([post("0x1", "ben-1"), post(BRIDGE, "[L4] cyd: cyd-1")]).collect();
        let messages = copies.map(|it| message(BRIDGE, it)).into_iter();
        let messages: Vec<_> =
            messages.chain([message(BRIDGE, "ben: ben-1"), message("c", "cyd-1")]).collect();
        let lens = Board::of_posts(&posts, BRIDGE);
        let xmtp = Board::of_messages(&messages, BRIDGE);
        (told, [("hub", hub), ("lens", lens), ("xmtp", xmtp)].into())
    }

    fn verdict(change: impl FnOnce(&mut Told, &mut Boards)) -> Verdict {
        let (mut told, mut boards) = a_day();
        change(&mut told, &mut boards);
        judge(&told, &boards)
    }

    fn on<'b>(boards: &'b mut Boards, side: &str) -> &'b mut Vec<Shown> {
        &mut boards.get_mut(side).unwrap().shown
    }

    #[test]
    fn a_day_on_which_all_is_well_is_clean() {
        assert_eq!(verdict(|_, _| ()), Verdict::default());
    }

    #[test]
    fn what_is_lost_doubled_swapped_or_returned_is_found() {
        let lost = verdict(|_, boards| drop(on(boards, "lens").remove(1)));
        assert_eq!(lost.lost, ["ann-2 on lens"]);
        assert_eq!(
            verdict(|_, boards| on(boards, "xmtp")[1].is_gone = true).lost,
            ["ann-2 on xmtp"]
        );
        let doubled = verdict(|_, boards| {
            let again = on(boards, "xmtp")[0].clone();
            on(boards, "xmtp").push(again);
        });
        assert_eq!(doubled.doubled, ["ann-1 × 2 on xmtp"]);
        let swapped = verdict(|_, boards| on(boards, "lens").swap(0, 1));
        assert_eq!(swapped.disordered, ["ann-1 after ann-2 on lens"]);
        let returned = verdict(|_, boards| {
            let copy = on(boards, "lens")[0].clone();
            on(boards, "hub").push(copy);
        });
        assert_eq!(returned.returned, ["ann-1 × 1"]);
        let unknown = verdict(|told, _| drop(told.said.pop()));
        assert_eq!(
            unknown.returned,
            ["«[L4] cyd: cyd-1» unknown on hub", "«[L4] cyd: cyd-1» unknown on lens"]
        );
    }

    #[test]
    fn what_goes_astray_is_found() {
        let astray = |change: fn(&mut Told)| verdict(|told, _| change(told)).astray;
        let outlives = astray(|told| told.said[0].is_deleted = true);
        assert_eq!(
            outlives,
            ["ann-1 was deleted and is on lens", "ann-1 was deleted and is on xmtp"]
        );
        let unanswered = astray(|told| told.said[1].place.on = Some("ann-1".to_owned()));
        assert_eq!(unanswered[0], "ann-2 should answer Some(\"ann-1\") on lens");
        assert_eq!(unanswered.len(), 2, "{unanswered:?}");
        // What has no quotes tells them in words.
        let unquoted = astray(|told| told.said[2].place.of = Some("ann-1".to_owned()));
        assert_eq!(unquoted, ["ben-1 should quote Some(\"ann-1\") on hub"]);
        let unliked = astray(|told| {
            told.likes.insert(("hub", "ben-1".to_owned(), "ann".to_owned()));
        });
        assert_eq!(unliked.len(), 3, "{unliked:?}");
        let unedited = astray(|told| told.said[2].is_edited = true);
        assert_eq!(unedited[0], "ben-1 is edited: true; 0 times on hub");
        let pictureless = astray(|told| told.said[2].has_picture = true);
        assert_eq!(pictureless[0], "ben-1 has lost its picture on hub");
    }
}
