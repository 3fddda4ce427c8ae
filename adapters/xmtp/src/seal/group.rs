//! Which group a conversation is.

use super::{Halt, SealingFor};
use crate::follow::follow;
use crate::identity::inbox::InboxId;
use crate::kept::keys_unreadable;
use crate::mls::client::Client;
use crate::mls::group::Group;
use crate::mls::group::create::Founding;
use crate::mls::group::record::{GroupId, State};
use crate::mls::group::records::Records;
use crate::place::Place;
use crate::session::Wanted;

impl<'a> SealingFor<'a> {
    /// The group of a place. A conversation of two is begun with what is said first.
    pub(super) fn group<'c>(&self, client: &'c Client, place: &Place) -> Result<Group<'c>, Halt>
    where
        'a: 'c,
    {
        match place {
            Place::Group(id) => {
                let id = GroupId::parse(id);
                let group = match &id {
                    Some(id) => Group::load(self.keys, client, id).map_err(unreadable)?,
                    None => None,
                };
                let record = match &id {
                    Some(id) => Records(self.keys).record(id).map_err(|_| keys_unreadable())?,
                    None => None,
                };
                let is_out = record.is_some_and(|it| it.state == State::Removed);
                group.filter(|_| !is_out).ok_or_else(|| {
                    let reason = if is_out {
                        "the account was taken out of the group; somebody in it must add it again"
                    } else {
                        "nobody has brought the account into that group yet"
                    };
                    let (what, reason) = ("welcome".to_owned(), reason.to_owned());
                    Halt::Missing(threadbridge_core::adapter::Missing { what, reason })
                })
            }
            Place::Direct(peer) => self.direct(client, *peer),
            Place::DirectAddress(address) => {
                let Some(peer) = self.kept().peer(address)? else {
                    let what = format!("inbox/{address}");
                    let reason = "nobody is known on XMTP under that address yet";
                    let wanted = Wanted::InboxOf(address.clone());
                    return Err(self.session.want(what, reason, wanted).into());
                };
                self.direct(client, peer)
            }
        }
    }

    fn direct<'c>(&self, client: &'c Client, peer: InboxId) -> Result<Group<'c>, Halt>
    where
        'a: 'c,
    {
        let peer = peer.to_string();
        if peer == client.inbox {
            let reason = "the account cannot write to itself";
            return Err(Halt::Refused(reason.to_owned()));
        }
        let groups = Records(self.keys).dms(&peer).map_err(|_| keys_unreadable())?;
        let usable = groups.into_iter().find(|(_, record)| record.state == State::Active);
        if let Some((id, _)) = usable
            && let Some(group) = Group::load(self.keys, client, &id).map_err(unreadable)?
        {
            return Ok(group);
        }
        let founding = Founding::Dm { peer };
        let group = Group::create(self.keys, client, &founding, self.now);
        let group = group.map_err(|error| Halt::Refused(error.to_string()))?;
        follow(self.session, self.keys, group.id(), (group.record(), group.epoch()))?;
        Ok(group)
    }
}

fn unreadable(_error: crate::mls::group::GroupError) -> Halt {
    Halt::Missing(keys_unreadable())
}
