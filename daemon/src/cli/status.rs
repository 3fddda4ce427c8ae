//! `threadbridge status`: accounts, legs, lag, outbox and dead letters.

use std::collections::BTreeMap;

use serde::Serialize;
use threadbridge_core::adapter::Health;
use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_core::view::{self, AccountStatus, LegStatus, Status, WaitCount};

use super::output::{ago, harmless, print, print_json, rfc3339, table};
use super::signer;
use crate::control::{Request, ask};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::settings::Settings;
use crate::unlock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
    /// Asks the network what the accounts' keys may sign, and until when.
    #[arg(long)]
    keys: bool,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let is_running = std::os::unix::net::UnixStream::connect(home.socket_path(&settings)).is_ok();
    let snapshot = unlock::snapshot(home, &settings)?;
    let mut status = view::status(&snapshot).or_exit(Exit::Store)?;
    // What the last daemon wrote down of an account that is gone says nothing about this one.
    status.accounts.retain(|account| settings.accounts.contains_key(&account.name));
    let facts = if is_running { facts(home, &settings)? } else { BTreeMap::new() };
    let keys = if args.keys { signer::states(home, &settings)? } else { BTreeMap::new() };
    if args.json {
        print_json(&shown(&status, is_running, (&keys, &facts)))
    } else {
        let text = text(&status, is_running, &facts);
        let keys = keys.iter().map(|(account, state)| format!("{account}: {state}"));
        print(&std::iter::once(text).chain(keys).collect::<Vec<_>>().join("\n\n"))
    }
}

/// What the running daemon's accounts tell of themselves, in their order.
type Facts = BTreeMap<String, Vec<(String, String)>>;

fn facts(home: &Home, settings: &Settings) -> Result<Facts, Failure> {
    match ask(&home.socket_path(settings), &Request::Facts) {
        Ok(text) => serde_json::from_str(&text).or_exit(Exit::Failed),
        // It may have stopped just now; another version has none to tell.
        Err(_) => Ok(Facts::new()),
    }
}

#[derive(Debug, Serialize)]
struct ShownStatus {
    running: bool,
    journaled: u64,
    dead_letters: usize,
    accounts: Vec<ShownAccount>,
}

#[derive(Debug, Serialize)]
struct ShownAccount {
    name: String,
    network: String,
    state: &'static str,
    reason: Option<String>,
    since: Option<String>,
    behind: u64,
    waiting: usize,
    waits: Vec<ShownWait>,
    /// How its keys and its connection stand, while the daemon runs.
    facts: BTreeMap<String, String>,
    /// What its key may sign, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    refused: Vec<ShownRefusal>,
    legs: Vec<ShownLeg>,
}

#[derive(Debug, Serialize)]
struct ShownWait {
    reason: String,
    count: usize,
    since: Option<String>,
}

#[derive(Debug, Serialize)]
struct ShownRefusal {
    reason: String,
    count: u64,
    last_at: Option<String>,
}

#[derive(Debug, Serialize)]
struct ShownLeg {
    leg: String,
    outbox: usize,
    backlog: usize,
    lacks: Option<String>,
    oldest_at: Option<String>,
    last_error: Option<String>,
}

fn shown(
    status: &Status,
    running: bool,
    (keys, facts): (&BTreeMap<AccountName, String>, &Facts),
) -> ShownStatus {
    let accounts = status.accounts.iter().map(|account| {
        let (state, reason) = state(&account.health, running);
        ShownAccount {
            name: account.name.to_string(),
            network: account.network.to_string(),
            state,
            reason: reason.map(str::to_owned),
            since: rfc3339(account.since),
            behind: account.behind,
            waiting: account.waiting,
            waits: account.waits.iter().map(shown_wait).collect(),
            facts: facts.get(account.name.as_str()).into_iter().flatten().cloned().collect(),
            key: keys.get(&account.name).cloned(),
            refused: account
                .refusals
                .iter()
                .map(|refusal| ShownRefusal {
                    reason: refusal.reason.clone(),
                    count: refusal.count,
                    last_at: rfc3339(refusal.last_at),
                })
                .collect(),
            legs: account
                .legs
                .iter()
                .map(|leg| ShownLeg {
                    leg: leg.leg.to_string(),
                    outbox: leg.outbox,
                    backlog: leg.backlog,
                    lacks: leg.lacks.clone(),
                    oldest_at: leg.oldest_at.and_then(rfc3339),
                    last_error: leg.last_error.clone(),
                })
                .collect(),
        }
    });
    ShownStatus {
        running,
        journaled: status.journaled,
        dead_letters: status.dead_letters,
        accounts: accounts.collect(),
    }
}

