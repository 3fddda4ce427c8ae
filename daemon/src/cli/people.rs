//! `threadbridge people`: who is who, who waits to be accepted, and who looks like somebody else.

use serde::Serialize;
use threadbridge_core::model::id::Identity;
use threadbridge_core::model::person::Attitude;
use threadbridge_core::model::time::Clock;
use threadbridge_core::people;
use threadbridge_core::view::{self, Known, Warning};
use threadbridge_ethereum::{NAMES, NETWORK};

use super::output::{ago, counted, harmless, print, print_json, rfc3339, table};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::unlock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Lists everybody who ever spoke, not only those whom you know and who have several accounts.
    #[arg(long)]
    all: bool,
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Shown {
    people: Vec<ShownPerson>,
    asking: Vec<ShownAsking>,
    parted: Vec<ShownParting>,
}

#[derive(Debug, Serialize)]
pub(super) struct ShownPerson {
    id: Option<String>,
    name: String,
    is_owner: bool,
    identities: Vec<String>,
    attitude: Option<&'static str>,
    warnings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ShownAsking {
    who: String,
    messages: usize,
    since: Option<String>,
}

#[derive(Debug, Serialize)]
struct ShownParting {
    from: String,
    parted: Vec<String>,
    reason: String,
    at: Option<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let snapshot = unlock::snapshot(home, &settings)?;
    let mut known = view::people(&snapshot).or_exit(Exit::Store)?;
    // Nobody talks from an address, and most people show one.
    let is_account = |it: &Identity| ![NETWORK, NAMES].contains(&it.network.as_str());
    known.retain(|it| args.all || it.is_familiar(is_account) || !it.warnings.is_empty());
    let asking = people::asking(&snapshot).or_exit(Exit::Store)?;
    let partings = people::partings(&snapshot).or_exit(Exit::Store)?;
    if args.json {
        return print_json(&Shown {
            people: known.iter().map(shown).collect(),
            asking: asking
                .iter()
                .map(|it| ShownAsking {
                    who: it.who.uri(),
                    messages: it.messages,
                    since: rfc3339(it.since),
                })
                .collect(),
            parted: partings
                .iter()
                .map(|it| ShownParting {
                    from: it.from.uri(),
                    parted: it.parted.iter().map(Identity::uri).collect(),
                    reason: it.reason.clone(),
                    at: rfc3339(it.at),
                })
                .collect(),
        });
    }
    if known.is_empty() {
        print("nobody is known yet")?;
    } else {
        print(&columns(&known))?;
    }
    let now = Clock::System.now();
    for ask in &asking {
        let (who, messages) = (harmless(&ask.who.uri()), counted(ask.messages, "message"));
        print(&format!(
            "{who} wants to talk to you ({messages}, {}); `threadbridge person accept {who}`, or `block`",
            ago(ask.since, now)
        ))?;
    }
    for parting in &partings {
        let parted: Vec<String> = parting.parted.iter().map(|it| harmless(&it.uri())).collect();
        print(&format!(
            "{} is one person no longer with {}, for {}: {}",
            harmless(&parting.from.uri()),
            parted.join(", "),
            ago(parting.at, now),
            harmless(&parting.reason)
        ))?;
    }
    Ok(())
}

fn columns(known: &[Known]) -> String {
    let heading = ["ID", "NAME", "IS", "NOTE"].map(str::to_owned).to_vec();
    let rows = known.iter().map(|it| {
        let identities: Vec<String> =
            it.person.identities.iter().map(|it| harmless(&it.uri())).collect();
        let attitude = it.attitude.and_then(thought).map(str::to_owned);
        let notes: Vec<String> = attitude.into_iter().chain(warnings(it)).collect();
        vec![
            it.person.id.map_or_else(|| "-".to_owned(), |id| id.to_string()),
            harmless(it.name()),
            identities.join("  "),
            notes.join("; "),
        ]
    });
    let rows: Vec<Vec<String>> = [heading].into_iter().chain(rows).collect();
    table(&rows)
}

pub(super) fn shown(known: &Known) -> ShownPerson {
    ShownPerson {
        id: known.person.id.map(|id| id.to_string()),
        name: known.name().to_owned(),
        is_owner: known.person.is_owner,
        identities: known.person.identities.iter().map(Identity::uri).collect(),
        attitude: known.attitude.map(|it| thought(it).unwrap_or("accepted")),
        warnings: warnings(known),
    }
}

const fn thought(attitude: Attitude) -> Option<&'static str> {
    match attitude {
        Attitude::Accepted => None,
        Attitude::Muted => Some("muted"),
        Attitude::Blocked => Some("blocked"),
    }
}

/// What to be careful about, in words.
pub(super) fn warnings(known: &Known) -> Vec<String> {
    let words = |warning: &Warning| match warning {
        Warning::LooksLike(whom) => format!("looks like {}", harmless(whom)),
        Warning::HidesCharacters => "has characters in the name that are not seen".to_owned(),
        Warning::Ambiguous(address) => {
            format!("{} is claimed by several, so it joins nobody", harmless(&address.uri()))
        }
    };
    known.warnings.iter().map(words).collect()
}
