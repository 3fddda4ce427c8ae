//! XMTP's streams, and what their faults do to them.

use std::time::Duration;

use threadbridge_devnet::xmtp::faults::{Fault, Scope, When};
use threadbridge_devnet::xmtp::wire::mls::mls_api_client::MlsApiClient;
use threadbridge_devnet::xmtp::wire::mls::welcome_message_input::{V1, Version};
use threadbridge_devnet::xmtp::wire::mls::{
    QueryWelcomeMessagesRequest, SendWelcomeMessagesRequest, SubscribeWelcomeMessagesRequest,
    WelcomeMessage, WelcomeMessageInput, subscribe_welcome_messages_request, welcome_message,
};
use threadbridge_devnet::xmtp::{Node, NodeSettings, Tls};
use tokio::time::timeout;
use tonic::transport::Channel;
use tonic::{Code, Streaming};

use crate::kit::PATIENCE;

const PHONE: u8 = 1;
const TABLET: u8 = 2;

async fn opens() -> (Node, MlsApiClient<Channel>) {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let client = MlsApiClient::connect(node.url()).await.unwrap();
    (node, client)
}

/// Sends a welcome, which nobody has to be able to open, of one byte.
async fn sends(client: &mut MlsApiClient<Channel>, to: u8, what: u8) {
    let welcome = V1 {
        installation_key: vec![to; 32],
        data: vec![what],
        hpke_public_key: vec![9; 32],
        wrapper_algorithm: 1,
        welcome_metadata: Vec::new(),
    };
    let messages = vec![WelcomeMessageInput { version: Some(Version::V1(welcome)) }];
    client.send_welcome_messages(SendWelcomeMessagesRequest { messages }).await.unwrap();
}

async fn follows(
    client: &mut MlsApiClient<Channel>,
    filters: &[(u8, u64)],
) -> Streaming<WelcomeMessage> {
    use subscribe_welcome_messages_request::Filter;
    let filter =
        |(key, cursor): &(u8, u64)| Filter { installation_key: vec![*key; 32], id_cursor: *cursor };
    let filters = filters.iter().map(filter).collect();
    let request = SubscribeWelcomeMessagesRequest { filters };
    let answer = timeout(PATIENCE, client.subscribe_welcome_messages(request)).await.unwrap();
    answer.unwrap().into_inner()
}

fn what(message: &WelcomeMessage) -> u8 {
    let Some(welcome_message::Version::V1(welcome)) = &message.version else { panic!() };
    welcome.data[0]
}

/// The next so many welcomes.
async fn brings(stream: &mut Streaming<WelcomeMessage>, count: usize) -> Vec<u8> {
    let mut found = Vec::new();
    while found.len() < count {
        let message = timeout(PATIENCE, stream.message()).await.unwrap().unwrap().unwrap();
        found.push(what(&message));
    }
    found
}

#[tokio::test]
async fn a_stream_shows_what_was_sent_and_then_what_is_sent() {
    let (node, mut client) = opens().await;
    for number in 1..=150 {
        sends(&mut client, PHONE, number).await;
        sends(&mut client, TABLET, number).await;
    }
    let mut stream = follows(&mut client, &[(PHONE, 0), (TABLET, 280)]).await;
    let expected: Vec<u8> = (1..=150).chain(141..=150).collect();
    assert_eq!(brings(&mut stream, 160).await, expected);
    for number in 151..=160 {
        sends(&mut client, TABLET, number).await;
        sends(&mut client, 7, number).await;
    }
    assert_eq!(brings(&mut stream, 10).await, Vec::from_iter(151..=160));
    node.stop().await;
}

