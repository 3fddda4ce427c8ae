//! People with installations, keys and logs, for tests.

use std::collections::{BTreeMap, BTreeSet};

use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::store::{Keys, Store};

use crate::identity::logs::Unread;
use crate::mls::client::{Client, Installation, InstallationKey};
use crate::mls::group::Group;
use crate::mls::group::commit::Made;
use crate::mls::group::create::Founding;
use crate::mls::group::join::Joined;
use crate::mls::group::plan::{Intent, Plan};
use crate::mls::group::process::{Applied, Processed};
use crate::mls::group::record::GroupId;
use crate::mls::group::records::Records;
use crate::mls::key_package::KeyPackages;
use crate::mls::roster::Roster;

/// Now, by the machine's clock: MLS asks it whether key packages are still valid.
pub(crate) fn now() -> Timestamp {
    threadbridge_core::model::time::Clock::System.now()
}

/// An installation and what it keeps.
pub(crate) struct Person {
    pub(crate) keys: Keys,
    pub(crate) client: Client,
}

impl Person {
    /// A first installation of the inbox that is called `name`.
    pub(crate) fn new(name: char) -> Self {
        let store = Store::in_memory().unwrap();
        Self::over(store.keys(&AccountName::parse("xmtp").unwrap()).unwrap(), name)
    }

    /// The same with these keys.
    pub(crate) fn over(keys: Keys, name: char) -> Self {
        let installation = Installation::load_or_make(&keys).unwrap();
        let client = Client::new(inbox(name), installation);
        Self { keys, client }
    }

    pub(crate) fn inbox(&self) -> &str {
        &self.client.inbox
    }

    pub(crate) fn key(&self) -> InstallationKey {
        self.client.installation.public()
    }

    pub(crate) fn key_package(&self) -> Vec<u8> {
        let mut packages = KeyPackages::load(&self.keys).unwrap();
        let bytes = packages.offer(&self.client, now()).unwrap();
        packages.uploaded(now()).unwrap();
        bytes
    }

    /// The init key of the key package that is on the network.
    pub(crate) fn init_key(&self) -> Vec<u8> {
        KeyPackages::load(&self.keys).unwrap().init_keys().pop().unwrap()
    }

    /// How many key packages are held.
    pub(crate) fn keys_of_packages(&self) -> usize {
        KeyPackages::load(&self.keys).unwrap().init_keys().len()
    }

    pub(crate) fn group(&self, id: &GroupId) -> Group<'_> {
        Group::load(&self.keys, &self.client, id).unwrap().unwrap()
    }

    pub(crate) fn create(&self, founding: &Founding) -> GroupId {
        Group::create(&self.keys, &self.client, founding, now()).unwrap().id().clone()
    }

    /// All that is kept.
    pub(crate) fn kept(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let names = self.keys.list().unwrap();
        let value = |name: Vec<u8>| {
            let value = self.keys.get(&name).unwrap().unwrap().to_vec();
            (name, value)
        };
        names.into_iter().map(value).collect()
    }
}

/// The inbox id of somebody.
pub(crate) fn inbox(name: char) -> String {
    std::iter::repeat_n(name, 64).collect()
}

/// Everybody, their logs, and a server that keeps what was published in order.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) logs: BTreeMap<String, Vec<(u64, BTreeSet<InstallationKey>)>>,
    packages: BTreeMap<InstallationKey, Vec<u8>>,
    published: u64,
    /// How often anybody asked for logs.
    pub(crate) asked: i64,
}

impl World {
    /// The people of these inboxes, each with one installation in their log.
    pub(crate) fn of<const N: usize>(names: [char; N]) -> (Self, [Person; N]) {
        let mut world = Self::default();
        let people = names.map(Person::new);
        for person in &people {
            world.link(person);
        }
        (world, people)
    }

    /// Puts an installation into its inbox's log, and its key package on the network.
    pub(crate) fn link(&mut self, person: &Person) {
        let mut installations = self.newest(person.inbox()).unwrap().unwrap_or_default().1;
        installations.insert(person.key());
        self.log(person.inbox(), installations);
        self.packages.insert(person.key(), person.key_package());
    }

    /// Takes an installation out of its inbox's log.
    pub(crate) fn revoke(&mut self, person: &Person) {
        let mut installations = self.newest(person.inbox()).unwrap().unwrap().1;
        installations.remove(&person.key());
        self.log(person.inbox(), installations);
    }

    pub(crate) fn log(&mut self, inbox: &str, installations: BTreeSet<InstallationKey>) {
        self.published += 1;
        let log = self.logs.entry(inbox.to_owned()).or_default();
        log.push((self.published, installations));
    }

    pub(crate) fn spoil_key_package(&mut self, person: &Person) {
        self.packages.insert(person.key(), b"no key package".to_vec());
    }

