//! `threadbridge check`: all that is wrong with the settings, at once.

use serde::Serialize;

use super::output::{counted, print, print_json};
use crate::exit::{Exit, Failure};
use crate::home::{Home, NoSettings};
use crate::logging::chain;
use crate::settings::Loaded;
use crate::settings::secrets::resolve;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
    /// Leaves out whether the secrets are where the settings say.
    #[arg(long)]
    without_secrets: bool,
}

#[derive(Debug, Serialize)]
struct Report {
    faults: Vec<ReportedFault>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ReportedFault {
    place: String,
    key: String,
    problem: String,
    expected: Option<String>,
    nearest: Option<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let report = match home.load() {
        Ok(loaded) => {
            let faults =
                if args.without_secrets { Vec::new() } else { missing_secrets(home, &loaded) };
            if faults.is_empty() && !args.json {
                return sound(&loaded);
            }
            Report { faults, notes: loaded.notes }
        }
        Err(NoSettings::Faults(faults)) if !args.json => {
            print(&faults.to_string())?;
            return Err(wrong());
        }
        Err(NoSettings::Faults(faults)) => Report {
            faults: faults
                .0
                .into_iter()
                .map(|fault| ReportedFault {
                    place: fault.place.to_string(),
                    key: fault.key,
                    problem: fault.problem,
                    expected: fault.expected,
                    nearest: fault.nearest,
                })
                .collect(),
            notes: Vec::new(),
        },
        Err(other) => return Err(other.into()),
    };
    if args.json {
        print_json(&report)?;
    } else {
        for fault in &report.faults {
            print(&format!("{}  {}\n    {}", fault.place, fault.key, fault.problem))?;
        }
    }
    if report.faults.is_empty() { Ok(()) } else { Err(wrong()) }
}

fn sound(loaded: &Loaded) -> Result<(), Failure> {
    for note in &loaded.notes {
        print(&format!("note: {note}"))?;
    }
    let (accounts, links) = (loaded.settings.accounts.len(), loaded.settings.links.len());
    let (accounts, links) = (counted(accounts, "account"), counted(links, "link"));
    print(&format!("the settings are sound: {accounts}, {links}"))
}

fn wrong() -> Failure {
    Failure::new(Exit::Settings, "the settings are wrong")
}

/// References to secrets that lead nowhere.
fn missing_secrets(home: &Home, loaded: &Loaded) -> Vec<ReportedFault> {
    let secrets = loaded.settings.secrets();
    let missing = secrets.into_iter().filter_map(|(key, reference)| {
        let error = resolve(reference, home.folder()).err()?;
        Some(ReportedFault {
            place: home.config.display().to_string(),
            key,
            problem: chain(&error),
            expected: None,
            nearest: None,
        })
    });
    missing.collect()
}
