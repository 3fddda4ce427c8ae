//! `IdentityApi`.

use alloy_primitives::B256;
use tonic::{Request, Response, Status};

use super::Front;
use crate::xmtp::chain;
use crate::xmtp::identity::NotPublished;
use crate::xmtp::wire::identity::identity_api_server::IdentityApi;
use crate::xmtp::wire::identity::verify_smart_contract_wallet_signatures_request::Signature;
use crate::xmtp::wire::identity::verify_smart_contract_wallet_signatures_response::ValidationResponse;
use crate::xmtp::wire::identity::{
    GetIdentityUpdatesRequest, GetIdentityUpdatesResponse, GetInboxIdsRequest, GetInboxIdsResponse,
    PublishIdentityUpdateRequest, PublishIdentityUpdateResponse,
    VerifySmartContractWalletSignaturesRequest, VerifySmartContractWalletSignaturesResponse,
    get_identity_updates_request, get_identity_updates_response, get_inbox_ids_response,
};

impl From<NotPublished> for Status {
    fn from(error: NotPublished) -> Self {
        match error {
            // The real node does not name a code here.
            NotPublished::Full => Self::unknown(error.to_string()),
            NotPublished::Refused(refusal) => refusal.into(),
        }
    }
}

#[tonic::async_trait]
impl IdentityApi for Front {
    async fn publish_identity_update(
        &self,
        request: Request<PublishIdentityUpdateRequest>,
    ) -> Result<Response<PublishIdentityUpdateResponse>, Status> {
        self.may_publish()?;
        let update = request.into_inner().identity_update;
        let update = update.ok_or_else(|| Status::unknown("IdentityUpdate is required"))?;
        self.store.with(|state| {
            let now_ns = state.tick_ns();
            state.directory.publish(update, &self.chains, now_ns)
        })?;
        Ok(Response::new(PublishIdentityUpdateResponse {}))
    }

    async fn get_identity_updates(
        &self,
        request: Request<GetIdentityUpdatesRequest>,
    ) -> Result<Response<GetIdentityUpdatesResponse>, Status> {
        let requests = request.into_inner().requests;
        let responses = self.store.with(|state| {
            let answer = |asked: get_identity_updates_request::Request| {
                get_identity_updates_response::Response {
                    updates: state.directory.entries(&asked.inbox_id, asked.sequence_id),
                    inbox_id: asked.inbox_id,
                }
            };
            requests.into_iter().map(answer).collect()
        });
        Ok(Response::new(GetIdentityUpdatesResponse { responses }))
    }

    async fn get_inbox_ids(
        &self,
        request: Request<GetInboxIdsRequest>,
    ) -> Result<Response<GetInboxIdsResponse>, Status> {
        let requests = request.into_inner().requests;
        let responses = self.store.with(|state| {
            let answers = requests.into_iter().map(|asked| get_inbox_ids_response::Response {
                inbox_id: state.directory.inbox_of(&asked.identifier),
                identifier: asked.identifier,
                // As the real node, which looks at addresses only.
                identifier_kind: 0,
            });
            answers.collect()
        });
        Ok(Response::new(GetInboxIdsResponse { responses }))
    }

    async fn verify_smart_contract_wallet_signatures(
        &self,
        request: Request<VerifySmartContractWalletSignaturesRequest>,
    ) -> Result<Response<VerifySmartContractWalletSignaturesResponse>, Status> {
        let signatures = request.into_inner().signatures;
        let responses = signatures.iter().map(|signature| self.verdict(signature)).collect();
        Ok(Response::new(VerifySmartContractWalletSignaturesResponse { responses }))
    }
}

impl Front {
    fn verdict(&self, asked: &Signature) -> ValidationResponse {
        let account = chain::account(&asked.account_id);
        let (Some(account), Ok(hash)) = (account, B256::try_from(asked.hash.as_slice())) else {
            let error = Some("malformed account id or hash".to_owned());
            return ValidationResponse { is_valid: false, block_number: None, error };
        };
        let verdict = self.chains.verdict(account, hash, &asked.signature, asked.block_number);
        ValidationResponse {
            is_valid: verdict.is_valid,
            block_number: Some(verdict.block),
            error: None,
        }
    }
}
