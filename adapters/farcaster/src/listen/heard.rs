//! What of a shard's events may concern the account. Nodes send everything that happens on the
//! network; what cannot be ours is dropped before it costs anything.

use std::collections::BTreeSet;

use prost::Message as _;
use threadbridge_core::{
    adapter::Envelope,
    model::id::{InvalidId, RemoteConversation, RemoteId},
};

use crate::{
    carried::Cargo,
    name::{Name, Place},
    shard::block::Block,
    wire::{
        SignedMessage,
        custody::is_about_hands,
        hash::MessageHash,
        limits,
        proto::{
            CastAddBody, HubEvent, MessageData, MessageType, cast_add_body::Parent, embed::Embed,
            hub_event, message_data::Body, reaction_body,
        },
        verify::PublicKey,
    },
};

/// An envelope with what it claims to be. Nothing of it is proven yet.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) envelope: Envelope,
    /// Whose it is.
    pub(crate) author: u64,
    pub(crate) key: Option<PublicKey>,
    /// The cast that it is.
    pub(crate) gives: Option<MessageHash>,
    /// The cast that it is about: without that, nobody knows where it belongs.
    pub(crate) about: Option<MessageHash>,
    /// Whether it names a linked conversation by itself.
    pub(crate) is_near: bool,
    /// Whether it is about a cast of our own: then it most likely is in a linked conversation.
    pub(crate) is_about_us: bool,
    pub(crate) mentions: Vec<u64>,
    /// Whether the author's keys have changed with it.
    pub(crate) changes_keys: bool,
}

/// What the account listens for.
#[derive(Debug)]
pub(crate) struct Ear<'a> {
    pub(crate) linked: &'a BTreeSet<RemoteConversation>,
    pub(crate) own: Option<u64>,
}

