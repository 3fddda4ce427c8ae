//! Being brought into groups.

use prost::Message as _;
use threadbridge_core::adapter::{Missing, Refusal};

use super::{Opening, Stop, refused, timestamp, unreadable_or_refused};
use crate::kept::keys_unreadable;
use crate::mls::client::Client;
use crate::mls::group::join::NotJoined;
use crate::mls::group::record::Kind;
use crate::mls::group::records::Records;
use crate::session::Wanted;
use crate::welcome::{WelcomeError, Welcomed, take};
use crate::wire::proto::mls::{WelcomeMessage, welcome_message};

/// The most groups that are waited with until there is a newer client.
const MAX_FOR_NEWER: usize = 32;

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
                let record = Records(self.keys).record(&id).map_err(|_| keys_unreadable())?;
                if record.is_some_and(|record| record.kind == Kind::Sync) {
                    self.join_sync_group(&id)?;
                }
                self.tell(&id)
            }
            Ok(Welcomed::At(destination)) if self.kept().is_pointee_done(&destination)? => Ok(()),
            Ok(Welcomed::At(destination)) => {
                let what = format!("pointee/{}", hex::encode(&destination));
                let reason = "the welcome lies elsewhere";
                Err(self.session.want(what, reason, Wanted::Pointee(destination)).into())
            }
            Ok(Welcomed::Missing(unknown)) => Err(self.ask_for("welcome", &unknown)?.into()),
            Ok(Welcomed::Not(reason @ NotJoined::NewerClient)) => {
                Err(self.wait_for_a_newer_client(message_id(&message), &reason.to_string())?)
            }
            Ok(Welcomed::Not(reason)) => Err(Stop::Refused(Refusal::new(reason.to_string()))),
            Err(WelcomeError::Unreadable(reason)) => {
                Err(Stop::Refused(Refusal::new(reason.to_string())))
            }
            Err(WelcomeError::Group(error)) => Err(unreadable_or_refused(&error)),
        }
    }
}

impl Opening<'_> {
    /// A group that a later version may be in is not forgotten. Anybody may make up such groups, so
    /// only some of them are waited with.
    fn wait_for_a_newer_client(&self, welcome: u64, reason: &str) -> Result<Stop, Missing> {
        let mut waiting = self.kept().for_newer()?;
        if !waiting.contains(&welcome) {
            if waiting.len() >= MAX_FOR_NEWER {
                return Ok(refused(reason));
            }
            waiting.insert(welcome);
            self.kept().set_for_newer(&waiting);
        }
        tracing::warn!(
            welcome,
            "a group on XMTP that we were brought into asks for a newer client"
        );
        let (what, reason) = ("client".to_owned(), reason.to_owned());
        Ok(Missing { what, reason }.into())
    }
}

fn message_id(message: &WelcomeMessage) -> u64 {
    match &message.version {
        Some(welcome_message::Version::V1(it)) => it.id,
        Some(welcome_message::Version::WelcomePointer(it)) => it.id,
        None => 0,
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
