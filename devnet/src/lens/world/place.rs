//! Apps, feeds and groups.

use std::collections::BTreeMap;

use alloy_primitives::Address;

use super::id::address_of;
use super::{World, content};
use crate::lens::clock;

/// An app, which accounts sign in to.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) address: Address,
    pub(crate) name: String,
    /// Hosts that people may sign in from; any, if there are none.
    pub(crate) domains: Vec<String>,
    pub(crate) created_ms: u64,
    /// What its authorization endpoint says to whoever signs in, if it refuses them.
    pub(crate) forbids: Option<String>,
}

impl App {
    /// Whether people may sign in from a host (with its port, if it has one).
    pub(crate) fn allows(&self, host: &str) -> bool {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        self.domains.is_empty()
            || self.domains.iter().any(|domain| domain == host || domain == name)
    }
}

/// A feed, which posts are in.
#[derive(Clone, Debug)]
pub(crate) struct Feed {
    pub(crate) address: Address,
    pub(crate) nth: u64,
    /// The global feed has none.
    pub(crate) name: Option<String>,
    pub(crate) owner: Address,
    pub(crate) created_ms: u64,
    /// The group whose members alone may post here.
    pub(crate) group: Option<Address>,
    /// Whether they alone may answer, too.
    pub(crate) are_replies_restricted: bool,
}

/// A group of accounts, most often with a feed.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) address: Address,
    pub(crate) nth: u64,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) owner: Address,
    pub(crate) created_ms: u64,
    pub(crate) feed: Option<Address>,
    /// With the times at which they joined.
    pub(crate) members: BTreeMap<Address, u64>,
    pub(crate) banned: Vec<Address>,
}

impl World {
    pub(crate) fn add_app(&mut self, address: Address, name: &str, domains: Vec<String>) {
        let app = App {
            address,
            name: name.to_owned(),
            domains,
            created_ms: clock::unix_ms(),
            forbids: None,
        };
        self.apps.insert(address, app);
    }

    pub(crate) fn make_app(&mut self, name: &str, domains: Vec<String>) -> Address {
        let nth = self.next();
        let address = address_of(&format!("app {name} {nth} of devnet {}", self.seed));
        self.add_app(address, name, domains);
        address
    }

    pub(crate) fn add_feed(&mut self, address: Address, name: Option<&str>) {
        let nth = self.next();
        let feed = Feed {
            address,
            nth,
            name: name.map(str::to_owned),
            owner: address_of("lens"),
            created_ms: clock::unix_ms(),
            group: None,
            are_replies_restricted: false,
        };
        self.feeds.insert(address, feed);
    }

    pub(crate) fn make_feed(&mut self, name: &str) -> Address {
        let nth = self.next();
        let address = address_of(&format!("feed {name} {nth} of devnet {}", self.seed));
        self.add_feed(address, Some(name));
        address
    }

    /// A group with a feed of its own, into which only members post.
    pub(crate) fn make_group(&mut self, name: &str, owner: Address) -> Address {
        let feed_address = self.make_feed(name);
        let nth = self.next();
        let address = address_of(&format!("group {name} {nth} of devnet {}", self.seed));
        let created_ms = clock::unix_ms();
        if let Some(feed) = self.feeds.get_mut(&feed_address) {
            feed.group = Some(address);
            feed.are_replies_restricted = true;
            feed.owner = owner;
        }
        let members = self.accounts.contains_key(&owner).then_some((owner, created_ms));
        let group = Group {
            address,
            nth,
            name: name.to_owned(),
            description: None,
            owner,
            created_ms,
            feed: Some(feed_address),
            members: members.into_iter().collect(),
            banned: Vec::new(),
        };
        self.groups.insert(address, group);
        address
    }

    /// Why an account may not post to a feed, or answer there; `None` if it may.
    pub(crate) fn unfit(&self, feed: Address, account: Address, is_answer: bool) -> Option<String> {
        let feed = self.feeds.get(&feed)?;
        let group = self.groups.get(&feed.group?)?;
        let is_free = is_answer && !feed.are_replies_restricted;
        if is_free || group.members.contains_key(&account) {
            return None;
        }
        Some("The feed is for members of its group only".to_owned())
    }
}

impl World {
    pub(crate) fn join(&mut self, group: Address, account: Address) -> Result<(), String> {
        let group = self.groups.get_mut(&group).ok_or("The group does not exist")?;
        if group.banned.contains(&account) {
            return Err("The account is banned from the group".to_owned());
        }
        group.members.entry(account).or_insert_with(clock::unix_ms);
        Ok(())
    }

    pub(crate) fn leave(&mut self, group: Address, account: Address) -> Result<(), String> {
        let group = self.groups.get_mut(&group).ok_or("The group does not exist")?;
        match group.members.remove(&account) {
            Some(_) => Ok(()),
            None => Err("The account is not a member of the group".to_owned()),
        }
    }

    pub(crate) fn create_group(
        &mut self,
        owner: Address,
        metadata: Option<&str>,
        has_feed: bool,
    ) -> Result<Address, String> {
        let document = metadata.map(|uri| content::fetch(uri, &self.shelf)).transpose()?;
        let part = |name: &str| {
            let value = document.as_ref()?.pointer(&format!("/lens/{name}"))?;
            value.as_str().map(str::to_owned)
        };
        let name = part("name").unwrap_or_else(|| "group".to_owned());
        let address = self.make_group(&name, owner);
        if let Some(group) = self.groups.get_mut(&address) {
            group.description = part("description");
            if let Some(feed) = group.feed.take_if(|_| !has_feed) {
                self.feeds.remove(&feed);
            }
        }
        Ok(address)
    }
}
