//! What goes wrong on the Lens API.

use std::time::Duration;

use serde_json::{Value, json};
use threadbridge_devnet::lens::app::Place;
use threadbridge_devnet::lens::faults::{Fault, Scope, Union, When};
use threadbridge_devnet::lens::{GLOBAL_FEED, Lens};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::kit::{PATIENCE, until};
use crate::lens_kit::{Client, POST, grove, signed_in, start, uri};

fn once(lens: &Lens, fault: Fault) {
    lens.faults().set(fault, Scope::Any, When::Next(1));
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let lens = start().await;
    let client = Client::anonymous(&lens);
    lens.faults().set(Fault::RateLimited { retry_after_s: 3 }, Scope::Reads, When::Next(1));
    let body = json!({ "query": "{ health }" });
    let refused = client.post(&body).await;
    assert_eq!(refused.status, 429);
    assert!(refused.head.contains("retry-after: 3"), "{}", refused.head);
    assert_eq!(client.post(&body).await.json()["data"]["health"], true);
    assert_eq!(lens.faults().struck().get("rate_limited"), Some(&1));
}

#[tokio::test]
async fn a_lost_answer_leaves_the_post() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    lens.faults().set(Fault::AnswerLost, Scope::Writes, When::Next(1));
    let query = "mutation($r: CreatePostRequest!) { post(request: $r) { __typename } }";
    let body = json!({ "query": query, "variables": { "r": { "contentUri": uri("hi") } } });
    assert_eq!(client.post(&body).await.status, 502);
    let there = || async { (!lens.lines(Place::Feed(GLOBAL_FEED)).is_empty()).then_some(()) };
    until(there).await;
}

#[tokio::test]
async fn a_connection_breaks_after_the_deed() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    lens.faults().set(Fault::Cut, Scope::Writes, When::Next(1));
    let body = json!({
        "query": "mutation($r: CreatePostRequest!) { post(request: $r) { __typename } }",
        "variables": { "r": { "contentUri": uri("hi") } },
    })
    .to_string();
    let mut stream = TcpStream::connect(lens.api_addr()).await.unwrap();
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: a\r\n{}content-length: {}\r\n\r\n",
        client.headers,
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut byte = [0; 1];
    let end = tokio::time::timeout(PATIENCE, stream.read(&mut byte)).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "there is no answer");
    let there = || async { (!lens.lines(Place::Feed(GLOBAL_FEED)).is_empty()).then_some(()) };
    until(there).await;
}

#[tokio::test]
async fn writes_give_what_the_dial_says() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    for (fault, typename) in [
        (Fault::TransactionWillFail, "TransactionWillFail"),
        (Fault::ValidationFailed, "PostOperationValidationFailed"),
        (Fault::SponsoredRequest, "SponsoredTransactionRequest"),
        (Fault::SelfFundedRequest, "SelfFundedTransactionRequest"),
    ] {
        once(&lens, fault);
        let answer = client.create(json!({ "contentUri": uri("hi") })).await;
        assert_eq!(answer["__typename"], typename);
    }
    once(&lens, Fault::TransactionFails);
    let created = client.create(json!({ "contentUri": uri("hi") })).await;
    let status = client.settled(&created["hash"]).await;
    assert_eq!(status["__typename"], "FailedTransactionStatus");
    assert!(lens.lines(Place::Feed(GLOBAL_FEED)).is_empty());
}

#[tokio::test]
async fn a_lost_transaction_is_never_indexed() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    once(&lens, Fault::NeverIndexed);
    let lost = client.create(json!({ "contentUri": uri("lost") })).await;
    client.say("kept", json!({})).await;
    assert_eq!(client.status(&lost["hash"]).await["__typename"], "NotIndexedYetStatus");
    let by_hash = json!({ "r": { "txHash": lost["hash"] } });
    assert_eq!(client.value(POST, by_hash).await, Value::Null);
    assert_eq!(lens.lines(Place::Feed(GLOBAL_FEED)), ["ann: kept"]);
}

#[tokio::test]
async fn a_late_post_comes_up_below_what_was_seen() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    once(&lens, Fault::IndexedLate { ms: 1800 });
    let late = client.create(json!({ "contentUri": uri("late") })).await;
    // Posts of one second are in the order in which they were indexed.
    until(|| async {
        let text = client.say("seen", json!({})).await;
        let status = client.status(&late["hash"]).await;
        (status["__typename"] == "FinishedTransactionStatus").then_some(text)
    })
    .await;
    let listed = client.posts(json!({})).await;
    let items = listed["items"].as_array().unwrap();
    let late = items.iter().position(|item| item["metadata"]["content"] == "late").unwrap();
    assert!(late > 0, "what was said a second later is above it");
}

