//! Where a bridge lives: its settings file, and what lies beside it.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::exit::{Exit, Failure};
use crate::settings::{Loaded, Settings, Sources, fault::Faults, load};

/// No settings file is longer.
const MAX_SETTINGS_BYTES: u64 = 1024 * 1024;

/// Why there are no settings.
#[derive(Debug, Error)]
pub enum NoSettings {
    /// The file is not there.
    #[error("there is no `{}`; `threadbridge init` writes one, `--config PATH` names another", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("`{}` cannot be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is far too long.
    #[error("`{}` is longer than 1 MB, which no settings are", .0.display())]
    TooLong(PathBuf),
    /// The settings are wrong.
    #[error("the settings cannot be used\n{0}")]
    Faults(Faults),
}

impl From<NoSettings> for Failure {
    fn from(error: NoSettings) -> Self {
        Self::new(Exit::Settings, error)
    }
}

/// Where the settings come from.
#[derive(Clone, Debug)]
pub struct Home {
    /// The settings file.
    pub config: PathBuf,
    /// `--set` flags.
    pub flags: Vec<String>,
}

impl Home {
    /// Reads the settings as they are now.
    pub fn load(&self) -> Result<Loaded, NoSettings> {
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let file = self.config.display().to_string();
        let sources = Sources { file, text: self.text()?, variables, flags: self.flags.clone() };
        load(&sources).map_err(NoSettings::Faults)
    }

    fn text(&self) -> Result<String, NoSettings> {
        let path = || self.config.clone();
        let unreadable = |source: io::Error| {
            if source.kind() == io::ErrorKind::NotFound {
                NoSettings::Missing(path())
            } else {
                NoSettings::Unreadable { path: path(), source }
            }
        };
        let file = fs::File::open(&self.config).map_err(unreadable)?;
        let mut text = String::new();
        file.take(MAX_SETTINGS_BYTES.saturating_add(1))
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        if text.len() as u64 > MAX_SETTINGS_BYTES {
            return Err(NoSettings::TooLong(path()));
        }
        Ok(text)
    }

    /// The folder that relative paths in the settings start from; empty if it is the current one.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.config.parent().unwrap_or_else(|| Path::new(""))
    }

    /// The store's file.
    #[must_use]
    pub fn store_path(&self, settings: &Settings) -> PathBuf {
        self.folder().join(&settings.store.path)
    }

    /// The socket through which a running daemon is spoken to.
    #[must_use]
    pub fn socket_path(&self, settings: &Settings) -> PathBuf {
        let mut name = self.store_path(settings).into_os_string();
        name.push(".sock");
        PathBuf::from(name)
    }
}

/// The folder that `path` lies in, by a name that the operating system takes.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}
