//! Proving what a node handed over: hash, signature, signer, limits, and where it belongs. No node
//! is trusted; what cannot be proven here is refused with its reason.

mod claims;
mod fate;
mod home;
mod people;
mod signer;

use std::collections::BTreeSet;

use prost::Message as _;
use threadbridge_core::{
    adapter::{Envelope, Missing, Opened, Refusal},
    model::id::RemoteConversation,
};

use crate::{
    carried::Cargo,
    fetch::Want,
    known::{Known, Standing, Unreadable},
    name::Name,
    own::Own,
    proven::{About, Proven},
    wire::{
        SignedMessage,
        custody::is_about_hands,
        hash::MessageHash,
        limits::{self, Tier, Violation},
        proto::{
            CastAddBody, FarcasterNetwork, HubEvent, MessageData, MessageType, ReactionBody,
            hub_event, message_data::Body, reaction_body,
        },
        time::FarcasterTime,
        verify::{Refused, Verified, verify},
    },
};

/// Why an envelope is not a message for us, or not yet.
#[derive(Debug)]
pub(crate) enum Stop {
    Refused(String),
    Wants(Want),
    Elsewhere,
    Unreadable,
}

impl From<Unreadable> for Stop {
    fn from(_: Unreadable) -> Self {
        Self::Unreadable
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused.to_string())
    }
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Self {
        Self::Refused(violation.to_string())
    }
}

impl Stop {
    fn refused(reason: &str) -> Self {
        Self::Refused(reason.to_owned())
    }
}

/// What a message was handed over for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// It was said.
    Said,
    /// It was there before we listened.
    History,
}

/// One envelope being opened.
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    pub(crate) own: Option<&'a Own>,
    pub(crate) network: FarcasterNetwork,
    pub(crate) known: Known<'a>,
    pub(crate) linked: &'a BTreeSet<RemoteConversation>,
}