#[tokio::test]
async fn pages_repeat_and_lose_items_and_cursors_expire() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    for nth in 0..12 {
        ann.say(&lens, &nth.to_string()).unwrap();
    }
    let client = Client::anonymous(&lens);
    let first = || client.posts(json!({ "pageSize": "TEN" }));
    let usual = first().await;
    let count = |page: &Value| page["items"].as_array().unwrap().len();
    once(&lens, Fault::DuplicateItem);
    let more = first().await;
    assert_eq!((count(&more), &more["pageInfo"]), (11, &usual["pageInfo"]));
    once(&lens, Fault::DropItem);
    let less = first().await;
    assert_eq!((count(&less), &less["pageInfo"]), (9, &usual["pageInfo"]));
    once(&lens, Fault::ExpiredCursor);
    let query = "query($r: PostsRequest!) { posts(request: $r) { items { __typename } } }";
    let next = json!({ "r": { "pageSize": "TEN", "cursor": usual["pageInfo"]["next"] } });
    assert_eq!(client.code(query, next.clone()).await, "BAD_USER_INPUT");
    assert_eq!(count(&client.value(query, next).await), 2);
}

#[tokio::test]
async fn unions_grow_members_that_nobody_knows() {
    let lens = start().await;
    let [ann, ben] = ["ann", "ben"].map(|name| lens.make_account(name));
    let post = ann.say(&lens, "hello").unwrap();
    ben.comment(&lens, post, "hi").unwrap();
    let client = signed_in(&lens, &ann).await;
    once(&lens, Fault::FutureMember { of: Union::Metadata });
    let read = client.read(&json!(post.to_string())).await;
    assert_eq!(read["metadata"], json!({ "__typename": "FutureThing" }));
    once(&lens, Fault::FutureMember { of: Union::Notifications });
    let news = "query($r: NotificationRequest!) { notifications(request: $r) {
        items { __typename ... on CommentNotification { id } } } }";
    let told = client.value(news, json!({ "r": {} })).await;
    assert_eq!(told["items"], json!([{ "__typename": "FutureThing" }]));
    once(&lens, Fault::FutureMember { of: Union::Status });
    let created = client.create(json!({ "contentUri": uri("hi") })).await;
    assert_eq!(client.status(&created["hash"]).await["__typename"], "FutureThing");
}

#[tokio::test]
async fn a_session_is_revoked_under_way() {
    let lens = start().await;
    let ann = lens.make_account("ann");
    let client = signed_in(&lens, &ann).await;
    once(&lens, Fault::TokenRevoked);
    for _ in 0..2 {
        assert_eq!(client.code("{ me { isSignless } }", json!({})).await, "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn a_connection_is_half_open_and_is_cut() {
    let lens = start().await;
    once(&lens, Fault::HalfOpen);
    let client = Client::anonymous(&lens);
    let mut stream = TcpStream::connect(lens.api_addr()).await.unwrap();
    stream.write_all(b"GET /.well-known/jwks.json HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    until(|| async { lens.faults().struck().get("half_open").copied() }).await;
    let mut byte = [0; 1];
    let silence = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut byte)).await;
    assert!(silence.is_err(), "a half open connection says nothing");
    lens.faults().cut_connections();
    let end = tokio::time::timeout(PATIENCE, stream.read(&mut byte)).await.unwrap();
    assert!(matches!(end, Ok(0) | Err(_)), "a cut connection ends");
    assert_eq!(client.value("{ health }", json!({})).await, true);
}

#[tokio::test]
async fn grove_has_faults_of_its_own() {
    let lens = start().await;
    lens.faults().set(Fault::Unavailable, Scope::Storage, When::Next(1));
    let request = "POST /?chain_id=37111 HTTP/1.1\r\ncontent-type: text/plain\r\n";
    assert_eq!(grove(&lens, request, b"hello").await.status, 503);
    let kept = grove(&lens, request, b"hello").await.json();
    let key = kept[0]["storage_key"].as_str().unwrap().to_owned();
    let read = format!("GET /{key} HTTP/1.1\r\n");
    assert_eq!(grove(&lens, &read, b"").await.body, "hello");
    lens.forget_files(0);
    assert_eq!(grove(&lens, &read, b"").await.status, 404);
}
