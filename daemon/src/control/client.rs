//! The command line's end of the socket.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use thiserror::Error;

use super::request::{Answer, Request};
use crate::exit::{Exit, Failure};

/// A reload may have to stop an account first, which takes a while.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);
/// A large archive takes its time.
const IMPORTED_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);
const MAX_ANSWER_BYTES: u64 = 1024 * 1024;

/// Why there is no good answer.
#[derive(Debug, Error)]
pub enum Unheard {
    /// No daemon runs here.
    #[error("no daemon is running here")]
    NobodyThere,
    /// Something went wrong on the way.
    #[error("the daemon cannot be spoken to")]
    Io(#[from] io::Error),
    /// It does not speak as we do.
    #[error("the daemon's answer cannot be read; is it another version?")]
    Malformed,
    /// It did not do it.
    #[error("{reason}")]
    Refused {
        /// Why.
        reason: String,
        /// The exit code for that.
        exit: u8,
    },
}

impl From<Unheard> for Failure {
    fn from(error: Unheard) -> Self {
        let exits = [Exit::Settings, Exit::Store, Exit::Network, Exit::Problems];
        let exit = match &error {
            Unheard::NobodyThere | Unheard::Io(_) => Exit::Network,
            Unheard::Malformed => Exit::Failed,
            Unheard::Refused { exit, .. } => {
                exits.into_iter().find(|it| it.code() == *exit).unwrap_or(Exit::Failed)
            }
        };
        Self::new(exit, error)
    }
}

fn answered_within(request: &Request) -> Duration {
    match request {
        Request::Import { .. } | Request::History { .. } => IMPORTED_WITHIN,
        Request::Say { .. }
        | Request::SendTo { .. }
        | Request::Group { .. }
        | Request::Facts
        | Request::Replay { .. }
        | Request::Drop { .. }
        | Request::Person { .. }
        | Request::Thread { .. }
        | Request::Retire { .. }
        | Request::Erase { .. }
        | Request::Reload => ANSWERED_WITHIN,
    }
}

/// Asks the daemon whose socket is at `path`.
pub fn ask(path: &Path, request: &Request) -> Result<String, Unheard> {
    // A socket without a listener is left over from a daemon that was killed.
    let nobody = [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused];
    let mut stream = UnixStream::connect(path).map_err(|error| {
        if nobody.contains(&error.kind()) { Unheard::NobodyThere } else { Unheard::Io(error) }
    })?;
    stream.set_read_timeout(Some(answered_within(request)))?;
    stream.set_write_timeout(Some(ANSWERED_WITHIN))?;
    let mut line = serde_json::to_vec(request).map_err(|_| Unheard::Malformed)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream.take(MAX_ANSWER_BYTES)).read_line(&mut answer)?;
    match serde_json::from_str(&answer) {
        Ok(Answer::Done { text }) => Ok(text),
        Ok(Answer::Failed { reason, exit }) => Err(Unheard::Refused { reason, exit }),
        Err(_) => Err(Unheard::Malformed),
    }
}
