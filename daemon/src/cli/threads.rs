//! `threadbridge threads`: the conversations, the one with the latest event first.

use serde::Serialize;
use threadbridge_core::model::time::Clock;
use threadbridge_core::view;

use super::output::{ago, harmless, print, print_json, rfc3339, table};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::unlock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many are listed at most.
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Shown {
    id: String,
    name: Option<String>,
    legs: Vec<String>,
    last_at: Option<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let snapshot = unlock::snapshot(home, &settings)?;
    let mut threads = view::threads(&snapshot).or_exit(Exit::Store)?;
    let more = threads.len().saturating_sub(args.limit);
    threads.truncate(args.limit);
    if args.json {
        let shown: Vec<Shown> = threads
            .into_iter()
            .map(|thread| Shown {
                id: thread.conversation.id.to_string(),
                name: thread.conversation.name,
                legs: thread.conversation.legs.iter().map(ToString::to_string).collect(),
                last_at: thread.last.and_then(|(_, at)| rfc3339(at)),
            })
            .collect();
        return print_json(&shown);
    }
    if threads.is_empty() {
        return print("there are no conversations yet");
    }
    let now = Clock::System.now();
    let heading = ["ID", "NAME", "LAST", "LEGS"].map(str::to_owned).to_vec();
    let rows = threads.iter().map(|thread| {
        let legs: Vec<String> =
            thread.conversation.legs.iter().map(|leg| harmless(&leg.to_string())).collect();
        vec![
            thread.conversation.id.to_string(),
            thread.conversation.name.as_deref().map_or_else(|| "-".to_owned(), harmless),
            thread.last.map_or_else(|| "-".to_owned(), |(_, at)| ago(at, now)),
            legs.join("  "),
        ]
    });
    let rows: Vec<Vec<String>> = [heading].into_iter().chain(rows).collect();
    print(&table(&rows))?;
    if more > 0 { print(&format!("and {more} more; `--limit` lists more")) } else { Ok(()) }
}
