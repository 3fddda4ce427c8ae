//! Fixing what is said: metadata with an id of its own, and the operation that posts it. From here
//! on the bytes stay the same, and whoever sends them again finds by that id what was posted before.

use threadbridge_core::{
    adapter::{Missing, Sealed, Sealing},
    model::{id::RemoteConversation, time::Timestamp},
};

use crate::{
    draft::{Answers, Draft, Named, OpId, Operation, Parcel, Reaction, Within, Words, Written},
    known::{Called, Deed, Known, Unreadable},
    memory::Memory,
    metadata,
    name::Place,
    own::Own,
};

/// One draft being sealed.
#[derive(Debug)]
pub(crate) struct Signing<'a> {
    pub(crate) own: Option<&'a Own>,
    pub(crate) known: Known<'a>,
    pub(crate) memory: &'a Memory,
}

enum Stop {
    Missing(String, &'static str),
    Refused(&'static str),
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
        match self.fixed(conversation, plaintext, now) {
            Ok(sealed) => Sealing::Ready(sealed),
            Err(Stop::Refused(reason)) => Sealing::Refused { reason: reason.to_owned() },
            Err(Stop::Missing(what, reason)) => {
                Sealing::Missing(Missing { what, reason: reason.to_owned() })
            }
        }
    }

    fn fixed(
        &self,
        conversation: &RemoteConversation,
        plaintext: &[u8],
        now: Timestamp,
    ) -> Result<Sealed, Stop> {
        let own = self.own.ok_or(Stop::Refused("the account can only read"))?;
        let place = Place::parse(conversation)
            .ok_or(Stop::Refused("the conversation is none that lens has"))?;
        let draft = serde_json::from_slice(plaintext)
            .map_err(|_json| Stop::Refused("the draft cannot be read"))?;
        let number = self.known.next_number()?;
        let op = OpId::of(own.account, number, now.as_micros(), plaintext);
        let deed = match draft {
            Draft::Say { words, answers } => {
                let within = match answers {
                    Answers::Place => Within::of(&place),
                    Answers::Post(post) => Within::Post(post),
                    Answers::PartBefore => {
                        let before = self.known.said_last(conversation)?;
                        let before =
                            before.ok_or(Stop::Refused("the part before it was never sealed"))?;
                        Within::Op(before)
                    }
                };
                let written = self.written(&words, &op)?;
                self.known.set_said_last(conversation, &op);
                Operation::Say { within, quote: words.quotes.first().cloned(), written }
            }
            Draft::Edit { post, words } => {
                Operation::Edit { post, written: self.written(&words, &op)? }
            }
            Draft::Delete { post } => {
                self.known.set_did(Deed::Deleted, &post);
                Operation::Delete { post }
            }
            Draft::React { post, reaction, is_given } => {
                let deed = match (reaction, is_given) {
                    (Reaction::Upvote, true) => Deed::Upvoted,
                    (Reaction::Upvote, false) => Deed::Withdrew,
                    (Reaction::Repost, true) => Deed::Reposted,
                    (Reaction::Repost, false) => Deed::Unreposted,
                };
                self.known.set_did(deed, &post);
                Operation::React { post, reaction, is_given }
            }
        };
        self.memory.sealed(&op);
        let bytes = serde_json::to_vec(&Parcel { op, deed })
            .map_err(|_json| Stop::Refused("the sealed bytes cannot be written"))?;
        Ok(Sealed { bytes, remote_id: None })
    }

    fn written(&self, words: &Words, op: &OpId) -> Result<Written, Stop> {
        let (mut text, unnamed) = self.named(&words.text, &words.mentions)?;
        for quote in words.quotes.iter().skip(1) {
            // One post can be shown inside another.
            text.push_str(&format!("\n(lens post {quote})"));
        }
        self.known.set_said(op);
        Ok(Written { metadata: metadata::write(words, &text, op), unnamed })
    }

    /// The text with people named as Lens names them, so that they notice; and where it names
    /// somebody of whom nothing is known.
    fn named(&self, text: &str, mentions: &[Named]) -> Result<(String, Vec<Named>), Stop> {
        let (mut named, mut unnamed) = (String::with_capacity(text.len()), Vec::new());
        let mut from = 0;
        for Named { range, who } in mentions {
            let (Some(before), Some(words)) =
                (text.get(from..range.start), text.get(range.clone()))
            else {
                continue;
            };
            named.push_str(before);
            let begins = named.len();
            match self.known.called(*who)? {
                Some(Called { mention: Some(name), .. }) => {
                    named.push('@');
                    named.push_str(&name);
                }
                Some(_) => named.push_str(words),
                None => {
                    named.push_str(words);
                    unnamed.push(Named { range: begins..named.len(), who: *who });
                }
            }
            from = range.end;
        }
        named.push_str(text.get(from..).unwrap_or_default());
        Ok((named, unnamed))
    }
}
