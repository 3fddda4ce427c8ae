//! The daemon's process.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Before anything else: a client of a network panics where two providers of TLS are there, or
    // none.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a provider of TLS was installed before");
    }
    threadbridge::cli::main()
}