    pub(crate) fn replace_key_package(&mut self, person: &Person, bytes: Vec<u8>) {
        self.packages.insert(person.key(), bytes);
    }

    pub(crate) fn plan(&self, person: &Person, id: &GroupId, intent: &Intent) -> Plan {
        person.group(id).plan(intent, self).unwrap()
    }

    /// Has somebody make a commit.
    pub(crate) fn commit(&self, person: &Person, id: &GroupId, intent: &Intent) -> Made {
        let plan = self.plan(person, id, intent);
        person.group(id).commit(plan, &self.packages, now()).unwrap()
    }

    /// The next place on the server.
    pub(crate) fn publish(&mut self) -> u64 {
        self.published += 1;
        self.published
    }

    /// Has somebody read a message.
    pub(crate) fn read(&self, person: &Person, id: &GroupId, bytes: &[u8]) -> Processed {
        person.group(id).process(self.published, bytes, now(), self).unwrap()
    }

    /// Has somebody read a commit that counts.
    pub(crate) fn apply(&self, person: &Person, id: &GroupId, bytes: &[u8]) -> Applied {
        let outcome = self.read(person, id, bytes);
        let Processed::Applied(applied) = outcome else { panic!("it does not count: {outcome:?}") };
        applied
    }

    /// Has somebody make a commit, everybody read it, and those who were added join.
    pub(crate) fn change(
        &mut self,
        by: &Person,
        id: &GroupId,
        intent: &Intent,
        (members, joiners): (&[&Person], &[&Person]),
    ) -> Vec<u8> {
        let made = self.commit(by, id, intent);
        self.publish();
        self.apply(by, id, &made.bytes);
        for member in members {
            self.apply(member, id, &made.bytes);
        }
        for joiner in joiners {
            self.join(by, id, joiner);
        }
        made.bytes
    }

    /// Has somebody join by the welcome that the last commit of `by` owes them.
    pub(crate) fn join(&self, by: &Person, id: &GroupId, joiner: &Person) {
        let owed = Records(&by.keys).owed(id).unwrap().pop().unwrap();
        match self.welcome(joiner, &owed.welcome, owed.cursor) {
            Joined::Group(group) => assert_eq!(group.id(), id),
            Joined::Missing(unknown) => panic!("logs are missing: {unknown:?}"),
            Joined::Not(reason) => panic!("not joined: {reason}"),
        }
    }

    pub(crate) fn welcome<'a>(
        &self,
        joiner: &'a Person,
        welcome: &[u8],
        cursor: u64,
    ) -> Joined<'a> {
        Group::join(&joiner.keys, &joiner.client, welcome, (cursor, now()), self).unwrap()
    }

    /// A group of these people, made by the first of them.
    pub(crate) fn group(&mut self, founding: &Founding, people: &[&Person]) -> GroupId {
        let (by, others) = people.split_first().unwrap();
        let id = by.create(founding);
        self.change(by, &id, &adding(others), (&[], others));
        id
    }
}

impl Roster for World {
    fn installations(
        &self,
        inbox: &str,
        sequence_id: u64,
    ) -> Result<Option<BTreeSet<InstallationKey>>, Unread> {
        if sequence_id == 0 {
            return Ok(Some(BTreeSet::new()));
        }
        let log = self.logs.get(inbox).into_iter().flatten();
        Ok(log
            .clone()
            .find(|(id, _)| *id == sequence_id)
            .map(|(_, installations)| installations.clone()))
    }

    fn newest(&self, inbox: &str) -> Result<Option<(u64, BTreeSet<InstallationKey>)>, Unread> {
        Ok(self.logs.get(inbox).and_then(|log| log.last().cloned()))
    }

    fn lacks(&self, inbox: &str, sequence_id: u64) -> Result<bool, Unread> {
        let log = self.logs.get(inbox).map_or(&[][..], Vec::as_slice);
        let is_known = log.iter().any(|(id, _)| *id == sequence_id);
        Ok(!is_known && log.last().is_some_and(|(newest, _)| *newest > sequence_id))
    }

    fn asked_at(&self, _inbox: &str) -> Result<Option<Timestamp>, Unread> {
        Ok(Some(Timestamp::from_micros(self.asked)))
    }
}

/// The intent to add these people.
pub(crate) fn adding(people: &[&Person]) -> Intent {
    let add = people.iter().map(|person| person.inbox().to_owned()).collect();
    Intent { add, ..Intent::default() }
}

/// A group that everybody may change.
pub(crate) fn open_group() -> Founding {
    Founding::Group {
        preset: crate::mls::permission::Preset::AllMembers,
        name: "Readers".to_owned(),
        description: String::new(),
        image: String::new(),
    }
}
