//! Whom a network knows, and how an account stands there: what is asked by hand.

use crate::model::id::{Identity, RemoteConversation};

/// What looking somebody up came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// The account cannot look anybody up, or can begin no conversation.
    Unable,
    /// The text is no name in the network's own form.
    Unnamed,
    /// Nobody is there, or nobody would read what is said to them: one clause that says what to do.
    Unreachable(String),
    /// They can be written to.
    Reached(Reached),
}

/// Somebody who can be written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Who.
    pub identity: Identity,
    /// What the direct conversation with them is called, the usual name first.
    pub direct: Vec<RemoteConversation>,
}

/// Something about an account that its owner may want to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// How it stands.
    pub value: String,
}

impl Fact {
    /// How something stands.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}
