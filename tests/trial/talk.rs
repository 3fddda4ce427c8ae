//! People talk in linked rooms, and a judge who knows only what they said looks at what the others
//! see.

use std::collections::BTreeMap;

use threadbridge_core::model::id::RemoteId;
use threadbridge_loopback::network::Heard;

use super::world::{Process, Room};
use super::{Lots, until};

/// Rooms whose people should all see the same.
#[derive(Debug)]
pub(crate) struct Talk {
    pub(crate) rooms: Vec<Room>,
    bridges: Vec<String>,
    others: Option<String>,
    pub(crate) said: Vec<Statement>,
}

/// Something that was said, with all that became of it.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) room: usize,
    pub(crate) by: String,
    pub(crate) id: RemoteId,
    version: usize,
    answers: Option<usize>,
    is_gone: bool,
    /// Who reacted, in which room, and how.
    reactions: Vec<(usize, String, String)>,
}

/// What a text says of itself.
#[derive(Debug, PartialEq, Eq)]
struct Words {
    said_by: Option<String>,
    number: usize,
    version: usize,
}

impl Talk {
    /// Nobody has said anything yet.
    pub(crate) fn in_rooms(rooms: &[Room]) -> Self {
        Self::over(&["bridge"], rooms)
    }

    /// The same, where several bridges link the rooms.
    pub(crate) fn over(bridges: &[&str], rooms: &[Room]) -> Self {
        let bridges = bridges.iter().map(|it| (*it).to_owned()).collect();
        Self { rooms: rooms.to_vec(), bridges, others: None, said: Vec::new() }
    }

    /// The same talk, judged in more rooms, the first of which are those it had.
    pub(crate) fn also_in(self, rooms: &[Room]) -> Self {
        Self { rooms: rooms.to_vec(), ..self }
    }

    pub(crate) fn says(&mut self, room: usize, by: &str) -> usize {
        self.add(room, by, None)
    }

    fn add(&mut self, room: usize, by: &str, answers: Option<(usize, RemoteId)>) -> usize {
        let number = self.said.len();
        let (person, name) = (self.rooms[room].network.person(by), &self.rooms[room].name);
        let text = format!("w{number}.0");
        let id = match &answers {
            Some((_, to)) => person.replies(name, to, &text),
            None => person.says(name, &text),
        };
        self.said.push(Statement {
            room,
            by: by.to_owned(),
            id: id.unwrap(),
            version: 0,
            answers: answers.map(|(number, _)| number),
            is_gone: false,
            reactions: Vec::new(),
        });
        number
    }

    /// Answers what somebody said, if it is seen in the room.
    pub(crate) fn answers(&mut self, room: usize, by: &str, number: usize) -> bool {
        let Some(copy) = self.copy(room, number) else { return false };
        self.add(room, by, Some((number, copy)));
        true
    }

    pub(crate) fn edits(&mut self, number: usize) {
        let Statement { room, by, id, version, .. } = &mut self.said[number];
        *version += 1;
        let Room { network, name } = &self.rooms[*room];
        network.person(by).edits(name, id, &format!("w{number}.{version}")).unwrap();
    }

    pub(crate) fn deletes(&mut self, number: usize) {
        let Statement { room, by, id, is_gone, .. } = &mut self.said[number];
        *is_gone = true;
        let Room { network, name } = &self.rooms[*room];
        network.person(by).deletes(name, id).unwrap();
    }

    /// Reacts to what somebody said, if it is seen in the room.
    pub(crate) fn reacts(&mut self, room: usize, by: &str, number: usize, emoji: &str) -> bool {
        let Some(copy) = self.copy(room, number) else { return false };
        let Room { network, name } = &self.rooms[room];
        network.person(by).reacts(name, &copy, emoji).unwrap();
        let reaction = (room, by.to_owned(), emoji.to_owned());
        let reactions = &mut self.said[number].reactions;
        if !reactions.contains(&reaction) {
            reactions.push(reaction);
        }
        true
    }

    /// Takes a reaction back.
    pub(crate) fn unreacts(&mut self, room: usize, by: &str, number: usize, emoji: &str) -> bool {
        let reaction = (room, by.to_owned(), emoji.to_owned());
        let Some(copy) = self.copy(room, number) else { return false };
        if !self.said[number].reactions.contains(&reaction) {
            return false;
        }
        let Room { network, name } = &self.rooms[room];
        network.person(by).unreacts(name, &copy, emoji).unwrap();
        self.said[number].reactions.retain(|it| *it != reaction);
        true
    }

