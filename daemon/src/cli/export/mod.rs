//! `threadbridge export`: everything, or a part of it, as an archive that can be imported again, or
//! in a form for reading.

mod html;
mod json;
mod readable;
pub(crate) mod select;

use std::path::{Path, PathBuf};

use threadbridge_core::archive::export::{Exported, Selection, export_to};
use threadbridge_core::archive::item;
use threadbridge_core::model::time::Clock;
use threadbridge_core::store::Snapshot;

use super::output::{counted, print, tell};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::unlock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The new file; with --html the new folder.
    path: PathBuf,
    /// Only this conversation: its id or the beginning of it, a link's name, or a leg. May be given
    /// again.
    #[arg(long, value_name = "CONVERSATION")]
    conversation: Vec<String>,
    /// Only what this person said, and who they are: a name from [[people]], or NETWORK:ID. May be
    /// given again.
    #[arg(long, value_name = "PERSON")]
    person: Vec<String>,
    /// Only what was said then or later, by the authors' clocks: 2026-01-31 or RFC 3339.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only what was said before then.
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// The accounts too, with their keys and what is on its way, to move the bridge elsewhere. Stop
    /// the daemon first: it must not run on here.
    #[arg(long, conflicts_with_all = ["conversation", "person", "since", "until", "html", "json"])]
    with_accounts: bool,
    /// What locks the archive: `passphrase` asks for one; `file:PATH`, `env:NAME` or `keyring:NAME`
    /// say where it is kept. 64 hexadecimal digits are a key, all else is a passphrase.
    #[arg(long, value_name = "SECRET", default_value = "passphrase")]
    key: String,
    /// A folder of pages for a browser, one a conversation. Not encrypted, and not for import.
    #[arg(long, conflicts_with = "json")]
    html: bool,
    /// One JSON document. Not encrypted, and not for import.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    let settings = home.load()?.settings;
    if args.with_accounts && is_running(home, &settings) {
        return Err(Failure::new(
            Exit::Store,
            "a daemon is running: what it does from now on would not be in the archive; stop it, \
             export, and let only the other machine go on",
        ));
    }
    let snapshot = unlock::snapshot(home, &settings)?;
    let selection = select::selection(&snapshot, &settings, args)?;
    if args.html {
        return html::write(&snapshot, &selection, &args.path);
    }
    if args.json {
        return json::write(&snapshot, &selection, &args.path);
    }
    let exported = archive(home, &snapshot, &selection, args)?;
    print(&summary(&exported, &args.path))?;
    for (table, count) in &exported.left {
        tell(&format!(
            "{} of table `{table}` cannot be carried: an earlier version kept no name with them",
            counted(usize::try_from(*count).unwrap_or(usize::MAX), "row"),
        ));
    }
    Ok(())
}

fn is_running(home: &Home, settings: &crate::settings::Settings) -> bool {
    std::os::unix::net::UnixStream::connect(home.socket_path(settings)).is_ok()
}

fn archive(
    home: &Home,
    snapshot: &Snapshot,
    selection: &Selection,
    args: &Args,
) -> Result<Exported, Failure> {
    let secret = unlock::secret_named(home, &args.key, unlock::Asked::Twice)?;
    let now = Clock::System.now();
    export_to(snapshot, &args.path, &secret, selection, now).or_exit(Exit::Failed)
}

/// What is in an archive, and by whom it can be verified.
fn summary(exported: &Exported, path: &Path) -> String {
    let mut lines = vec![format!("`{}` has", path.display())];
    for (number, count) in &exported.manifest.counts {
        lines.push(format!("  {count} {}", item::name(*number)));
    }
    lines.push(format!("signed by {}", exported.header.owner()));
    lines.join("\n")
}
