//! Histories that no archive of ours brings: what was said elsewhere becomes events that are history,
//! appended like what an account tells afterwards. They go to no leg.

use std::collections::BTreeSet;
use std::time::Duration;

use super::journal::{Accepted, Arrival, Source, append};
use crate::model::content::Content;
use crate::model::event::{Action, Event, Profile, ProfileRow};
use crate::model::id::{AccountName, Identity, Leg, MessageId, Network};
use crate::model::level::Level;
use crate::model::time::Timestamp;
use crate::store::tables::{ERASED, EVENTS, FORGOTTEN, LEGS, MESSAGES, PROFILES, REMOTE};
use crate::store::{ChangeError, Reads, Store, Unit, WriteError};

/// Where a history comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The account that it is kept under.
    pub account: AccountName,
    /// The network.
    pub network: Network,
    /// Who the owner is there.
    pub own: BTreeSet<Identity>,
}

/// One thing of a history.
#[derive(Clone, Debug)]
pub struct Past {
    /// What happened.
    pub event: Event,
    /// The bytes that told of it.
    pub raw: Vec<u8>,
    /// How well it was protected.
    pub level: Level,
    /// How its author showed themself.
    pub profile: Option<Profile>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// It is in the journal.
    Came,
    /// It was here before.
    Known,
    /// It is otherwise here, and stays so.
    Differs(MessageId),
    /// It was erased here, and stays out.
    Erased,
    /// What it is about is not here.
    Points,
    /// Its author may not do that.
    Refused(&'static str),
}

/// Takes a part of a history in, in one transaction.
pub async fn bring(
    store: &Store,
    origin: &Origin,
    past: Vec<Past>,
    now: Timestamp,
) -> Result<Vec<Brought>, WriteError<ChangeError>> {
    let origin = origin.clone();
    let work = move |unit: &mut Unit<'_>| {
        past.into_iter().map(|it| one(unit, &origin, it, now)).collect::<Result<_, _>>()
    };
    store.write(work).await
}

fn one(
    unit: &mut Unit<'_>,
    origin: &Origin,
    past: Past,
    now: Timestamp,
) -> Result<Brought, ChangeError> {
    let Past { event, raw, level, profile } = past;
    let key = (origin.account.clone(), event.id.clone());
    if unit.get(&FORGOTTEN, &key)?.is_some() {
        return Ok(Brought::Erased);
    }
    if let Some(known) = unit.get(&REMOTE, &key)? {
        return compared(unit, &event, known.message);
    }
    let leg = Leg { account: origin.account.clone(), conversation: event.conversation.clone() };
    if let Some(id) = unit.get(&LEGS, &leg)?
        && unit.is_erased(id)?
    {
        return Ok(Brought::Erased);
    }
    let source = Source {
        account: origin.account.clone(),
        network: origin.network.clone(),
        own: origin.own.clone(),
        peer: None,
        level,
        names_known: true,
        now,
        came_at: now,
        name_within: Duration::ZERO,
    };
    let author = event.author.clone();
    let event = Event { is_history: true, ..event };
    let brought = match append(unit, &source, Arrival { event, raw })? {
        Accepted::New(_) => Brought::Came,
        Accepted::Known | Accepted::Settled(_) => Brought::Known,
        Accepted::Waits(_) => Brought::Points,
        Accepted::Refused(why) => Brought::Refused(why),
    };
    // What is known of somebody here is newer than any history.
    if let (Brought::Came, Some(profile), None) = (&brought, profile, unit.get(&PROFILES, &author)?)
    {
        unit.put(&PROFILES, &author, &ProfileRow::new(author.clone(), profile))?;
    }
    Ok(brought)
}

/// Whether what is here under the same id says the same.
fn compared(unit: &Unit<'_>, event: &Event, message: MessageId) -> Result<Brought, ChangeError> {
    if unit.get(&ERASED, &message)?.is_some() {
        return Ok(Brought::Erased);
    }
    let Some(row) = unit.get(&MESSAGES, &message)? else { return Ok(Brought::Known) };
    let record = unit.get(&EVENTS, &(row.conversation, row.seq))?;
    let Some(record) = record.filter(|_| !row.deleted) else { return Ok(Brought::Known) };
    let here = Content::decode(&record.content).ok();
    let text = |content: &Content| content.text().map(|it| it.as_str.to_owned());
    let is_same = match &event.action {
        Action::Say(said) | Action::Edit { said, .. } => {
            here.as_ref().and_then(text) == text(&said.content)
        }
        Action::Delete { .. }
        | Action::React { .. }
        | Action::Unreact { .. }
        | Action::Read { .. } => true,
    };
    let is_theirs = record.author.as_ref() == Some(&event.author);
    Ok(if is_same && is_theirs { Brought::Known } else { Brought::Differs(message) })
}
