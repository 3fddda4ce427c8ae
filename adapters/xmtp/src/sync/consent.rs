//! Whom the owner wants to hear from: kept per inbox and per conversation, the newest word wins,
//! whichever installation it was said on.

use minicbor::{Decode, Encode};
use threadbridge_core::store::Keys;

use crate::{
    rows::{self, Unread},
    wire::proto::sync::ConsentSave,
};

/// What is consented to: names are at most this long.
const MAX_NAME_BYTES: usize = 128;

/// Whom or what a consent is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum About {
    /// A conversation, by its group id in hexadecimal.
    Conversation,
    /// Somebody, by their inbox id.
    Inbox,
}

/// What the owner said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub(crate) enum Consent {
    /// Nothing yet: what comes from there is a request.
    #[default]
    #[n(1)]
    Unknown,
    #[n(2)]
    Allowed,
    #[n(3)]
    Denied,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Row {
    #[n(0)]
    consent: Consent,
    #[n(1)]
    at_ns: i64,
}

/// The consents in an account's keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Consents<'a> {
    keys: &'a Keys,
}

impl<'a> Consents<'a> {
    pub(crate) const fn new(keys: &'a Keys) -> Self {
        Self { keys }
    }

    /// What was said last.
    pub(crate) fn get(self, about: About, name: &str) -> Result<Consent, Unread> {
        let row: Option<Row> = rows::get(self.keys, &key(about, name))?;
        Ok(row.map(|row| row.consent).unwrap_or_default())
    }

    /// Whether the owner denied a conversation, or, unless they allowed it, whom it is with.
    pub(crate) fn is_denied(self, group: &str, peer: Option<&str>) -> Result<bool, Unread> {
        Ok(match self.get(About::Conversation, group)? {
            Consent::Denied => true,
            Consent::Allowed => false,
            Consent::Unknown => match peer {
                Some(peer) => self.get(About::Inbox, peer)? == Consent::Denied,
                None => false,
            },
        })
    }

    /// Takes what was said at `at_ns`, unless something was said later; whether anything changed.
    pub(crate) fn set(
        self,
        (about, name): (About, &str),
        consent: Consent,
        at_ns: i64,
    ) -> Result<bool, Unread> {
        let row = key(about, name);
        let known: Option<Row> = rows::get(self.keys, &row)?;
        if name.len() > MAX_NAME_BYTES || known.is_some_and(|known| known.at_ns >= at_ns) {
            return Ok(false);
        }
        let before = self.get(about, name)?;
        rows::put(self.keys, &row, &Row { consent, at_ns });
        Ok(before != consent)
    }

    /// Takes what another installation or an archive says; whether anything changed. What is about
    /// neither a conversation nor an inbox is passed over.
    pub(crate) fn take(self, save: &ConsentSave) -> Result<bool, Unread> {
        match (about(save.entity_type), consent(save.state)) {
            (Some(about), Some(consent)) => {
                self.set((about, &save.entity), consent, save.consented_at_ns)
            }
            (None, _) | (_, None) => Ok(false),
        }
    }

    /// A consent as it is told to other installations; nothing if nothing was said.
    pub(crate) fn save(self, about: About, name: &str) -> Result<Option<ConsentSave>, Unread> {
        let row: Option<Row> = rows::get(self.keys, &key(about, name))?;
        Ok(row.map(|row| ConsentSave {
            entity_type: number(about),
            state: match row.consent {
                Consent::Unknown => 1,
                Consent::Allowed => 2,
                Consent::Denied => 3,
            },
            entity: name.to_owned(),
            consented_at_ns: row.at_ns,
        }))
    }

    /// All of them, for an archive. Reads the names of all the account's keys.
    pub(crate) fn all(self) -> Result<Vec<ConsentSave>, Unread> {
        let mut all = Vec::new();
        for row in self.keys.list()? {
            let name = std::str::from_utf8(&row).ok().and_then(|row| row.strip_prefix(PREFIX));
            let parts = name.and_then(|name| name.split_once('/'));
            let Some((about, name)) = parts else { continue };
            let about = about.parse().ok().and_then(self::about);
            if let Some(about) = about {
                all.extend(self.save(about, name)?);
            }
        }
        Ok(all)
    }
}

const PREFIX: &str = "sync/consent/";

fn key(about: About, name: &str) -> Vec<u8> {
    format!("{PREFIX}{}/{name}", number(about)).into_bytes()
}

const fn number(about: About) -> i32 {
    match about {
        About::Conversation => 1,
        About::Inbox => 2,
    }
}

const fn about(number: i32) -> Option<About> {
    match number {
        1 => Some(About::Conversation),
        2 => Some(About::Inbox),
        _ => None,
    }
}

const fn consent(number: i32) -> Option<Consent> {
    match number {
        1 => Some(Consent::Unknown),
        2 => Some(Consent::Allowed),
        3 => Some(Consent::Denied),
        _ => None,
    }
}
