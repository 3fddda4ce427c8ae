//! Faults of requests and connections.

use std::time::Duration;

use threadbridge_devnet::farcaster::faults::{Fault, Scope, When};
use threadbridge_devnet::farcaster::wire::{GetInfoRequest, HubEventType};
use tonic::Code;

use crate::kit::{connect, events, everything, get, included, person, quick, start, until};

#[tokio::test]
async fn a_lost_answer_leaves_the_cast_and_a_repetition_is_a_duplicate() {
    let (hub, mut client) = start(quick()).await;
    let ann = person(&hub, &client, 1).await;
    let message = ann.say("did you get this?".into());
    hub.faults().set(Fault::AnswerLost, Scope::Writes, When::Next(1));
    let lost = client.submit_message(message.clone()).await.unwrap_err();
    assert_eq!(lost.code(), Code::Unavailable);
    let again = client.submit_message(message.clone()).await.unwrap_err();
    assert_eq!(again.metadata().get("x-err-code").unwrap(), "bad_request.duplicate");
    let cast = threadbridge_devnet::farcaster::wire::CastId { fid: 1, hash: message.hash };
    included(&client, &cast).await;
    hub.kill().await;
}

#[tokio::test]
async fn an_unavailable_hub_takes_nothing() {
    let (hub, mut client) = start(quick()).await;
    let ann = person(&hub, &client, 1).await;
    let message = ann.say("again, please".into());
    hub.faults().set(Fault::Unavailable, Scope::Writes, When::Next(1));
    let refused = client.submit_message(message.clone()).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    client.submit_message(message).await.unwrap();
    hub.kill().await;
}

#[tokio::test]
async fn too_many_requests_say_when_to_come_back() {
    let (hub, mut client) = start(quick()).await;
    hub.faults().set(Fault::RateLimited { retry_after_s: 3 }, Scope::Reads, When::Next(2));
    let refused = client.get_info(GetInfoRequest {}).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
    assert_eq!(refused.metadata().get("retry-after").unwrap(), "3");
    let answer = get(&hub, "/v1/info").await;
    assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
    assert!(answer.contains("retry-after: 3"), "{answer}");
    assert!(get(&hub, "/v1/info").await.starts_with("HTTP/1.1 200"));
    hub.kill().await;
}

#[tokio::test]
async fn a_page_for_people_comes_where_json_was_asked_for() {
    let (hub, _) = start(quick()).await;
    hub.faults().set(Fault::HtmlForJson, Scope::Reads, When::Next(1));
    let answer = get(&hub, "/v1/info").await;
    assert!(answer.contains("text/html") && answer.contains("<!DOCTYPE html>"), "{answer}");
    hub.kill().await;
}

#[tokio::test]
async fn what_was_accepted_may_still_be_refused_by_a_block() {
    let (hub, client) = start(quick()).await;
    let ann = person(&hub, &client, 1).await;
    hub.faults().set(Fault::MergeRefused, Scope::Writes, When::Next(1));
    let message = ann.say("doomed".into());
    client.clone().submit_message(message.clone()).await.unwrap();
    let shard = threadbridge_devnet::farcaster::router::shard_of(1, 2);
    until(|| async {
        let all = events(&client, shard).await;
        all.into_iter().find(|event| event.r#type() == HubEventType::MergeFailure)
    })
    .await;
    let cast = threadbridge_devnet::farcaster::wire::CastId { fid: 1, hash: message.hash };
    assert_eq!(client.clone().get_cast(cast).await.unwrap_err().code(), Code::NotFound);
    hub.kill().await;
}

#[tokio::test]
async fn a_stalled_shard_stands_still_while_the_others_go_on() {
    let (hub, mut client) = start(quick()).await;
    hub.faults().stall_shard(1);
    // A block may have been on its way.
    let height = hub.height(1) + 1;
    let other = hub.height(2);
    until(|| async { (hub.height(2) > other + 20).then_some(()) }).await;
    assert!(hub.height(1) <= height);
    client.get_info(GetInfoRequest {}).await.unwrap();
    hub.faults().resume_shard(1);
    until(|| async { (hub.height(1) > height + 3).then_some(()) }).await;
    hub.kill().await;
}

#[tokio::test]
async fn a_half_open_connection_is_never_answered() {
    let (hub, mut client) = start(quick()).await;
    // This connection has been accepted once it was answered.
    client.get_info(GetInfoRequest {}).await.unwrap();
    hub.faults().set(Fault::HalfOpen, Scope::Any, When::Next(1));
    let mut deaf = connect(&hub).await;
    let asking = deaf.get_info(GetInfoRequest {});
    assert!(tokio::time::timeout(Duration::from_millis(300), asking).await.is_err());
    connect(&hub).await.get_info(GetInfoRequest {}).await.unwrap();
    hub.kill().await;
}

#[tokio::test]
async fn cut_connections_break_and_new_ones_hold() {
    let (hub, mut client) = start(quick()).await;
    let mut stream = client.subscribe(everything(1, None)).await.unwrap().into_inner();
    hub.faults().cut_connections();
    let breaking = async { while let Ok(Some(_)) = stream.message().await {} };
    tokio::time::timeout(crate::kit::PATIENCE, breaking).await.unwrap();
    connect(&hub).await.get_info(GetInfoRequest {}).await.unwrap();
    hub.kill().await;
}

#[tokio::test]
async fn a_request_that_hangs_has_no_effect() {
    let (hub, mut client) = start(quick()).await;
    let ann = person(&hub, &client, 1).await;
    let message = ann.say("hanging".into());
    hub.faults().set(Fault::Hang, Scope::Writes, When::Next(1));
    let hanging = client.submit_message(message.clone());
    assert!(tokio::time::timeout(Duration::from_millis(300), hanging).await.is_err());
    client.submit_message(message).await.unwrap();
    hub.kill().await;
}

#[tokio::test]
async fn a_delay_is_felt() {
    let (hub, mut client) = start(quick()).await;
    hub.faults().set(Fault::Delay { ms: 200 }, Scope::Reads, When::Next(1));
    let asked_at = tokio::time::Instant::now();
    client.get_info(GetInfoRequest {}).await.unwrap();
    assert!(asked_at.elapsed() >= Duration::from_millis(200));
    hub.kill().await;
}

#[tokio::test]
async fn bytes_that_are_no_message_are_refused_and_disturb_nothing() {
    let (hub, mut client) = start(quick()).await;
    let ann = person(&hub, &client, 1).await;
    let good = ann.say("good".into());
    let post = "POST /v1/submitMessage HTTP/1.1\r\ncontent-type: application/octet-stream\r\n";
    for junk in [&b""[..], b"\xff\xff\xff", b"\x0a\xff\xff\xff\xff\x0f", &[0x3a, 0]] {
        let answer = crate::kit::http(hub.http_addr(), post, junk).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
    let bytes = good.data_bytes.clone().unwrap();
    for place in 0..bytes.len() {
        let mut forged = good.clone();
        forged.data_bytes.as_mut().unwrap()[place] ^= 0x55;
        let refused = client.submit_message(forged).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    client.submit_message(good).await.unwrap();
    hub.kill().await;
}
