//! What `fit` is told, and what it answers: plain data, so that sealing and `preview` ask the same
//! question.

use std::collections::BTreeMap;

use crate::model::capabilities::{Capabilities, Feature};
use crate::model::content::Content;
use crate::model::id::{Identity, Network, RemoteId};
use crate::model::level::Level;
use crate::model::mark::Mark;
use crate::model::outgoing::Outgoing;
use crate::model::time::Timestamp;

/// One event that is to be told on one leg.
#[derive(Clone, Debug)]
pub struct Telling<'a> {
    /// The event.
    pub content: &'a Content,
    /// When its author did it.
    pub sent_at: Timestamp,
    /// How well it was protected where it was said.
    pub level: Level,
    /// Who did it; nobody if the owner did, who speaks there as themself.
    pub speaker: Option<Speaker>,
    /// How a speaker is named: a template with `{name}`, `{handle}`, `{network}` and
    /// `{proof}`.
    pub attribution: &'a str,
    /// The other people of the conversation, for whom the speaker must not be taken.
    pub others: Vec<Speaker>,
    /// Who the people named in the text are on the leg's network, as far as that is proven. Those
    /// who are of that network need no entry.
    pub people: BTreeMap<Identity, Identity>,
    /// The mark that copies are to carry.
    pub mark: Option<&'a Mark>,
    /// The network of the leg.
    pub network: &'a Network,
    /// What can be said there.
    pub capabilities: &'a Capabilities,
    /// What it answers, if it does.
    pub reply_to: Option<Referent>,
    /// What it edits, deletes, reacts to or has read.
    pub target: Option<Referent>,
    /// The reaction that is taken back: where it became a line there, the line is its copy.
    pub reaction: Option<Referent>,
    /// The emoji, if it is a reaction or takes one back.
    pub emoji: Option<String>,
    /// What it quotes, in the order of [`Content::quotes`].
    pub quotes: Vec<Referent>,
    /// Our own account's reaction on that leg stands for other people too (so it must not be given
    /// again, or not be taken back yet).
    pub reaction_is_shared: bool,
    /// It deletes a message whose time is over.
    pub is_expiry: bool,
    /// Whether the owner had what it deletes erased.
    pub is_erasure: bool,
}

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    /// Who it is.
    pub identity: Identity,
    /// The name that they chose, else their handle, else their id. In any characters.
    pub name: String,
    /// The name by which they are found.
    pub handle: Option<String>,
    /// Whether who they are is proven, or the owner vouches for it.
    pub is_known: bool,
}

/// Another message, as far as the leg knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Referent {
    /// Its parts on that leg, in order; none if it is not there.
    pub copies: Vec<RemoteId>,
    /// The beginning of its text, for where words must stand for it.
    pub excerpt: Option<String>,
    /// The name of who said it.
    pub author: Option<String>,
    /// Whether it was said on that leg by its author, or put there by a bridge.
    pub is_original: bool,
}

/// What is to be done on the leg.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fitted {
    /// In this order; nothing if nothing can be done there.
    pub outgoing: Vec<Outgoing>,
    /// What was lost or replaced on the way, for people; without content.
    pub losses: Vec<Loss>,
}

impl Fitted {
    /// All losses in one line, and whether the whole event stays behind; nothing if there are none.
    #[must_use]
    pub fn note(&self) -> Option<(bool, String)> {
        let mut reasons: Vec<&str> = Vec::new();
        for loss in &self.losses {
            if !reasons.contains(&loss.reason.as_str()) {
                reasons.push(&loss.reason);
            }
        }
        let is_whole = self.losses.iter().any(|loss| loss.is_whole);
        (!reasons.is_empty()).then(|| (is_whole, reasons.join("; ")))
    }
}

/// Something that could not be said as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What it was.
    pub feature: Feature,
    /// What became of it.
    pub became: Became,
    /// Whether the whole event stays behind, or only something of it.
    pub is_whole: bool,
    /// What and why, one clause; without content.
    pub reason: String,
}

/// What became of something that could not be said as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// Something like it that the network has.
    Similar,
    /// Words.
    Words,
    /// Nothing.
    Nothing,
}

impl Loss {
    /// Something is lost.
    pub(super) fn of(feature: Feature, reason: impl Into<String>) -> Self {
        Self { feature, became: Became::Nothing, is_whole: false, reason: reason.into() }
    }

    /// Words stand for something.
    pub(super) fn words(feature: Feature, reason: impl Into<String>) -> Self {
        Self { feature, became: Became::Words, is_whole: false, reason: reason.into() }
    }

    /// Something else of the network stands for it.
    pub(super) fn similar(feature: Feature, reason: impl Into<String>) -> Self {
        Self { feature, became: Became::Similar, is_whole: false, reason: reason.into() }
    }

    /// The event stays behind.
    pub(super) fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }
}
