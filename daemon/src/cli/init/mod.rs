//! `threadbridge init`: a first bridge.toml of about ten lines, with the keys and the store that it
//! names. What is there already is never written again; what is missing is made.

mod answers;
mod keys;
mod networks;
mod text;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use threadbridge_core::store::{CreateError, RootSecret, Store};

use super::output::{print, tell};
use crate::exit::{Exit, Failure, OrExit};
use crate::home::{Home, NoSettings};
use crate::settings::store::KeySource;
use crate::settings::{Settings, Sources, load};
use crate::unlock;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A network to begin with (farcaster, lens, xmtp); may be given several times.
    #[arg(long = "network", value_name = "NAME")]
    networks: Vec<String>,
    /// A Farcaster node, such as `grpcs://node.example:3383`; may be given several times.
    #[arg(long = "node", value_name = "URL")]
    nodes: Vec<String>,
    /// Which of Farcaster's networks the nodes belong to.
    #[arg(long, value_name = "NAME", value_parser = ["main", "test", "dev"])]
    realm: Option<String>,
    /// Your fid. Without it the account only reads.
    #[arg(long)]
    fid: Option<u64>,
    /// What a network has to be told, such as `lens.account=0x…`; may be given several times.
    #[arg(long = "answer", value_name = "NETWORK.SETTING=ANSWER")]
    answers: Vec<String>,
    /// What you call the account; with several networks once for each, in their order.
    #[arg(long, value_name = "NAME")]
    account: Vec<String>,
    /// Two conversations to join, such as `channel/books thread/0x…`; the second one is of the second
    /// account, if there are two.
    #[arg(long, num_args = 2, value_name = "CONVERSATION")]
    join: Vec<String>,
    /// What opens the store: `passphrase`, `file:PATH`, `env:NAME` or `keyring:NAME`.
    #[arg(long, value_name = "SOURCE")]
    key: Option<String>,
    /// Asks nothing: takes the usual where a flag is missing.
    #[arg(long)]
    yes: bool,
}

pub(super) fn run(home: &Home, args: Args) -> Result<(), Failure> {
    if home.config.symlink_metadata().is_ok() {
        print(&format!("`{}` is there already and stays as it is", home.config.display()))?;
    } else {
        let text = text::first(&answers::gather(args)?);
        check(home, &text)?;
        write_new(&home.config, &text)?;
        print(&format!("wrote `{}`", home.config.display()))?;
    }
    let settings = home.load()?.settings;
    keys::make_missing(home, &settings)?;
    make_store(home, &settings)?;
    print("next: `threadbridge doctor`, then `threadbridge run`")
}

/// What was answered may make no sense; better to hear it before it is written.
fn check(home: &Home, text: &str) -> Result<(), Failure> {
    let sources = Sources {
        file: home.config.display().to_string(),
        text: text.to_owned(),
        ..Sources::default()
    };
    match load(&sources) {
        Ok(_) => Ok(()),
        Err(faults) => {
            tell(text);
            Err(NoSettings::Faults(faults).into())
        }
    }
}

fn write_new(path: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        fs::create_dir_all(folder).or_exit(Exit::Failed)?;
    }
    let written =
        OpenOptions::new().write(true).create_new(true).open(path).and_then(|mut file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    written.map_err(|error| {
        Failure::new(
            Exit::Failed,
            io::Error::new(error.kind(), format!("`{}`: {error}", path.display())),
        )
    })
}

fn make_store(home: &Home, settings: &Settings) -> Result<(), Failure> {
    let path = home.store_path(settings);
    if path.symlink_metadata().is_ok() {
        return print(&format!("the store `{}` is there already", path.display()));
    }
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        fs::create_dir_all(folder).or_exit(Exit::Store)?;
    }
    let secret = match &settings.store.key {
        KeySource::Passphrase => new_passphrase()?,
        KeySource::Kept(_) => unlock::root_secret(home, settings)?,
    };
    match Store::create(&path, &secret) {
        Ok(_) | Err(CreateError::Exists) => {
            print(&format!("made the encrypted store `{}`", path.display()))
        }
        Err(error) => Err(Failure::new(Exit::Store, error)),
    }
}

fn new_passphrase() -> Result<RootSecret, Failure> {
    let first = unlock::ask_passphrase("a passphrase for the store: ")?;
    let again = unlock::ask_passphrase("once more: ")?;
    if first == again {
        Ok(RootSecret::passphrase(first.expose()))
    } else {
        Err(Failure::new(Exit::Settings, "the two passphrases differ; nothing was made"))
    }
}