#[tokio::test]
async fn live_messages_are_late_dropped_doubled_and_turned_round_by_the_dial() {
    let (node, mut client) = opens().await;
    let faults = node.faults();
    let mut stream = follows(&mut client, &[(PHONE, 0)]).await;
    let next = |fault| faults.set(fault, Scope::Streams, When::Next(1));
    sends(&mut client, PHONE, 1).await;
    assert_eq!(brings(&mut stream, 1).await, [1], "the stream is live");
    next(Fault::DropLive);
    sends(&mut client, PHONE, 2).await;
    sends(&mut client, PHONE, 3).await;
    assert_eq!(brings(&mut stream, 1).await, [3]);
    next(Fault::Duplicate);
    sends(&mut client, PHONE, 4).await;
    assert_eq!(brings(&mut stream, 2).await, [4, 4]);
    next(Fault::Reorder);
    sends(&mut client, PHONE, 5).await;
    sends(&mut client, PHONE, 6).await;
    assert_eq!(brings(&mut stream, 2).await, [6, 5]);
    next(Fault::CutStream);
    sends(&mut client, PHONE, 7).await;
    let cut = timeout(PATIENCE, stream.message()).await.unwrap().unwrap_err();
    assert_eq!(cut.code(), Code::Unavailable);
    // A query has all of it, and nothing twice.
    let installation_key = vec![PHONE; 32];
    let request = QueryWelcomeMessagesRequest { installation_key, paging_info: None };
    let page = client.query_welcome_messages(request).await.unwrap().into_inner();
    assert_eq!(page.messages.iter().map(what).collect::<Vec<_>>(), [7, 6, 5, 4, 3, 2, 1]);
    node.stop().await;
}

#[tokio::test]
async fn a_stream_may_open_late_or_without_what_was_sent_before() {
    let (node, mut client) = opens().await;
    sends(&mut client, PHONE, 1).await;
    let faults = node.faults();
    let id = faults.set(Fault::NoReplay, Scope::Streams, When::Next(1));
    let mut stream = follows(&mut client, &[(PHONE, 0)]).await;
    sends(&mut client, PHONE, 2).await;
    assert_eq!(brings(&mut stream, 1).await, [2]);
    faults.clear(id);
    faults.set(Fault::LateHeaders, Scope::Streams, When::Next(1));
    let mut other = client.clone();
    let opening = follows(&mut other, &[(TABLET, 0)]);
    tokio::pin!(opening);
    assert!(timeout(Duration::from_millis(200), &mut opening).await.is_err(), "no headers yet");
    sends(&mut client, TABLET, 3).await;
    let mut stream = opening.await;
    assert_eq!(brings(&mut stream, 1).await, [3]);
    node.stop().await;
}

#[tokio::test]
async fn the_cutover_ends_open_streams() {
    let (node, mut client) = opens().await;
    let mut stream = follows(&mut client, &[(PHONE, 0)]).await;
    node.cut_over(true);
    let over = timeout(PATIENCE, stream.message()).await.unwrap().unwrap_err();
    let reason =
        "XMTP V3 streaming is no longer available. Please upgrade your client to XMTP D14N.";
    assert_eq!((over.code(), over.message()), (Code::Unavailable, reason));
    node.stop().await;
}

#[tokio::test]
async fn welcomes_are_forgotten_after_ninety_days() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let (node, mut client) = opens().await;
    sends(&mut client, PHONE, 1).await;
    let mut count = async || {
        let installation_key = vec![PHONE; 32];
        let request = QueryWelcomeMessagesRequest { installation_key, paging_info: None };
        client.query_welcome_messages(request).await.unwrap().into_inner().messages.len()
    };
    node.forget(89 * DAY);
    assert_eq!(count().await, 1);
    node.forget(90 * DAY);
    assert_eq!(count().await, 0);
    node.stop().await;
}

#[tokio::test]
async fn a_certificate_that_is_none_is_refused_at_the_start() {
    let tls = Some(Tls { certificate: "none".to_owned(), key: "none".to_owned() });
    assert!(Node::start(NodeSettings { tls, ..NodeSettings::default() }).await.is_err());
}
