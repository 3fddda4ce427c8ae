//! When the network moves on to its fourth version.

use tonic::{Request, Response, Status};

use super::Front;
use crate::xmtp::wire::migration::d14n_migration_api_server::D14nMigrationApi;
use crate::xmtp::wire::migration::{FetchD14nCutoverRequest, FetchD14nCutoverResponse};

#[tonic::async_trait]
impl D14nMigrationApi for Front {
    async fn fetch_d14n_cutover(
        &self,
        _: Request<FetchD14nCutoverRequest>,
    ) -> Result<Response<FetchD14nCutoverResponse>, Status> {
        let timestamp_ns = self.store.with(|state| state.cutover_ns).unwrap_or_default();
        Ok(Response::new(FetchD14nCutoverResponse { timestamp_ns }))
    }
}
