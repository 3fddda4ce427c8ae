//! `threadbridge group`: groups that the owner makes and changes by hand.

use serde::Serialize;
use threadbridge_core::model::group::{Member, Rank};
use threadbridge_core::store::tables::PROFILES;
use threadbridge_core::store::{Reads, Snapshot};

use super::output::{harmless, print, table};
use crate::control::{GroupAct, Ranked, Request};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::order;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Makes a group. What is printed first is its leg, by which a link may name it.
    New {
        /// What it is called.
        title: String,
        /// By which account; the only one that can, if none is named.
        #[arg(long)]
        account: Option<String>,
        /// Whom it begins with: an address, an id of the network, NETWORK:ID, or a name. Once for
        /// each.
        #[arg(long = "member", value_name = "WHO", required = true)]
        members: Vec<String>,
    },
    /// Brings people in.
    Add(Whom),
    /// Sends people away. They can read nothing that is said from then on.
    Remove(Whom),
    /// Gives it another name.
    Rename {
        /// The conversation: its id or the beginning of it, a name, or a leg.
        conversation: String,
        /// The name.
        title: String,
    },
    /// Lets people do what its admins may, or takes that back.
    Admin {
        #[command(flatten)]
        whom: Whom,
        /// Lets them do everything, as whoever made the group.
        #[arg(long, conflicts_with = "off")]
        owner: bool,
        /// Lets them do no more than everybody.
        #[arg(long)]
        off: bool,
    },
    /// Leaves it: asks the others to take the account out. Whoever made it has to name another owner
    /// first.
    Leave {
        /// The conversation: its id or the beginning of it, a name, or a leg.
        conversation: String,
    },
    /// Lists who is in it.
    Members {
        /// The conversation: its id or the beginning of it, a name, or a leg.
        conversation: String,
        /// Prints JSON instead of text.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
struct Whom {
    /// The conversation: its id or the beginning of it, a name, or a leg.
    conversation: String,
    /// Who: an address, an id of the network, NETWORK:ID, or a name.
    #[arg(required = true, value_name = "WHO")]
    members: Vec<String>,
}

pub(super) fn run(home: &Home, args: Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let act = match args.act {
        Act::New { title, account, members } => GroupAct::New { title, account, members },
        Act::Add(Whom { conversation, members }) => GroupAct::Add { conversation, members },
        Act::Remove(Whom { conversation, members }) => GroupAct::Remove { conversation, members },
        Act::Rename { conversation, title } => GroupAct::Rename { conversation, title },
        Act::Admin { whom: Whom { conversation, members }, owner, off } => {
            let rank = match (owner, off) {
                (true, _) => Ranked::Owner,
                (false, true) => Ranked::Member,
                (false, false) => Ranked::Admin,
            };
            GroupAct::Rank { conversation, members, rank }
        }
        Act::Leave { conversation } => GroupAct::Leave { conversation },
        Act::Members { conversation, json } => GroupAct::Members { conversation, json },
    };
    print(&order::carry_out(home, &settings, &Request::Group { act })?)
}

#[derive(Debug, Serialize)]
struct Shown {
    identity: String,
    aliases: Vec<String>,
    name: Option<String>,
    rank: &'static str,
    is_you: bool,
}

/// Who is in a group, as it is printed.
pub(crate) fn told_members(
    snapshot: &Snapshot,
    members: &[Member],
    json: bool,
) -> Result<String, Failure> {
    let shown = members.iter().map(|it| {
        let profile = snapshot.get(&PROFILES, &it.identity).or_exit(Exit::Store)?;
        Ok(Shown {
            identity: it.identity.uri(),
            aliases: it.aliases.clone(),
            name: profile.and_then(|it| it.display_name),
            rank: match it.rank {
                Rank::Member => "member",
                Rank::Admin => "admin",
                Rank::Owner => "owner",
            },
            is_you: it.is_own,
        })
    });
    let shown = shown.collect::<Result<Vec<_>, Failure>>()?;
    if json {
        return serde_json::to_string_pretty(&shown).or_exit(Exit::Failed);
    }
    let heading = ["WHO", "RANK", "NAME", "ALSO"].map(str::to_owned).to_vec();
    let row = |it: &Shown| {
        let name = it.name.as_deref().unwrap_or_default();
        let name = if it.is_you { "you" } else { name };
        let also = it.aliases.iter().map(|it| harmless(it)).collect::<Vec<_>>().join("  ");
        vec![harmless(&it.identity), it.rank.to_owned(), harmless(name), also]
    };
    let rows: Vec<_> = [heading].into_iter().chain(shown.iter().map(row)).collect();
    Ok(table(&rows))
}
