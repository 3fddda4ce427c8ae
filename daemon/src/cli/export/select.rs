//! What the flags of `export` select.

use std::collections::BTreeSet;

use threadbridge_core::archive::export::Selection;
use threadbridge_core::model::id::{ConversationId, Identity, Network, RemoteAuthor};
use threadbridge_core::model::time::Timestamp;
use threadbridge_core::people;
use threadbridge_core::store::Snapshot;

use super::Args;
use crate::cli::target;
use crate::exit::{Exit, Failure, OrExit};
use crate::settings::Settings;

pub(super) fn selection(
    snapshot: &Snapshot,
    settings: &Settings,
    args: &Args,
) -> Result<Selection, Failure> {
    let mut conversations = BTreeSet::new();
    for text in &args.conversation {
        conversations.insert(conversation(snapshot, settings, text)?);
    }
    let mut authors = BTreeSet::new();
    for text in &args.person {
        authors.extend(person(snapshot, text)?);
    }
    Ok(Selection {
        conversations: (!args.conversation.is_empty()).then_some(conversations),
        authors: (!args.person.is_empty()).then_some(authors),
        since: args.since.as_deref().map(time).transpose()?,
        until: args.until.as_deref().map(time).transpose()?,
        with_accounts: args.with_accounts,
        accounts: settings.accounts.keys().cloned().collect(),
    })
}

/// The conversation that a text names.
pub(crate) fn conversation(
    snapshot: &Snapshot,
    settings: &Settings,
    text: &str,
) -> Result<ConversationId, Failure> {
    let found = target::find(snapshot, settings, text).or_exit(Exit::Failed)?;
    let conversation = target::conversation(snapshot, &found).or_exit(Exit::Store)?;
    conversation
        .map(|it| it.id)
        .ok_or_else(|| Failure::new(Exit::Failed, format!("there is no conversation `{text}`")))
}

/// All that a person is known as.
pub(crate) fn person(snapshot: &Snapshot, text: &str) -> Result<BTreeSet<Identity>, Failure> {
    let mut named = Vec::new();
    for introduced in people::introduced(snapshot).or_exit(Exit::Store)? {
        if introduced.name.as_deref() == Some(text) {
            named.extend(introduced.identities);
        }
    }
    if named.is_empty() {
        named.extend(identity(text));
    }
    if named.is_empty() {
        return Err(Failure::new(
            Exit::Failed,
            format!("there is no person `{text}`; name one of [[people]], or NETWORK:ID"),
        ));
    }
    let mut identities = BTreeSet::new();
    for identity in named {
        let person = people::person(snapshot, &identity).or_exit(Exit::Store)?;
        identities.extend(person.identities);
        identities.insert(identity);
    }
    Ok(identities)
}

fn identity(text: &str) -> Option<Identity> {
    let (network, author) = text.split_once(':')?;
    let (network, author) = (Network::parse(network).ok()?, RemoteAuthor::parse(author).ok()?);
    Some(Identity { network, author })
}

/// A day in UTC, or an instant.
fn time(text: &str) -> Result<Timestamp, Failure> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let day = text.parse::<jiff::civil::Date>().ok()?;
        day.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|day| day.timestamp())
    });
    instant.map(|instant| Timestamp::from_micros(instant.as_microsecond())).ok_or_else(|| {
        let expected = "expected a day such as 2026-01-31, or a time such as 2026-01-31T12:00:00Z";
        Failure::new(Exit::Settings, format!("`{text}` is no time; {expected}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_day_or_an_instant() {
        assert_eq!(time("1970-01-02").unwrap(), Timestamp::from_secs(86_400));
        assert_eq!(time("1970-01-01T00:00:01Z").unwrap(), Timestamp::from_secs(1));
        assert!(time("yesterday").is_err());
    }
}
