//! Seeing to it that what our own installations want of each other is done: publishing what was
//! sealed for them, and carrying history from and to the owner's history server.

use std::collections::BTreeMap;

use prost::Message as _;
use threadbridge_core::adapter::{Batch, Verdict};

use super::{Ended, Reader};
use crate::arrival::{Answered, Arrival, Blob, HistoryEnded, Past};
use crate::identity::inbox::InboxId;
use crate::send::Parcel;
use crate::sync::archive::read::Archive;
use crate::sync::archive::{ArchiveKey, Unreadable};
use crate::sync::give::{Contents, archive, saved};
use crate::sync::kept::{OfferRow, WishRow};
use crate::sync::{message, request};
use crate::web::{self, WebError};
use crate::wire::proto::mls::{GroupMessageInput, group_message_input};
use crate::wire::proto::sync::backup_element::Element;
use crate::wire::proto::sync::device_sync_content::Content;
use crate::wire::proto::sync::{GroupMessageSave, GroupSave};

/// The largest archive that is taken, as it is laid down.
const MAX_ARCHIVE_BYTES: u64 = 64 << 20;
/// The most of an archive that is held at once, inflated.
const MAX_HELD_BYTES: usize = 256 << 20;
/// How many events of each conversation are given.
const MAX_GIVEN: usize = 200_000;
/// How many messages of an archive are handed over at once.
const AT_ONCE: usize = 100;

/// What an archive holds that is of use here.
#[derive(Debug, Default)]
struct Found {
    peers: BTreeMap<Vec<u8>, InboxId>,
    messages: Vec<GroupMessageSave>,
    consents: Vec<Vec<u8>>,
}

impl Reader<'_> {
    /// Does what is due for our own installation and what the others want, until there is nothing
    /// more that can be done now.
    pub(super) async fn attend(&self) -> Result<(), Ended> {
        self.upload_key_package().await?;
        loop {
            let (outbox, is_due) = {
                let mut known = self.ear.session.known();
                (known.sync_outbox.first().cloned(), std::mem::take(&mut known.is_tending_due))
            };
            if let Some(parcel) = outbox {
                self.publish(parcel).await?;
            } else if is_due {
                let now_ns = self.now_ns();
                self.hand_over(&Arrival::Tend(now_ns), format!("tend/{now_ns}")).await?;
            } else {
                break;
            }
        }
        let (offer, wish) = {
            let known = self.ear.session.known();
            (known.sync_offer.clone(), known.sync_wish.clone())
        };
        if let Some(offer) = offer {
            self.take_history(offer).await?;
        }
        if let Some(wish) = wish {
            self.give_history(wish).await?;
        }
        Ok(())
    }

    async fn publish(&self, parcel: Blob) -> Result<(), Ended> {
        if let Ok(Parcel { data, sender_hmac, should_push, .. }) = minicbor::decode(&parcel.0) {
            let v1 = group_message_input::V1 { data, sender_hmac, should_push };
            let version = Some(group_message_input::Version::V1(v1));
            self.ear.api.publish(vec![GroupMessageInput { version }]).await?;
        }
        let name = format!("published/{}", self.now_ns());
        self.hand_over(&Arrival::Published(parcel), name).await
    }

    /// Takes the history that another installation laid down. Where the server does not answer, it
    /// is tried again; what does not open is refused, and another answer may come.
    async fn take_history(&self, offer: OfferRow) -> Result<(), Ended> {
        let reason = match web::get(&offer.url, MAX_ARCHIVE_BYTES).await {
            Ok(bytes) => match opened(&bytes, &offer.key, self.ear.session.inbox()) {
                Ok(found) => {
                    self.hand_over_history(found).await?;
                    None
                }
                Err(why) => Some(format!("history was not taken: {why}")),
            },
            Err(error) => match self.again(&error) {
                true => return Ok(()),
                false => Some(format!("history was not had: {error}")),
            },
        };
        let ended = HistoryEnded { pin: offer.pin, url: offer.url, reason };
        let name = format!("history/ended/{}", self.now_ns());
        self.hand_over(&Arrival::HistoryEnded(ended), name).await
    }

    fn again(&self, error: &WebError) -> bool {
        tracing::warn!(%error, "the history server");
        error.verdict() == Verdict::Retry
    }

    /// Hands over what an archive says, the oldest first; each message is known again by its id.
    async fn hand_over_history(&self, found: Found) -> Result<(), Ended> {
        let Found { peers, mut messages, consents } = found;
        let consents = consents.into_iter().zip(0_u32..).filter_map(|(consent, nth)| {
            Arrival::Consent(Blob(consent)).envelope(format!("history/consent/{nth}"))
        });
        self.hand_over_all(consents.collect()).await?;
        messages.sort_by_key(|it| (it.sent_at_ns, it.sequence_id));
        for some in messages.chunks(AT_ONCE) {
            let envelopes = some.iter().filter_map(|save| {
                let peer = peers.get(&save.group_id).copied();
                let name = format!("history/{}", hex::encode(&save.id));
                Arrival::Past(Past { peer, message: Blob(save.encode_to_vec()) }).envelope(name)
            });
            self.hand_over_all(envelopes.collect()).await?;
        }
        Ok(())
    }

    async fn hand_over_all(
        &self,
        envelopes: Vec<threadbridge_core::adapter::Envelope>,
    ) -> Result<(), Ended> {
        if !envelopes.is_empty() {
            self.inbound.accept(Batch { envelopes, cursors: Vec::new() }).await?;
        }
        Ok(())
    }

    /// Lays down what this bridge knows for another installation that asked for it.
    async fn give_history(&self, wish: WishRow) -> Result<(), Ended> {
        let Some(server) = &self.ear.config.history else { return Ok(()) };
        let server = server.as_str().trim_end_matches('/');
        let answered = match archive(&wish, self.contents(), self.ear.clock.now()) {
            Ok((archive, key, metadata)) => match web::post(server, archive).await {
                Ok(file) => {
                    let reply = request::answer(wish.pin.clone(), (server, &file), &key, metadata);
                    Answered::with(wish.pin, message::write(Content::Reply(reply)))
                }
                Err(error) if self.again(&error) => return Ok(()),
                Err(error) => Answered::not(wish.pin, format!("history was not given: {error}")),
            },
            Err(why) => Answered::not(wish.pin, format!("history was not given: {why}")),
        };
        let name = format!("history/answered/{}", self.now_ns());
        self.hand_over(&Arrival::Answered(answered), name).await
    }
}

