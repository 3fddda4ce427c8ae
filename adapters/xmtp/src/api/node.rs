//! The third version of the API, over gRPC: services `xmtp.identity.api.v1.IdentityApi` and
//! `xmtp.mls.api.v1.MlsApi` (xmtp/proto).

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio_stream::StreamExt as _;
use tonic::{
    Request, Response, Status,
    metadata::AsciiMetadataValue,
    service::{Interceptor, interceptor::InterceptedService},
    transport::{Channel, ClientTlsConfig},
};
use url::Url;

use super::{Api, ApiError, PAGE, PAGE_OF_LARGE, Page, Sighting, Signs, Since, budget::Budget};
use crate::identity::{contract::Claim, inbox::InboxId, member::Installation};
use crate::wire::proto::{
    identity::{
        GetIdentityUpdatesRequest, GetInboxIdsRequest, IdentifierKind, IdentityUpdate,
        PublishIdentityUpdateRequest, VerifySmartContractWalletSignaturesRequest,
        get_identity_updates_request, get_identity_updates_response::IdentityUpdateLog,
        get_inbox_ids_request, identity_api_client::IdentityApiClient,
    },
    mls::{
        FetchKeyPackagesRequest, GetNewestGroupMessageRequest, GroupMessageInput, KeyPackageUpload,
        PagingInfo, QueryGroupMessagesRequest, QueryWelcomeMessagesRequest,
        SendGroupMessagesRequest, SendWelcomeMessagesRequest, SortDirection,
        SubscribeGroupMessagesRequest, SubscribeWelcomeMessagesRequest, UploadKeyPackageRequest,
        WelcomeMessage, WelcomeMessageInput,
        group_message::{self, V1 as GroupMessage},
        mls_api_client::MlsApiClient,
        subscribe_group_messages_request, subscribe_welcome_messages_request,
    },
};

/// The release of the network's own library whose rules this adapter follows.
pub(crate) const COMPATIBLE_WITH: &str = "1.10.0";
/// Longest that a call may take.
const CALL_FOR: Duration = Duration::from_secs(20);
const CONNECT_FOR: Duration = Duration::from_secs(5);
/// A connection that does not answer pings is half open and gets closed.
const PING_EVERY: Duration = Duration::from_secs(16);
const PONG_WITHIN: Duration = Duration::from_secs(10);
/// The largest answer, as the network's own clients have it: a page of large messages.
const ANSWER_BYTES: usize = 25 << 20;

type Carrier = InterceptedService<Channel, Versions>;

/// One server.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    identity: IdentityApiClient<Carrier>,
    mls: MlsApiClient<Carrier>,
    budget: Arc<Budget>,
}

/// Says with each call who asks, as far as the network wants to know.
#[derive(Clone, Debug)]
struct Versions;

impl Interceptor for Versions {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let metadata = request.metadata_mut();
        let library = AsciiMetadataValue::from_static(COMPATIBLE_WITH);
        metadata.insert("x-libxmtp-version", library);
        let app = concat!("threadbridge/", env!("CARGO_PKG_VERSION"));
        metadata.insert("x-app-version", AsciiMetadataValue::from_static(app));
        Ok(request)
    }
}

impl Node {
    /// Prepares a client; connects with the first call, and again after each loss. Encrypted
    /// exactly where the address says `https`.
    pub(crate) fn new(address: &Url) -> Result<Self, ApiError> {
        let malformed = ApiError::Malformed { expected: "an address such as `https://host:443`" };
        let mut endpoint = Channel::from_shared(address.to_string())
            .map_err(|_url| malformed.clone())?
            .connect_timeout(CONNECT_FOR)
            .http2_keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PONG_WITHIN)
            .keep_alive_while_idle(true);
        if address.scheme() == "https" {
            let tls = ClientTlsConfig::new().with_webpki_roots();
            endpoint = endpoint.tls_config(tls).map_err(|_tls| malformed)?;
        }
        let channel = endpoint.connect_lazy();
        let carrier = InterceptedService::new(channel, Versions);
        Ok(Self {
            identity: IdentityApiClient::new(carrier.clone())
                .max_decoding_message_size(ANSWER_BYTES),
            mls: MlsApiClient::new(carrier)
                .max_decoding_message_size(ANSWER_BYTES)
                .max_encoding_message_size(ANSWER_BYTES),
            budget: Arc::new(Budget::new()),
        })
    }

    /// Makes a call within the budget, and puts an end to one that takes too long.
    async fn ask<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<T, ApiError> {
        self.budget.take().await;
        match tokio::time::timeout(CALL_FOR, call).await {
            Ok(Ok(answer)) => Ok(answer.into_inner()),
            Ok(Err(status)) => Err(status.into()),
            Err(_elapsed) => Err(ApiError::TimedOut),
        }
    }
}

