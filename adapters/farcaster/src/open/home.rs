//! Which conversation a cast belongs to: the one of its root. The wire names only the direct
//! parent, so membership is kept cast by cast.

use threadbridge_core::model::id::RemoteConversation;

use super::{Opening, Stop};
use crate::{
    fetch::Want,
    name::{Name, Place},
    wire::proto::{CastAddBody, cast_add_body::Parent},
};

/// Where a cast belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Home {
    pub(super) conversation: RemoteConversation,
    /// Whether it answers the root of a thread, which is the conversation itself.
    pub(super) answers_the_root: bool,
}

impl Home {
    fn of(conversation: &RemoteConversation) -> Self {
        Self { conversation: conversation.clone(), answers_the_root: false }
    }
}

impl Opening<'_> {
    /// The linked conversation that a cast belongs to, if any.
    pub(super) fn home(&self, name: &Name, cast: &CastAddBody) -> Result<Option<Home>, Stop> {
        for thread in Place::names_of_thread(name) {
            if let Some(conversation) = self.linked(&thread) {
                return Ok(Some(Home::of(conversation)));
            }
        }
        if let Some(home) = self.home_of_parent(name, cast)? {
            return Ok(Some(home));
        }
        let own = self.own.map(|own| own.fid);
        let is_to_us = own.is_some_and(|own| {
            let answers = matches!(&cast.parent, Some(Parent::ParentCastId(id)) if id.fid == own);
            cast.mentions.contains(&own) || answers
        });
        Ok(self.linked("mentions").filter(|_| is_to_us).map(Home::of))
    }

    fn home_of_parent(&self, name: &Name, cast: &CastAddBody) -> Result<Option<Home>, Stop> {
        match &cast.parent {
            Some(Parent::ParentCastId(id)) => match Name::of(id) {
                Some(parent) => self.home_below(&parent),
                None => Ok(None),
            },
            Some(Parent::ParentUrl(url)) => {
                let mut names = Place::names_of_channel(url).into_iter();
                Ok(names.find_map(|channel| self.linked(&channel).map(Home::of)))
            }
            None => Ok(self.linked(&format!("author/{}", name.fid)).map(Home::of)),
        }
    }

    fn home_below(&self, parent: &Name) -> Result<Option<Home>, Stop> {
        let [bare, full] = Place::names_of_thread(parent);
        if let Some(conversation) = self.linked(&full) {
            return Ok(Some(Home { conversation: conversation.clone(), answers_the_root: true }));
        }
        let member = self.known.member(&parent.hash)?;
        if let Some(conversation) = self.linked(&bare) {
            // The reply says who made the root; whether that is so, only the root itself proves.
            return match member {
                Some(root) if root.fid == parent.fid => {
                    Ok(Some(Home { conversation: conversation.clone(), answers_the_root: true }))
                }
                None if !self.known.is_absent(parent)? => Err(Stop::Wants(Want::Cast(*parent))),
                Some(_) | None => Ok(None),
            };
        }
        let member = member.filter(|member| member.fid == parent.fid);
        Ok(member.and_then(|member| self.linked(&member.conversation).map(Home::of)))
    }
}
