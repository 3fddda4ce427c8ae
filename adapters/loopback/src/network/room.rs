//! A room as the apps of the people in it show it.

use std::collections::BTreeMap;

use threadbridge_core::model::event::{Action, Event, Said};
use threadbridge_core::model::id::{RemoteAuthor, RemoteId};
use threadbridge_core::model::mark::Mark;
use threadbridge_core::model::time::Timestamp;

use crate::ratchet::RoomKeys;

/// A message as people see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard {
    /// What the network calls it.
    pub id: RemoteId,
    /// Who said it.
    pub author: RemoteAuthor,
    /// The text as it stands after all edits.
    pub text: String,
    /// What it answers.
    pub reply_to: Option<RemoteId>,
    /// All that was said with it; of an edited message the newest form.
    pub said: Said,
    /// Whether it was edited.
    pub is_edited: bool,
    /// Who reacted, and how, in order.
    pub reactions: Vec<(RemoteAuthor, String)>,
    /// When it was said, by its author's clock.
    pub sent_at: Timestamp,
}

impl Heard {
    /// The mark of a copy that a bridge made.
    #[must_use]
    pub const fn mark(&self) -> Option<&Mark> {
        self.said.mark.as_ref()
    }
}

/// A room.
#[derive(Debug, Default)]
pub(super) struct Room {
    /// What the people's apps know of its key.
    pub(super) keys: RoomKeys,
    /// How many posts in clear each author has made.
    pub(super) posts: BTreeMap<String, u64>,
    /// Posts that the people's apps could not read.
    pub(super) unreadable: usize,
    messages: Vec<Shown>,
    places: BTreeMap<RemoteId, usize>,
    read_up_to: BTreeMap<RemoteAuthor, RemoteId>,
}

#[derive(Debug)]
struct Shown {
    heard: Heard,
    is_deleted: bool,
    /// When it disappears; an edit changes nothing of that.
    ends: Option<Timestamp>,
}

impl Room {
    /// What is shown at a time, in order; all that is not deleted, if nothing disappears.
    pub(super) fn shown(&self, at: Option<Timestamp>) -> Vec<Heard> {
        let is_over = |it: &Shown| at.zip(it.ends).is_some_and(|(at, ends)| ends <= at);
        let shown = self.messages.iter().filter(|it| !it.is_deleted && !is_over(it));
        shown.map(|it| it.heard.clone()).collect()
    }

    /// How many messages were ever shown.
    pub(super) fn count(&self) -> usize {
        self.messages.len()
    }

    /// How far somebody has read.
    pub(super) fn read_up_to(&self, who: &RemoteAuthor) -> Option<&RemoteId> {
        self.read_up_to.get(who)
    }

    /// Shows what happened. Only its author may change a message; what concerns nothing that is
    /// shown is passed over.
    pub(super) fn show(&mut self, event: Event) {
        let Event { id, author, sent_at, action, .. } = event;
        let author = author.author;
        match action {
            Action::Say(said) => {
                self.places.insert(id.clone(), self.messages.len());
                let ends = said.content.ends(sent_at);
                let heard = Heard {
                    id,
                    author,
                    text: text(&said),
                    reply_to: said.reply_to.clone(),
                    said,
                    is_edited: false,
                    reactions: Vec::new(),
                    sent_at,
                };
                self.messages.push(Shown { heard, is_deleted: false, ends });
            }
            Action::Edit { target, said } => {
                if let Some(shown) = self.own(&target, &author) {
                    shown.heard.text = text(&said);
                    shown.heard.said = said;
                    shown.heard.is_edited = true;
                }
            }
            Action::Delete { target } => {
                if let Some(shown) = self.own(&target, &author) {
                    shown.is_deleted = true;
                }
            }
            Action::React { target, emoji } => {
                if let Some(shown) = self.message(&target) {
                    let reaction = (author, emoji);
                    if !shown.heard.reactions.contains(&reaction) {
                        shown.heard.reactions.push(reaction);
                    }
                }
            }
            Action::Unreact { target, emoji } => {
                if let Some(shown) = self.message(&target) {
                    shown.heard.reactions.retain(|it| *it != (author.clone(), emoji.clone()));
                }
            }
            Action::Read { up_to } => {
                self.read_up_to.insert(author, up_to);
            }
        }
    }

    fn message(&mut self, id: &RemoteId) -> Option<&mut Shown> {
        let place = *self.places.get(id)?;
        self.messages.get_mut(place).filter(|it| !it.is_deleted)
    }

    fn own(&mut self, id: &RemoteId, author: &RemoteAuthor) -> Option<&mut Shown> {
        self.message(id).filter(|it| it.heard.author == *author)
    }
}

fn text(said: &Said) -> String {
    said.content.text().map_or_else(String::new, |text| text.as_str.to_owned())
}
