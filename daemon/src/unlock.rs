//! What opens the store.

use std::io;

use threadbridge_core::secret::Secret;
use threadbridge_core::store::{Reader, RootSecret, Snapshot, Store};
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::settings::Settings;
use crate::settings::secrets::resolve;
use crate::settings::store::KeySource;

/// Gets the store's key, asking at the terminal where the settings say so.
pub fn root_secret(home: &Home, settings: &Settings) -> Result<RootSecret, Failure> {
    match &settings.store.key {
        KeySource::Passphrase => {
            let typed = ask_passphrase("passphrase of the store: ")?;
            Ok(RootSecret::passphrase(typed.expose()))
        }
        KeySource::Kept(reference) => {
            resolve(reference, home.folder()).map(|kept| root(&kept)).or_exit(Exit::Store)
        }
    }
}

/// How often a passphrase is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Once: what it opens tells whether it is right.
    Once,
    /// Twice: nobody could tell a slip from a new passphrase.
    Twice,
}

/// The secret of an archive, from where `source` says that it is, in the form of `[store] key`.
pub fn secret_named(home: &Home, source: &str, asked: Asked) -> Result<RootSecret, Failure> {
    text_named(home, source, asked).map(|text| root(&text))
}

/// The same as it is kept or typed.
pub fn text_named(home: &Home, source: &str, asked: Asked) -> Result<Secret, Failure> {
    match KeySource::try_from(source.to_owned()).or_exit(Exit::Settings)? {
        KeySource::Passphrase => {
            let typed = ask_passphrase("passphrase of the archive: ")?;
            let again = match asked {
                Asked::Once => return Ok(typed),
                Asked::Twice => ask_passphrase("the same again: ")?,
            };
            if typed.expose() == again.expose() {
                Ok(typed)
            } else {
                Err(Failure::new(Exit::Settings, "these were two passphrases"))
            }
        }
        KeySource::Kept(reference) => resolve(&reference, home.folder()).or_exit(Exit::Failed),
    }
}

/// 64 hexadecimal digits are a key, all else is a passphrase.
pub fn root(kept: &Secret) -> RootSecret {
    let mut key = Zeroizing::new([0; 32]);
    match hex::decode_to_slice(kept.expose(), key.as_mut()) {
        Ok(()) => RootSecret::key_file(*key),
        Err(_) => RootSecret::passphrase(kept.expose()),
    }
}

/// Asks for a passphrase without showing it.
pub fn ask_passphrase(prompt: &str) -> Result<Secret, Failure> {
    let terminal = console::Term::stderr();
    if !terminal.is_term() {
        return Err(Failure::new(
            Exit::Settings,
            "nobody is at a terminal to type the passphrase; keep it elsewhere with \
             `key = \"file:PATH\"`, `\"env:NAME\"` or `\"keyring:NAME\"`",
        ));
    }
    terminal.write_str(prompt).or_exit(Exit::Failed)?;
    let typed = Zeroizing::new(terminal.read_secure_line().or_exit(Exit::Failed)?);
    if typed.is_empty() {
        return Err(Failure::new(Exit::Store, "the passphrase is empty"));
    }
    Ok(Secret::new(typed.as_str()))
}

/// Opens the store for writing; it must be there.
pub fn open(home: &Home, settings: &Settings) -> Result<Store, Failure> {
    let secret = root_secret(home, settings)?;
    Store::open(home.store_path(settings), &secret).or_exit(Exit::Store)
}

/// What the store holds now, whether or not a daemon writes to it.
pub fn snapshot(home: &Home, settings: &Settings) -> Result<Snapshot, Failure> {
    let secret = root_secret(home, settings)?;
    let reader = Reader::open(home.store_path(settings), &secret).or_exit(Exit::Store)?;
    reader.snapshot().or_exit(Exit::Store)
}

/// Writes a fresh key to a new file that only its owner can read: 64 hexadecimal digits.
pub fn write_key(path: &std::path::Path, key: &[u8; 32]) -> io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let text = Zeroizing::new(hex::encode(key));
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{}", text.as_str())?;
    file.sync_all()
}
