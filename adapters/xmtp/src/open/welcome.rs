//! Being brought into groups.

use prost::Message as _;
use threadbridge_core::adapter::Refusal;

use super::{Opening, Stop, refused, timestamp, unreadable_or_refused};
use crate::follow::follow;
use crate::kept::keys_unreadable;
use crate::mls::client::Client;
use crate::mls::group::Group;
use crate::session::Wanted;
use crate::welcome::{WelcomeError, Welcomed, take};
use crate::wire::proto::mls::{WelcomeMessage, welcome_message};

impl Opening<'_> {
    /// Joins the group that a welcome is to, or asks for the welcome that it points to.
    pub(super) fn take_welcome(&self, bytes: &[u8]) -> Result<(), Stop> {
        let message = WelcomeMessage::decode(bytes)
            .map_err(|_form| refused("a welcome is not in its form"))?;
        let client = self.client()?;
        let created_ns = created_ns(&message);
        let at = timestamp(created_ns);
        let taken = take(self.keys, &client, &message, at, &self.logs());
        // Whoever used our key package leaves it to us to upload another.
        self.offer_key_package(created_ns)?;
        if let Some(destination) = destination(&message, &client)
            && matches!(taken, Ok(Welcomed::Joined { .. } | Welcomed::Not(_)) | Err(_))
        {
            self.kept().set_pointee_done(destination);
        }
        match taken {
            Ok(Welcomed::Joined { group: id, .. }) => {
                let group = Group::load(self.keys, &client, &id).map_err(|_| keys_unreadable())?;
                let group = group.ok_or_else(keys_unreadable)?;
                Ok(follow(self.session, self.keys, &id, (group.record(), group.epoch()))?)
            }
            Ok(Welcomed::At(destination)) if self.kept().is_pointee_done(&destination)? => Ok(()),
            Ok(Welcomed::At(destination)) => {
                let what = format!("pointee/{}", hex::encode(&destination));
                let reason = "the welcome lies elsewhere";
                Err(self.session.want(what, reason, Wanted::Pointee(destination)).into())
            }
            Ok(Welcomed::Missing(unknown)) => Err(self.ask_for("welcome", &unknown)?.into()),
            Ok(Welcomed::Not(reason)) => Err(Stop::Refused(Refusal::new(reason.to_string()))),
            Err(WelcomeError::Unreadable(reason)) => {
                Err(Stop::Refused(Refusal::new(reason.to_string())))
            }
            Err(WelcomeError::Group(error)) => Err(unreadable_or_refused(&error)),
        }
    }
}

/// Where the welcome lay, if that was not our own place.
fn destination<'m>(message: &'m WelcomeMessage, client: &Client) -> Option<&'m [u8]> {
    match message.version.as_ref()? {
        welcome_message::Version::V1(it) => {
            (it.installation_key != client.installation.public()).then_some(&it.installation_key)
        }
        welcome_message::Version::WelcomePointer(_) => None,
    }
}

fn created_ns(message: &WelcomeMessage) -> u64 {
    match &message.version {
        Some(welcome_message::Version::V1(it)) => it.created_ns,
        Some(welcome_message::Version::WelcomePointer(it)) => it.created_ns,
        None => 0,
    }
}
