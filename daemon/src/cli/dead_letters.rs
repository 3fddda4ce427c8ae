//! `threadbridge dead-letters`: what was given up, with its reason; to send again or to forget.

use serde::Serialize;
use threadbridge_core::model::time::Clock;
use threadbridge_core::view;

use super::output::{ago, harmless, print, print_json, rfc3339, table};
use crate::control::Request;
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::{order, unlock};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Sends dead letters again.
    Replay(Which),
    /// Forgets dead letters for good.
    Drop(Which),
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// The number of one.
    id: Option<u64>,
    /// All of them.
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Serialize)]
struct Shown {
    id: u64,
    leg: String,
    seq: u64,
    part: u16,
    reason: String,
    at: Option<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let request = match &args.action {
        Some(Action::Replay(which)) => Request::Replay { id: which.id },
        Some(Action::Drop(which)) => Request::Drop { id: which.id },
        None => return list(home, &settings, args.json),
    };
    print(&order::carry_out(home, &settings, &request)?)
}

fn list(home: &Home, settings: &crate::settings::Settings, json: bool) -> Result<(), Failure> {
    let snapshot = unlock::snapshot(home, settings)?;
    let letters = view::dead_letters(&snapshot).or_exit(Exit::Store)?;
    if json {
        let shown: Vec<Shown> = letters
            .into_iter()
            .map(|letter| Shown {
                id: letter.id,
                leg: letter.row.leg.to_string(),
                seq: letter.row.seq.0,
                part: letter.row.part,
                reason: letter.reason,
                at: rfc3339(letter.at),
            })
            .collect();
        return print_json(&shown);
    }
    if letters.is_empty() {
        return print("there are no dead letters");
    }
    let now = Clock::System.now();
    let heading = ["NUMBER", "LEG", "EVENT", "AGE", "REASON"].map(str::to_owned).to_vec();
    let rows = letters.iter().map(|letter| {
        vec![
            letter.id.to_string(),
            harmless(&letter.row.leg.to_string()),
            format!("{}.{}", letter.row.seq, letter.row.part),
            ago(letter.at, now),
            harmless(&letter.reason),
        ]
    });
    let rows: Vec<Vec<String>> = [heading].into_iter().chain(rows).collect();
    print(&table(&rows))?;
    print("`threadbridge dead-letters replay NUMBER` sends one again, `drop NUMBER` forgets it")
}
