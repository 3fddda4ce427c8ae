//! A feed on Lens.

use std::time::Duration;

use threadbridge_devnet::lens::app::Place;
use threadbridge_devnet::lens::person::Where;
use threadbridge_devnet::lens::{
    Address, Lens, LensSettings, Permissions, Person, PostId, TEST_APP, Vote,
};

use super::Stopped;
use super::bridge::Account;
use super::room::{Id, Shown};
use super::script;

/// From a transaction's hash until its post shows; on the network it is a second or two.
const INDEXED_AFTER: Duration = Duration::from_millis(30);

/// Somebody with an account.
#[derive(Debug)]
pub(super) struct Resident {
    pub(super) name: &'static str,
    person: Person,
}

impl Resident {
    fn arrive(lens: &Lens, name: &'static str) -> Result<Self, Stopped> {
        let person = lens.make_account(name);
        person.call_themself(lens, name)?;
        Ok(Self { name, person })
    }
}

/// A feed on a network of its own.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) lens: Lens,
    pub(super) residents: Vec<Resident>,
    /// What stands there before it is linked.
    pub(super) beginning: PostId,
    feed: Address,
    /// The bridge's.
    account: Address,
}

impl Feed {
    /// Opens the feed on a new network, with these people and the bridge's account.
    pub(super) async fn open(names: &[&'static str]) -> Result<(Self, Account), Stopped> {
        let settings = LensSettings {
            index_after: INDEXED_AFTER,
            done_after: Duration::ZERO,
            ..LensSettings::default()
        };
        let lens = Lens::start(settings).await?;
        let feed = lens.make_feed("books");
        let residents: Vec<Resident> =
            names.iter().map(|name| Resident::arrive(&lens, name)).collect::<Result<_, _>>()?;
        let first = residents.first().ok_or_else(Stopped::elsewhere)?;
        let place = Where { feed: Some(feed), ..Where::default() };
        let beginning = first.person.say_in(&lens, place, script::BEGINNING)?;
        let bridge = Resident::arrive(&lens, "bridge")?.person;
        let manager = lens.make_wallet("the bridge's manager");
        bridge.add_manager(&lens, manager.address(), Permissions::SPEAK)?;
        let mut key = [0; 32];
        hex::decode_to_slice(manager.secret().trim_start_matches("0x"), &mut key)
            .map_err(|_| Stopped::elsewhere())?;
        let account = bridge.account();
        let settings = format!(
            "network = \"lens\"\nendpoint = \"{}\"\ngrove = \"{}\"\norigin = \"http://localhost\"\n\
             chain_id = 37111\napp = \"{TEST_APP:#x}\"\naccount = \"{account:#x}\"\n\
             manager = \"file:posts.key\"\npoll_active_ms = 50\npoll_idle_seconds = 1\n\
             settle_seconds = 3\n",
            lens.api_url(),
            lens.grove_url()
        );
        let conversation = format!("feed/{feed:#x}");
        let of_bridge = Account { name: "posts", key, settings, conversation };
        Ok((Self { lens, residents, beginning, feed, account }, of_bridge))
    }

    pub(super) fn shows(&self) -> Vec<Shown> {
        let shown = self.lens.shows(Place::Feed(self.feed)).into_iter();
        let shown = shown.filter(|it| !it.is_deleted).map(|it| Shown {
            id: Id::Post(it.post),
            is_copy: it.account == self.account,
            author: it.author,
            text: it.text,
            depth: it.depth,
            likes: it.likes,
            is_edited: it.is_edited,
            order: (u64::try_from(it.nth).unwrap_or(u64::MAX), Vec::new()),
        });
        shown.collect()
    }

    fn person(&self, name: &str) -> Result<&Person, Stopped> {
        let found = self.residents.iter().find(|it| it.name == name);
        found.map(|it| &it.person).ok_or_else(Stopped::elsewhere)
    }

    pub(super) fn say(
        &self,
        who: &str,
        text: &str,
        answers: Option<PostId>,
    ) -> Result<Id, Stopped> {
        let place = Where { feed: Some(self.feed), comment_on: answers, quote_of: None };
        Ok(Id::Post(self.person(who)?.say_in(&self.lens, place, text)?))
    }

    pub(super) fn like(&self, who: &str, post: PostId) -> Result<(), Stopped> {
        Ok(self.person(who)?.react(&self.lens, post, Vote::Upvote)?)
    }

    pub(super) fn take_back(&self, who: &str, post: PostId) -> Result<(), Stopped> {
        Ok(self.person(who)?.delete(&self.lens, post)?)
    }

    pub(super) fn edit(&self, who: &str, post: PostId, text: &str) -> Result<(), Stopped> {
        Ok(self.person(who)?.edit(&self.lens, post, text)?)
    }
}