impl Opening<'_> {
    /// Proves what the envelope carries.
    pub(crate) fn open(&self, envelope: &Envelope) -> Opened {
        let opened = match Cargo::from_envelope(envelope) {
            Some(Cargo::Event(event)) => self.event(event),
            Some(Cargo::Listed(message)) => self.message(&message, None, Purpose::Said),
            Some(Cargo::History(message)) => self.message(&message, None, Purpose::History),
            Some(Cargo::Signers(signers)) => self.learn_signers(signers),
            Some(Cargo::ProfileRead(fid)) => self.learn_profile_was_read(fid),
            Some(Cargo::Custody(event)) => self.custody(event),
            Some(Cargo::Absent(id)) => {
                if let Some(name) = Name::of(&id) {
                    self.known.set_absent(&name);
                }
                Ok(Opened::Learnt)
            }
            Some(Cargo::Later(_seconds)) => Ok(Opened::Learnt),
            Some(Cargo::Lost(_shard)) => {
                self.known.next_epoch().map(|()| Opened::Learnt).map_err(Stop::from)
            }
            None => Err(Stop::refused("envelope is not one of this network")),
        };
        match opened {
            Ok(opened) => opened,
            Err(Stop::Refused(reason)) => Opened::Refused(Refusal::new(reason)),
            Err(Stop::Wants(want)) => Opened::Missing(want.to_missing()),
            Err(Stop::Elsewhere) => Opened::Elsewhere,
            Err(Stop::Unreadable) => Opened::Missing(Missing {
                what: "store".to_owned(),
                reason: "what the account knows could not be read".to_owned(),
            }),
        }
    }

    fn event(&self, event: HubEvent) -> Result<Opened, Stop> {
        let at = u32::try_from(event.timestamp).ok().filter(|seconds| *seconds > 0);
        let at = at.map(FarcasterTime::from_seconds);
        match event.body {
            Some(hub_event::Body::MergeMessageBody(body)) => {
                let message = body.message.ok_or(Stop::refused(UNVERIFIABLE))?;
                self.message(&message, at, Purpose::Said)
            }
            Some(hub_event::Body::PruneMessageBody(body)) => {
                self.gone(body.message, Standing::Pruned)
            }
            Some(hub_event::Body::RevokeMessageBody(body)) => {
                self.gone(body.message, Standing::Revoked)
            }
            Some(hub_event::Body::MergeFailure(body)) => self.failed(&body),
            Some(hub_event::Body::MergeOnChainEventBody(body)) => {
                // Who asks for the keys again learns, too, who has custody.
                let event = body.on_chain_event.filter(|event| is_about_hands(event.r#type));
                self.signers_changed(event.ok_or(Stop::Elsewhere)?.fid)
            }
            Some(
                hub_event::Body::MergeUsernameProofBody(_) | hub_event::Body::BlockConfirmedBody(_),
            )
            | None => Err(Stop::Elsewhere),
        }
    }

    /// Reads what the message claims to be, looks whether that concerns us, and only then does the
    /// costly checks. What is read first and what is proven later are the same bytes.
    fn message(
        &self,
        message: &SignedMessage,
        at: Option<FarcasterTime>,
        purpose: Purpose,
    ) -> Result<Opened, Stop> {
        let bytes = message.signed_bytes().ok_or(Refused::Empty)?;
        if bytes.len() > limits::LARGEST_DATA_BYTES {
            return Err(Refused::TooLarge.into());
        }
        let data = MessageData::decode(bytes).map_err(Refused::Undecodable)?;
        let hash = MessageHash::from_slice(&message.hash).ok_or(Refused::WrongHash)?;
        if data.fid == 0 {
            return Err(Violation::Fid.into());
        }
        let name = Name { fid: data.fid, hash };
        // What shows who somebody is is learnt by whoever's key; of all else our own comes back as a
        // confirmation.
        let shows_who = matches!(
            data.r#type(),
            MessageType::UserDataAdd
                | MessageType::VerificationAddEthAddress
                | MessageType::VerificationRemove
        );
        if !shows_who && self.own.is_some_and(|own| own.signed(&data, message)) {
            let verified = self.prove(message, at)?;
            return self.confirmed(&verified.data, name);
        }
        match (data.r#type(), &data.body) {
            (MessageType::CastAdd, Some(Body::CastAddBody(cast))) => {
                self.cast(message, (name, cast), at, purpose)
            }
            (MessageType::CastRemove, Some(Body::CastRemoveBody(remove))) => {
                self.removal(message, name, &remove.target_hash, at)
            }
            (
                MessageType::ReactionAdd | MessageType::ReactionRemove,
                Some(Body::ReactionBody(reaction)),
            ) => self.reaction(message, name, reaction, at),
            (MessageType::UserDataAdd, Some(Body::UserDataBody(field))) => {
                self.profile(message, name, field)
            }
            (
                kind @ (MessageType::VerificationAddEthAddress | MessageType::VerificationRemove),
                Some(body),
            ) => self.claim(message, name, (kind, body)),
            (MessageType::KeyAdd | MessageType::KeyRemove, _) => {
                // Who may sign it is not looked at, since keys are only asked for again. But its
                // name must be its own: another's would confirm what is not there.
                if MessageHash::of(bytes) != hash {
                    return Err(Refused::WrongHash.into());
                }
                self.signers_changed(data.fid)
            }
            _ => Err(Stop::Elsewhere),
        }
    }

    /// Hash, signature, limits, network and time.
    fn prove(&self, message: &SignedMessage, at: Option<FarcasterTime>) -> Result<Verified, Stop> {
        let verified = verify(message)?;
        let size = message.signed_bytes().map_or(0, <[u8]>::len);
        // Whether the author pays for longer casts is the network's question; ours is the format.
        limits::check(&verified.data, size, Tier::Pro)?;
        if let Some(at) = at {
            limits::check_time(verified.data.timestamp, at)?;
        }
        let is_foreign = verified.data.network != i32::from(self.network);
        if self.network == FarcasterNetwork::Mainnet && is_foreign {
            return Err(Stop::refused("message is for another farcaster network"));
        }
        Ok(verified)
    }

    fn cast(
        &self,
        message: &SignedMessage,
        (name, cast): (Name, &CastAddBody),
        at: Option<FarcasterTime>,
        purpose: Purpose,
    ) -> Result<Opened, Stop> {
        let home = match self.home(&name, cast) {
            Ok(home) => home.ok_or(Stop::Elsewhere)?,
            Err(stop) => {
                // What waits does so under its name, and must not keep another's place.
                self.prove(message, at)?;
                return Err(stop);
            }
        };
        let verified = self.prove(message, at)?;
        // Before the signer is known to be good, so that answers to it find it meanwhile.
        if self.known.member(&name.hash)?.is_none() {
            self.known.add_member(&name, &home.conversation);
        }
        if purpose == Purpose::History {
            return Ok(Opened::Learnt);
        }
        if let Err(stop) = self.may_sign(&verified) {
            if matches!(stop, Stop::Refused(_)) {
                self.known.remove_member(&name.hash);
            }
            return Err(stop);
        }
        let names = self.names_of(&cast.mentions)?;
        Ok(plaintext(&Proven {
            conversation: home.conversation.as_str().to_owned(),
            data: message.signed_bytes().unwrap_or_default().to_vec(),
            hash: name.hash.as_bytes().to_vec(),
            about: None,
            names,
            answers_the_root: home.answers_the_root,
            evidence: Vec::new(),
            custody: None,
        }))
    }

    fn removal(
        &self,
        message: &SignedMessage,
        name: Name,
        target: &[u8],
        at: Option<FarcasterTime>,
    ) -> Result<Opened, Stop> {
        let target = MessageHash::from_slice(target).ok_or(Violation::CastId)?;
        let member = self.known.member(&target)?.ok_or(Stop::Elsewhere)?;
        let conversation = self.linked(&member.conversation).ok_or(Stop::Elsewhere)?;
        let verified = self.prove(message, at)?;
        if member.fid != name.fid {
            return Err(Stop::refused("removal of somebody else's cast"));
        }
        self.may_sign(&verified)?;
        let about = Name { fid: member.fid, hash: target };
        Ok(plaintext(&about_cast(message, &name, conversation, &about)))
    }

    fn reaction(
        &self,
        message: &SignedMessage,
        name: Name,
        reaction: &ReactionBody,
        at: Option<FarcasterTime>,
    ) -> Result<Opened, Stop> {
        let Some(reaction_body::Target::TargetCastId(target)) = &reaction.target else {
            return Err(Stop::Elsewhere);
        };
        let target = Name::of(target).ok_or(Violation::CastId)?;
        let member = self.known.member(&target.hash)?.filter(|member| member.fid == target.fid);
        let member = member.ok_or(Stop::Elsewhere)?;
        let conversation = self.linked(&member.conversation).ok_or(Stop::Elsewhere)?;
        let verified = self.prove(message, at)?;
        self.may_sign(&verified)?;
        Ok(plaintext(&about_cast(message, &name, conversation, &target)))
    }

    /// The conversation of that name, if it is linked.
    fn linked(&self, conversation: &str) -> Option<&RemoteConversation> {
        let name = RemoteConversation::parse(conversation).ok()?;
        self.linked.get(&name)
    }
}

const UNVERIFIABLE: &str = "message comes without the bytes that were signed";

fn plaintext(proven: &Proven) -> Opened {
    Opened::Plaintext(proven.encode_to_vec())
}

fn about_cast(
    message: &SignedMessage,
    name: &Name,
    conversation: &RemoteConversation,
    about: &Name,
) -> Proven {
    Proven {
        conversation: conversation.as_str().to_owned(),
        data: message.signed_bytes().unwrap_or_default().to_vec(),
        hash: name.hash.as_bytes().to_vec(),
        about: Some(About::new(about)),
        ..Proven::default()
    }
}
