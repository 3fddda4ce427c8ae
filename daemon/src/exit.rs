//! How a command ends: the exit codes, and failures that carry theirs.

use std::error::Error;
use std::fmt;

/// The exit codes. `threadbridge --help` and the manual list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Something failed.
    Failed = 1,
    /// The command line or the settings are wrong.
    Settings = 2,
    /// The store cannot be used: another process has it, the key is wrong, the file is damaged.
    Store = 3,
    /// A network or the daemon cannot be reached.
    Network = 4,
    /// `doctor` or `fsck` found problems.
    Problems = 5,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

/// The exit codes for people.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  something failed
  2  the command line or the settings are wrong
  3  the store cannot be used (in use, wrong key, damaged)
  4  a network or the daemon cannot be reached
  5  doctor or fsck found problems";

/// Why a command failed, and how it exits.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    source: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// Failed because of `source`.
    pub fn new(exit: Exit, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit, source: source.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source.fmt(f)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.source()
    }
}

/// Turns an error into a failure with its exit code.
pub trait OrExit<T> {
    /// The value, or the failure.
    fn or_exit(self, exit: Exit) -> Result<T, Failure>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> OrExit<T> for Result<T, E> {
    fn or_exit(self, exit: Exit) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(exit, error))
    }
}
