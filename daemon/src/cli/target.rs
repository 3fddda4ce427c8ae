//! What people type to name a conversation: its id or the beginning of it, a link's name, or a leg.

use thiserror::Error;
use threadbridge_core::model::id::{ConversationId, Leg};
use threadbridge_core::model::journal::Conversation;
use threadbridge_core::pipeline::Target;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::{CONVERSATIONS, LEGS};
use threadbridge_core::store::{ReadError, Reads};

use crate::settings::Settings;
use crate::settings::fault::nearest;

/// Why a text names no conversation.
#[derive(Debug, Error)]
pub(crate) enum NoTarget {
    /// Nothing has that name.
    #[error("there is no conversation `{text}`{meant}; `threadbridge threads` lists them")]
    Unknown {
        /// What was typed.
        text: String,
        /// The nearest name, as a clause.
        meant: String,
    },
    /// Several begin like that.
    #[error("several conversations begin with `{0}`; type more of the id")]
    Ambiguous(String),
    /// The store could not be read.
    #[error("the store could not be read")]
    Read(#[from] ReadError),
}

/// How much of an id is enough.
const MIN_PREFIX: usize = 6;

/// Finds the conversation that `text` names. A leg that nobody was heard on yet can be named too,
/// if its account is there.
pub(crate) fn find(
    store: &impl Reads,
    settings: &Settings,
    text: &str,
) -> Result<Target, NoTarget> {
    if let Ok(id) = ConversationId::parse(text)
        && store.get(&CONVERSATIONS, &id)?.is_some()
    {
        return Ok(Target::Conversation(id));
    }
    let rows = store.scan(&CONVERSATIONS, Span::all(), usize::MAX)?;
    let conversations: Vec<Conversation> = rows.into_iter().map(|(_, row)| row).collect();
    let named = conversations.iter().find(|it| it.name.as_deref() == Some(text));
    if let Some(conversation) = named {
        return Ok(Target::Conversation(conversation.id));
    }
    if let Ok(leg) = Leg::parse(text) {
        if settings.accounts.contains_key(&leg.account) {
            return Ok(Target::Leg(leg));
        }
        // What was said by an account that is gone, or was brought in, is still here.
        if let Some(id) = store.get(&LEGS, &leg)? {
            return Ok(Target::Conversation(id));
        }
    }
    let is_meant = |it: &&Conversation| it.id.to_string().starts_with(&text.to_lowercase());
    let mut begin_so = conversations.iter().filter(|_| text.len() >= MIN_PREFIX).filter(is_meant);
    match (begin_so.next(), begin_so.next()) {
        (Some(one), None) => Ok(Target::Conversation(one.id)),
        (Some(_), Some(_)) => Err(NoTarget::Ambiguous(text.to_owned())),
        (None, _) => {
            let names = conversations.iter().filter_map(|it| it.name.as_deref());
            let meant = nearest(text, names)
                .map_or_else(String::new, |near| format!(" (nearest: `{near}`)"));
            Err(NoTarget::Unknown { text: text.to_owned(), meant })
        }
    }
}

/// The conversation that a target is, if it is in the store.
pub(super) fn conversation(
    store: &impl Reads,
    target: &Target,
) -> Result<Option<Conversation>, ReadError> {
    match target {
        Target::Conversation(id) => store.get(&CONVERSATIONS, id),
        Target::Leg(leg) => {
            let rows = store.scan(&CONVERSATIONS, Span::all(), usize::MAX)?;
            Ok(rows.into_iter().map(|(_, row)| row).find(|row| row.legs.contains(leg)))
        }
    }
}
