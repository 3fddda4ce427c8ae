//! From a reference to the secret itself.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use thiserror::Error;
use threadbridge_core::secret::{Secret, SecretRef};
use zeroize::Zeroizing;

/// No secret that anything here uses is longer.
const MAX_SECRET_BYTES: u64 = 64 * 1024;

/// Why a secret could not be had. Names the place, never the secret.
#[derive(Debug, Error)]
pub enum SecretError {
    /// No such variable.
    #[error("the environment variable `{0}` is not set; set it, or refer to another place")]
    NoVariable(String),
    /// No such file.
    #[error("the file `{}` does not exist; `threadbridge init` makes keys", .0.display())]
    NoFile(PathBuf),
    /// Others may read it.
    #[error("others may read `{}` (mode {mode:o}); run `chmod 600 {}`", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// It cannot be read.
    #[error("the file `{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Nothing is in it.
    #[error("`{0}` is empty")]
    Empty(SecretRef),
    /// It is no text, or far too long.
    #[error("`{0}` holds no text of at most 64 kB")]
    NotText(SecretRef),
    /// The keyring has no such entry.
    #[error("the keyring has no entry `{0}` of the service `threadbridge`")]
    NoEntry(String),
    /// There is no keyring, or it does not open.
    #[error("the keyring cannot be used ({0}); use `file:` or `env:` where nobody is logged in")]
    Keyring(String),
}

/// Gets the secret that `reference` names. Files are relative to `folder`.
pub fn resolve(reference: &SecretRef, folder: &Path) -> Result<Secret, SecretError> {
    let text = match reference {
        SecretRef::Env(name) => match std::env::var(name) {
            Ok(text) => Zeroizing::new(text),
            Err(std::env::VarError::NotPresent) => {
                return Err(SecretError::NoVariable(name.clone()));
            }
            Err(std::env::VarError::NotUnicode(_)) => {
                return Err(SecretError::NotText(reference.clone()));
            }
        },
        SecretRef::File(path) => read_private(&folder.join(path), reference)?,
        SecretRef::Keyring(name) => keyring::read(name)?,
    };
    // Editors and `echo` end a file with a newline that nobody means.
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(SecretError::Empty(reference.clone()));
    }
    Ok(Secret::new(text))
}

fn read_private(path: &Path, reference: &SecretRef) -> Result<Zeroizing<String>, SecretError> {
    let unreadable = |source: io::Error| {
        let kind = source.kind();
        if kind == io::ErrorKind::NotFound {
            SecretError::NoFile(path.to_owned())
        } else if kind == io::ErrorKind::InvalidData {
            SecretError::NotText(reference.clone())
        } else {
            SecretError::Unreadable { path: path.to_owned(), source }
        }
    };
    let file = fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(SecretError::Exposed { path: path.to_owned(), mode });
    }
    if metadata.len() > MAX_SECRET_BYTES {
        return Err(SecretError::NotText(reference.clone()));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_SECRET_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}

/// Puts a secret into the keyring, where `keyring:NAME` finds it.
pub fn store_in_keyring(name: &str, secret: &Secret) -> Result<(), SecretError> {
    keyring::write(name, secret)
}

#[cfg(feature = "keyring")]
mod keyring {
    use std::sync::mpsc;
    use std::time::Duration;

    use threadbridge_core::secret::Secret;
    use zeroize::Zeroizing;

    use super::SecretError;

    const SERVICE: &str = "threadbridge";
    /// An unlock prompt may be on the screen meanwhile.
    const WITHIN: Duration = Duration::from_secs(60);

    pub(super) fn read(name: &str) -> Result<Zeroizing<String>, SecretError> {
        let entry = name.to_owned();
        ask(name, move || ::keyring::v1::Entry::new(SERVICE, &entry)?.get_password())
            .map(Zeroizing::new)
    }

    pub(super) fn write(name: &str, secret: &Secret) -> Result<(), SecretError> {
        let (entry, secret) = (name.to_owned(), secret.clone());
        ask(name, move || ::keyring::v1::Entry::new(SERVICE, &entry)?.set_password(secret.expose()))
    }

    /// The keyring's client blocks, and must not on a thread of the runtime.
    fn ask<T: Send + 'static>(
        name: &str,
        question: impl FnOnce() -> ::keyring::v1::Result<T> + Send + 'static,
    ) -> Result<T, SecretError> {
        let (reply, answer) = mpsc::sync_channel(1);
        let asking = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
            // Whoever asked may have stopped waiting.
            drop(reply.send(question()));
        });
        asking.map_err(|error| SecretError::Keyring(error.to_string()))?;
        match answer.recv_timeout(WITHIN) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(::keyring::v1::Error::NoEntry)) => Err(SecretError::NoEntry(name.to_owned())),
            Ok(Err(error)) => Err(SecretError::Keyring(error.to_string())),
            Err(_) => Err(SecretError::Keyring("it does not answer".to_owned())),
        }
    }
}

#[cfg(not(feature = "keyring"))]
mod keyring {
    use threadbridge_core::secret::Secret;
    use zeroize::Zeroizing;

    use super::SecretError;

    const ABSENT: &str = "this threadbridge was built without it";

    pub(super) fn read(_name: &str) -> Result<Zeroizing<String>, SecretError> {
        Err(SecretError::Keyring(ABSENT.to_owned()))
    }

    pub(super) fn write(_name: &str, _secret: &Secret) -> Result<(), SecretError> {
        Err(SecretError::Keyring(ABSENT.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn file(mode: u32, bytes: &[u8]) -> (tempfile::TempDir, SecretRef) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, SecretRef::File("key".to_owned()))
    }

    #[test]
    fn a_private_file_gives_its_secret_without_the_last_newline() {
        let (folder, reference) = file(0o600, b"open sesame\n");
        assert_eq!(resolve(&reference, folder.path()).unwrap().expose(), "open sesame");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused_with_what_to_do() {
        for mode in [0o640, 0o604, 0o660] {
            let (folder, reference) = file(mode, b"open sesame");
            let error = resolve(&reference, folder.path()).unwrap_err();
            assert!(error.to_string().contains("chmod 600"), "{error}");
            assert!(!error.to_string().contains("sesame"));
        }
    }

    #[test]
    fn what_is_no_secret_says_so() {
        let (folder, reference) = file(0o600, b"\n");
        assert!(matches!(resolve(&reference, folder.path()), Err(SecretError::Empty(_))));
        let (folder, reference) = file(0o600, &[0xff; 8]);
        assert!(matches!(resolve(&reference, folder.path()), Err(SecretError::NotText(_))));
        let absent = SecretRef::File("absent".to_owned());
        assert!(matches!(resolve(&absent, folder.path()), Err(SecretError::NoFile(_))));
        let unset = SecretRef::Env("THREADBRIDGE_TEST_UNSET".to_owned());
        assert!(matches!(resolve(&unset, folder.path()), Err(SecretError::NoVariable(_))));
    }
}
