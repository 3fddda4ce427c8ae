//! Groups that the owner makes and changes. What is wanted becomes a commit like any other: it counts
//! when it is read back, and if another came before, it is made anew. What is so already needs none.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use threadbridge_core::adapter::{Sealed, Sealing};
use threadbridge_core::model::group::{Rank, Regroup};
use threadbridge_core::model::id::{Identity, RemoteConversation};

use super::{Halt, SealingFor};
use crate::content::write::leave_request;
use crate::follow::follow;
use crate::identity::inbox::InboxId;
use crate::kept::keys_unreadable;
use crate::mls::attribute::GROUP_NAME;
use crate::mls::client::Client;
use crate::mls::group::Group;
use crate::mls::group::create::Founding;
use crate::mls::group::plan::{Intent, Is};
use crate::mls::group::record::{GroupId, Kind};
use crate::mls::group::records::Records;
use crate::mls::permission::Preset;
use crate::place::Place;

impl SealingFor<'_> {
    /// The next thing that is to be done for a group to be as it is wanted.
    pub(crate) fn regroup(&self, conversation: &RemoteConversation, change: &Regroup) -> Sealing {
        match self.regrouped(conversation, change) {
            Ok(Some(sealed)) => Sealing::Ready(sealed),
            Ok(None) => Sealing::Done,
            Err(halt) => halt.into(),
        }
    }

    fn regrouped(
        &self,
        conversation: &RemoteConversation,
        change: &Regroup,
    ) -> Result<Option<Sealed>, Halt> {
        let place = Place::parse(conversation);
        let Some(Place::Group(id)) = &place else {
            return Err(refused("it is a conversation of two, whose members do not change"));
        };
        let id = GroupId::parse(id).ok_or_else(|| refused("the network has no such group"))?;
        let client = self.client()?;
        let known = Records(self.keys).record(&id).map_err(|_| keys_unreadable())?;
        if known.is_none()
            && let Regroup::Found { title, .. } = change
        {
            self.found(&client, id.clone(), title)?;
        }
        let place = Place::Group(id.as_bytes().to_vec());
        let group = self.group(&client, &place)?;
        if group.record().kind != Kind::Group {
            return Err(refused("it is a conversation of two, whose members do not change"));
        }
        let intent = match change {
            Regroup::Found { with, .. } | Regroup::Add(with) => {
                Intent { add: inboxes(with)?, ..Intent::default() }
            }
            Regroup::Remove(who) => Intent { remove: inboxes(who)?, ..Intent::default() },
            Regroup::Rename(title) => {
                let attributes = BTreeMap::from([(GROUP_NAME.to_owned(), Some(title.clone()))]);
                Intent { attributes, ..Intent::default() }
            }
            Regroup::Rank { who, rank } => ranked(&inboxes(who)?, *rank),
            Regroup::Leave => {
                let group = self.free_to_leave(group, &client)?;
                let group = self.brought_up_to_date(group, &place)?;
                return self.encrypt(group, &leave_request().encode_to_vec()).map(Some);
            }
        };
        self.brought_to(group, intent)?;
        Ok(None)
    }

    /// Takes those out of a group who asked to leave it and are still in it.
    pub(crate) fn let_go(&self, id: &GroupId, leavers: &BTreeSet<InboxId>) -> Result<(), Halt> {
        let client = self.client()?;
        let group = self.group(&client, &Place::Group(id.as_bytes().to_vec()))?;
        let terms = group.terms().map_err(|error| Halt::Refused(error.to_string()))?;
        // The network has a member who may do everything see to it.
        if !terms.super_admins().contains(&client.inbox) {
            return Ok(());
        }
        let stays = |inbox: &String| {
            !terms.members().contains_key(inbox) || terms.super_admins().contains(inbox)
        };
        let remove: BTreeSet<_> = leavers.iter().map(ToString::to_string).collect();
        let remove: BTreeSet<_> = remove.into_iter().filter(|it| !stays(it)).collect();
        if remove.is_empty() {
            return Ok(());
        }
        self.brought_to(group, Intent { remove, ..Intent::default() }).map(drop)
    }

    /// Whoever may do everything in a group gives that up before they leave it, once somebody else may.
    fn free_to_leave<'g>(&self, group: Group<'g>, client: &Client) -> Result<Group<'g>, Halt> {
        let terms = group.terms().map_err(|error| Halt::Refused(error.to_string()))?;
        if terms.members().len() < 2 {
            return Err(refused("nobody else is in the group"));
        }
        if !terms.super_admins().contains(&client.inbox) {
            return Ok(group);
        }
        if terms.super_admins().len() < 2 {
            return Err(refused(
                "the account alone may do everything in the group, and the network lets nobody leave \
                 it so; name another owner first: `threadbridge group admin GROUP WHO --owner`",
            ));
        }
        let super_admins = BTreeMap::from([(client.inbox.clone(), Is::Unlisted)]);
        self.brought_to(group, Intent { super_admins, ..Intent::default() })
    }

    /// Makes a group with nobody else in it yet.
    fn found(&self, client: &Client, id: GroupId, title: &str) -> Result<(), Halt> {
        let founding = Founding::Group {
            preset: Preset::AllMembers,
            name: title.to_owned(),
            description: String::new(),
            image: String::new(),
        };
        let group = Group::create_as(self.keys, client, &founding, (Some(id), self.now));
        let group = group.map_err(|error| Halt::Refused(error.to_string()))?;
        Ok(follow(self.session, self.keys, group.id(), (group.record(), group.epoch()))?)
    }
}

/// What is to be on the lists of a group for these to have a rank.
fn ranked(who: &BTreeSet<String>, rank: Rank) -> Intent {
    let listed = |is: Is| who.iter().map(|inbox| (inbox.clone(), is)).collect();
    match rank {
        Rank::Member => Intent {
            admins: listed(Is::Unlisted),
            super_admins: listed(Is::Unlisted),
            ..Intent::default()
        },
        Rank::Admin => Intent {
            admins: listed(Is::Listed),
            super_admins: listed(Is::Unlisted),
            ..Intent::default()
        },
        Rank::Owner => Intent { super_admins: listed(Is::Listed), ..Intent::default() },
    }
}

fn inboxes(who: &[Identity]) -> Result<BTreeSet<String>, Halt> {
    let inbox = |it: &Identity| InboxId::parse(it.author.as_str()).map(|it| it.to_string());
    let all: Option<BTreeSet<String>> = who.iter().map(inbox).collect();
    all.ok_or_else(|| refused("somebody is named who is not on XMTP"))
}

fn refused(reason: &str) -> Halt {
    Halt::Refused(reason.to_owned())
}
