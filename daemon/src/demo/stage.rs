//! The two rooms, the bridge between them, and what was said so far.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use tempfile::TempDir;
use threadbridge_core::model::time::Clock;
use threadbridge_devnet::farcaster::app::{Place, Shown};
use threadbridge_devnet::farcaster::wire::{CastId, ReactionType};
use tokio::time::Instant;

use super::Stopped;
use super::bridge::{Account, BridgeProcess};
use super::room::{Resident, Room};
use super::script;
use super::tally::{Count, copies, count};

/// Nothing is waited for longer.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOKS_EVERY: Duration = Duration::from_millis(20);
/// Seconds from 1970 to the beginning of the network's time.
const NETWORK_BEGAN_S: i64 = 1_609_459_200;

/// One of the two rooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    One,
    Two,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::One => Self::Two,
            Self::Two => Self::One,
        }
    }
}

/// Something that somebody said; its number is its place, from 1.
#[derive(Clone, Debug)]
pub(super) struct Utterance {
    pub(super) side: Side,
    pub(super) who: &'static str,
    pub(super) cast: CastId,
    pub(super) text: String,
    pub(super) is_gone: bool,
}

/// Everything that the demo runs.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) one: Room,
    pub(super) two: Room,
    pub(super) bridge: BridgeProcess,
    /// What has a number.
    pub(super) said: Vec<Utterance>,
    /// How many things each side said in the burst.
    pub(super) in_burst: usize,
    folder: TempDir,
}

fn seed() -> Result<[u8; 32], Stopped> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}

impl Stage {
    /// Starts the hubs and registers the people. The bridge is ready to be started.
    pub(super) async fn build() -> Result<Self, Stopped> {
        let folder = tempfile::Builder::new()
            .prefix("threadbridge-demo-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir()?;
        let mut one = Room::open("one", 901).await?;
        let mut two = Room::open("two", 902).await?;
        let fids = [(&mut one, &["Alice", "Carol"][..], 101), (&mut two, &["Bob"][..], 201)];
        for (room, names, first) in fids {
            for (name, fid) in names.iter().zip(first..) {
                room.residents.push(Resident::arrive(&room.hub, name, fid, seed()?).await?);
            }
        }
        let mut root = None;
        for bob in &two.residents {
            bob.person.go_pro(&two.hub);
            root = Some(bob.person.cast(&two.hub, script::BEGINNING)?);
        }
        let thread = root.map(|root| {
            let hash = hex::encode(&root.hash);
            two.place = Place::Thread(root);
            format!("thread/201:0x{hash}")
        });
        let signers = [seed()?, seed()?];
        let conversations = ["channel/books".to_owned(), thread.unwrap_or_default()];
        let mut accounts = Vec::new();
        for ((room, signer), conversation) in
            [&one, &two].into_iter().zip(&signers).zip(conversations)
        {
            Resident::arrive(&room.hub, "bridge", room.account, *signer).await?;
            let endpoint = format!("grpc://{}", room.hub.grpc_addr());
            accounts.push(Account {
                name: room.name,
                endpoint,
                fid: room.account,
                signer,
                conversation,
            });
        }
        let bridge = BridgeProcess::install(folder.path(), &accounts).await?;
        Ok(Self { one, two, bridge, said: Vec::new(), in_burst: 0, folder })
    }

    /// Where the bridge's files are.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub(super) const fn room(&self, side: Side) -> &Room {
        match side {
            Side::One => &self.one,
            Side::Two => &self.two,
        }
    }

    pub(super) const fn room_mut(&mut self, side: Side) -> &mut Room {
        match side {
            Side::One => &mut self.one,
            Side::Two => &mut self.two,
        }
    }

    pub(super) fn utterance(&self, number: usize) -> Option<&Utterance> {
        self.said.get(number.checked_sub(1)?)
    }

    /// The number of what a cast says, if it was said in the conversation.
    pub(super) fn number_of(&self, cast: &CastId) -> Option<usize> {
        Some(self.said.iter().position(|it| it.cast == *cast)?.saturating_add(1))
    }

    /// On which side somebody of that name is.
    pub(super) fn side_of(&self, name: &str) -> Option<Side> {
        [Side::One, Side::Two].into_iter().find(|side| self.room(*side).resident(name).is_some())
    }

