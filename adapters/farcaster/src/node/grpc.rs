//! A node over gRPC: the first choice, because only here do messages arrive with the bytes that
//! were signed.

use std::time::Duration;

use async_trait::async_trait;
use tokio_stream::StreamExt as _;
use tonic::{
    Request, Status,
    metadata::{AsciiMetadataKey, AsciiMetadataValue},
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, ClientTlsConfig},
};

use super::{
    ANSWER_BYTES, EventStream, Node, REGISTRATIONS,
    endpoint::{Address, Transport},
    failure::NodeError,
    query::{
        Allowance, KeyNonces, Listing, MessagePage, NodeStatus, ShardStatus, SignerRecord, Storage,
    },
    signers::SignerHistory,
};
use crate::config::Credentials;
use crate::wire::{
    SignedMessage,
    proto::{
        CastId, CastsByParentRequest, EventsRequest, FidRequest, FidTimestampRequest,
        GetInfoRequest, HubEvent, HubEventType, MessagesResponse, OnChainEvent,
        OnChainEventRequest, OnChainEventType, ReactionsByTargetRequest, SignersByFidRequest,
        StorageLimitsResponse, StoreType, SubscribeRequest, casts_by_parent_request,
        hub_service_client::HubServiceClient, on_chain_event, reactions_by_target_request,
    },
    verify::PublicKey,
};

/// Longest that a call may take. Submitting may wait up to 8 s for a name look-up.
const CALL_FOR: Duration = Duration::from_secs(15);
const CONNECT_FOR: Duration = Duration::from_secs(5);
/// A connection that does not answer pings is half open and gets closed.
const PING_EVERY: Duration = Duration::from_secs(10);
/// Keys of one fid that are read at most; the network allows 1000.
const SIGNER_PAGES: usize = 4;

/// All event types that exist: a filter that is left empty silences the stream, and the counts of
/// a block can only be checked against all of its events.
const EVENT_TYPES: [HubEventType; 7] = [
    HubEventType::MergeMessage,
    HubEventType::PruneMessage,
    HubEventType::RevokeMessage,
    HubEventType::MergeUsernameProof,
    HubEventType::MergeOnChainEvent,
    HubEventType::MergeFailure,
    HubEventType::BlockConfirmed,
];

type Client = HubServiceClient<InterceptedService<Channel, Admission>>;

/// A client of one node's HubService.
#[derive(Clone, Debug)]
pub(crate) struct GrpcNode {
    name: String,
    client: Client,
}

/// Adds the credentials to each call.
#[derive(Clone, Debug)]
struct Admission(Option<(AsciiMetadataKey, AsciiMetadataValue)>);

impl Interceptor for Admission {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some((name, value)) = &self.0 {
            request.metadata_mut().insert(name.clone(), value.clone());
        }
        Ok(request)
    }
}

impl Admission {
    fn new(credentials: &Credentials) -> Result<Self, NodeError> {
        let Some((name, value)) = credentials.header() else { return Ok(Self(None)) };
        let mut value: AsciiMetadataValue =
            value.parse().map_err(|_characters| NodeError::Unauthorized)?;
        value.set_sensitive(true);
        Ok(Self(Some((AsciiMetadataKey::from_static(name), value))))
    }
}

