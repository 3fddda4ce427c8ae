//! `HubService`: each method asks the chain and says what it answers.

use tonic::{Request, Response, Status};

use super::subscribe::EventStream;
use super::{Front, status};
use crate::farcaster::wire;
use crate::farcaster::wire::StoreType;
use crate::farcaster::wire::hub_service_server::HubService;

type Answer<T> = Result<Response<T>, Status>;

impl Front {
    fn lets_write<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let headers = request.metadata().clone().into_headers();
        self.admit(&headers)?;
        self.authorize(&headers)
    }
}

#[tonic::async_trait]
impl HubService for Front {
    type SubscribeStream = EventStream;

    async fn subscribe(&self, request: Request<wire::SubscribeRequest>) -> Answer<EventStream> {
        self.open_stream(request.into_inner()).map(Response::new)
    }

    async fn submit_message(&self, request: Request<wire::Message>) -> Answer<wire::Message> {
        self.lets_write(&request)?;
        self.submit(request.into_inner()).map(Response::new).map_err(|refusal| status(&refusal))
    }

    async fn submit_bulk_messages(
        &self,
        request: Request<wire::SubmitBulkMessagesRequest>,
    ) -> Answer<wire::SubmitBulkMessagesResponse> {
        self.lets_write(&request)?;
        Ok(Response::new(self.submit_bulk(request.into_inner())))
    }

    async fn validate_message(
        &self,
        request: Request<wire::Message>,
    ) -> Answer<wire::ValidationResponse> {
        let message = request.into_inner();
        let valid = self.ledger.validate(message.clone()).is_ok();
        Ok(Response::new(wire::ValidationResponse { valid, message: Some(message) }))
    }

    async fn get_info(
        &self,
        _request: Request<wire::GetInfoRequest>,
    ) -> Answer<wire::GetInfoResponse> {
        Ok(Response::new(self.ledger.with(|chain| chain.describe())))
    }

