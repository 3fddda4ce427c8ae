//! What `fit` is told, and what it answers: plain data, so that sealing and `preview` ask the same
//! question.

use crate::model::capabilities::Capabilities;
use crate::model::content::Content;
use crate::model::id::{Identity, Network, RemoteId};
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
    /// Who did it; nobody if the owner did, who speaks there as themself.
    pub speaker: Option<Speaker>,
    /// How a speaker is named: a template with `{name}`, `{handle}` and `{network}`.
    pub attribution: &'a str,
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
    /// The emoji, if it is a reaction or takes one back.
    pub emoji: Option<String>,
    /// What it quotes, in the order of [`Content::quotes`].
    pub quotes: Vec<Referent>,
    /// Our own account's reaction on that leg stands for other people too (so it must not be given
    /// again, or not be taken back yet).
    pub reaction_is_shared: bool,
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

/// Something that could not be said as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Whether the whole event stays behind, or only something of it.
    pub is_whole: bool,
    /// What and why, one clause.
    pub reason: String,
}
