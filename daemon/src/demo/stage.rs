//! The three rooms, the bridge between them, and what was said so far.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use tempfile::TempDir;
use threadbridge_core::model::time::Clock;
use tokio::time::Instant;

use super::Stopped;
use super::bridge::BridgeProcess;
use super::channel::Channel;
use super::feed::Feed;
use super::group::Group;
use super::room::{Id, Room, Shown};
use super::tally::{Count, copies, count};

/// Nothing is waited for longer.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOKS_EVERY: Duration = Duration::from_millis(20);
/// Seconds from 1970 to the beginning of the network's time.
const NETWORK_BEGAN_S: i64 = 1_609_459_200;

/// One of the three rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    One,
    Two,
    Three,
}

impl Side {
    pub(super) const ALL: [Self; 3] = [Self::One, Self::Two, Self::Three];

    pub(super) const fn others(self) -> [Self; 2] {
        match self {
            Self::One => [Self::Two, Self::Three],
            Self::Two => [Self::One, Self::Three],
            Self::Three => [Self::One, Self::Two],
        }
    }
}

/// Something that somebody said; its number is its place, from 1.
#[derive(Clone, Debug)]
pub(super) struct Utterance {
    pub(super) side: Side,
    pub(super) who: &'static str,
    pub(super) id: Id,
    /// What it said first.
    pub(super) text: String,
    /// What it says by now, if it was changed.
    pub(super) edited: Option<String>,
    pub(super) is_gone: bool,
}

/// Everything that the demo runs.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) one: Room,
    pub(super) two: Room,
    pub(super) three: Room,
    pub(super) bridge: BridgeProcess,
    /// What has a number.
    pub(super) said: Vec<Utterance>,
    /// How many things each side said in the burst.
    pub(super) in_burst: usize,
    folder: TempDir,
}

impl Stage {
    /// Starts the networks and registers the people. The bridge is ready to be started.
    pub(super) async fn build() -> Result<Self, Stopped> {
        let folder = tempfile::Builder::new()
            .prefix("threadbridge-demo-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let (one, casts) = Channel::open(&["Alice", "Carol"]).await?;
        let (two, posts) = Feed::open(&["Bob"]).await?;
        let (three, talk) = Group::open("Dana", folder.path()).await?;
        let (one, two, three) = (Room::Channel(one), Room::Feed(two), Room::Group(three));
        let bridge = BridgeProcess::install(folder.path(), &[casts, posts, talk]).await?;
        Ok(Self { one, two, three, bridge, said: Vec::new(), in_burst: 0, folder })
    }

    /// Has the bridge, which is somebody on all networks by now, come where it has to be asked in.
    pub(super) async fn gather(&self) -> Result<(), Stopped> {
        match &self.three {
            Room::Group(group) => group.invites().await,
            Room::Channel(_) | Room::Feed(_) => Ok(()),
        }
    }

    /// Where the bridge's files are.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(super) const fn room(&self, side: Side) -> &Room {
        match side {
            Side::One => &self.one,
            Side::Two => &self.two,
            Side::Three => &self.three,
        }
    }

    pub(super) const fn room_mut(&mut self, side: Side) -> &mut Room {
        match side {
            Side::One => &mut self.one,
            Side::Two => &mut self.two,
            Side::Three => &mut self.three,
        }
    }

    pub(super) fn utterance(&self, number: usize) -> Option<&Utterance> {
        self.said.get(number.checked_sub(1)?)
    }

    /// The number of what was said under this id, if it was said in the conversation.
    pub(super) fn number_of(&self, id: &Id) -> Option<usize> {
        Some(self.said.iter().position(|it| it.id == *id)?.saturating_add(1))
    }

    /// On which side somebody of that name is.
    pub(super) fn side_of(&self, name: &str) -> Option<Side> {
        Side::ALL.into_iter().find(|side| self.room(*side).resident(name).is_some())
    }

    /// Has somebody say something, perhaps as an answer, and gives it a number.
    pub(super) async fn say(
        &mut self,
        name: &str,
        text: &str,
        answers: Option<usize>,
    ) -> Result<usize, Stopped> {
        let unknown = || Stopped::NotSeen(format!("{name} in any room"));
        let side = self.side_of(name).ok_or_else(unknown)?;
        let answered = match answers {
            Some(number) => Some(self.seen_on(side, number).await?),
            None => None,
        };
        let room = self.room(side);
        let who = room.resident(name).ok_or_else(unknown)?;
        let id = room.say(who, text, answered.as_ref()).await?;
        let text = text.to_owned();
        self.said.push(Utterance { side, who, id, text, edited: None, is_gone: false });
        Ok(self.said.len())
    }

    /// Has somebody like what has this number.
    pub(super) async fn like(&mut self, name: &str, number: usize) -> Result<(), Stopped> {
        let Some(side) = self.side_of(name) else { return Ok(()) };
        let id = self.seen_on(side, number).await?;
        let room = self.room(side);
        match room.resident(name) {
            Some(who) => room.like(who, &id).await,
            None => Ok(()),
        }
    }

