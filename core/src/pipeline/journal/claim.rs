//! Whether a mark may be believed.
//!
//! Marks are not signed: whoever sees one can put it on words of their own. So the rooms of a mark
//! only ever keep its own message out of a room, and an origin joins two appearances into one
//! message only where the one could have been made of the other. Otherwise somebody could have
//! others' words taken for copies of theirs, and not carried, or have what people say about theirs
//! carried to somebody else's.

use crate::model::content::Content;
use crate::model::event::{Action, Event, Said};
use crate::model::id::MessageId;
use crate::model::mark::{Mark, Origin, RoomTag};
use crate::store::tables::{EVENTS, MESSAGES};
use crate::store::{ChangeError, Reads, Unit};

use super::Source;

/// What a copy may have before the original's words: who said it, and what it answers.
const MAX_BEFORE: usize = 400;
/// What it may have behind them: links, and which part of how many it is.
const MAX_BEHIND: usize = 300;
/// Pieces by which a part of a long message is known.
const PIECE: usize = 12;
/// What has fewer could be anybody's.
const MIN_PIECES: usize = 4;
/// So much of a part is compared.
const MAX_COMPARED: usize = 4096;

/// Where the event began by its own account: its mark's origin, else itself.
pub(super) fn claimed(source: &Source, event: &Event) -> Origin {
    mark(event).map_or_else(|| itself(source, event), |mark| mark.origin)
}

/// The origin of an event that is nothing's copy.
pub(super) fn itself(source: &Source, event: &Event) -> Origin {
    Origin::of(&source.network, &event.id)
}

/// The mark that the event carries.
pub(super) fn mark(event: &Event) -> Option<&Mark> {
    match &event.action {
        Action::Say(Said { mark, .. }) => mark.as_ref(),
        Action::Edit { .. }
        | Action::Delete { .. }
        | Action::React { .. }
        | Action::Unreact { .. }
        | Action::Read { .. } => None,
    }
}

/// The mark that copies of this event will carry: where it began, and every room it came through,
/// this one last. It may be one room too many to be carried on.
pub(super) fn onward(source: &Source, event: &Event, origin: Origin) -> Mark {
    let here = RoomTag::of(&source.network, &event.conversation);
    let mut rooms = mark(event).map(|mark| mark.rooms.clone()).unwrap_or_default();
    rooms.retain(|room| *room != here);
    rooms.push(here);
    Mark { origin, rooms }
}

/// Whether the event may be one more appearance of the message `first`, of which its origin is.
pub(super) fn may_appear_as(
    unit: &Unit<'_>,
    event: &Event,
    first: &MessageId,
) -> Result<bool, ChangeError> {
    let said = match &event.action {
        Action::Say(said) | Action::Edit { said, .. } => said,
        // What somebody takes back is taken back, whatever others say of it.
        Action::Delete { .. } => return Ok(false),
        Action::React { .. } | Action::Unreact { .. } | Action::Read { .. } => return Ok(true),
    };
    let Some(row) = unit.get(&MESSAGES, first)? else { return Ok(true) };
    let Some(record) = unit.get(&EVENTS, &(row.conversation, row.seq))? else { return Ok(true) };
    let Ok(known) = Content::decode(&record.content) else { return Ok(false) };
    let (known, this) = (Traces::of(&known), Traces::of(&said.content));
    // Which of two copies was made first, nobody knows.
    Ok(this.could_be_copy_of(&known) || known.could_be_copy_of(&this))
}

/// What of a message shows in its copies.
struct Traces {
    /// The text without blanks, which renderers change.
    words: String,
    /// Where what stands beside the text is.
    urls: Vec<String>,
}

impl Traces {
    fn of(content: &Content) -> Self {
        let text = content.text().map(|text| text.as_str).unwrap_or_default();
        let attachments = content.attachments();
        let files = attachments.iter().filter_map(|it| it.public_url());
        let links = content.links();
        let urls = files.chain(links.iter().map(|it| it.url)).map(str::to_owned).collect();
        Self { words: text.chars().filter(|c| !c.is_whitespace()).collect(), urls }
    }

    fn shows(&self, url: &String) -> bool {
        self.urls.contains(url) || self.words.contains(url.as_str())
    }

    /// Whether this could have been made of `original`: the whole with somebody's name before it,
    /// or a part of it.
    fn could_be_copy_of(&self, original: &Self) -> bool {
        if original.words.is_empty() && !original.urls.iter().all(|url| self.shows(url)) {
            return false;
        }
        if let Some((before, behind)) = self.words.rsplit_once(&original.words) {
            return before.len() <= MAX_BEFORE && behind.len() <= MAX_BEHIND;
        }
        let compared: Vec<char> = self.words.chars().take(MAX_COMPARED).collect();
        let pieces = compared.chunks_exact(PIECE);
        let all = pieces.len();
        let is_held = |piece: &&[char]| original.words.contains(&piece.iter().collect::<String>());
        all >= MIN_PIECES && pieces.filter(is_held).count() * 2 >= all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "It was a bright cold day in April, and the clocks were striking thirteen. \
        Winston Smith, his chin nuzzled into his breast in an effort to escape the vile wind, \
        slipped quickly through the glass doors of Victory Mansions, though not quickly enough";

    fn traces(text: &str, urls: &[&str]) -> Traces {
        let words = text.chars().filter(|c| !c.is_whitespace()).collect();
        Traces { words, urls: urls.iter().copied().map(str::to_owned).collect() }
    }

    fn could_be_copy(original: &str, copy: &str) -> bool {
        traces(copy, &[]).could_be_copy_of(&traces(original, &[]))
    }

    #[test]
    fn a_copy_has_the_words_of_its_original() {
        assert!(could_be_copy("yes", "alice: yes"));
        assert!(could_be_copy("yes", "> Bob: tea?\nalice: yes"));
        let (one, two) = LONG.split_at(120);
        assert!(could_be_copy(LONG, &format!("alice: {one} (1/2)")));
        assert!(could_be_copy(LONG, &format!("alice: {two} (2/2)")));
    }

    #[test]
    fn other_words_are_no_copy() {
        assert!(!could_be_copy("yes", "alice: no"));
        assert!(!could_be_copy(LONG, "alice: i love kittens"));
        assert!(!could_be_copy(LONG, &"kittens ".repeat(40)));
        assert!(!could_be_copy("yes", &format!("{}yes", "kittens".repeat(100))));
        assert!(!could_be_copy("yes", &format!("yes{}", "kittens".repeat(100))));
    }

    #[test]
    fn what_has_no_words_is_known_by_where_it_is() {
        let original = traces("", &["https://x.test/1.png"]);
        assert!(traces("alice:", &["https://x.test/1.png"]).could_be_copy_of(&original));
        assert!(traces("alice: https://x.test/1.png", &[]).could_be_copy_of(&original));
        assert!(!traces("alice:", &["https://x.test/2.png"]).could_be_copy_of(&original));
    }
}
