//! `threadbridge completions`: what a shell needs to complete our commands.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Cli;
use super::output::print;
use crate::exit::{Exit, Failure, OrExit};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "threadbridge", &mut script);
    print(String::from_utf8(script).or_exit(Exit::Failed)?.trim_end())
}