/// The default direction is the other one.
fn ascending(id_cursor: u64, limit: usize) -> PagingInfo {
    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
    PagingInfo { direction: SortDirection::Ascending.into(), limit, id_cursor }
}

/// What stands behind an id; less of it where that is too large for one answer.
async fn page<T, F: Future<Output = Result<Vec<T>, ApiError>>>(
    since: u64,
    ask: impl Fn(usize) -> F,
    id: impl Fn(&T) -> Option<u64>,
) -> Result<Page<T>, ApiError> {
    let (answer, limit) = match ask(PAGE).await {
        Err(ApiError::TooLarge) => (ask(PAGE_OF_LARGE).await, PAGE_OF_LARGE),
        answer => (answer, PAGE),
    };
    let items = answer?;
    let is_last = items.len() < limit;
    let is_ordered = ordered(since, items.iter().filter_map(id));
    is_ordered.then_some(Page { items, is_last }).ok_or(OUT_OF_ORDER)
}

#[async_trait]
impl Api for Node {
    fn calls_left(&self) -> (u32, u32) {
        self.budget.left()
    }

    async fn inboxes(&self, addresses: &[String]) -> Result<Vec<Option<InboxId>>, ApiError> {
        let ethereum = i32::from(IdentifierKind::Ethereum);
        let request = |address: &String| get_inbox_ids_request::Request {
            identifier: address.clone(),
            identifier_kind: ethereum,
        };
        let requests = addresses.iter().map(request).collect();
        let mut client = self.identity.clone();
        let answer = self.ask(client.get_inbox_ids(GetInboxIdsRequest { requests })).await?;
        let answers = answer.responses.into_iter();
        let by_address: BTreeMap<_, _> = answers
            .filter_map(|it| Some((it.identifier, InboxId::parse(&it.inbox_id?)?)))
            .collect();
        Ok(addresses.iter().map(|address| by_address.get(address).copied()).collect())
    }

    async fn identity_updates(
        &self,
        since: &[Since<InboxId>],
    ) -> Result<BTreeMap<InboxId, Vec<IdentityUpdateLog>>, ApiError> {
        let request = |since: &Since<InboxId>| get_identity_updates_request::Request {
            inbox_id: since.of.to_string(),
            sequence_id: since.id,
        };
        let requests = since.iter().map(request).collect();
        let mut client = self.identity.clone();
        let request = GetIdentityUpdatesRequest { requests };
        let answer = self.ask(client.get_identity_updates(request)).await?;
        let answers = answer.responses.into_iter();
        Ok(answers.filter_map(|it| Some((InboxId::parse(&it.inbox_id)?, it.updates))).collect())
    }

    async fn publish_identity(&self, update: IdentityUpdate) -> Result<(), ApiError> {
        let mut client = self.identity.clone();
        let request = PublishIdentityUpdateRequest { identity_update: Some(update) };
        self.ask(client.publish_identity_update(request)).await.map(drop)
    }

    async fn check_wallets(&self, claims: &[Claim]) -> Result<Vec<bool>, ApiError> {
        let signatures = claims.iter().map(Claim::to_proto).collect();
        let request = VerifySmartContractWalletSignaturesRequest { signatures };
        let mut client = self.identity.clone();
        let answer = self.ask(client.verify_smart_contract_wallet_signatures(request)).await?;
        if answer.responses.len() != claims.len() {
            return Err(ApiError::Malformed { expected: "an answer for each signature" });
        }
        Ok(answer.responses.into_iter().map(|it| it.is_valid).collect())
    }

    async fn upload_key_package(&self, key_package: Vec<u8>) -> Result<(), ApiError> {
        let mut client = self.mls.clone();
        let key_package = Some(KeyPackageUpload { key_package_tls_serialized: key_package });
        let request = UploadKeyPackageRequest { key_package, is_inbox_id_credential: true };
        self.ask(client.upload_key_package(request)).await.map(drop)
    }

    async fn key_packages(
        &self,
        installations: &[Installation],
    ) -> Result<Vec<Option<Vec<u8>>>, ApiError> {
        let installation_keys = installations.iter().map(|it| it.as_bytes().to_vec()).collect();
        let mut client = self.mls.clone();
        let request = FetchKeyPackagesRequest { installation_keys };
        let answer = self.ask(client.fetch_key_packages(request)).await?;
        if answer.key_packages.len() != installations.len() {
            return Err(ApiError::Malformed { expected: "as many key packages as were asked for" });
        }
        let packages = answer.key_packages.into_iter().map(|it| it.key_package_tls_serialized);
        Ok(packages.map(|it| (!it.is_empty()).then_some(it)).collect())
    }

