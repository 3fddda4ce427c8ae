//! Rules that are settings: rate, authorization, network.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use prost::Message as _;
use threadbridge_devnet::farcaster::hub::HubSettings;
use threadbridge_devnet::farcaster::wire::FarcasterNetwork;

use crate::kit::{http, person, quick, start};

#[tokio::test]
async fn a_fid_may_cast_a_hundred_times_an_hour() {
    let (hub, client) = start(HubSettings { limits_rate: true, ..quick() }).await;
    let ann = person(&hub, &client, 1).await;
    for n in 0..100 {
        ann.cast(&hub, format!("cast {n}").as_str()).unwrap();
    }
    let refusal = ann.cast(&hub, "one more").unwrap_err();
    assert_eq!(refusal.to_string(), "bad_request.rate_limited/rate limit exceeded for FID 1");
    hub.kill().await;
}

#[tokio::test]
async fn submissions_need_the_password_where_there_is_one() {
    let settings = HubSettings { write_auth: Some("ann:secret".to_owned()), ..quick() };
    let (hub, mut client) = start(settings).await;
    let ann = person(&hub, &client, 1).await;
    let message = ann.say("let me in".into());
    let refused = client.submit_message(message.clone()).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::Unauthenticated);
    let basic = |password: &str| format!("Basic {}", BASE64_STANDARD.encode(password));
    let head = |password: &str| {
        format!(
            "POST /v1/submitMessage HTTP/1.1\r\ncontent-type: application/octet-stream\r\n\
             authorization: {}\r\n",
            basic(password)
        )
    };
    let body = message.encode_to_vec();
    let wrong = http(hub.http_addr(), &head("ann:wrong"), &body).await;
    assert!(wrong.contains("invalid username or password"), "{wrong}");
    let mut request = tonic::Request::new(message);
    request.metadata_mut().insert("authorization", basic("ann:secret").parse().unwrap());
    client.submit_message(request).await.unwrap();
    hub.kill().await;
}

#[tokio::test]
async fn a_mainnet_hub_takes_mainnet_messages_only() {
    let settings = HubSettings { network: FarcasterNetwork::Mainnet, ..quick() };
    let (hub, client) = start(settings).await;
    let ann = person(&hub, &client, 1).await;
    assert_eq!(ann.cast(&hub, "devnet here").unwrap_err().reason, "invalid network");
    hub.kill().await;
}
