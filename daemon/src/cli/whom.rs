//! What people type to name somebody: `NETWORK:ID`, a person's id or the beginning of it, or a name.

use thiserror::Error;
use threadbridge_core::model::id::Identity;
use threadbridge_core::store::{ReadError, Reads};
use threadbridge_core::view::{self, Known};

use crate::word::identity;

/// Why a text names nobody.
#[derive(Debug, Error)]
pub(crate) enum Nobody {
    /// Nobody has that name.
    #[error(
        "there is nobody called `{0}`; name them as NETWORK:ID, or see `threadbridge people --all`"
    )]
    Unknown(String),
    /// Several have. A name proves nothing.
    #[error("several people are called `{0}`; name the one as NETWORK:ID, such as `{1}`")]
    Several(String, String),
    /// The store could not be read.
    #[error("the store could not be read")]
    Read(#[from] ReadError),
}

/// How much of an id is enough.
const MIN_PREFIX: usize = 6;

/// Finds the person whom a text names.
pub(crate) fn find(store: &impl Reads, text: &str) -> Result<Known, Nobody> {
    if let Ok(identity) = identity(text) {
        return Ok(view::one_person(store, &identity)?);
    }
    let everybody = view::people(store)?;
    let begins_so = |it: &&Known| {
        it.person.id.is_some_and(|id| id.to_string().starts_with(&text.to_lowercase()))
    };
    let by_id = everybody.iter().filter(|_| text.len() >= MIN_PREFIX).filter(begins_so);
    let by_word = everybody.iter().filter(|it| it.person.name.as_deref() == Some(text));
    let is_you = |it: &&Known| it.person.is_owner && text == "you";
    let by_profile = everybody.iter().filter(|it| {
        let profiles = it.profiles.values();
        let mut names = profiles.flat_map(|it| it.display_name.iter().chain(&it.handle));
        names.any(|name| name == text)
    });
    // What the owner calls somebody comes before what people call themselves.
    let told: Vec<&Known> = by_id.chain(by_word).chain(everybody.iter().filter(is_you)).collect();
    let found = if told.is_empty() { by_profile.collect() } else { told };
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Nobody::Unknown(text.to_owned())),
        [one, ..] => {
            let such_as = one.person.identities.first().map(Identity::uri).unwrap_or_default();
            Err(Nobody::Several(text.to_owned(), such_as))
        }
    }
}
