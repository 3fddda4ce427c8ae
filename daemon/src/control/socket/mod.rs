//! The daemon's end of the socket.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::request::{Answer, Order, Request};
use crate::exit::Exit;

/// Connections that are heard at the same time; more wait in the kernel's queue.
const AT_ONCE: usize = 8;
/// A request is a line of at most this length; the longest part is what somebody says.
const MAX_REQUEST_BYTES: u64 = 256 * 1024;
/// How long somebody may take to say what they want.
const HEARD_WITHIN: Duration = Duration::from_secs(10);

/// Why there is no socket.
#[derive(Debug, Error)]
pub enum SocketError {
    /// The kernel's limit for such paths.
    #[error("the path `{}` is too long for a socket; choose a shorter `path` in `[store]`", .0.display())]
    PathTooLong(PathBuf),
    /// It could not be made.
    #[error("the control socket `{}` cannot be made", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The socket. Taken away again when it is dropped.
#[derive(Debug)]
pub struct ControlSocket {
    path: PathBuf,
    owner: u32,
    listener: UnixListener,
}

impl ControlSocket {
    /// Makes the socket. Only who holds the store's lock may, since an older socket is replaced.
    pub fn open(path: &Path) -> Result<Self, SocketError> {
        // `sockaddr_un` has 108 bytes on Linux and 104 elsewhere, one of them for the zero, and the
        // name under which it is made has four more than the path.
        if path.as_os_str().len() > 99 {
            return Err(SocketError::PathTooLong(path.to_owned()));
        }
        Self::bind(path).map_err(|source| SocketError::Io { path: path.to_owned(), source })
    }

    fn bind(path: &Path) -> io::Result<Self> {
        // Made under another name and renamed once it is private, so that nobody can connect in
        // between.
        let mut draft = path.as_os_str().to_owned();
        draft.push(".new");
        let draft = PathBuf::from(draft);
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&draft)?;
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o600))?;
        let owner = fs::metadata(&draft)?.uid();
        fs::rename(&draft, path)?;
        Ok(Self { path: path.to_owned(), owner, listener })
    }

    /// Hears requests until `stop`; what is being heard then is still answered.
    pub async fn serve(self, orders: mpsc::Sender<Order>, stop: CancellationToken) {
        let heard = TaskTracker::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.listener.accept(), if heard.len() < AT_ONCE => match accepted {
                    Ok((stream, _)) if self.is_owner(&stream) => {
                        heard.spawn(serve_one(stream, orders.clone()));
                    }
                    Ok(_) => tracing::warn!("somebody else tried the control socket"),
                    Err(error) => {
                        tracing::warn!(%error, "the control socket failed");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                },
                () = tokio::time::sleep(Duration::from_millis(50)), if heard.len() >= AT_ONCE => {}
            }
        }
        heard.close();
        drop(orders);
        heard.wait().await;
    }

    fn is_owner(&self, stream: &UnixStream) -> bool {
        stream.peer_cred().is_ok_and(|peer| peer.uid() == self.owner || peer.uid() == 0)
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, "the control socket was gone already");
        }
    }
}

async fn serve_one(stream: UnixStream, orders: mpsc::Sender<Order>) {
    let (reading, mut writing) = stream.into_split();
    let answer = match tokio::time::timeout(HEARD_WITHIN, read_request(reading)).await {
        Ok(Ok(request)) => carry(request, &orders).await,
        Ok(Err(error)) => failed(Exit::Failed, &format!("that is no request: {error}")),
        Err(_) => failed(Exit::Failed, "the request took too long"),
    };
    let mut line = serde_json::to_vec(&answer).unwrap_or_default();
    line.push(b'\n');
    let written = tokio::time::timeout(HEARD_WITHIN, writing.write_all(&line)).await;
    if !matches!(written, Ok(Ok(()))) {
        tracing::debug!("nobody waited for the answer to a request");
    }
}

async fn read_request(reading: impl tokio::io::AsyncRead + Unpin) -> io::Result<Request> {
    let mut line = Vec::new();
    BufReader::new(reading.take(MAX_REQUEST_BYTES)).read_until(b'\n', &mut line).await?;
    if line.last() != Some(&b'\n') {
        return Err(io::Error::other("expected one line of at most 256 kB"));
    }
    serde_json::from_slice(&line).map_err(io::Error::other)
}

async fn carry(request: Request, orders: &mpsc::Sender<Order>) -> Answer {
    let (reply, answer) = oneshot::channel();
    if orders.send(Order { request, reply }).await.is_err() {
        return stopping();
    }
    answer.await.unwrap_or_else(|_| stopping())
}

fn stopping() -> Answer {
    failed(Exit::Network, "the daemon is stopping")
}

fn failed(exit: Exit, reason: &str) -> Answer {
    Answer::Failed { reason: reason.to_owned(), exit: exit.code() }
}

#[cfg(test)]
mod tests;