impl Reader<'_> {
    /// What this bridge knows of its linked conversations.
    fn contents(&self) -> Contents {
        let (described, consents) = {
            let known = self.ear.session.known();
            (known.described.clone(), known.consents.clone())
        };
        let mut messages = Vec::new();
        let mut conversations = self.inbound.conversations().borrow().clone();
        conversations.extend(described.iter().flat_map(|(names, _)| names.iter().cloned()));
        for conversation in &conversations {
            let group = described.iter().find(|(names, _)| names.contains(conversation));
            let Some((_, group)) = group else { continue };
            match self.inbound.told(conversation, MAX_GIVEN) {
                Ok(told) => messages.extend(told.iter().filter_map(|it| saved(it, &group.id))),
                Err(error) => tracing::warn!(%error, "what was said could not be recalled"),
            }
        }
        let groups = described.into_iter().map(|(_, group)| group).collect();
        Contents { groups, messages, consents }
    }
}

/// What is in an archive. Nothing of it is believed unless all of it opens.
fn opened(bytes: &[u8], key: &[u8], own: Option<InboxId>) -> Result<Found, Unreadable> {
    let key = ArchiveKey::from_slice(key).ok_or(Unreadable::Sealed)?;
    let mut found = Found::default();
    let mut held = 0_usize;
    for element in Archive::open(bytes, &key)? {
        match element? {
            Element::Group(group) => {
                if let Some(peer) = peer(&group, own) {
                    found.peers.insert(group.id, peer);
                }
            }
            Element::GroupMessage(message) => {
                held = held.saturating_add(message.decrypted_message_bytes.len());
                if held > MAX_HELD_BYTES {
                    return Err(Unreadable::TooLarge);
                }
                found.messages.push(message);
            }
            Element::Consent(consent) => found.consents.push(consent.encode_to_vec()),
            Element::Metadata(_) => {}
        }
    }
    Ok(found)
}

/// With whom a conversation of two is.
fn peer(group: &GroupSave, own: Option<InboxId>) -> Option<InboxId> {
    let members = group.dm_id.as_deref()?.strip_prefix("dm:")?.split(':');
    members.filter_map(InboxId::parse).find(|it| Some(*it) != own)
}
