//! `threadbridge backup`: a copy of the store that opens with the same key, taken while the daemon
//! runs.

use std::path::PathBuf;

use super::output::print;
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::unlock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new file.
    path: PathBuf,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let rows = unlock::snapshot(home, &settings)?.backup_to(&args.path).or_exit(Exit::Store)?;
    print(&format!("{rows} rows are in `{}`; it opens with the store's key", args.path.display()))
}
