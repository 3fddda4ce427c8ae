//! `threadbridge archive`: what can be told of an archive without any store.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use threadbridge_core::archive::frame::ArchiveError;
use threadbridge_core::archive::item;
use threadbridge_core::archive::owner::{OwnerId, OwnerKey};
use threadbridge_core::archive::verify::verify;

use super::output::{instant, print};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::unlock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Reads an archive to its end: is it whole, unaltered, and signed? Needs no store.
    Verify(Verify),
    /// Shows the key by which this store's owner signs archives and reports.
    Owner,
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// The archive.
    path: PathBuf,
    /// What locks it: `passphrase`, `file:PATH`, `env:NAME` or `keyring:NAME`. Without it nothing
    /// is opened, and only the owner's signature over all of it is verified.
    #[arg(long, value_name = "SECRET")]
    key: Option<String>,
    /// Who must have signed it, as `threadbridge archive owner` shows them.
    #[arg(long, value_name = "HEX")]
    owner: Option<String>,
}

pub(super) fn run(home: &Home, args: &Args) -> Result<(), Failure> {
    match &args.action {
        Action::Verify(args) => check(home, args),
        Action::Owner => {
            let settings = home.load()?.settings;
            let snapshot = unlock::snapshot(home, &settings)?;
            print(&OwnerKey::of(&snapshot).public().to_string())
        }
    }
}

fn check(home: &Home, args: &Verify) -> Result<(), Failure> {
    let owner = args.owner.as_deref().map(owner).transpose()?;
    let secret = match &args.key {
        Some(key) => Some(unlock::secret_named(home, key, unlock::Asked::Once)?),
        None => None,
    };
    let file = File::open(&args.path).or_exit(Exit::Failed)?;
    let verified = verify(BufReader::new(file), secret.as_ref(), owner).map_err(failure)?;
    let header = &verified.header;
    let mut lines = vec![
        "whole and unaltered".to_owned(),
        format!("made {} UTC", instant(header.created_at())),
        format!("signed by {}", header.owner()),
    ];
    match &verified.manifest {
        Some(manifest) => {
            let part = if manifest.is_whole { "everything" } else { "a part" };
            let accounts = if manifest.with_accounts { "with" } else { "without" };
            lines.push(format!("{part} of a store, {accounts} its accounts:"));
            let counts = manifest.counts.iter();
            lines
                .extend(counts.map(|(number, count)| format!("  {count} {}", item::name(*number))));
        }
        None => {
            let lock = if header.wants_passphrase() { "a passphrase" } else { "a key file" };
            lines.push(format!("locked with {lock}; what is in it was not looked at"));
        }
    }
    print(&lines.join("\n"))
}

fn failure(error: ArchiveError) -> Failure {
    let exit = match &error {
        ArchiveError::Io(_) | ArchiveError::WrongSecret | ArchiveError::OtherKind => Exit::Failed,
        ArchiveError::NotAnArchive
        | ArchiveError::Newer { .. }
        | ArchiveError::CutOff
        | ArchiveError::Altered
        | ArchiveError::OtherOwner => Exit::Problems,
    };
    Failure::new(exit, error)
}

/// An owner by their public key in hexadecimal.
pub(super) fn owner(text: &str) -> Result<OwnerId, Failure> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes)
        .map_err(|_| Failure::new(Exit::Settings, "an owner is 64 hexadecimal digits"))?;
    Ok(OwnerId::from_bytes(bytes))
}
