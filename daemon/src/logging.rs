//! Logs, on standard error. Their level comes from `RUST_LOG`. What people say, their names and
//! their keys are in none of them.

use std::error::Error;
use std::fmt;
use std::io::{self, IsTerminal};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// What is logged unless `RUST_LOG` says otherwise. Other crates' own chatter only when it warns.
const USUAL: &str = "warn,threadbridge=info,threadbridge_core=info,threadbridge_farcaster=info";

/// Starts logging. A second call changes nothing.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(USUAL));
    // The journal of systemd has its own clock.
    let time = if std::env::var_os("JOURNAL_STREAM").is_some() { Time::None } else { Time::Utc };
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_timer(time)
        .with_target(false)
        .try_init();
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}

enum Time {
    None,
    Utc,
}

impl FormatTime for Time {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Utc => write!(w, "{:.3}", jiff::Timestamp::now()),
        }
    }
}

/// An error with all its causes, in one line.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // A transparent error says what its cause says.
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        source = cause.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the store could not be read")]
    struct Outer(#[source] io::Error);

    #[test]
    fn a_chain_names_every_cause_once() {
        let error = Outer(io::Error::other("the disk is gone"));
        assert_eq!(chain(&error), "the store could not be read: the disk is gone");
    }
}