    /// Has its author take back what has this number.
    pub(super) async fn take_back(&mut self, number: usize) -> Result<(), Stopped> {
        let Some(said) = self.utterance(number).cloned() else { return Ok(()) };
        self.room(said.side).take_back(said.who, &said.id).await?;
        if let Some(said) = number.checked_sub(1).and_then(|index| self.said.get_mut(index)) {
            said.is_gone = true;
        }
        Ok(())
    }

    /// Has its author change what has this number. Says whether that can be done where it was said.
    pub(super) fn edit(&mut self, number: usize, text: &str) -> Result<bool, Stopped> {
        let Some(said) = self.utterance(number).cloned() else { return Ok(false) };
        if !self.room(said.side).edit(said.who, &said.id, text)? {
            return Ok(false);
        }
        if let Some(said) = number.checked_sub(1).and_then(|index| self.said.get_mut(index)) {
            said.edited = Some(text.to_owned());
        }
        Ok(true)
    }

    /// What stands for what has this number on `side`: itself, or its copy.
    async fn seen_on(&mut self, side: Side, number: usize) -> Result<Id, Stopped> {
        let unseen = || Stopped::NotSeen(format!("#{number} where it is answered or liked"));
        let said = self.utterance(number).ok_or_else(unseen)?.clone();
        if said.side == side {
            return Ok(said.id);
        }
        let pieces = self.pieces(&said, side).await?;
        pieces.first().map(|it| it.id.clone()).ok_or_else(unseen)
    }

    /// What tells on another side what somebody said; nothing if it is not there.
    pub(super) async fn pieces(
        &mut self,
        said: &Utterance,
        side: Side,
    ) -> Result<Vec<Shown>, Stopped> {
        let shown = self.room_mut(side).shows().await?;
        let copies = copies(&shown);
        let copy = copies.iter().find(|it| it.tells(said.who, &said.text));
        Ok(copy.map(|it| it.pieces.iter().map(|it| (*it).clone()).collect()).unwrap_or_default())
    }

    /// Waits until `look` finds something. `what` says what was waited for in vain.
    pub(super) async fn until<T>(
        &mut self,
        what: &str,
        mut look: impl AsyncFnMut(&mut Self) -> Result<Option<T>, Stopped>,
    ) -> Result<T, Stopped> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self).await? {
                return Ok(found);
            }
            self.bridge.must_live()?;
            if Instant::now() > deadline {
                return Err(Stopped::NotSeen(what.to_owned()));
            }
            tokio::time::sleep(LOOKS_EVERY).await;
        }
    }

    /// Waits for a second that no cast bears, since Farcaster's apps sort by whole seconds.
    pub(super) async fn next_second(&mut self) -> Result<(), Stopped> {
        let shown = self.one.shows().await?;
        let last = shown.iter().filter_map(|it| i64::try_from(it.order.0).ok()).max().unwrap_or(0);
        self.until("the next second", async |_| {
            let now_s = Clock::System.now().as_micros() / 1_000_000 - NETWORK_BEGAN_S;
            Ok((now_s > last).then_some(()))
        })
        .await
    }

    /// Whether all other sides tell that its author changed what has this number.
    pub(super) async fn tells_edit(&mut self, number: usize) -> Result<bool, Stopped> {
        let Some(said) = self.utterance(number).cloned() else { return Ok(false) };
        let Some(edited) = &said.edited else { return Ok(false) };
        for side in said.side.others() {
            let shown = self.room_mut(side).shows().await?;
            if !copies(&shown).iter().any(|it| it.tells_edit(said.who, edited)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Counts what `side` said and another shows of it.
    pub(super) async fn count(&mut self, side: Side, other: Side) -> Result<Count, Stopped> {
        let mut own = self.room_mut(side).shows().await?;
        let theirs = self.room_mut(other).shows().await?;
        let beginning = self.room(side).beginning();
        own.retain(|it| !it.is_copy && Some(&it.id) != beginning.as_ref());
        let mut copies = copies(&theirs);
        // What the third said is counted for itself.
        let others = side.others().into_iter().filter(|it| *it != other);
        let strangers: Vec<_> = others.flat_map(|it| self.room(it).people()).collect();
        copies.retain(|it| !it.is_by(&strangers));
        for said in self.said.iter().filter(|it| it.side == side) {
            let Some(edited) = &said.edited else { continue };
            // What it said first arrived as such; that it changed is told once.
            if let Some(shown) = own.iter_mut().find(|it| it.id == said.id && it.text == *edited) {
                shown.text.clone_from(&said.text);
            }
            if let Some(at) = copies.iter().position(|it| it.tells_edit(said.who, edited)) {
                copies.remove(at);
            }
        }
        let spoken = self.said.iter().filter(|it| it.side == side && !it.is_gone).count();
        let spoken = spoken.saturating_add(self.in_burst);
        let own: Vec<&Shown> = own.iter().collect();
        Ok(count(&own, &copies, spoken))
    }

    /// Ends everything and leaves nothing behind.
    pub(super) async fn clear(mut self) -> Result<(), Stopped> {
        self.bridge.kill().await?;
        self.one.close().await?;
        self.two.close().await?;
        self.three.close().await?;
        Ok(self.folder.close()?)
    }
}