impl Ear<'_> {
    /// The event as an envelope, if it may concern us.
    pub(crate) fn hear(&self, shard: u32, event: HubEvent) -> Result<Option<Heard>, InvalidId> {
        let (prefix, message) = match &event.body {
            Some(hub_event::Body::MergeMessageBody(body)) => ("", body.message.as_ref()),
            Some(hub_event::Body::PruneMessageBody(body)) => ("prune/", body.message.as_ref()),
            Some(hub_event::Body::RevokeMessageBody(body)) => ("revoke/", body.message.as_ref()),
            Some(hub_event::Body::MergeFailure(body)) => ("failure/", body.message.as_ref()),
            Some(hub_event::Body::MergeOnChainEventBody(body)) => {
                let on_chain = body.on_chain_event.as_ref().filter(|it| is_about_hands(it.r#type));
                let Some(fid) = on_chain.map(|it| it.fid) else { return Ok(None) };
                let id = RemoteId::parse(format!("event/{shard}/{}", event.id))?;
                return Ok(Some(Heard::about_keys(fid, Cargo::Event(event).into_envelope(id))));
            }
            Some(
                hub_event::Body::MergeUsernameProofBody(_) | hub_event::Body::BlockConfirmedBody(_),
            )
            | None => return Ok(None),
        };
        let Some(message) = message else {
            // It cannot be verified over this API; `open` refuses it, so that it is counted.
            let id = RemoteId::parse(format!("event/{shard}/{}", event.id))?;
            return Ok(Some(Heard::plain(0, Cargo::Event(event).into_envelope(id))));
        };
        let Some((name, key, data)) = read(message) else {
            // No honest node passes on what cannot be read. `open` refuses it, so that it shows.
            let id = RemoteId::parse(format!("event/{shard}/{}", event.id))?;
            return Ok(prefix
                .is_empty()
                .then(|| Heard::plain(0, Cargo::Event(event).into_envelope(id))));
        };
        let id = RemoteId::parse(format!("{prefix}{}:{}", name.fid, name.hash))?;
        let blank = Heard { key, ..Heard::plain(name.fid, Cargo::Event(event).into_envelope(id)) };
        if prefix == "failure/" {
            return Ok((self.own == Some(name.fid)).then_some(blank));
        }
        if !prefix.is_empty() {
            return Ok(matches!(data.body, Some(Body::CastAddBody(_))).then_some(blank));
        }
        Ok(self.merged(&name, &data, blank))
    }

    /// What the casts of a block quote that is not in it, as far as these are in linked
    /// conversations by their own words.
    pub(crate) fn quotes(&self, block: &Block) -> Vec<MessageHash> {
        let merged = block.events.iter().filter_map(|event| match &event.body {
            Some(hub_event::Body::MergeMessageBody(body)) => body.message.as_ref().and_then(read),
            Some(_) | None => None,
        });
        let (mut given, mut quoted) = (BTreeSet::new(), Vec::new());
        for (name, _, data) in merged {
            given.insert(name.hash);
            let Some(Body::CastAddBody(cast)) = &data.body else { continue };
            if self.is_near(&name, cast) {
                let embeds = cast.embeds.iter().take(limits::EMBEDS);
                quoted.extend(embeds.filter_map(|it| match &it.embed {
                    Some(Embed::CastId(id)) => MessageHash::from_slice(&id.hash),
                    Some(Embed::Url(_)) | None => None,
                }));
            }
        }
        quoted.retain(|hash| !given.contains(hash));
        quoted
    }

    /// A listed message, which stands for the event that merged it.
    pub(crate) fn listed(&self, envelope: Envelope, message: &SignedMessage) -> Option<Heard> {
        let (name, key, data) = read(message)?;
        self.merged(&name, &data, Heard { key, ..Heard::plain(name.fid, envelope) })
    }

    fn merged(&self, name: &Name, data: &MessageData, blank: Heard) -> Option<Heard> {
        match (data.r#type(), &data.body) {
            (MessageType::CastAdd, Some(Body::CastAddBody(cast))) => self.cast(name, cast, blank),
            (MessageType::CastRemove, Some(Body::CastRemoveBody(_)))
            | (MessageType::UserDataAdd, Some(Body::UserDataBody(_)))
            | (MessageType::VerificationAddEthAddress, Some(Body::VerificationAddAddressBody(_)))
            | (MessageType::VerificationRemove, Some(Body::VerificationRemoveBody(_))) => {
                Some(blank)
            }
            (
                MessageType::ReactionAdd | MessageType::ReactionRemove,
                Some(Body::ReactionBody(reaction)),
            ) => match &reaction.target {
                Some(reaction_body::Target::TargetCastId(target)) => {
                    let is_about_us = self.own == Some(target.fid);
                    Some(Heard {
                        about: MessageHash::from_slice(&target.hash),
                        is_about_us,
                        ..blank
                    })
                }
                Some(reaction_body::Target::TargetUrl(_)) | None => None,
            },
            (MessageType::KeyAdd | MessageType::KeyRemove, _) => {
                Some(Heard { changes_keys: true, ..blank })
            }
            _ => None,
        }
    }

    fn cast(&self, name: &Name, cast: &CastAddBody, blank: Heard) -> Option<Heard> {
        let about = match &cast.parent {
            Some(Parent::ParentCastId(id)) => MessageHash::from_slice(&id.hash),
            Some(Parent::ParentUrl(_)) | None => None,
        };
        let is_near = self.is_near(name, cast);
        let is_own = self.own == Some(name.fid);
        // Without a parent cast nothing else can make it ours later.
        if about.is_none() && !is_near && !is_own {
            return None;
        }
        let mentions = cast.mentions.iter().take(limits::MENTIONS).copied().collect();
        let is_about_us = match &cast.parent {
            Some(Parent::ParentCastId(id)) => self.own == Some(id.fid),
            Some(Parent::ParentUrl(_)) | None => false,
        };
        Some(Heard { gives: Some(name.hash), about, is_near, is_about_us, mentions, ..blank })
    }

    fn is_near(&self, name: &Name, cast: &CastAddBody) -> bool {
        let mut names: Vec<String> = Place::names_of_thread(name).into();
        let mut is_to_us = self.own.is_some_and(|own| cast.mentions.contains(&own));
        match &cast.parent {
            Some(Parent::ParentCastId(id)) => {
                names.extend(Name::of(id).iter().flat_map(Place::names_of_thread));
                is_to_us |= self.own == Some(id.fid);
            }
            Some(Parent::ParentUrl(url)) => names.extend(Place::names_of_channel(url)),
            None => names.push(format!("author/{}", name.fid)),
        }
        if is_to_us {
            names.push("mentions".to_owned());
        }
        names.into_iter().any(|name| {
            RemoteConversation::parse(name).is_ok_and(|name| self.linked.contains(&name))
        })
    }
}

impl Heard {
    fn plain(author: u64, envelope: Envelope) -> Self {
        Self {
            envelope,
            author,
            key: None,
            gives: None,
            about: None,
            is_near: false,
            is_about_us: false,
            mentions: Vec::new(),
            changes_keys: false,
        }
    }

    /// A cast that was there before; who made it is of no interest.
    pub(crate) fn of_old(name: &Name, envelope: Envelope) -> Self {
        Self { gives: Some(name.hash), ..Self::plain(name.fid, envelope) }
    }

    fn about_keys(fid: u64, envelope: Envelope) -> Self {
        Self { changes_keys: true, ..Self::plain(fid, envelope) }
    }
}

fn read(message: &SignedMessage) -> Option<(Name, Option<PublicKey>, MessageData)> {
    let data = MessageData::decode(message.signed_bytes()?).ok()?;
    let hash = MessageHash::from_slice(&message.hash)?;
    let name = Name { fid: data.fid, hash };
    (data.fid > 0).then_some((name, PublicKey::from_slice(&message.signer), data))
}
