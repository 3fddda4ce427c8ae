//! What can be made on the network from outside, and what can be done to it.

use alloy_primitives::Address;

use super::person::Person;
use super::server::Lens;
use super::wallet::Wallet;
use super::world::World;
use super::world::session::SignIns;

/// A group and its feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MadeGroup {
    /// The group.
    pub group: Address,
    /// Where its members post.
    pub feed: Address,
}

impl Lens {
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        World::locked(&self.world, act)
    }

    /// Makes an account that goes by `lens/<name>`, with a key of its own.
    pub fn make_account(&self, name: &str) -> Person {
        self.make_account_of(name, Wallet::of(&format!("owner of {name} of devnet {}", self.seed)))
    }

    /// The same, with a key that there is already.
    pub fn make_account_of(&self, name: &str, wallet: Wallet) -> Person {
        let account = self.with(|world| world.make_account(name, &wallet));
        Person { account, name: name.to_owned(), wallet }
    }

    /// A key that belongs to nobody yet: a manager's, say.
    pub fn make_wallet(&self, words: &str) -> Wallet {
        Wallet::of(&format!("{words} of devnet {}", self.seed))
    }

    /// Makes a feed that anybody may post to.
    pub fn make_feed(&self, name: &str) -> Address {
        self.with(|world| world.make_feed(name))
    }

    /// Makes a group with a feed that is its members' alone; its owner is one of them.
    pub fn make_group(&self, name: &str, owner: &Person) -> MadeGroup {
        self.with(|world| {
            let group = world.make_group(name, owner.account);
            let feed = world.groups.get(&group).and_then(|group| group.feed);
            MadeGroup { group, feed: feed.unwrap_or_default() }
        })
    }

    /// Makes an app. People may sign in to it from these hosts; from any, if there are none.
    pub fn make_app(&self, name: &str, domains: &[&str]) -> Address {
        let domains = domains.iter().map(|domain| (*domain).to_owned()).collect();
        self.with(|world| world.make_app(name, domains))
    }

    /// Lets an app refuse whoever signs in, for a reason; or nobody any more.
    pub fn forbid(&self, app: Address, reason: Option<&str>) {
        self.with(|world| {
            if let Some(app) = world.apps.get_mut(&app) {
                app.forbids = reason.map(str::to_owned);
            }
        });
    }

    /// Ends every session that speaks for an account.
    pub fn revoke(&self, account: Address) {
        self.with(|world| world.sessions.close_all_of(account));
    }

    /// Has the access tokens that speak for an account expire before their time; its sessions can
    /// still be renewed.
    pub fn expire(&self, account: Address) {
        self.with(|world| world.sessions.expire_all_of(account));
    }

    /// How often somebody asked to be let in so far.
    pub fn sign_ins(&self) -> SignIns {
        self.with(|world| world.sessions.counts)
    }

    /// How many times several files came to Grove together.
    pub fn folders(&self) -> usize {
        self.shelf.with(|files| files.folders)
    }

    /// Lets Grove forget its oldest files until so many are left.
    pub fn forget_files(&self, left: usize) {
        self.shelf.forget_all_but(left);
    }
}
