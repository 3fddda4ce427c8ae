//! `AdminService`, as far as a devnet needs it: facts from contracts, by hand.

use tonic::{Request, Response, Status};

use super::{Front, status};
use crate::farcaster::wire::admin_service_server::AdminService;
use crate::farcaster::wire::{OnChainEvent, UserNameProof};

#[tonic::async_trait]
impl AdminService for Front {
    async fn submit_on_chain_event(
        &self,
        request: Request<OnChainEvent>,
    ) -> Result<Response<OnChainEvent>, Status> {
        let event = request.into_inner();
        if event.fid == 0 || event.body.is_none() {
            return Err(Status::invalid_argument("on-chain event needs a fid and a body"));
        }
        self.ledger.with(|chain| chain.accept_onchain(event.clone()));
        Ok(Response::new(event))
    }

    async fn submit_user_name_proof(
        &self,
        request: Request<UserNameProof>,
    ) -> Result<Response<UserNameProof>, Status> {
        let proof = request.into_inner();
        if proof.fid == 0 || proof.name.is_empty() {
            return Err(Status::invalid_argument("username proof needs a fid and a name"));
        }
        self.ledger
            .with(|chain| chain.accept_name(proof.clone()))
            .map_err(|refusal| status(&refusal))?;
        Ok(Response::new(proof))
    }
}
