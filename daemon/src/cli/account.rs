//! `threadbridge account`: leaving an account.

use super::output::print;
use crate::control::Request;
use crate::exit::{Exit, Failure};
use crate::home::Home;
use crate::order;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Has every conversation go on elsewhere that can, and lists those that cannot, with the reason.
    Retire {
        /// The account's name.
        name: String,
    },
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let Action::Retire { name } = &args.action;
    if !settings.accounts.keys().any(|it| it.as_str() == name) {
        return Err(Failure::new(Exit::Failed, "there is no such account in bridge.toml"));
    }
    let request = Request::Retire { account: name.clone() };
    print(&order::carry_out(home, &settings, &request)?)
}
