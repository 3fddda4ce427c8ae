//! `threadbridge status`: accounts, legs, lag, outbox and dead letters.

use std::collections::BTreeMap;

use serde::Serialize;
use threadbridge_core::adapter::Health;
use threadbridge_core::model::id::AccountName;
use threadbridge_core::model::time::{Clock, Timestamp};
use threadbridge_core::view::{self, AccountStatus, LegStatus, Status};

use super::output::{ago, harmless, print, print_json, rfc3339, table};
use super::signer;
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
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
    let keys = if args.keys { signer::states(home, &settings)? } else { BTreeMap::new() };
    if args.json {
        print_json(&shown(&status, is_running, &keys))
    } else {
        let text = text(&status, is_running, Clock::System.now());
        let keys = keys.iter().map(|(account, state)| format!("{account}: {state}"));
        print(&std::iter::once(text).chain(keys).collect::<Vec<_>>().join("\n\n"))
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
    /// What its key may sign, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    refused: Vec<ShownRefusal>,
    legs: Vec<ShownLeg>,
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
    oldest_at: Option<String>,
    last_error: Option<String>,
}

fn shown(status: &Status, running: bool, keys: &BTreeMap<AccountName, String>) -> ShownStatus {
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

fn text(status: &Status, running: bool, now: Timestamp) -> String {
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
    let mut legs = vec![row(&["LEG", "OUTBOX", "BACKLOG", "OLDEST", "LAST ERROR"])];
    legs.extend(status.accounts.iter().flat_map(|it| &it.legs).map(|leg| leg_row(leg, now)));
    if legs.len() > 1 {
        parts.push(table(&legs));
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
        leg.last_error.as_deref().map(harmless).unwrap_or_default(),
    ]
}
