//! `threadbridge person`: one person, what makes them one, and the owner's word about them.

use serde::Serialize;
use threadbridge_core::model::id::Identity;
use threadbridge_core::model::person::{Bond, Hold, Worth};
use threadbridge_core::model::proof::ProofKind;
use threadbridge_core::store::Snapshot;
use threadbridge_core::view::Known;

use super::output::{harmless, instant, print, print_json};
use super::people::{ShownPerson, shown, warnings};
use super::{verify, whom};
use crate::control::{PersonAct, Request, Thought};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::{order, unlock};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(super) struct Args {
    /// Whom to show: NETWORK:ID, a person's id or the beginning of it, or a name.
    who: Option<String>,
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Proves that somebody has a wallet, step by step: it signs a text of yours.
    Verify(verify::Args),
    #[command(flatten)]
    Say(Word),
}

#[derive(Debug, clap::Subcommand)]
enum Word {
    /// Makes one person of two, by your word. No message is touched.
    Join {
        /// One: NETWORK:ID, an id, or a name.
        one: String,
        /// The other.
        other: String,
    },
    /// Takes an identity out of a person. What you joined last is undone first.
    Separate {
        /// The identity, NETWORK:ID.
        one: String,
        /// The one, of all whom they are, from whom it is separated; all of them if none is named.
        from: Option<String>,
    },
    /// Lets proofs join an identity again that you separated.
    Restore {
        /// The identity, NETWORK:ID.
        one: String,
    },
    /// Takes in what somebody says who asked to talk to you.
    Accept(Whom),
    /// Keeps what somebody says where they said it; what was carried stays.
    Mute(Whom),
    /// Takes in nothing more of what somebody says.
    Block(Whom),
    /// Forgets that somebody was accepted, muted or blocked.
    Forget(Whom),
}

#[derive(Debug, clap::Args)]
struct Whom {
    /// NETWORK:ID, an id, or a name.
    who: String,
}

#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    person: ShownPerson,
    bonds: Vec<ShownBond>,
}

#[derive(Debug, Serialize)]
struct ShownBond {
    one: String,
    other: String,
    held_by: &'static str,
    worth: &'static str,
    detail: Option<String>,
}

pub(super) fn run(home: &Home, args: Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let act = match (args.action, args.who) {
        (Some(Action::Verify(args)), _) => return verify::run(home, &settings, &args),
        (Some(Action::Say(word)), _) => act(&unlock::snapshot(home, &settings)?, word)?,
        (None, Some(who)) => {
            let snapshot = unlock::snapshot(home, &settings)?;
            let known = whom::find(&snapshot, &who).or_exit(Exit::Failed)?;
            return show(&known, args.json);
        }
        (None, None) => return Ok(()),
    };
    print(&order::carry_out(home, &settings, &Request::Person { act })?)
}

fn act(snapshot: &Snapshot, word: Word) -> Result<PersonAct, Failure> {
    let first = |text: &str| {
        let known = whom::find(snapshot, text).or_exit(Exit::Failed)?;
        Ok::<_, Failure>(known.person.identities.first().map(Identity::uri).unwrap_or_default())
    };
    let think = |it: Whom, attitude| Ok(PersonAct::Think { one: first(&it.who)?, attitude });
    match word {
        Word::Join { one, other } => {
            Ok(PersonAct::Join { one: first(&one)?, other: first(&other)? })
        }
        Word::Separate { one, from } => {
            let others = match from {
                Some(from) => vec![first(&from)?],
                None => {
                    let known = whom::find(snapshot, &one).or_exit(Exit::Failed)?;
                    let all = known.person.identities.iter().map(Identity::uri);
                    all.filter(|it| *it != one).collect()
                }
            };
            Ok(PersonAct::Separate { one, others })
        }
        Word::Restore { one } => Ok(PersonAct::Restore { one }),
        Word::Accept(who) => think(who, Some(Thought::Accepted)),
        Word::Mute(who) => think(who, Some(Thought::Muted)),
        Word::Block(who) => think(who, Some(Thought::Blocked)),
        Word::Forget(who) => think(who, None),
    }
}

fn show(known: &Known, json: bool) -> Result<(), Failure> {
    if json {
        let bonds = known.person.bonds.iter().map(shown_bond).collect();
        return print_json(&Shown { person: shown(known), bonds });
    }
    let id = known.person.id.map(|id| format!(" {id}")).unwrap_or_default();
    print(&format!("{}{id}", harmless(known.name())))?;
    for identity in &known.person.identities {
        let profile = known.profiles.get(identity);
        let name = profile.and_then(|it| it.display_name.clone().or(it.handle.clone()));
        let name = name.map(|name| format!(", called {}", harmless(&name))).unwrap_or_default();
        print(&format!("  {}{name}", harmless(&identity.uri())))?;
    }
    for bond in &known.person.bonds {
        let ShownBond { one, other, held_by, worth, detail } = shown_bond(bond);
        let detail = detail.map(|it| format!(" ({})", harmless(&it))).unwrap_or_default();
        print(&format!(
            "  {worth}: {} and {} by {held_by}{detail}",
            harmless(&one),
            harmless(&other)
        ))?;
    }
    warnings(known).iter().try_for_each(|it| print(&format!("  {it}")))
}

fn shown_bond(bond: &Bond) -> ShownBond {
    let (held_by, checked) = match &bond.held_by {
        Hold::Proof { kind, checked_at, .. } => (proven_by(*kind), Some(*checked_at)),
        Hold::Owner(_) => ("your word", None),
        Hold::Settings => ("[[people]]", None),
    };
    let checked = checked.map(|at| format!("checked {}", instant(at)));
    let (worth, detail) = match &bond.worth {
        Worth::Joins => ("joins", checked),
        Worth::Shown => ("shown, joins nobody", checked),
        Worth::Ambiguous => ("claimed by several, joins nobody", checked),
        Worth::Separated => ("separated by you", checked),
        Worth::Lapsed { since, reason } => {
            ("lapsed", Some(format!("{}: {reason}", instant(*since))))
        }
    };
    ShownBond { one: bond.one.uri(), other: bond.other.uri(), held_by, worth, detail }
}

const fn proven_by(kind: ProofKind) -> &'static str {
    match kind {
        ProofKind::MutualClaim => "a claim that both signed",
        ProofKind::AssociationLog => "a log that the one keeps and the other signed",
        ProofKind::AccountOwner => "the registry of owners",
        ProofKind::ChallengeSignature => "a wallet's signature for you",
        ProofKind::ContractSignature => "a contract's word for you",
        ProofKind::AccountManager => "the registry of managers",
        ProofKind::Name => "a name of both",
    }
}
