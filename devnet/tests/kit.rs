//! A hub with people on it, and the waiting that goes with it.

use std::time::Duration;

use threadbridge_devnet::farcaster::hub::{Hub, HubSettings};
use threadbridge_devnet::farcaster::person::Person;
use threadbridge_devnet::farcaster::wire::hub_service_client::HubServiceClient;
use threadbridge_devnet::farcaster::wire::{
    CastId, EventsRequest, HubEvent, HubEventType, SignerRequest, SubscribeRequest,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tonic::transport::Channel;

pub(crate) type Client = HubServiceClient<Channel>;

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn quick() -> HubSettings {
    HubSettings { block_interval: Duration::from_millis(20), ..HubSettings::default() }
}

pub(crate) async fn start(settings: HubSettings) -> (Hub, Client) {
    let hub = Hub::start(settings).await.unwrap();
    let client = connect(&hub).await;
    (hub, client)
}

pub(crate) async fn connect(hub: &Hub) -> Client {
    HubServiceClient::connect(format!("http://{}", hub.grpc_addr())).await.unwrap()
}

/// Asks until there is an answer.
pub(crate) async fn until<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap()
}

/// Somebody whose registration is in force.
pub(crate) async fn person(hub: &Hub, client: &Client, fid: u64) -> Person {
    let person = Person::new(fid, [u8::try_from(fid % 251).unwrap(); 32]);
    person.register(hub, 1);
    until(|| {
        let mut client = client.clone();
        let request = SignerRequest { fid, signer: person.signer().to_vec() };
        async move { client.get_signer(request).await.ok() }
    })
    .await;
    person
}

pub(crate) async fn included(client: &Client, cast: &CastId) {
    until(|| {
        let mut client = client.clone();
        let cast = cast.clone();
        async move { client.get_cast(cast).await.ok() }
    })
    .await;
}

/// Every event of a shard that is kept.
pub(crate) async fn events(client: &Client, shard: u32) -> Vec<HubEvent> {
    let mut client = client.clone();
    let mut all: Vec<HubEvent> = Vec::new();
    loop {
        let start_id = all.last().map_or(0, |event| event.id + 1);
        let request =
            EventsRequest { start_id, shard_index: Some(shard), ..EventsRequest::default() };
        let page = client.get_events(request).await.unwrap().into_inner().events;
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// A subscription to everything on a shard.
pub(crate) fn everything(shard: u32, from_id: Option<u64>) -> SubscribeRequest {
    let event_types = [
        HubEventType::MergeMessage,
        HubEventType::PruneMessage,
        HubEventType::RevokeMessage,
        HubEventType::MergeUsernameProof,
        HubEventType::MergeOnChainEvent,
        HubEventType::MergeFailure,
        HubEventType::BlockConfirmed,
    ]
    .map(Into::into)
    .to_vec();
    SubscribeRequest { event_types, from_id, shard_index: Some(shard) }
}

/// Hears events of a stream until one of them fits, that one included.
pub(crate) async fn hear(
    stream: &mut tonic::Streaming<HubEvent>,
    fits: impl Fn(&HubEvent) -> bool,
) -> Vec<HubEvent> {
    let hearing = async {
        let mut heard = Vec::new();
        loop {
            let event = stream.message().await.unwrap().unwrap();
            let is_last = fits(&event);
            heard.push(event);
            if is_last {
                return heard;
            }
        }
    };
    tokio::time::timeout(PATIENCE, hearing).await.unwrap()
}

/// Sends an HTTP request as it is written; gives back the whole answer.
pub(crate) async fn http(addr: std::net::SocketAddr, request: &str, body: &[u8]) -> String {
    let asking = async {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let head = format!(
            "{request}host: {addr}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap()
}

pub(crate) async fn get(hub: &Hub, path: &str) -> String {
    http(hub.http_addr(), &format!("GET {path} HTTP/1.1\r\n"), &[]).await
}
