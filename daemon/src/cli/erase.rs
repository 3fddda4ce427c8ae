//! `threadbridge erase`: what is to be gone, here and wherever the bridge put it.

use serde_json::json;
use threadbridge_core::archive::owner::OwnerKey;
use threadbridge_core::model::erasure::{ErasurePhase, ErasureRow};
use threadbridge_core::store::Reads;
use threadbridge_core::store::span::Span;
use threadbridge_core::store::tables::ERASURES;

use super::output::{counted, instant, print, print_json, rfc3339, tell};
use crate::control::{Erased, Request};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::{order, unlock};

/// What a report's signature is made for.
const SIGNED_FOR: &str = "threadbridge 2026 erasure";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// A message, by its id, with its versions and what was reacted to it.
    Message(What),
    /// All that was ever said in a conversation that no link names any more.
    Conversation(What),
    /// All that a person said, and who they are: a name from [[people]], or NETWORK:ID.
    Person(What),
    /// All that came by an account that is no longer in the settings, and its keys.
    Account(What),
    /// Shows erasures, or the signed report of one: what could not be erased, and why.
    Report {
        /// Which one.
        number: Option<u64>,
    },
}

#[derive(Debug, clap::Args)]
struct What {
    /// Which.
    which: String,
    /// Does it without asking.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let (kind, what) = match &args.action {
        Action::Message(what) => (Erased::Message, what),
        Action::Conversation(what) => (Erased::Conversation, what),
        Action::Person(what) => (Erased::Person, what),
        Action::Account(what) => (Erased::Account, what),
        Action::Report { number } => return report(home, *number),
    };
    if !what.yes {
        return Err(Failure::new(
            Exit::Settings,
            "nothing brings back what was erased; say so with `--yes`",
        ));
    }
    let settings = home.load()?.settings;
    let request = Request::Erase { kind, which: what.which.clone() };
    print(&order::carry_out(home, &settings, &request)?)?;
    tell("backups and archives that were made before still have it");
    Ok(())
}

fn report(home: &Home, number: Option<u64>) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let snapshot = unlock::snapshot(home, &settings)?;
    let Some(number) = number else {
        let rows = snapshot.scan(&ERASURES, Span::all(), usize::MAX).or_exit(Exit::Store)?;
        let mut lines: Vec<String> = rows.iter().map(|(_, row)| line(row)).collect();
        if lines.is_empty() {
            lines.push("nothing was erased".to_owned());
        }
        return print(&lines.join("\n"));
    };
    let row = snapshot.get(&ERASURES, &number).or_exit(Exit::Store)?;
    let Some(row) = row else {
        return Err(Failure::new(Exit::Failed, "there is no erasure of that number"));
    };
    let stays: Vec<_> = row
        .stays
        .iter()
        .map(
            |it| json!({ "account": it.account.as_str(), "reason": it.reason, "copies": it.count }),
        )
        .collect();
    let report = json!({
        "erasure": row.id,
        "begun_at": rfc3339(row.begun_at),
        "done_at": row.done_at.and_then(rfc3339),
        "messages_erased": row.erased,
        "messages_taken_back": row.taken_back,
        "stays": stays,
    })
    .to_string();
    let owner = OwnerKey::of(&snapshot);
    let signature = hex::encode(owner.sign(SIGNED_FOR, report.as_bytes()));
    print_json(&json!({
        "report": report,
        "signed_by": owner.public().to_string(),
        "signed_for": SIGNED_FOR,
        "signature": signature,
    }))
}

fn line(row: &ErasureRow) -> String {
    let how_far = match row.phase {
        ErasurePhase::TakesBack => "begun",
        ErasurePhase::Waits => "waits until the networks were told",
        ErasurePhase::Deletes => "is being deleted",
        ErasurePhase::Done => "done",
    };
    let messages = counted(usize::try_from(row.erased).unwrap_or(usize::MAX), "message");
    let stays: u64 = row.stays.iter().map(|it| it.count).sum();
    let at = instant(row.begun_at);
    format!("{}  {at} UTC  {how_far}, {messages}, {stays} copies stay elsewhere", row.id)
}
