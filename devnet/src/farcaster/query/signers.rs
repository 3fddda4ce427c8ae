//! Questions about keys and on-chain events.

use tonic::Status;

use crate::farcaster::clock::{EPOCH_UNIX_S, network_s, unix_ms};
use crate::farcaster::store::{Account, Chain, GASLESS_LIMIT, GaslessKey, PageRequest};
use crate::farcaster::wire::on_chain_event::Body;
use crate::farcaster::wire::{
    FidRequest, OnChainEvent, OnChainEventRequest, OnChainEventResponse, OnChainEventType, Signer,
    SignerRequest, SignerResponse, SignerSource, SignersByFidRequest, SignersByFidResponse,
};

impl Chain {
    pub(crate) fn onchain_signer(&self, request: &SignerRequest) -> Result<OnChainEvent, Status> {
        self.account(request.fid)
            .and_then(|account| account.onchain_signer(&request.signer))
            .cloned()
            .ok_or_else(|| Status::not_found("Active signer not found"))
    }

    pub(crate) fn onchain_signers(&self, request: &FidRequest) -> OnChainEventResponse {
        let events = self.account(request.fid).map(Account::onchain_signers).unwrap_or_default();
        OnChainEventResponse { events, next_page_token: None }
    }

    pub(crate) fn onchain_events(
        &self,
        request: OnChainEventRequest,
    ) -> Result<OnChainEventResponse, Status> {
        let kind = OnChainEventType::try_from(request.event_type)
            .map_err(|_| Status::invalid_argument("Invalid event type"))?;
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        let events = self.account(request.fid).map(|account| account.onchain.values());
        let keyed: Vec<_> = (0u32..)
            .zip(events.into_iter().flatten().filter(|event| event.r#type() == kind))
            .map(|(place, event)| (place.to_be_bytes().to_vec(), event.clone()))
            .collect();
        let page = page.cut(keyed.into_iter());
        Ok(OnChainEventResponse { events: page.items, next_page_token: page.next })
    }

    pub(crate) fn registration(&self, fid: u64) -> Result<OnChainEvent, Status> {
        self.registry
            .registration(fid)
            .cloned()
            .ok_or_else(|| Status::not_found("ID registry event not found"))
    }

    pub(crate) fn registration_of(&self, address: &[u8]) -> Result<OnChainEvent, Status> {
        self.registry
            .registration_of(address)
            .cloned()
            .ok_or_else(|| Status::not_found("no id-registry event for address"))
    }

    pub(crate) fn signer(&self, request: &SignerRequest) -> Result<SignerResponse, Status> {
        let signers = self.account(request.fid).map(|account| signers(account, request.fid));
        let signer = signers
            .into_iter()
            .flatten()
            .find(|signer| signer.key == request.signer)
            .ok_or_else(|| Status::not_found("Active signer not found"))?;
        Ok(SignerResponse { signer: Some(signer) })
    }

    pub(crate) fn signers_by_fid(&self, request: SignersByFidRequest) -> SignersByFidResponse {
        let page = PageRequest::new(request.page_size, request.page_token, request.reverse);
        let account = self.account(request.fid);
        let all = account.map(|account| signers(account, request.fid)).unwrap_or_default();
        let keyed: Vec<_> = all.into_iter().map(|signer| (signer.key.clone(), signer)).collect();
        let page = page.cut(keyed.into_iter());
        let nonce = |fid: u64| account.and_then(|account| account.app_nonces.get(&fid)).copied();
        SignersByFidResponse {
            signers: page.items,
            next_page_token: page.next,
            gasless_signer_count: account
                .map_or(0, |account| u32::try_from(account.gasless.len()).unwrap_or(u32::MAX)),
            gasless_signer_limit: GASLESS_LIMIT,
            current_user_nonce: account.map_or(0, |account| account.user_nonce),
            requester_fid_nonces: request
                .requester_fids
                .iter()
                .map(|fid| (*fid, nonce(*fid).unwrap_or(0)))
                .collect(),
        }
    }
}

/// All keys in force, in the order of their bytes.
fn signers(account: &Account, fid: u64) -> Vec<Signer> {
    let now_s = network_s(unix_ms());
    let onchain = account.onchain_signers().into_iter().map(|event| onchain_signer(event, fid));
    let gasless = account
        .gasless
        .iter()
        .filter(|(_, key)| key.expires_at_s() > now_s)
        .map(|(bytes, key)| gasless_signer(bytes, key, fid));
    let mut signers: Vec<Signer> = onchain.chain(gasless).collect();
    signers.sort_by(|one, other| one.key.cmp(&other.key));
    signers
}

fn onchain_signer(event: OnChainEvent, fid: u64) -> Signer {
    let (key, key_type) = match &event.body {
        Some(Body::SignerEventBody(body)) => (body.key.clone(), body.key_type),
        _ => (Vec::new(), 0),
    };
    Signer {
        source: SignerSource::Onchain.into(),
        key,
        key_type,
        fid,
        added_at: Some(event.block_timestamp),
        onchain_event: Some(event),
        ..Signer::default()
    }
}

fn gasless_signer(bytes: &[u8], key: &GaslessKey, fid: u64) -> Signer {
    let body = key.body();
    Signer {
        source: SignerSource::Offchain.into(),
        key: bytes.to_vec(),
        key_type: 1,
        fid,
        added_at: Some(u64::from(key.message.data.timestamp) + EPOCH_UNIX_S),
        last_used_at: Some(key.last_used_s + EPOCH_UNIX_S),
        ttl: body.map(|body| body.ttl),
        expires_at: Some(key.expires_at_s() + EPOCH_UNIX_S),
        scopes: key.scopes().to_vec(),
        request_fid: Some(key.request_fid),
        nonce: body.map(|body| body.nonce),
        onchain_event: None,
    }
}
