//! `threadbridge import`: an archive, or the history of another program, into the store, whether or not the daemon runs.

use std::path::PathBuf;

use super::output::print;
use crate::control::{Request, Typed};
use crate::exit::{Exit, Failure, OrExit};
use crate::foreign::Kind;
use crate::home::Home;
use crate::{order, unlock};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The archive, or what `--from` says.
    path: PathBuf,
    /// Takes the history of another program in instead of an archive.
    #[arg(long, value_name = "KIND", conflicts_with = "without_accounts")]
    from: Option<Kind>,
    /// The account that such a history is kept under, a name that the settings do not have.
    #[arg(long, value_name = "NAME", requires = "from")]
    account: Option<String>,
    /// What locks it, also where `--from xmtp` says so: `passphrase` asks for it; `file:PATH`, `env:NAME` or `keyring:NAME` say where
    /// it is kept.
    #[arg(long, value_name = "SECRET", default_value = "passphrase")]
    key: String,
    /// Leaves out accounts that are in the archive. With them, this bridge goes on where the other
    /// stopped, and only into a store in which nothing was bridged yet.
    #[arg(long)]
    without_accounts: bool,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    let path = args.path.canonicalize().or_exit(Exit::Failed)?;
    let Some(path) = path.to_str().map(str::to_owned) else {
        return Err(Failure::new(Exit::Failed, "the archive's path is no text; rename it"));
    };
    if let Some(kind) = args.from {
        let key = if kind == Kind::Xmtp {
            let text = unlock::text_named(home, &args.key, unlock::Asked::Once)?;
            Some(Typed::new(text.expose()))
        } else {
            None
        };
        let request = Request::History { kind, path, account: args.account.clone(), key };
        return print(&order::carry_out(home, &settings, &request)?);
    }
    let key = Typed::new(unlock::text_named(home, &args.key, unlock::Asked::Once)?.expose());
    let request = Request::Import { path, key, with_accounts: !args.without_accounts };
    print(&order::carry_out(home, &settings, &request)?)
}
