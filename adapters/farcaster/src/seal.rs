//! Signing. From here on the bytes and the hash are fixed: every attempt sends the same, and a node
//! knows a repetition by its hash.

use prost::Message as _;
use threadbridge_core::{
    adapter::{Missing, Sealed, Sealing},
    model::{id::RemoteConversation, time::Timestamp},
};

use crate::{
    draft::{Answers, Draft, Kind, MessageDraft},
    fetch::{NO_SECOND, Want},
    known::{Known, Unreadable},
    name::{Name, Place},
    own::Own,
    wire::{
        limits::{self, Tier},
        proto::{
            FarcasterNetwork, MessageData, MessageType, ReactionBody, cast_add_body::Parent,
            message_data::Body,
        },
        time::FarcasterTime,
    },
};

/// How far timestamps may run ahead of the clock so that each is later than the one before; then
/// signing waits for the clock. Nodes allow ten minutes.
const AHEAD_S: u32 = 540;

/// One draft being sealed.
#[derive(Debug)]
pub(crate) struct Signing<'a> {
    pub(crate) own: Option<&'a Own>,
    pub(crate) network: FarcasterNetwork,
    pub(crate) tier: Tier,
    pub(crate) known: Known<'a>,
}

const ROOTLESS: &str = "the author of the thread's root is not known; write thread/FID:0xHASH";

enum Stop {
    Missing(String, &'static str),
    Refused(String),
}

impl From<Unreadable> for Stop {
    fn from(_: Unreadable) -> Self {
        Self::Missing("store".to_owned(), "what the account knows could not be read")
    }
}

impl Signing<'_> {
    /// Makes the final bytes.
    pub(crate) fn seal(
        &self,
        conversation: &RemoteConversation,
        plaintext: &[u8],
        now: Timestamp,
    ) -> Sealing {
        let sealed = match Draft::decode(plaintext).map(|draft| draft.kind) {
            Ok(Some(Kind::Message(draft))) => self.sign(conversation, draft, now),
            Ok(Some(Kind::Direct(_))) => Ok(Sealed { bytes: plaintext.to_vec(), remote_id: None }),
            Ok(None) | Err(_) => Err(Stop::Refused("the draft cannot be read".to_owned())),
        };
        match sealed {
            Ok(sealed) => Sealing::Ready(sealed),
            Err(Stop::Refused(reason)) => Sealing::Refused { reason },
            Err(Stop::Missing(what, reason)) => {
                Sealing::Missing(Missing { what, reason: reason.to_owned() })
            }
        }
    }

    fn sign(
        &self,
        conversation: &RemoteConversation,
        draft: MessageDraft,
        now: Timestamp,
    ) -> Result<Sealed, Stop> {
        let refused = |reason: &str| Stop::Refused(reason.to_owned());
        let own = self.own.ok_or_else(|| refused("the account can only read"))?;
        let key = own.key.as_ref().ok_or_else(|| refused("the account can only read"))?;
        let answers = draft.answers();
        let mut data = draft.data.ok_or_else(|| refused("the draft cannot be read"))?;
        data.fid = own.fid;
        data.network = self.network.into();
        data.timestamp = match &data.body {
            Some(Body::ReactionBody(reaction)) => {
                self.reaction_time(reaction, data.r#type(), now)?
            }
            Some(_) | None => self.timestamp(now)?,
        };
        self.answer(conversation, &mut data, answers)?;
        limits::check(&data, data.encoded_len(), self.tier)
            .map_err(|violation| Stop::Refused(violation.to_string()))?;
        let (hash, message) = key.sign(&data);
        let name = Name { fid: own.fid, hash };
        let remote_id = name.remote_id().map_err(|error| Stop::Refused(error.to_string()))?;
        match &data.body {
            Some(Body::ReactionBody(reaction)) => {
                self.known.set_reacted_at(reaction, data.timestamp);
            }
            Some(_) | None => self.known.set_signed_at(data.timestamp),
        }
        if matches!(data.body, Some(Body::CastAddBody(_))) {
            self.known.add_member(&name, conversation);
            self.known.set_sealed_last(conversation, &hash);
        }
        Ok(Sealed { bytes: message.encode_to_vec(), remote_id: Some(remote_id) })
    }

    /// Later than everything signed before, so that casts sort in the order in which they were said
    /// and no two messages have the same bytes.
    fn timestamp(&self, now: Timestamp) -> Result<u32, Stop> {
        let now = seconds(now)?;
        let next = self.known.signed_at()?.map_or(now, |last| last.saturating_add(1).max(now));
        if next > now.saturating_add(AHEAD_S) { Err(too_fast()) } else { Ok(next) }
    }

    /// Later than the reaction that it undoes or repeats, or nodes would keep to that one. Others it
    /// need not follow: however much is said, what is given or taken back is so at once.
    fn reaction_time(
        &self,
        reaction: &ReactionBody,
        kind: MessageType,
        now: Timestamp,
    ) -> Result<u32, Stop> {
        let now = seconds(now)?;
        let last = match self.known.reacted_at(reaction)? {
            None if kind == MessageType::ReactionRemove => self.known.signed_at()?,
            last => last,
        };
        let next = last.map_or(now, |last| last.saturating_add(1).max(now));
        if next > now.saturating_add(AHEAD_S) { Err(too_fast()) } else { Ok(next) }
    }

    fn answer(
        &self,
        conversation: &RemoteConversation,
        data: &mut MessageData,
        answers: Answers,
    ) -> Result<(), Stop> {
        let own = self.own.map_or(0, |own| own.fid);
        let parent = match answers {
            Answers::AsWritten => return Ok(()),
            Answers::PartBefore => {
                let before = self.known.sealed_last(conversation)?;
                let hash = before.ok_or_else(|| {
                    Stop::Refused("the part before it was never sealed".to_owned())
                })?;
                Name { fid: own, hash }
            }
            Answers::Root => {
                let Some(Place::Thread { hash, .. }) = Place::parse(conversation) else {
                    return Err(Stop::Refused("the conversation is no thread".to_owned()));
                };
                let fid = self.known.root_author(&hash)?;
                let fid = fid.ok_or_else(|| {
                    let missing = Want::Root(hash).to_missing();
                    Stop::Missing(missing.what, ROOTLESS)
                })?;
                Name { fid, hash }
            }
        };
        if let Some(Body::CastAddBody(cast)) = &mut data.body {
            cast.parent = Some(Parent::ParentCastId(parent.cast_id()));
        }
        Ok(())
    }
}

fn wrong_clock() -> Stop {
    Stop::Missing("clock".to_owned(), "the clock of this machine is wrong")
}

fn too_fast() -> Stop {
    Stop::Missing(Want::Second.to_missing().what, NO_SECOND)
}

fn seconds(now: Timestamp) -> Result<u32, Stop> {
    let unix_ms = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
    FarcasterTime::from_unix_ms(unix_ms).map(FarcasterTime::seconds).ok_or_else(wrong_clock)
}