    /// Has somebody say something, perhaps as an answer, and gives it a number.
    pub(super) async fn say(
        &mut self,
        name: &str,
        text: &str,
        answers: Option<usize>,
    ) -> Result<usize, Stopped> {
        let unknown = || Stopped::NotSeen(format!("{name} in either room"));
        let side = self.side_of(name).ok_or_else(unknown)?;
        let answered = match answers {
            Some(number) => Some(self.seen_on(side, number).await?),
            None => None,
        };
        let room = self.room(side);
        let who = room.resident(name).ok_or_else(unknown)?;
        let cast = room.say(who, text, answered.as_ref())?;
        let who = who.name;
        let text = text.to_owned();
        self.said.push(Utterance { side, who, cast, text, is_gone: false });
        Ok(self.said.len())
    }

    /// Has somebody like what has this number.
    pub(super) async fn like(&mut self, name: &str, number: usize) -> Result<(), Stopped> {
        let Some(side) = self.side_of(name) else { return Ok(()) };
        let cast = self.seen_on(side, number).await?;
        let room = self.room(side);
        if let Some(who) = room.resident(name) {
            who.person.react(&room.hub, ReactionType::Like, &cast)?;
        }
        Ok(())
    }

    /// Has its author take back what has this number.
    pub(super) fn take_back(&mut self, number: usize) -> Result<(), Stopped> {
        let Some(said) = self.utterance(number).cloned() else { return Ok(()) };
        let room = self.room(said.side);
        if let Some(author) = room.resident(said.who) {
            author.person.remove(&room.hub, &said.cast)?;
        }
        if let Some(said) = number.checked_sub(1).and_then(|index| self.said.get_mut(index)) {
            said.is_gone = true;
        }
        Ok(())
    }

    /// The cast that stands for what has this number on `side`: itself, or its copy.
    async fn seen_on(&mut self, side: Side, number: usize) -> Result<CastId, Stopped> {
        let unseen = || Stopped::NotSeen(format!("#{number} where it is answered or liked"));
        let said = self.utterance(number).ok_or_else(unseen)?.clone();
        if said.side == side {
            return Ok(said.cast);
        }
        let pieces = self.pieces(&said).await?;
        pieces.first().map(|it| it.cast.clone()).ok_or_else(unseen)
    }

    /// The casts that tell on the other side what somebody said; none if it is not there.
    pub(super) async fn pieces(&mut self, said: &Utterance) -> Result<Vec<Shown>, Stopped> {
        let room = self.room_mut(said.side.other());
        let shown = room.shows().await?;
        let copies = copies(&shown, room.account);
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

    /// Waits for a second that no cast bears, since apps sort by whole seconds.
    pub(super) async fn next_second(&mut self) -> Result<(), Stopped> {
        let shown = [self.one.shows().await?, self.two.shows().await?].concat();
        let last = shown.iter().map(|it| i64::from(it.said_at_s)).max().unwrap_or(0);
        self.until("the next second", async |_| {
            let now_s = Clock::System.now().as_micros() / 1_000_000 - NETWORK_BEGAN_S;
            Ok((now_s > last).then_some(()))
        })
        .await
    }

    /// Counts what `side` said and the other side shows of it.
    pub(super) async fn count(&mut self, side: Side) -> Result<Count, Stopped> {
        let own = self.room_mut(side).shows().await?;
        let theirs = self.room_mut(side.other()).shows().await?;
        let (from, to) = (self.room(side), self.room(side.other()));
        let said: Vec<&Shown> = own
            .iter()
            .filter(|it| it.cast.fid != from.account && Some(&it.cast) != from.beginning())
            .collect();
        let spoken = self.said.iter().filter(|it| it.side == side && !it.is_gone).count();
        let spoken = spoken.saturating_add(self.in_burst);
        Ok(count(&said, &copies(&theirs, to.account), spoken))
    }

    /// Ends everything and leaves nothing behind.
    pub(super) async fn clear(mut self) -> Result<(), Stopped> {
        self.bridge.kill().await?;
        self.one.hub.kill().await;
        self.two.hub.kill().await;
        Ok(self.folder.close()?)
    }
}
