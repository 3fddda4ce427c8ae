//! Conversations that the owner begins and groups that the owner changes by hand: whom a text names on
//! a network, where that is said, and what is to become of it. Everything is asked of the network
//! before anything is written.

mod reach;

use std::collections::BTreeMap;

use threadbridge_core::adapter::Reached;
use threadbridge_core::model::content::{Content, Salt};
use threadbridge_core::model::group::{Member, Rank, Regroup};
use threadbridge_core::model::id::{AccountName, Identity, Leg, RemoteConversation};
use threadbridge_core::model::time::Clock;
use threadbridge_core::pipeline::{self, Begun, Bridge, Target};
use threadbridge_core::store::tables::{CONVERSATIONS, LEGS};
use threadbridge_core::store::{Reads, Store};

use crate::cli::{find_person, harmless};
use crate::control::{GroupAct, Ranked, Request};
use crate::exit::{Exit, Failure, OrExit};
use crate::order::{self, not_done, target_in};
use crate::registry::Connected;
use crate::settings::Settings;

/// What the owner does by hand, and with what.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hand<'a> {
    pub(crate) store: &'a Store,
    pub(crate) settings: &'a Settings,
    pub(crate) accounts: &'a BTreeMap<AccountName, Connected>,
}

/// What is to be journaled, with what is said once it is.
#[derive(Debug)]
enum Deed {
    /// A conversation begins, or goes on.
    Begin(Begun, Content, String),
    /// A group becomes another.
    Regroup(Leg, Content, String),
    /// Nothing.
    Tell(String),
}