impl GrpcNode {
    /// Prepares a client; connects with the first call, and again after each loss.
    pub(crate) fn new(address: &Address, credentials: &Credentials) -> Result<Self, NodeError> {
        let malformed = |_error| NodeError::Malformed { expected: "a usable address" };
        let mut endpoint = Channel::from_shared(address.url.to_string())
            .map_err(|_url| NodeError::Malformed { expected: "a usable address" })?
            .connect_timeout(CONNECT_FOR)
            .http2_keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY)
            .keep_alive_while_idle(true);
        if address.transport == Transport::GrpcTls {
            let tls = ClientTlsConfig::new().with_webpki_roots();
            endpoint = endpoint.tls_config(tls).map_err(malformed)?;
        }
        let channel = endpoint.connect_lazy();
        let client = HubServiceClient::with_interceptor(channel, Admission::new(credentials)?)
            .max_decoding_message_size(ANSWER_BYTES);
        Ok(Self { name: address.name(), client })
    }

    async fn page(
        &self,
        listing: &Listing,
        page_size: u32,
        page_token: Option<Vec<u8>>,
    ) -> Result<MessagesResponse, NodeError> {
        let mut client = self.client.clone();
        let by_fid = |fid| FidRequest {
            fid,
            page_size: Some(page_size),
            page_token: page_token.clone(),
            reverse: None,
        };
        let by_parent = |parent| CastsByParentRequest {
            parent: Some(parent),
            page_size: Some(page_size),
            page_token: page_token.clone(),
            reverse: None,
        };
        let call = async {
            match listing {
                Listing::CastsBy(fid) => client.get_casts_by_fid(by_fid(*fid)).await,
                Listing::CastsAndRemovals(fid) => {
                    let request = FidTimestampRequest {
                        fid: *fid,
                        page_size: Some(page_size),
                        page_token: page_token.clone(),
                        ..FidTimestampRequest::default()
                    };
                    client.get_all_cast_messages_by_fid(request).await
                }
                Listing::Mentions(fid) => client.get_casts_by_mention(by_fid(*fid)).await,
                Listing::Profile(fid) => client.get_user_data_by_fid(by_fid(*fid)).await,
                Listing::Addresses(fid) => client.get_verifications_by_fid(by_fid(*fid)).await,
                Listing::Replies(id) => {
                    let parent = casts_by_parent_request::Parent::ParentCastId(id.clone());
                    client.get_casts_by_parent(by_parent(parent)).await
                }
                Listing::Under(url) => {
                    let parent = casts_by_parent_request::Parent::ParentUrl(url.clone());
                    client.get_casts_by_parent(by_parent(parent)).await
                }
                Listing::Reactions(id) => {
                    let target = reactions_by_target_request::Target::TargetCastId(id.clone());
                    let request = ReactionsByTargetRequest {
                        target: Some(target),
                        reaction_type: None,
                        page_size: Some(page_size),
                        page_token: page_token.clone(),
                        reverse: None,
                    };
                    client.get_reactions_by_target(request).await
                }
            }
        };
        bounded(call).await
    }
}

#[async_trait]
impl Node for GrpcNode {
    fn name(&self) -> &str {
        &self.name
    }

    async fn status(&self) -> Result<NodeStatus, NodeError> {
        let answer = bounded(self.client.clone().get_info(GetInfoRequest {})).await?;
        let shards = answer.shard_infos.iter().map(|shard| ShardStatus {
            shard: shard.shard_id,
            max_height: shard.max_height,
            block_delay_s: shard.block_delay,
        });
        Ok(NodeStatus {
            version: super::failure::presentable(&answer.version),
            shards: shards.collect(),
            rules_change_at_s: answer.next_engine_version_timestamp,
        })
    }

    async fn date(&self) -> Result<Option<String>, NodeError> {
        let mut client = self.client.clone();
        let answer = tokio::time::timeout(CALL_FOR, client.get_info(GetInfoRequest {}));
        let answer = answer.await.map_err(|_elapsed| NodeError::TimedOut)??;
        Ok(answer.metadata().get("date").and_then(|date| date.to_str().ok()).map(str::to_owned))
    }

    async fn submit(&self, message: &SignedMessage) -> Result<(), NodeError> {
        bounded(self.client.clone().submit_message(message.clone())).await.map(drop)
    }

    async fn cast(&self, id: &CastId) -> Result<SignedMessage, NodeError> {
        bounded(self.client.clone().get_cast(id.clone())).await
    }

    async fn list(
        &self,
        listing: &Listing,
        page_size: u32,
        token: Option<Vec<u8>>,
    ) -> Result<MessagePage, NodeError> {
        let page = self.page(listing, page_size, token).await?;
        Ok(MessagePage { messages: page.messages, unverifiable: 0, next: page.next_page_token })
    }

