//! `threadbridge migrate`: brings a store of an earlier version up to this one. The store as it was
//! stays beside it.

use threadbridge_core::store::migrate::{MIGRATIONS, MigrateError, Outcome, migrate};

use super::output::print;
use crate::exit::{Exit, Failure};
use crate::home::Home;
use crate::unlock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only sees whether it would work.
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let secret = unlock::root_secret(home, &settings)?;
    let outcome = if args.dry_run { Outcome::DryRun } else { Outcome::Replace };
    match migrate(&home.store_path(&settings), &secret, MIGRATIONS, outcome) {
        Ok(done) => {
            let backup = done.backup.map_or_else(
                || "nothing was changed".to_owned(),
                |path| format!("the store as it was is `{}`", path.display()),
            );
            print(&format!("format {} migrated in {} steps; {backup}", done.from, done.steps))
        }
        Err(MigrateError::UpToDate) => print("the store is up to date"),
        Err(error) => Err(Failure::new(Exit::Store, error)),
    }
}