impl Hand<'_> {
    /// Does it by a running bridge.
    pub(crate) async fn through(
        self,
        bridge: &Bridge,
        request: &Request,
    ) -> Result<String, Failure> {
        match self.prepare(request).await? {
            Deed::Begin(begun, content, told) => {
                let message = bridge.begin(begun, content).await.map_err(not_done)?;
                Ok(format!("{told}\n{message}"))
            }
            Deed::Regroup(leg, content, told) => {
                bridge.regroup(leg, content).await.map_err(not_done)?;
                Ok(told)
            }
            Deed::Tell(text) => Ok(text),
        }
    }

    /// Does it where no bridge runs: the next one sees to the rest.
    pub(crate) async fn alone(self, request: &Request) -> Result<String, Failure> {
        let (store, now) = (self.store, Clock::System.now());
        match self.prepare(request).await? {
            Deed::Begin(begun, content, told) => {
                let begun = pipeline::begin(store, begun, content, now).await;
                let (message, _) = begun.map_err(not_done)?;
                Ok(format!("{told}\n{message}\n{LATER}"))
            }
            Deed::Regroup(leg, content, told) => {
                pipeline::regroup(store, leg, content, now).await.map_err(not_done)?;
                Ok(format!("{told}\n{LATER}"))
            }
            Deed::Tell(text) => Ok(text),
        }
    }

    async fn prepare(self, request: &Request) -> Result<Deed, Failure> {
        match request {
            Request::SendTo { who, account, text } => {
                self.send_to(who, account.as_deref(), text).await
            }
            Request::Group { act } => self.group(act).await,
            Request::Facts => self.facts().map(Deed::Tell),
            Request::Say { .. }
            | Request::Replay { .. }
            | Request::Drop { .. }
            | Request::Person { .. }
            | Request::Thread { .. }
            | Request::Retire { .. }
            | Request::Erase { .. }
            | Request::Import { .. }
            | Request::History { .. }
            | Request::Reload => Err(Failure::new(Exit::Failed, "that is not done by hand")),
        }
    }

    /// Finds out whom and where something is said to.
    async fn send_to(self, who: &str, account: Option<&str>, text: &str) -> Result<Deed, Failure> {
        let content = order::content(text).or_exit(Exit::Failed)?;
        let (account, reached) = self.reach(account, who).await?;
        let leg = self.leg(&account, &reached)?;
        let told = format!("to {}", harmless(&leg.to_string()));
        let begun = Begun { leg, title: None, peer: Some(reached.identity) };
        Ok(Deed::Begin(begun, content, told))
    }

    /// Finds out what is to become of a group.
    async fn group(self, act: &GroupAct) -> Result<Deed, Failure> {
        let (conversation, change) = match act {
            GroupAct::New { title, account, members } => {
                return self.found(title, account.as_deref(), members).await;
            }
            GroupAct::Members { conversation, json } => {
                let members = self.members(&self.group_leg(conversation)?)?;
                return Ok(Deed::Tell(self.shown(&members, *json)?));
            }
            GroupAct::Add { conversation, members } => {
                let leg = self.group_leg(conversation)?;
                let account = leg.account.to_string();
                let mut who = Vec::with_capacity(members.len());
                for member in members {
                    who.push(self.reach(Some(&account), member).await?.1.identity);
                }
                (leg, Regroup::Add(who))
            }
            GroupAct::Remove { conversation, members } => {
                let leg = self.group_leg(conversation)?;
                let there = self.members(&leg)?;
                let who = members.iter().map(|it| self.member(&there, it));
                (leg, Regroup::Remove(who.collect::<Result<_, _>>()?))
            }
            GroupAct::Rename { conversation, title } => {
                (self.group_leg(conversation)?, Regroup::Rename(title.clone()))
            }
            GroupAct::Rank { conversation, members, rank } => {
                let leg = self.group_leg(conversation)?;
                let there = self.members(&leg)?;
                let who = members.iter().map(|it| self.member(&there, it));
                let rank = match rank {
                    Ranked::Member => Rank::Member,
                    Ranked::Admin => Rank::Admin,
                    Ranked::Owner => Rank::Owner,
                };
                (leg, Regroup::Rank { who: who.collect::<Result<_, _>>()?, rank })
            }
            GroupAct::Leave { conversation } => (self.group_leg(conversation)?, Regroup::Leave),
        };
        let told = format!("it is on its way to {}", harmless(&conversation.to_string()));
        Ok(Deed::Regroup(conversation, content(&change)?, told))
    }

    async fn found(
        self,
        title: &str,
        account: Option<&str>,
        members: &[String],
    ) -> Result<Deed, Failure> {
        let mut account = account.map(str::to_owned);
        let mut with = Vec::with_capacity(members.len());
        for member in members {
            let (by, reached) = self.reach(account.as_deref(), member).await?;
            // Whoever reaches the first has to reach all.
            account = Some(by.to_string());
            with.push(reached.identity);
        }
        let account = account.and_then(|it| AccountName::parse(it).ok());
        let found = account.and_then(|name| Some((self.accounts.get(&name)?, name)));
        let fresh = found.and_then(|(it, name)| Some((it.adapter.fresh_group()?, name)));
        let Some((conversation, account)) = fresh else {
            return Err(Failure::new(Exit::Failed, "the account can make no groups"));
        };
        let leg = Leg { account, conversation };
        let content = content(&Regroup::Found { title: title.to_owned(), with })?;
        let told = format!("{leg}\nit is being made; a link may name it by its leg");
        Ok(Deed::Begin(Begun { leg, title: Some(title.to_owned()), peer: None }, content, told))
    }

    /// The leg of a direct conversation: one that is there already, by whatever name, or a new one.
    fn leg(self, account: &AccountName, reached: &Reached) -> Result<Leg, Failure> {
        let leg = |conversation: &RemoteConversation| Leg {
            account: account.clone(),
            conversation: conversation.clone(),
        };
        let links = self.settings.links();
        let is_linked = |leg: &Leg| links.iter().any(|link| link.legs.contains_key(leg));
        for conversation in &reached.direct {
            let leg = leg(conversation);
            if is_linked(&leg) {
                return Ok(leg);
            }
        }
        let snapshot = self.store.snapshot().or_exit(Exit::Store)?;
        for conversation in &reached.direct {
            let leg = leg(conversation);
            if snapshot.get(&LEGS, &leg).or_exit(Exit::Store)?.is_some() {
                return Ok(leg);
            }
        }
        let usual = reached.direct.first();
        usual.map(leg).ok_or_else(|| Failure::new(Exit::Failed, "they take no messages there"))
    }

    /// The leg of a conversation that is a group.
    fn group_leg(self, text: &str) -> Result<Leg, Failure> {
        let legs = match target_in(self.store, self.settings, text)? {
            Target::Leg(leg) => vec![leg],
            Target::Conversation(id) => {
                let row = self.store.snapshot().or_exit(Exit::Store)?.get(&CONVERSATIONS, &id);
                row.or_exit(Exit::Store)?.map(|it| it.legs).unwrap_or_default()
            }
        };
        let is_group = |leg: &Leg| {
            self.accounts.get(&leg.account).is_some_and(|it| {
                it.adapter.fresh_group().is_some() && it.adapter.peer(&leg.conversation).is_none()
            })
        };
        let mut groups: Vec<Leg> = legs.into_iter().filter(is_group).collect();
        match (groups.len(), groups.pop()) {
            (1, Some(one)) => Ok(one),
            (_, Some(_)) => {
                Err(Failure::new(Exit::Failed, "several of its legs are groups; name the leg"))
            }
            (_, None) => {
                Err(Failure::new(Exit::Failed, "it is no group that can be changed from here"))
            }
        }
    }

    fn members(self, leg: &Leg) -> Result<Vec<Member>, Failure> {
        let keys = self.store.keys(&leg.account).or_exit(Exit::Store)?;
        let account = self.accounts.get(&leg.account);
        let members = account.and_then(|it| it.adapter.members(&keys, &leg.conversation));
        members.ok_or_else(|| Failure::new(Exit::Failed, "the account is in no such group (yet)"))
    }

    /// The member whom a text names.
    fn member(self, members: &[Member], who: &str) -> Result<Identity, Failure> {
        let id = who.rsplit_once(':').map_or(who, |(_, id)| id).to_lowercase();
        let is_it = |it: &&Member| it.identity.author.as_str() == id || it.aliases.contains(&id);
        let found = match members.iter().find(is_it) {
            Some(found) => Some(found),
            None => {
                let snapshot = self.store.snapshot().or_exit(Exit::Store)?;
                let known = find_person(&snapshot, who).ok();
                let known = known.map(|it| it.person.identities).unwrap_or_default();
                members.iter().find(|it| known.contains(&it.identity))
            }
        };
        match found {
            Some(found) if found.is_own => {
                Err(Failure::new(Exit::Failed, "that is the account itself; see `group leave`"))
            }
            Some(found) => Ok(found.identity.clone()),
            None => {
                let why = format!("{} is not in it; see `group members`", harmless(who));
                Err(Failure::new(Exit::Failed, why))
            }
        }
    }

    fn shown(self, members: &[Member], json: bool) -> Result<String, Failure> {
        let snapshot = self.store.snapshot().or_exit(Exit::Store)?;
        crate::cli::told_members(&snapshot, members, json)
    }

    /// How the accounts stand, as JSON.
    fn facts(self) -> Result<String, Failure> {
        let mut all = BTreeMap::new();
        for (name, account) in self.accounts {
            let keys = self.store.keys(name).or_exit(Exit::Store)?;
            let facts = account.adapter.facts(&keys).into_iter().map(|it| (it.name, it.value));
            all.insert(name.to_string(), facts.collect::<Vec<_>>());
        }
        serde_json::to_string(&all).or_exit(Exit::Failed)
    }
}

fn content(change: &Regroup) -> Result<Content, Failure> {
    let salt = Salt::random().or_exit(Exit::Failed)?;
    Ok(Content::telling(salt, &change.told().or_exit(Exit::Failed)?))
}

/// What is said where nothing is sent yet.
pub(crate) const LATER: &str = "no daemon is running; it goes out when one does";
