//! Secrets, and the references by which settings name them. A secret itself never stands in a
//! settings file, and never prints.

use std::fmt;

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

/// Where a secret is kept: `env:NAME`, `file:PATH` or `keyring:NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^(env|file|keyring):.+$"))]
pub enum SecretRef {
    /// An environment variable of the daemon.
    Env(String),
    /// A file that only its owner may read; relative to the settings file's folder.
    File(String),
    /// An entry in the operating system's keyring.
    Keyring(String),
}

/// A text that refers to no secret. It may be the secret itself, so it is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidSecretRef {
    /// No scheme that we know; most likely the secret itself.
    #[error(
        "a secret must not stand in the settings, expected where it is kept: `env:NAME`, \
         `file:PATH` or `keyring:NAME`"
    )]
    Literal,
    /// A scheme and nothing else.
    #[error("the reference names nothing, expected `env:NAME`, `file:PATH` or `keyring:NAME`")]
    Nameless,
    /// The daemon would take that variable for a setting.
    #[error("a variable that begins with `BRIDGE_` is a setting, expected another name")]
    IsASetting,
}

impl SecretRef {
    /// Reads `env:NAME`, `file:PATH` or `keyring:NAME`.
    pub fn parse(text: &str) -> Result<Self, InvalidSecretRef> {
        let (scheme, name) = text.split_once(':').ok_or(InvalidSecretRef::Literal)?;
        let reference: fn(String) -> Self = match scheme {
            "env" => Self::Env,
            "file" => Self::File,
            "keyring" => Self::Keyring,
            _ => return Err(InvalidSecretRef::Literal),
        };
        let name = name.trim();
        if name.is_empty() || name.contains('\0') || (scheme == "env" && name.contains('=')) {
            return Err(InvalidSecretRef::Nameless);
        }
        if scheme == "env" && name.to_ascii_uppercase().starts_with("BRIDGE_") {
            return Err(InvalidSecretRef::IsASetting);
        }
        Ok(reference(name.to_owned()))
    }
}

impl TryFrom<String> for SecretRef {
    type Error = InvalidSecretRef;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::Keyring(name) => write!(f, "keyring:{name}"),
        }
    }
}

/// A secret as text. Cleared from memory when it is dropped, and shown to nobody by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes `text` as the secret, exactly.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_what_it_prints() {
        for text in ["env:SIGNER", "file:keys/signer", "keyring:casts signer"] {
            assert_eq!(SecretRef::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_secret_written_out_is_refused_and_not_repeated() {
        for text in ["hunter2", "0xabcdef", "https://user:hunter2@a.example", ""] {
            let fault = SecretRef::parse(text).unwrap_err();
            assert_eq!(fault, InvalidSecretRef::Literal);
            assert!(!fault.to_string().contains("hunter2"));
        }
        assert_eq!(SecretRef::parse("env: "), Err(InvalidSecretRef::Nameless));
        assert_eq!(SecretRef::parse("env:BRIDGE_KEY"), Err(InvalidSecretRef::IsASetting));
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(..)");
    }
}
