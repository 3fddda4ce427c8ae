//! Somebody who talks, and of whom is written down what their client was told.

use std::sync::{Arc, Mutex, MutexGuard};

use super::board::{Board, Place, Shown};
use super::judge::{Said, Told};
use super::room::{Voice, With};

/// One of those who talk.
#[derive(Debug)]
pub(crate) struct Talker {
    pub(super) voice: Box<dyn Voice>,
    said: u32,
    random: u64,
    told: Arc<Mutex<Told>>,
}

impl Talker {
    pub(super) fn new(voice: Box<dyn Voice>, random: u64, told: &Arc<Mutex<Told>>) -> Self {
        Self { voice, said: 0, random, told: Arc::clone(told) }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap()
    }

    /// Does something, and writes down what the client was told.
    pub(super) async fn acts(&mut self) {
        let choice = self.draw(100);
        let powers = self.voice.powers();
        let target = if choice < 30 { None } else { self.something_seen().await };
        match (choice, target) {
            (30..55, Some(on)) => {
                let place = Place { on: Some(on.label), of: None };
                self.says(place, With { on: Some(on.id), ..With::default() }).await;
            }
            (55..63, Some(of)) if powers.quotes => {
                let place = Place { on: None, of: Some(of.label) };
                self.says(place, With { of: Some(of.id), ..With::default() }).await;
            }
            (63..69, Some(_)) if powers.pictures => {
                self.says(Place::default(), With { picture: true, ..With::default() }).await;
            }
            (69..80, Some(target)) => self.likes(&target).await,
            (80..85, Some(_)) => self.likes_no_more().await,
            (85..93, Some(_)) if powers.edits => self.edits().await,
            (93.., Some(_)) => self.takes_back().await,
            _ => self.says(Place::default(), With::default()).await,
        }
    }

    async fn says(&mut self, place: Place, with: With) {
        self.said += 1;
        let label = format!("{}-{}", self.voice.name(), self.said);
        let has_picture = with.picture;
        let Some(id) = self.voice.says(&label, with).await else { return };
        let side = self.voice.side();
        let (is_edited, is_deleted) = (false, false);
        let said = Said { side, label, id, place, has_picture, is_edited, is_deleted };
        self.told().said.push(said);
    }

    async fn likes(&mut self, target: &Shown) {
        if !self.voice.likes(&target.id, true).await {
            return;
        }
        let like = (self.voice.side(), target.label.clone(), self.voice.name().to_owned());
        self.told().likes.insert(like);
    }

    async fn likes_no_more(&mut self) {
        let recent = self.voice.recent().await;
        let name = self.voice.name();
        let mine: Vec<_> = self.told().likes.iter().filter(|it| it.2 == name).cloned().collect();
        let nth = usize::try_from(self.draw(4)).unwrap();
        let seen = mine.iter().rev().filter_map(|like| Some((like, recent.shown(&like.1)?)));
        let Some((like, target)) = seen.clone().nth(nth) else { return };
        self.voice.likes(&target.id, false).await;
        self.told().likes.remove(like);
    }

    /// Gives something said a while ago other words, once.
    async fn edits(&mut self) {
        let Some(said) = self.own(3) else { return };
        self.voice.edits(&said.id, &format!("{} edited", said.label)).await;
        self.notes(&said, |it| it.is_edited = true);
    }

    async fn takes_back(&mut self) {
        let Some(said) = self.own(1) else { return };
        self.voice.takes_back(&said.id).await;
        self.notes(&said, |it| it.is_deleted = true);
    }

    /// Something of their own, untouched, that was not the last to be said.
    fn own(&self, nth: usize) -> Option<Said> {
        let name = format!("{}-", self.voice.name());
        let is_own = |it: &&Said| {
            it.label.starts_with(&name) && !it.is_edited && !it.is_deleted && !it.has_picture
        };
        self.told().said.iter().rev().filter(is_own).nth(nth).cloned()
    }

    fn notes(&self, said: &Said, change: impl Fn(&mut Said)) {
        self.told().said.iter_mut().filter(|it| it.id == said.id).for_each(change);
    }

    /// One of the last messages that the person's room shows.
    async fn something_seen(&mut self) -> Option<Shown> {
        let nth = usize::try_from(self.draw(20)).unwrap();
        let recent: Board = self.voice.recent().await;
        let there = |it: &&Shown| !it.is_gone && !it.is_note() && !it.label.is_empty();
        recent.shown.iter().rev().filter(there).nth(nth).cloned()
    }

    /// A number below `below`; the same ones on each run.
    fn draw(&mut self, below: u64) -> u64 {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695);
        (self.random >> 33) % below
    }
}
