//! The command line: one file a command. Results go to standard output, logs and questions to
//! standard error.

mod account;
mod archive;
mod backup;
mod check;
mod completions;
mod dead_letters;
mod demo;
mod doctor;
mod erase;
mod export;
mod fsck;
mod group;
mod import;
mod init;
mod ledger;
mod migrate;
mod outbox;
mod output;
mod people;
mod person;
mod preview;
mod reload;
mod run;
mod schema;
mod send;
mod signer;
mod status;
mod target;
mod thread;
mod threads;
mod verify;
mod whom;
mod xmtp;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::exit::{EXIT_CODES, Exit, Failure, OrExit};
use crate::home::Home;
use crate::logging;

pub(crate) use self::export::select;
pub(crate) use self::group::told_members;
pub(crate) use self::output::{counted, harmless, print, rfc3339};
pub(crate) use self::target::find as find_target;
pub(crate) use self::whom::{Nobody, find as find_person};

/// Joins the networks on which you talk, and keeps every conversation in one encrypted store.
#[derive(Debug, Parser)]
#[command(name = "threadbridge", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Cli {
    /// The settings file.
    #[arg(long, global = true, value_name = "PATH", default_value = "bridge.toml")]
    config: PathBuf,
    /// Overrides a setting, such as `--set store.path=/var/lib/bridge.store`.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes a first bridge.toml, and makes the keys and the store that it names.
    Init(init::Args),
    /// Says all that is wrong with the settings.
    Check(check::Args),
    /// Prints the JSON Schema of bridge.toml, for editors.
    Schema,
    /// Runs the bridge until it is told to stop.
    Run,
    /// Has the running daemon read its settings again, at once.
    Reload,
    /// Looks whether all that the bridge needs is there.
    Doctor(doctor::Args),
    /// Shows how the bridge is doing.
    Status(status::Args),
    /// Lists the conversations.
    Threads(threads::Args),
    /// Shows a conversation.
    Thread(thread::Args),
    /// Lists the people, who waits to be accepted, and who looks like somebody else.
    People(people::Args),
    /// Shows a person and what makes them one; joins, separates, accepts, mutes, blocks.
    Person(person::Args),
    /// Leaves an account: `retire`.
    Account(account::Args),
    /// Says something in a conversation, or to somebody: `--to`.
    Send(send::Args),
    /// Groups that the owner makes and changes: `new`, `add`, `remove`, `rename`, `leave`, `members`.
    Group(group::Args),
    /// Shows what is on its way.
    Outbox(outbox::Args),
    /// The life of an account's key on Farcaster: `show`, `request`, `add`, `revoke`.
    Signer(signer::Args),
    /// The installations of an account's inbox on XMTP: `installations`, `revoke`.
    Xmtp(xmtp::Args),
    /// Shows what was given up; `replay` sends it again, `drop` forgets it.
    DeadLetters(dead_letters::Args),
    /// Shows what a message will become on each leg of a link.
    Preview(preview::Args),
    /// Checks every row of the store.
    Fsck(fsck::Args),
    /// Takes everything, or a part of it, along: an archive, or pages and JSON for reading.
    Export(export::Args),
    /// Brings an archive into the store, while the daemon runs too.
    Import(import::Args),
    /// Looks at archives: `verify`, and whose they are.
    Archive(archive::Args),
    /// Takes back what was said wherever that can be, and deletes all of it here.
    Erase(erase::Args),
    /// Shows what went to which network by whose leave; writes it down, signed; `verify`.
    Ledger(ledger::Args),
    /// Copies the store, while the daemon runs too.
    Backup(backup::Args),
    /// Brings a store of an earlier version up to this one.
    Migrate(migrate::Args),
    /// Shows the whole bridge on this machine: two networks with people on them, the daemon between.
    Demo(demo::Args),
    /// Prints completions for a shell.
    Completions(completions::Args),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    logging::start();
    match run_command(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(failure.exit.code())
        }
    }
}

fn run_command(cli: Cli) -> Result<(), Failure> {
    let home = Home { config: cli.config, flags: cli.set };
    match cli.command {
        Command::Init(args) => init::run(&home, args),
        Command::Check(args) => check::run(&home, &args),
        Command::Schema => schema::run(),
        Command::Run => run::run(home),
        Command::Reload => reload::run(&home),
        Command::Doctor(args) => doctor::run(&home, &args),
        Command::Status(args) => status::run(&home, &args),
        Command::Threads(args) => threads::run(&home, &args),
        Command::Thread(args) => thread::run(&home, &args),
        Command::People(args) => people::run(&home, &args),
        Command::Person(args) => person::run(&home, args),
        Command::Account(args) => account::run(&home, &args),
        Command::Send(args) => send::run(&home, &args),
        Command::Group(args) => group::run(&home, args),
        Command::Outbox(args) => outbox::run(&home, &args),
        Command::Signer(args) => signer::run(&home, &args),
        Command::Xmtp(args) => xmtp::run(&home, &args),
        Command::DeadLetters(args) => dead_letters::run(&home, &args),
        Command::Preview(args) => preview::run(&home, &args),
        Command::Fsck(args) => fsck::run(&home, &args),
        Command::Export(args) => export::run(&home, &args),
        Command::Import(args) => import::run(&home, &args),
        Command::Archive(args) => archive::run(&home, &args),
        Command::Erase(args) => erase::run(&home, &args),
        Command::Ledger(args) => ledger::run(&home, &args),
        Command::Backup(args) => backup::run(&home, &args),
        Command::Migrate(args) => migrate::run(&home, &args),
        Command::Demo(args) => demo::run(&args),
        Command::Completions(args) => completions::run(&args),
    }
}

/// The runtime for commands that need one.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().or_exit(Exit::Failed)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn help_names_the_exit_codes() {
        let help = Cli::command().render_long_help().to_string();
        for exit in [Exit::Failed, Exit::Settings, Exit::Store, Exit::Network, Exit::Problems] {
            assert!(help.contains(&format!("  {}  ", exit.code())), "{exit:?}");
        }
    }
}
