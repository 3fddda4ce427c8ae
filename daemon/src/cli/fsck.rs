//! `threadbridge fsck`: checks every row of the store and every invariant, beside a running daemon
//! too.

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use threadbridge_core::invariants;
use threadbridge_core::store::fsck::{Progress, fsck};

use super::output::{print, print_json};
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
    rows: u64,
    count: u64,
    findings: Vec<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let snapshot = unlock::snapshot(home, &settings)?;
    // Hidden by itself where standard error is no terminal.
    let bar = ProgressBar::new(0).with_style(
        ProgressStyle::with_template("{msg:>16} {wide_bar} {human_pos}/{human_len}")
            .or_exit(Exit::Failed)?,
    );
    let report = fsck(&snapshot, invariants::ALL, &mut |Progress { table, rows, of }| {
        bar.set_message(table.to_owned());
        bar.set_length(of);
        bar.set_position(rows);
    })
    .or_exit(Exit::Store)?;
    bar.finish_and_clear();
    let rows = report.tables.iter().map(|(_, rows)| rows).sum();
    let findings: Vec<String> = report.findings.iter().map(ToString::to_string).collect();
    if args.json {
        print_json(&Shown { rows, count: report.count, findings })?;
    } else {
        findings.iter().try_for_each(|finding| print(finding))?;
        print(&format!("{rows} rows checked, {} problems", report.count))?;
    }
    if report.is_clean() {
        Ok(())
    } else {
        let advice =
            "the store has problems; restore a backup, or keep the file for those who mend it";
        Err(Failure::new(Exit::Problems, advice))
    }
}
