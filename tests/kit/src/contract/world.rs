//! What the author of an adapter brings along: the other side.

use std::sync::Arc;

use async_trait::async_trait;
use threadbridge_core::adapter::{Adapter, Verdict};
use threadbridge_core::model::id::{RemoteConversation, RemoteId};
use threadbridge_core::model::outgoing::Outgoing;

use super::Desk;

/// A network with the bridge's account on it, and with somebody else who uses a client that knows
/// nothing of the bridge.
#[async_trait]
pub trait AdapterWorld: Send + Sync {
    /// The account's adapter, as a new process would make it: it remembers nothing but what the
    /// store keeps for it.
    async fn connect(&self) -> Arc<dyn Adapter>;

    /// The conversation in which both are and everything is said.
    fn conversation(&self) -> RemoteConversation;

    /// Lets the other one do something there. Returns when the network has it, with its name.
    async fn peer_does(&self, outgoing: &Outgoing) -> RemoteId;

    /// What the other one sees there, in order, without what was deleted.
    async fn peer_sees(&self) -> Vec<Seen>;

    /// Lets the other one say something in a conversation of theirs that no link names, where the
    /// account can hear it nevertheless; `false` where there is no such thing.
    async fn peer_says_elsewhere(&self, text: &str) -> bool;

    /// Lets a new account get in, where nobody can speak to it before.
    async fn lets_in(&self, _desk: &mut Desk) {}

    /// Whether an account that has just come cannot open what it receives before it has asked for
    /// something.
    fn needs_keys_first(&self) -> bool {
        false
    }

    /// How many envelopes the network was told are received; nothing if it is not told.
    async fn received(&self) -> Option<u64> {
        None
    }

    /// Disturbs the account's live stream from now on; `false` if this world cannot.
    async fn disturb(&self, disturbance: Disturbance) -> bool;

    /// The ways in which sending fails that the network documents.
    fn failures(&self) -> Vec<Failure>;

    /// Whether a failure shows only when what comes behind it is under way already.
    fn shows_late(&self, _failure: &Failure) -> bool {
        false
    }

    /// Lets the next send fail so.
    async fn fail_next_send(&self, failure: &Failure);

    /// Lets the network take the next send and throw it away afterwards; `false` where receipts are
    /// for good.
    async fn throw_next_send_away(&self) -> bool {
        false
    }
}

/// A message as the other one sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What the network calls it.
    pub id: RemoteId,
    /// Whether the bridge's account said it.
    pub is_ours: bool,
    /// The text, as it stands after all edits.
    pub text: String,
    /// What it answers.
    pub reply_to: Option<RemoteId>,
    /// The reactions to it, each as often as somebody has it.
    pub reactions: Vec<String>,
}

/// What can happen to live events on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// Some are lost.
    Loses,
    /// Some come twice.
    Doubles,
    /// Some come late.
    Reorders,
    /// The connection is cut, again and again.
    Cuts,
    /// The connection stands and none comes.
    Deafens,
}

impl Disturbance {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Loses, Self::Doubles, Self::Reorders, Self::Cuts, Self::Deafens];
}

/// A documented way in which sending fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the author calls it.
    pub name: &'static str,
    /// What is to be done about it.
    pub verdict: Verdict,
    /// Whether the network has the message nevertheless.
    pub is_taken: bool,
}
