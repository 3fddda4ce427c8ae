//! The direct cast key API and its limits.

use serde_json::json;
use threadbridge_devnet::farcaster::direct_cast::DirectCasts;

use crate::kit::http;

async fn send(server: &DirectCasts, key: &str, to: u64, message: &str, once: &str) -> String {
    let head = format!(
        "PUT /v2/ext-send-direct-cast HTTP/1.1\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\n"
    );
    let body = json!({ "recipientFid": to, "message": message, "idempotencyKey": once });
    http(server.addr(), &head, body.to_string().as_bytes()).await
}

#[tokio::test]
async fn a_direct_cast_is_taken_once() {
    let server = DirectCasts::start(0, "wc_secret_1").await.unwrap();
    for _ in 0..2 {
        let answer = send(&server, "wc_secret_1", 2, "hello", "one").await;
        assert!(answer.ends_with(r#"{"result":{"success":true}}"#), "{answer}");
    }
    assert_eq!(server.sent().len(), 1);
    let stranger = send(&server, "wc_secret_2", 2, "hello", "two").await;
    assert!(stranger.starts_with("HTTP/1.1 401"), "{stranger}");
    let long = send(&server, "wc_secret_1", 2, &"é".repeat(1025), "three").await;
    assert!(long.starts_with("HTTP/1.1 400"), "{long}");
    server.stop().await;
}

#[tokio::test]
async fn five_a_minute_to_one_recipient_and_none_to_who_refuses() {
    let server = DirectCasts::start(0, "key").await.unwrap();
    for n in 0..5 {
        let answer = send(&server, "key", 2, "hello", &n.to_string()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let sixth = send(&server, "key", 2, "hello", "six").await;
    assert!(sixth.starts_with("HTTP/1.1 429"), "{sixth}");
    let other = send(&server, "key", 3, "hello", "seven").await;
    assert!(other.starts_with("HTTP/1.1 200"), "{other}");
    server.close(4);
    let closed = send(&server, "key", 4, "hello", "eight").await;
    assert!(closed.starts_with("HTTP/1.1 403"), "{closed}");
    server.stop().await;
}