    async fn publish(&self, messages: Vec<GroupMessageInput>) -> Result<(), ApiError> {
        let mut client = self.mls.clone();
        let request = SendGroupMessagesRequest { messages };
        self.ask(client.send_group_messages(request)).await.map(drop)
    }

    async fn welcome(&self, welcomes: Vec<WelcomeMessageInput>) -> Result<(), ApiError> {
        let mut client = self.mls.clone();
        let request = SendWelcomeMessagesRequest { messages: welcomes };
        self.ask(client.send_welcome_messages(request)).await.map(drop)
    }

    async fn messages(&self, since: Since<&[u8]>) -> Result<Page<GroupMessage>, ApiError> {
        let ask = |limit| {
            let (mut client, group_id) = (self.mls.clone(), since.of.to_vec());
            let paging_info = Some(ascending(since.id, limit));
            async move {
                let request = QueryGroupMessagesRequest { group_id, paging_info };
                let answer = self.ask(client.query_group_messages(request)).await?;
                let messages = answer.messages.into_iter().filter_map(|it| it.version);
                Ok(messages.map(|group_message::Version::V1(it)| it).collect())
            }
        };
        page(since.id, ask, |it: &GroupMessage| Some(it.id)).await
    }

    async fn welcomes(&self, since: Since<&[u8]>) -> Result<Page<WelcomeMessage>, ApiError> {
        let ask = |limit| {
            let (mut client, installation_key) = (self.mls.clone(), since.of.to_vec());
            let paging_info = Some(ascending(since.id, limit));
            async move {
                let request = QueryWelcomeMessagesRequest { installation_key, paging_info };
                Ok(self.ask(client.query_welcome_messages(request)).await?.messages)
            }
        };
        page(since.id, ask, welcome_id).await
    }

    async fn newest(&self, groups: &[Vec<u8>]) -> Result<Vec<Option<u64>>, ApiError> {
        let mut client = self.mls.clone();
        let group_ids = groups.to_vec();
        let request = GetNewestGroupMessageRequest { group_ids, include_content: false };
        let answer = self.ask(client.get_newest_group_message(request)).await?;
        if answer.responses.len() != groups.len() {
            return Err(ApiError::Malformed { expected: "an answer for each group" });
        }
        let newest = answer.responses.into_iter().map(|it| it.group_message?.version);
        Ok(newest.map(|it| it.map(|group_message::Version::V1(it)| it.id)).collect())
    }

    async fn follow_messages(&self, since: &[Since<Vec<u8>>]) -> Result<Signs<Sighting>, ApiError> {
        let filter = |since: &Since<Vec<u8>>| subscribe_group_messages_request::Filter {
            group_id: since.of.clone(),
            id_cursor: since.id,
        };
        let filters = since.iter().map(filter).collect();
        let mut client = self.mls.clone();
        let request = SubscribeGroupMessagesRequest { filters };
        let messages = self.ask(client.subscribe_group_messages(request)).await?;
        Ok(Box::pin(messages.filter_map(|it| match it {
            Ok(message) => message.version.map(|group_message::Version::V1(it)| {
                Ok(Sighting { group: it.group_id, id: it.id })
            }),
            Err(status) => Some(Err(status.into())),
        })))
    }

    async fn follow_welcomes(&self, since: Since<&[u8]>) -> Result<Signs<()>, ApiError> {
        let filter = subscribe_welcome_messages_request::Filter {
            installation_key: since.of.to_vec(),
            id_cursor: since.id,
        };
        let mut client = self.mls.clone();
        let request = SubscribeWelcomeMessagesRequest { filters: vec![filter] };
        let welcomes = self.ask(client.subscribe_welcome_messages(request)).await?;
        Ok(Box::pin(welcomes.map(|it| it.map(drop).map_err(ApiError::from))))
    }
}

const OUT_OF_ORDER: ApiError =
    ApiError::Malformed { expected: "ids that grow, behind the one that was asked from" };

/// The number under which a server keeps a welcome.
pub(crate) fn welcome_id(welcome: &WelcomeMessage) -> Option<u64> {
    use crate::wire::proto::mls::welcome_message::Version;
    match welcome.version.as_ref()? {
        Version::V1(it) => Some(it.id),
        Version::WelcomePointer(it) => Some(it.id),
    }
}

/// Whether ids grow, and begin behind `since`: a cursor may stand on the last.
fn ordered(since: u64, ids: impl Iterator<Item = u64>) -> bool {
    let mut last = since;
    for id in ids {
        if id <= last {
            return false;
        }
        last = id;
    }
    true
}
