//! `threadbridge doctor`: whether all that the bridge needs is there, each with what to do.

use super::output::{print, print_json};
use super::runtime;
use crate::doctor::{Finding, Grade, examine};
use crate::exit::{Exit, Failure};
use crate::home::Home;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Prints JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let loaded = home.load()?;
    let mut findings: Vec<Finding> = Vec::new();
    let mut broken = Ok(());
    runtime()?.block_on(examine(home, &loaded.settings, &mut |finding| {
        if !args.json && broken.is_ok() {
            broken = print(&line(&finding));
        }
        findings.push(finding);
    }));
    broken?;
    if args.json {
        print_json(&findings)?;
    }
    match findings.iter().filter(|finding| finding.grade == Grade::Fail).count() {
        0 => Ok(()),
        1 => Err(Failure::new(Exit::Problems, "1 thing has to be mended")),
        many => Err(Failure::new(Exit::Problems, format!("{many} things have to be mended"))),
    }
}

fn line(finding: &Finding) -> String {
    let Finding { grade, subject, found, advice } = finding;
    let advice = advice.as_ref().map(|advice| format!("\n      → {advice}")).unwrap_or_default();
    format!("{grade:<4}  {subject}: {found}{advice}")
}