    async fn signers(&self, fid: u64) -> Result<Vec<SignerRecord>, NodeError> {
        let mut records = Vec::new();
        let mut page_token = None;
        for _page in 0..SIGNER_PAGES {
            let request = SignersByFidRequest {
                fid,
                page_size: Some(1000),
                page_token,
                reverse: None,
                requester_fids: Vec::new(),
            };
            let page = bounded(self.client.clone().get_signers_by_fid(request)).await?;
            records.extend(page.signers.into_iter().filter_map(|signer| {
                Some(SignerRecord {
                    key: PublicKey::from_slice(&signer.key)?,
                    expires_at_s: signer.expires_at,
                    scopes: signer.scopes,
                    removed_at_s: None,
                    request_fid: signer.request_fid,
                })
            }));
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                break;
            }
        }
        Ok(records)
    }

    async fn key_nonces(&self, fid: u64, app: u64) -> Result<KeyNonces, NodeError> {
        let request = SignersByFidRequest {
            fid,
            page_size: Some(1),
            page_token: None,
            reverse: None,
            requester_fids: vec![app],
        };
        let page = bounded(self.client.clone().get_signers_by_fid(request)).await?;
        let app = page.requester_fid_nonces.get(&app).copied().unwrap_or(0);
        Ok(KeyNonces { custody: page.current_user_nonce, app })
    }

    async fn former_signers(&self, fid: u64) -> Result<Vec<SignerRecord>, NodeError> {
        let mut history = SignerHistory::default();
        let mut page_token = None;
        for _page in 0..SIGNER_PAGES {
            let request = OnChainEventRequest {
                fid,
                event_type: OnChainEventType::EventTypeSigner.into(),
                page_size: Some(1000),
                page_token,
                reverse: None,
            };
            let page = bounded(self.client.clone().get_on_chain_events(request)).await?;
            for event in page.events {
                if let Some(on_chain_event::Body::SignerEventBody(body)) = event.body
                    && let Some(key) = PublicKey::from_slice(&body.key)
                {
                    history.take(key, body.event_type, event.block_timestamp);
                }
            }
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                break;
            }
        }
        Ok(history.removed())
    }

    async fn registrations(&self, fid: u64) -> Result<Vec<OnChainEvent>, NodeError> {
        let request = OnChainEventRequest {
            fid,
            event_type: OnChainEventType::EventTypeIdRegister.into(),
            page_size: Some(REGISTRATIONS),
            page_token: None,
            // The latest count.
            reverse: Some(true),
        };
        Ok(bounded(self.client.clone().get_on_chain_events(request)).await?.events)
    }

    async fn storage(&self, fid: u64) -> Result<Storage, NodeError> {
        let request = FidRequest { fid, page_size: None, page_token: None, reverse: None };
        let answer =
            bounded(self.client.clone().get_current_storage_limits_by_fid(request)).await?;
        Ok(storage(&answer))
    }

    async fn events(
        &self,
        shard: u32,
        from_id: u64,
        page_size: u32,
    ) -> Result<Vec<HubEvent>, NodeError> {
        let request = EventsRequest {
            start_id: from_id,
            shard_index: Some(shard),
            stop_id: None,
            page_size: Some(page_size),
            page_token: None,
            reverse: None,
        };
        bounded(self.client.clone().get_events(request)).await.map(|answer| answer.events)
    }

    async fn subscribe(&self, shard: u32, from_id: u64) -> Result<EventStream, NodeError> {
        let request = SubscribeRequest {
            event_types: EVENT_TYPES.map(i32::from).to_vec(),
            from_id: Some(from_id),
            shard_index: Some(shard),
        };
        let events = bounded(self.client.clone().subscribe(request)).await?;
        Ok(Box::pin(events.map(|event| event.map_err(NodeError::from))))
    }
}

fn storage(answer: &StorageLimitsResponse) -> Storage {
    let allowance = |store: StoreType| {
        let limits = answer.limits.iter().filter(|limit| limit.store_type == i32::from(store));
        limits.fold(Allowance::default(), |sum, limit| Allowance {
            limit: sum.limit.saturating_add(limit.limit),
            used: sum.used.saturating_add(limit.used),
        })
    };
    Storage {
        units: answer.units,
        casts: allowance(StoreType::Casts),
        reactions: allowance(StoreType::Reactions),
        total_limit: answer.limits.iter().fold(0, |sum, limit| sum.saturating_add(limit.limit)),
        is_pro: answer.tier_subscriptions.iter().any(|tier| tier.tier_type == 1),
    }
}

/// Puts an end to a call that takes too long, and reads its error.
async fn bounded<T>(
    call: impl Future<Output = Result<tonic::Response<T>, Status>>,
) -> Result<T, NodeError> {
    match tokio::time::timeout(CALL_FOR, call).await {
        Ok(Ok(answer)) => Ok(answer.into_inner()),
        Ok(Err(status)) => Err(status.into()),
        Err(_elapsed) => Err(NodeError::TimedOut),
    }
}
