//! `threadbridge outbox`: what is on its way, in the order of sending.

use serde::Serialize;
use threadbridge_core::model::outbox::{OutboxKind, OutboxRow};
use threadbridge_core::model::time::Clock;
use threadbridge_core::view;

use super::output::{ago, harmless, print, print_json, rfc3339, table};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::unlock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Shown {
    leg: String,
    seq: u64,
    part: u16,
    kind: &'static str,
    state: &'static str,
    sealed_at: Option<String>,
    attempts: u32,
    last_error: Option<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let snapshot = unlock::snapshot(home, &settings)?;
    let rows = view::outbox(&snapshot).or_exit(Exit::Store)?;
    if args.json {
        return print_json(&rows.iter().map(shown).collect::<Vec<_>>());
    }
    if rows.is_empty() {
        return print("nothing is on its way");
    }
    let now = Clock::System.now();
    let heading = ["LEG", "EVENT", "KIND", "STATE", "AGE", "ATTEMPTS", "LAST ERROR"];
    let lines = rows.iter().map(|row| {
        let it = shown(row);
        vec![
            harmless(&it.leg),
            format!("{}.{}", it.seq, it.part),
            it.kind.to_owned(),
            it.state.to_owned(),
            ago(row.sealed_at, now),
            it.attempts.to_string(),
            it.last_error.as_deref().map(harmless).unwrap_or_default(),
        ]
    });
    let lines: Vec<Vec<String>> =
        [heading.map(str::to_owned).to_vec()].into_iter().chain(lines).collect();
    print(&table(&lines))
}

fn shown(row: &OutboxRow) -> Shown {
    Shown {
        leg: row.leg.to_string(),
        seq: row.seq.0,
        part: row.part,
        kind: match row.kind {
            OutboxKind::Message => "message",
            OutboxKind::Action => "action",
            OutboxKind::Control => "control",
        },
        state: if row.taken_at.is_some() { "taken" } else { "sealed" },
        sealed_at: rfc3339(row.sealed_at),
        attempts: row.attempts,
        last_error: row.last_error.clone(),
    }
}
