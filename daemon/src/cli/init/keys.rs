//! Makes the keys that the settings name and that are not there yet.

use std::io;
use std::path::Path;

use ed25519_dalek::SigningKey;
use threadbridge_core::model::id::AccountName;
use threadbridge_core::secret::{Secret, SecretRef};
use threadbridge_lens::address_of;
use zeroize::Zeroizing;

use crate::cli::output::print;
use crate::exit::{Exit, Failure, OrExit};
use crate::home::Home;
use crate::settings::Settings;
use crate::settings::account::AccountSettings;
use crate::settings::farcaster::FarcasterSettings;
use crate::settings::lens::LensSettings;
use crate::settings::secrets::{SecretError, resolve, store_in_keyring};
use crate::settings::store::KeySource;
use crate::settings::xmtp::XmtpSettings;
use crate::unlock::write_key;

pub(super) fn make_missing(home: &Home, settings: &Settings) -> Result<(), Failure> {
    // A key for a store that is there would not open it.
    let has_store = home.store_path(settings).symlink_metadata().is_ok();
    if let KeySource::Kept(reference) = &settings.store.key
        && !has_store
        && is_missing(home, reference)
        && let Some(place) = keep(home, reference, &fresh()?)?
    {
        print(&format!(
            "made the store's key in {place}: whoever has it can read the store, and without it \
             nobody can; keep a copy elsewhere"
        ))?;
    }
    for (name, account) in &settings.accounts {
        match account {
            AccountSettings::Farcaster(settings) => make_signer(home, name, settings)?,
            AccountSettings::Lens(settings) => make_manager(home, name, settings)?,
            AccountSettings::Xmtp(settings) => make_wallet(home, name, settings)?,
        }
    }
    Ok(())
}

fn make_signer(
    home: &Home,
    name: &AccountName,
    settings: &FarcasterSettings,
) -> Result<(), Failure> {
    let (Some(fid), Some(reference)) = (settings.fid, &settings.signer) else { return Ok(()) };
    if !is_missing(home, reference) {
        return Ok(());
    }
    let seed = fresh()?;
    if let Some(place) = keep(home, reference, &seed)? {
        let public = SigningKey::from_bytes(&seed).verifying_key();
        print(&format!(
            "made a signer for the account `{name}` in {place}\n    public key: 0x{}\n    \
             your wallet has to add it to fid {fid}: `threadbridge signer request` prints what it \
             signs, `threadbridge signer add` hands that in; until then the network refuses what \
             the bridge says",
            hex::encode(public.as_bytes())
        ))?;
    }
    Ok(())
}

fn make_manager(home: &Home, name: &AccountName, settings: &LensSettings) -> Result<(), Failure> {
    let Some(reference) = &settings.manager else { return Ok(()) };
    if !is_missing(home, reference) {
        return Ok(());
    }
    let key = fresh()?;
    let Some(address) = address_of(&Secret::new(hex::encode(key.as_slice()))) else {
        return Err(Failure::new(Exit::Failed, "no key came of it; run `threadbridge init` again"));
    };
    if let Some(place) = keep(home, reference, &key)? {
        print(&format!(
            "made a manager's key for the account `{name}` in {place}\n    address: {address}\n    \
             have the account's owner add it as a manager that may execute transactions and \
             nothing else (`addAccountManager`), and switch signless on (`enableSignless`); until \
             then Lens lets nobody in with it"
        ))?;
    }
    Ok(())
}

/// A wallet of its own is an inbox of its own; whoever has one already names where its key is kept.
fn make_wallet(home: &Home, name: &AccountName, settings: &XmtpSettings) -> Result<(), Failure> {
    let reference = &settings.wallet;
    if !is_missing(home, reference) {
        return Ok(());
    }
    let key = fresh()?;
    let address = threadbridge_xmtp::address_of(&Secret::new(hex::encode(key.as_slice())));
    let Some(address) = address else {
        return Err(Failure::new(Exit::Failed, "no key came of it; run `threadbridge init` again"));
    };
    if let Some(place) = keep(home, reference, &key)? {
        print(&format!(
            "made a wallet for the account `{name}` in {place}\n    address: {address}\n    people \
             on XMTP reach you under it; to speak for a wallet that you have, put its private key \
             there instead before you run the bridge"
        ))?;
    }
    Ok(())
}

fn is_missing(home: &Home, reference: &SecretRef) -> bool {
    matches!(
        resolve(reference, home.folder()),
        Err(SecretError::NoFile(_) | SecretError::NoEntry(_) | SecretError::NoVariable(_))
    )
}

/// Keeps a fresh key where its reference says; tells where that is, or nothing if only the owner
/// can put it there.
fn keep(
    home: &Home,
    reference: &SecretRef,
    key: &Zeroizing<[u8; 32]>,
) -> Result<Option<String>, Failure> {
    match reference {
        SecretRef::File(path) => {
            let path = home.folder().join(path);
            make_folder(&path).and_then(|()| write_key(&path, key)).or_exit(Exit::Failed)?;
            Ok(Some(format!("`{}`", path.display())))
        }
        SecretRef::Keyring(name) => {
            let text = Secret::new(hex::encode(key.as_slice()));
            store_in_keyring(name, &text).or_exit(Exit::Failed)?;
            Ok(Some(format!("the keyring under `{name}`")))
        }
        SecretRef::Env(name) => {
            print(&format!("set the environment variable `{name}` before you run the bridge"))?;
            Ok(None)
        }
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => std::fs::create_dir_all(folder),
        _ => Ok(()),
    }
}

fn fresh() -> Result<Zeroizing<[u8; 32]>, Failure> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut()).or_exit(Exit::Failed)?;
    Ok(key)
}