    /// Somebody does something: mostly they say something, sometimes they do something to what was
    /// said lately.
    pub(crate) fn anything(&mut self, lots: &mut Lots) {
        let room = lots.below(self.rooms.len());
        let by = ["alice", "bob"][lots.below(2)];
        let Some(last) = self.said.len().checked_sub(1) else {
            self.says(room, by);
            return;
        };
        let number = last.saturating_sub(lots.below(8));
        let is_gone = self.said[number].is_gone;
        let emoji = ["👍", "🎉"][lots.below(2)];
        match lots.below(12) {
            0 if !is_gone => self.edits(number),
            1 if !is_gone && lots.below(3) == 0 => self.deletes(number),
            2 | 3 if !is_gone && self.answers(room, by, number) => {}
            4 if !is_gone && self.reacts(room, by, number, emoji) => {}
            5 if !is_gone && self.unreacts(room, by, number, emoji) => {}
            _ => {
                self.says(room, by);
            }
        }
    }

    /// Waits until the last statement up to `number` that is not gone is seen everywhere.
    pub(crate) fn arrives_in_part(&self, number: usize) {
        let last = (0..=number).rev().find(|it| !self.said[*it].is_gone);
        last.into_iter().for_each(|number| self.arrives(number));
    }

    /// Somebody else took a statement back in its author's name.
    pub(crate) fn is_gone(&mut self, number: usize) {
        self.said[number].is_gone = true;
    }

    /// What a statement is called in a room, if it is seen there.
    pub(crate) fn copy(&self, room: usize, number: usize) -> Option<RemoteId> {
        let heard = self.hears(room);
        let copy =
            heard.into_iter().find(|it| words(&it.text).is_some_and(|it| it.number == number));
        copy.map(|it| it.id)
    }

    pub(crate) fn hears(&self, room: usize) -> Vec<Heard> {
        let Room { network, name } = &self.rooms[room];
        let mut heard = network.person("judge").hears(name);
        heard.retain(|it| self.others.as_ref().is_none_or(|others| !it.text.ends_with(others)));
        heard
    }

    /// Waits until all see what they should, until nothing is on its way any more, and looks again.
    pub(crate) fn is_seen_by_all(&self, process: &Process) {
        let mut wrong = Vec::new();
        let is_right = super::within(super::DEADLINE, || {
            wrong = self.judge();
            wrong.is_empty().then_some(())
        });
        assert!(
            is_right.is_some(),
            "{} things are wrong, first {:#?}\n{}{}",
            wrong.len(),
            &wrong[..wrong.len().min(8)],
            self.report(),
            process.report(),
        );
        process.comes_to_rest(&self.rooms);
        assert_eq!(self.judge(), Vec::<String>::new(), "when all had come to rest");
    }

    /// What was seen last, for a test that failed.
    fn report(&self) -> String {
        let mut report = String::new();
        for room in 0..self.rooms.len() {
            for heard in self.hears(room).iter().rev().take(12).rev() {
                report += &format!("{room}: {} by {}\n", heard.text, heard.author);
            }
        }
        report
    }

    /// Others say something there that is none of this talk's.
    pub(crate) fn among_others(&mut self, who_say: &str) {
        self.others = Some(who_say.to_owned());
    }

    /// Waits until a statement is seen in every room.
    pub(crate) fn arrives(&self, number: usize) {
        until("a statement to arrive", || {
            (0..self.rooms.len()).all(|room| self.copy(room, number).is_some()).then_some(())
        });
    }

    /// Everything that is not as it should be.
    pub(crate) fn judge(&self) -> Vec<String> {
        (0..self.rooms.len()).flat_map(|room| self.judge_room(room)).collect()
    }