fn shown_wait(wait: &WaitCount) -> ShownWait {
    ShownWait { reason: wait.reason.clone(), count: wait.count, since: rfc3339(wait.since) }
}

/// The word for a state, and its reason. Nothing is connected while no daemon runs.
fn state(health: &Health, running: bool) -> (&'static str, Option<&str>) {
    if !running {
        return ("stopped", None);
    }
    match health {
        Health::Starting => ("starting", None),
        Health::CatchingUp => ("catching up", None),
        Health::Connected => ("connected", None),
        Health::Stalled(reason) => ("stalled", Some(reason)),
        Health::Down(reason) => ("down", Some(reason)),
        Health::Suspended(reason) => ("suspended", Some(reason)),
    }
}

fn text(status: &Status, running: bool, facts: &Facts) -> String {
    let now = Clock::System.now();
    let mut parts = vec![format!(
        "{}, {} events journaled, {} dead letters",
        if running { "running" } else { "not running" },
        status.journaled,
        status.dead_letters
    )];
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let mut accounts =
        vec![row(&["ACCOUNT", "NETWORK", "STATE", "SINCE", "BEHIND", "WAITING", ""])];
    accounts.extend(status.accounts.iter().map(|account| account_row(account, running, now)));
    if accounts.len() > 1 {
        parts.push(table(&accounts));
    }
    let mut legs =
        vec![row(&["LEG", "OUTBOX", "BACKLOG", "OLDEST", "LAST ERROR, OR WHAT IT LACKS"])];
    legs.extend(status.accounts.iter().flat_map(|it| &it.legs).map(|leg| leg_row(leg, now)));
    if legs.len() > 1 {
        parts.push(table(&legs));
    }
    let mut waits = vec![row(&["WAITS", "ACCOUNT", "SINCE", "FOR"])];
    for account in &status.accounts {
        waits.extend(account.waits.iter().map(|wait| {
            let (count, name) = (wait.count.to_string(), account.name.to_string());
            vec![count, name, ago(wait.since, now), harmless(&wait.reason)]
        }));
    }
    if waits.len() > 1 {
        parts.push(table(&waits));
    }
    let mut refused = vec![row(&["REFUSED", "ACCOUNT", "REASON"])];
    for account in &status.accounts {
        refused.extend(account.refusals.iter().map(|refusal| {
            vec![refusal.count.to_string(), account.name.to_string(), harmless(&refusal.reason)]
        }));
    }
    if refused.len() > 1 {
        parts.push(table(&refused));
    }
    let mut told = vec![row(&["ACCOUNT", "", ""])];
    told.extend(facts.iter().flat_map(|(account, facts)| {
        let fact =
            |(name, value): &(String, String)| row(&[account, &harmless(name), &harmless(value)]);
        facts.iter().map(fact).collect::<Vec<_>>()
    }));
    if told.len() > 1 {
        parts.push(table(&told));
    }
    parts.join("\n\n")
}

fn account_row(account: &AccountStatus, running: bool, now: Timestamp) -> Vec<String> {
    let (state, reason) = state(&account.health, running);
    vec![
        account.name.to_string(),
        account.network.to_string(),
        state.to_owned(),
        ago(account.since, now),
        account.behind.to_string(),
        account.waiting.to_string(),
        reason.map(harmless).unwrap_or_default(),
    ]
}

fn leg_row(leg: &LegStatus, now: Timestamp) -> Vec<String> {
    vec![
        harmless(&leg.leg.to_string()),
        leg.outbox.to_string(),
        leg.backlog.to_string(),
        leg.oldest_at.map(|at| ago(at, now)).unwrap_or_default(),
        leg.last_error.as_deref().or(leg.lacks.as_deref()).map(harmless).unwrap_or_default(),
    ]
}
