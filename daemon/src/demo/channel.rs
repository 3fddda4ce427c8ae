//! A channel on a Farcaster hub.

use std::time::Duration;

use threadbridge_devnet::farcaster::app::{self, App, Place};
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::person::{Person, Words};
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::farcaster::wire::{CastId, ReactionType, UserDataType};
use tokio::time::Instant;

use super::Stopped;
use super::bridge::Account;
use super::room::{Id, Shown};

const STORAGE_UNITS: u32 = 20;
const BLOCK_INTERVAL: Duration = Duration::from_millis(50);
/// A registration is in force with the next block.
const REGISTERED_WITHIN: Duration = Duration::from_secs(10);
const URL: &str = "https://farcaster.xyz/~/channel/books";
/// The bridge's.
const ACCOUNT: u64 = 901;
const FIRST_PERSON: u64 = 101;

/// Somebody with a name on a hub.
#[derive(Debug)]
pub(super) struct Resident {
    pub(super) name: &'static str,
    person: Person,
}

impl Resident {
    /// Registers somebody under a display name.
    async fn arrive(
        hub: &Hub,
        name: &'static str,
        fid: u64,
        seed: [u8; 32],
    ) -> Result<Self, Stopped> {
        let person = Person::new(fid, seed);
        person.register(hub, STORAGE_UNITS);
        let deadline = Instant::now() + REGISTERED_WITHIN;
        while let Err(refusal) = person.show(hub, UserDataType::Display, name) {
            if Instant::now() > deadline {
                return Err(refusal.into());
            }
            tokio::time::sleep(BLOCK_INTERVAL).await;
        }
        Ok(Self { name, person })
    }
}

/// A channel on a hub of its own.
#[derive(Debug)]
pub(super) struct Channel {
    pub(super) hub: Hub,
    pub(super) residents: Vec<Resident>,
    app: App,
}

impl Channel {
    /// Opens the channel on a new hub, with these people, and registers the bridge's account.
    pub(super) async fn open(names: &[&'static str]) -> Result<(Self, Account), Stopped> {
        let settings = HubSettings { block_interval: BLOCK_INTERVAL, ..HubSettings::default() };
        let hub = Hub::start(settings).await?;
        let app = App::open(hub.grpc_addr()).await?;
        let mut residents = Vec::new();
        for (name, fid) in names.iter().copied().zip(FIRST_PERSON..) {
            residents.push(Resident::arrive(&hub, name, fid, seed()?).await?);
        }
        let key = seed()?;
        Resident::arrive(&hub, "bridge", ACCOUNT, key).await?;
        let settings = format!(
            "network = \"farcaster\"\nrealm = \"dev\"\nendpoints = [\"grpc://{}\"]\n\
             fid = {ACCOUNT}\nsigner = \"file:casts.key\"\n",
            hub.grpc_addr()
        );
        let conversation = "channel/books".to_owned();
        let account = Account { name: "casts", key, settings, conversation };
        Ok((Self { hub, residents, app }, account))
    }

    pub(super) async fn shows(&mut self) -> Result<Vec<Shown>, Stopped> {
        let shown = self.app.shows(&Place::Channel(URL.to_owned())).await?;
        Ok(shown.into_iter().map(Shown::from).collect())
    }

    pub(super) async fn direct_copies(&mut self) -> Result<usize, Stopped> {
        let casts = self.app.direct(&Place::Channel(URL.to_owned())).await?;
        let is_copy = |fid: u64| fid == ACCOUNT;
        Ok(casts.iter().filter(|it| it.data.as_ref().is_some_and(|it| is_copy(it.fid))).count())
    }

    fn person(&self, name: &str) -> Result<&Person, Stopped> {
        let found = self.residents.iter().find(|it| it.name == name);
        found.map(|it| &it.person).ok_or_else(Stopped::elsewhere)
    }

    pub(super) fn say(
        &self,
        who: &str,
        text: &str,
        answers: Option<&CastId>,
    ) -> Result<Id, Stopped> {
        let parent = match answers {
            Some(cast) => Parent::ParentCastId(cast.clone()),
            None => Parent::ParentUrl(URL.to_owned()),
        };
        let words = Words { parent: Some(parent), ..Words::from(text) };
        Ok(Id::Cast(self.person(who)?.cast(&self.hub, words)?))
    }

    pub(super) fn like(&self, who: &str, cast: &CastId) -> Result<(), Stopped> {
        self.person(who)?.react(&self.hub, ReactionType::Like, cast)?;
        Ok(())
    }

    pub(super) fn take_back(&self, who: &str, cast: &CastId) -> Result<(), Stopped> {
        self.person(who)?.remove(&self.hub, cast)?;
        Ok(())
    }
}

impl From<app::Shown> for Shown {
    fn from(it: app::Shown) -> Self {
        let order = (it.said_at_s.into(), it.cast.hash.clone());
        Self {
            is_copy: it.cast.fid == ACCOUNT,
            id: Id::Cast(it.cast),
            author: it.author,
            text: it.text,
            depth: it.depth,
            likes: it.likes,
            is_edited: false,
            order,
        }
    }
}

fn seed() -> Result<[u8; 32], Stopped> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)?;
    Ok(seed)
}