    async fn get_fids(&self, request: Request<wire::FidsRequest>) -> Answer<wire::FidsResponse> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.fids(request)).map(Response::new)
    }

    async fn get_event(&self, request: Request<wire::EventRequest>) -> Answer<wire::HubEvent> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.event(&request)).map(Response::new)
    }

    async fn get_events(
        &self,
        request: Request<wire::EventsRequest>,
    ) -> Answer<wire::EventsResponse> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.events(request)).map(Response::new)
    }

    async fn get_cast(&self, request: Request<wire::CastId>) -> Answer<wire::Message> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.cast(&request)).map(Response::new)
    }

    async fn get_casts_by_fid(
        &self,
        request: Request<wire::FidRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.casts_by_fid(request))))
    }

    async fn get_casts_by_parent(
        &self,
        request: Request<wire::CastsByParentRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.casts_by_parent(request)).map(Response::new)
    }

    async fn get_casts_by_mention(
        &self,
        request: Request<wire::FidRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.casts_by_mention(request)).map(Response::new)
    }

    async fn get_reaction(&self, request: Request<wire::ReactionRequest>) -> Answer<wire::Message> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.reaction(&request)).map(Response::new)
    }

    async fn get_reactions_by_fid(
        &self,
        request: Request<wire::ReactionsByFidRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.reactions_by_fid(request))))
    }

    async fn get_reactions_by_cast(
        &self,
        request: Request<wire::ReactionsByTargetRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.reactions_by_target(request)).map(Response::new)
    }

    async fn get_reactions_by_target(
        &self,
        request: Request<wire::ReactionsByTargetRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.reactions_by_target(request)).map(Response::new)
    }

    async fn get_user_data(
        &self,
        request: Request<wire::UserDataRequest>,
    ) -> Answer<wire::Message> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.user_data(&request)).map(Response::new)
    }

    async fn get_user_data_by_fid(
        &self,
        request: Request<wire::FidRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.user_data_by_fid(request))))
    }

    async fn get_username_proof(
        &self,
        request: Request<wire::UsernameProofRequest>,
    ) -> Answer<wire::UserNameProof> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.name_proof(&request)).map(Response::new)
    }

    async fn get_user_name_proofs_by_fid(
        &self,
        request: Request<wire::FidRequest>,
    ) -> Answer<wire::UsernameProofsResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.name_proofs_by_fid(&request))))
    }

    async fn get_verification(
        &self,
        request: Request<wire::VerificationRequest>,
    ) -> Answer<wire::Message> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.verification(&request)).map(Response::new)
    }

    async fn get_verifications_by_fid(
        &self,
        request: Request<wire::FidRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.verifications_by_fid(request))))
    }

    async fn get_on_chain_signer(
        &self,
        request: Request<wire::SignerRequest>,
    ) -> Answer<wire::OnChainEvent> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.onchain_signer(&request)).map(Response::new)
    }

    async fn get_on_chain_signers_by_fid(
        &self,
        request: Request<wire::FidRequest>,
    ) -> Answer<wire::OnChainEventResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.onchain_signers(&request))))
    }

    async fn get_signer(
        &self,
        request: Request<wire::SignerRequest>,
    ) -> Answer<wire::SignerResponse> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.signer(&request)).map(Response::new)
    }

    async fn get_signers_by_fid(
        &self,
        request: Request<wire::SignersByFidRequest>,
    ) -> Answer<wire::SignersByFidResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.signers_by_fid(request))))
    }

    async fn get_on_chain_events(
        &self,
        request: Request<wire::OnChainEventRequest>,
    ) -> Answer<wire::OnChainEventResponse> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.onchain_events(request)).map(Response::new)
    }

    async fn get_id_registry_on_chain_event(
        &self,
        request: Request<wire::FidRequest>,
    ) -> Answer<wire::OnChainEvent> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.registration(request.fid)).map(Response::new)
    }

    async fn get_id_registry_on_chain_event_by_address(
        &self,
        request: Request<wire::IdRegistryEventByAddressRequest>,
    ) -> Answer<wire::OnChainEvent> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.registration_of(&request.address)).map(Response::new)
    }

    async fn get_current_storage_limits_by_fid(
        &self,
        request: Request<wire::FidRequest>,
    ) -> Answer<wire::StorageLimitsResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.storage_limits(&request))))
    }

    async fn get_fid_address_type(
        &self,
        request: Request<wire::FidAddressTypeRequest>,
    ) -> Answer<wire::FidAddressTypeResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.address_type(&request))))
    }

    async fn get_link(&self, request: Request<wire::LinkRequest>) -> Answer<wire::Message> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.link(&request)).map(Response::new)
    }

    async fn get_links_by_fid(
        &self,
        request: Request<wire::LinksByFidRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.links_by_fid(request))))
    }

    async fn get_links_by_target(
        &self,
        request: Request<wire::LinksByTargetRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        self.ledger.with(|chain| chain.links_by_target(request)).map(Response::new)
    }

    async fn get_link_compact_state_message_by_fid(
        &self,
        request: Request<wire::FidRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.compact_links(&request))))
    }

    async fn get_all_cast_messages_by_fid(
        &self,
        request: Request<wire::FidTimestampRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.all(StoreType::Casts, request))))
    }

    async fn get_all_reaction_messages_by_fid(
        &self,
        request: Request<wire::FidTimestampRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.all(StoreType::Reactions, request))))
    }

    async fn get_all_verification_messages_by_fid(
        &self,
        request: Request<wire::FidTimestampRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.all(StoreType::Verifications, request))))
    }

    async fn get_all_user_data_messages_by_fid(
        &self,
        request: Request<wire::FidTimestampRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.all(StoreType::UserData, request))))
    }

    async fn get_all_link_messages_by_fid(
        &self,
        request: Request<wire::FidTimestampRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.all(StoreType::Links, request))))
    }

    async fn get_all_lend_storage_messages_by_fid(
        &self,
        request: Request<wire::FidTimestampRequest>,
    ) -> Answer<wire::MessagesResponse> {
        let request = request.into_inner();
        Ok(Response::new(self.ledger.with(|chain| chain.all(StoreType::StorageLends, request))))
    }
}
