//! A conversation on a hub, with the people in it.

use std::time::Duration;

use threadbridge_devnet::farcaster::app::{App, Place, Shown};
use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::person::{Person, Words};
use threadbridge_devnet::farcaster::refusal::Refusal;
use threadbridge_devnet::farcaster::wire::cast_add_body::Parent;
use threadbridge_devnet::farcaster::wire::{CastId, UserDataType};
use tokio::time::Instant;

use super::Stopped;

const STORAGE_UNITS: u32 = 20;
const BLOCK_INTERVAL: Duration = Duration::from_millis(50);
/// A registration is in force with the next block.
const REGISTERED_WITHIN: Duration = Duration::from_secs(10);

/// Somebody with a name on a hub.
#[derive(Debug)]
pub(super) struct Resident {
    pub(super) name: &'static str,
    pub(super) person: Person,
}

impl Resident {
    /// Registers somebody under a display name.
    pub(super) async fn arrive(
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

/// A conversation on a hub of its own.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) hub: Hub,
    /// What it is called in the settings of the bridge and on the screen.
    pub(super) name: &'static str,
    pub(super) place: Place,
    pub(super) residents: Vec<Resident>,
    /// The account that the bridge speaks with.
    pub(super) account: u64,
    app: App,
}

impl Room {
    /// Opens a room on a new hub. Nobody is there, and it is no conversation yet.
    pub(super) async fn open(name: &'static str, account: u64) -> Result<Self, Stopped> {
        let settings = HubSettings { block_interval: BLOCK_INTERVAL, ..HubSettings::default() };
        let hub = Hub::start(settings).await?;
        let app = App::open(hub.grpc_addr()).await?;
        let place = Place::Channel("https://farcaster.xyz/~/channel/books".to_owned());
        Ok(Self { hub, name, place, residents: Vec::new(), account, app })
    }

    /// What everybody's app shows here, in the order in which it shows it.
    pub(super) async fn shows(&mut self) -> Result<Vec<Shown>, Stopped> {
        Ok(self.app.shows(&self.place).await?)
    }

    /// How many casts of the bridge stand right in the conversation and not below another.
    pub(super) async fn direct_copies(&mut self) -> Result<usize, Stopped> {
        let casts = self.app.direct(&self.place).await?;
        let is_copy = |fid: u64| fid == self.account;
        Ok(casts.iter().filter(|it| it.data.as_ref().is_some_and(|it| is_copy(it.fid))).count())
    }

    /// The cast that was there before the conversations were linked.
    pub(super) const fn beginning(&self) -> Option<&CastId> {
        match &self.place {
            Place::Thread(root) => Some(root),
            Place::Channel(_) => None,
        }
    }

    pub(super) fn resident(&self, name: &str) -> Option<&Resident> {
        self.residents.iter().find(|it| it.name.eq_ignore_ascii_case(name))
    }

    /// Whose app is shown.
    pub(super) fn reader(&self) -> &'static str {
        self.residents.first().map_or("nobody", |it| it.name)
    }

    /// Has somebody say something: as an answer, or right in the conversation.
    pub(super) fn say(
        &self,
        who: &Resident,
        text: &str,
        answers: Option<&CastId>,
    ) -> Result<CastId, Refusal> {
        let parent = match (answers, &self.place) {
            (Some(cast), _) | (None, Place::Thread(cast)) => Parent::ParentCastId(cast.clone()),
            (None, Place::Channel(url)) => Parent::ParentUrl(url.clone()),
        };
        who.person.cast(&self.hub, Words { parent: Some(parent), ..Words::from(text) })
    }
}
