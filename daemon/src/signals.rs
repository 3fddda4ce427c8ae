//! What the operating system tells the daemon, and what the daemon tells systemd.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// SIGHUP: read the settings again.
pub fn hangups() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Cancels `shutdown` at SIGTERM or SIGINT. A second one ends the process at once, which loses
/// nothing: what was accepted is in the store.
pub async fn stop_at_signal(shutdown: CancellationToken) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    for has_begun in [false, true] {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        if has_begun {
            tracing::warn!("stopping at once");
            std::process::exit(130);
        }
        tracing::info!("stopping in order");
        shutdown.cancel();
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)
}

#[cfg(not(target_os = "linux"))]
fn abstract_address(_name: &[u8]) -> io::Result<SocketAddr> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

/// Tells systemd how the daemon is doing, if it was started by it (sd_notify(3)).
pub fn tell_systemd(state: &str) {
    let Some(path) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let address = match path.as_bytes().split_first() {
        Some((b'@', name)) => abstract_address(name),
        _ => SocketAddr::from_pathname(&path),
    };
    let told = address
        .and_then(|address| UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address));
    if let Err(error) = told {
        tracing::debug!(%error, "systemd does not listen");
    }
}