    fn judge_room(&self, room: usize) -> Vec<String> {
        let mut wrong = Vec::new();
        let heard = self.hears(room);
        let mut seen: BTreeMap<usize, Vec<(usize, &Heard)>> = BTreeMap::new();
        for (place, it) in heard.iter().enumerate() {
            match words(&it.text).filter(|words| self.is_explained(room, it, words)) {
                Some(words) => seen.entry(words.number).or_default().push((place, it)),
                None => {
                    wrong.push(format!("room {room}: unexplained {:?} by {}", it.text, it.author))
                }
            }
        }
        for (number, statement) in self.said.iter().enumerate() {
            let copies = seen.get(&number).map_or(&[][..], Vec::as_slice);
            let most = if statement.room == room { 1 } else { self.bridges.len() };
            match (copies.len(), statement.is_gone) {
                (0, true) => continue,
                (_, true) => wrong.push(format!("room {room}: w{number} is still there")),
                (0, false) => wrong.push(format!("room {room}: w{number} is lost")),
                (count, false) if count > most => {
                    wrong.push(format!("room {room}: w{number} is there {count} times"));
                }
                (_, false) => {}
            }
            for (_, copy) in copies.iter().filter(|_| !statement.is_gone) {
                wrong.extend(self.judge_copy(room, number, copy, &seen));
            }
        }
        wrong.extend(self.judge_order(room, &seen));
        wrong
    }

    /// Whether somebody said that, and the one who says it here is the right one.
    fn is_explained(&self, room: usize, heard: &Heard, words: &Words) -> bool {
        let Some(statement) = self.said.get(words.number) else { return false };
        if statement.room == room {
            return words.said_by.is_none() && heard.author.as_str() == statement.by;
        }
        words.said_by.as_ref() == Some(&statement.by)
            && self.bridges.iter().any(|it| it == heard.author.as_str())
    }

    fn judge_copy(
        &self,
        room: usize,
        number: usize,
        copy: &Heard,
        seen: &BTreeMap<usize, Vec<(usize, &Heard)>>,
    ) -> Vec<String> {
        let statement = &self.said[number];
        let mut wrong = Vec::new();
        if words(&copy.text).map(|it| it.version) != Some(statement.version) {
            wrong.push(format!("room {room}: w{number} is {:?}", copy.text));
        }
        let answered = statement.answers.filter(|it| !self.said[*it].is_gone);
        if let Some(answered) = answered {
            let copies = seen.get(&answered).map_or(&[][..], Vec::as_slice);
            if !copies.iter().any(|(_, it)| copy.reply_to.as_ref() == Some(&it.id)) {
                wrong.push(format!("room {room}: w{number} does not answer w{answered}"));
            }
        }
        if self.bridges.len() == 1 {
            let mut expected: Vec<(String, String)> = Vec::new();
            for (from, by, emoji) in &statement.reactions {
                let who = if *from == room { by } else { &self.bridges[0] };
                expected.push((who.clone(), emoji.clone()));
            }
            expected.sort();
            expected.dedup();
            let mut found: Vec<_> = copy
                .reactions
                .iter()
                .map(|(who, it)| (who.as_str().to_owned(), it.clone()))
                .collect();
            found.sort();
            if found != expected {
                wrong.push(format!("room {room}: w{number} has {found:?}, not {expected:?}"));
            }
        }
        wrong
    }

    /// What was said in one room is seen elsewhere in the order in which it was said.
    fn judge_order(
        &self,
        room: usize,
        seen: &BTreeMap<usize, Vec<(usize, &Heard)>>,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut last: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
        for (number, statement) in self.said.iter().enumerate() {
            let Some((place, _)) = seen.get(&number).and_then(|it| it.first()) else { continue };
            let before = last.insert(statement.room, (*place, number));
            if let Some((before, other)) = before
                && before > *place
            {
                wrong.push(format!("room {room}: w{number} is seen before w{other}"));
            }
        }
        wrong
    }
}

fn words(text: &str) -> Option<Words> {
    // What comes to a less protected place says first how well it was protected.
    let text = text.strip_prefix("[L").and_then(|it| it.split_once("] ")).map_or(text, |it| it.1);
    let (said_by, text) = match text.rsplit_once(": ") {
        // Whose name somebody else has too is told apart by more than the name, and what came by
        // way of two bridges names one of them before the speaker.
        Some((names, text)) => {
            let name = names.rsplit(": ").next().and_then(|name| name.split(" [").next());
            (name.map(str::to_owned), text)
        }
        None => (None, text),
    };
    let (number, version) = text.strip_prefix('w')?.split_once('.')?;
    Some(Words { said_by, number: number.parse().ok()?, version: version.parse().ok()? })
}
