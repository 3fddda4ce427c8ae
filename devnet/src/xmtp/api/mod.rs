//! The node over gRPC.

mod commit_log;
mod faulty;
mod identity;
mod migration;
mod mls;
mod show;
mod stream;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::Status;
use tonic::transport::server::Router;
use tonic::transport::{Identity, Server, ServerTlsConfig};

use self::faulty::Faulty;
use super::chain::Chains;
use super::faults::Faults;
use super::node::Tls;
use super::store::Store;
use super::wire::identity::identity_api_server::IdentityApiServer;
use super::wire::migration::d14n_migration_api_server::D14nMigrationApiServer;
use super::wire::mls::mls_api_server::MlsApiServer;
use crate::line::{Lines, incoming};

/// The largest request, in bytes. Answers have no limit here, only where clients set one.
const MAX_BYTES: usize = 50 * 1024 * 1024;

const NO_PUBLISHING: &str =
    "publishing to XMTP V3 is no longer available. Please upgrade your client to XMTP D14N.";
const NO_STREAMING: &str =
    "XMTP V3 streaming is no longer available. Please upgrade your client to XMTP D14N.";

/// What the services share.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    pub(crate) store: Store,
    pub(crate) chains: Chains,
    pub(crate) faults: Faults,
    pub(crate) max_message: usize,
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
}

impl Front {
    /// Fails once the network has moved on.
    fn may_publish(&self) -> Result<(), Status> {
        if self.store.with(|state| state.is_over()) {
            return Err(Status::unavailable(NO_PUBLISHING));
        }
        Ok(())
    }

    /// The services.
    ///
    /// # Errors
    ///
    /// If a certificate cannot be used.
    pub(crate) fn router(&self, tls: Option<&Tls>) -> Result<Router, tonic::transport::Error> {
        let mls = MlsApiServer::new(self.clone())
            .max_decoding_message_size(MAX_BYTES)
            .max_encoding_message_size(usize::MAX);
        let identity = IdentityApiServer::new(self.clone())
            .max_decoding_message_size(MAX_BYTES)
            .max_encoding_message_size(usize::MAX);
        let migration = D14nMigrationApiServer::new(self.clone());
        let faults = &self.faults;
        let mut server = Server::builder();
        if let Some(tls) = tls {
            let identity = Identity::from_pem(&tls.certificate, &tls.key);
            server = server.tls_config(ServerTlsConfig::new().identity(identity))?;
        }
        Ok(server
            .add_service(Faulty::new(mls, faults.clone()))
            .add_service(Faulty::new(identity, faults.clone()))
            .add_service(Faulty::new(migration, faults.clone())))
    }
}

/// Serves until the node stops.
pub(crate) async fn serve(router: Router, lines: Lines, stopping: CancellationToken) {
    let stopping = stopping.cancelled_owned();
    let served = router.serve_with_incoming_shutdown(incoming(lines), stopping).await;
    if let Err(error) = served {
        tracing::error!(%error, "the gRPC server ended");
    }
}
