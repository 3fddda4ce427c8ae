use std::time::Duration;

use threadbridge_core::media::Hosts;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::*;

/// A server on this machine that answers by path, and is asked only so often.
async fn server(tasks: &TaskTracker) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tasks.spawn(async move {
        for _ in 0..32 {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..length]).into_owned();
            assert!(!request.contains("cookie") && !request.contains("referer"), "{request}");
            let path = request.split(' ').nth(1).unwrap();
            let answer = answer(path, port);
            // Whoever has heard enough hangs up.
            let _sent = stream.write_all(answer.as_bytes()).await;
            let _closed = stream.shutdown().await;
        }
    });
    port
}

fn answer(path: &str, port: u16) -> String {
    let closing = "connection: close\r\n";
    let to = |place: String| format!("HTTP/1.1 302 Found\r\n{closing}location: {place}\r\n\r\n");
    let status = |status: &str| format!("HTTP/1.1 {status}\r\n{closing}content-length: 0\r\n\r\n");
    match path {
        "/ok" => format!("HTTP/1.1 200 OK\r\n{closing}content-length: 4\r\n\r\ndata"),
        "/moved" => to("/ok".to_owned()),
        "/round" => to("/round".to_owned()),
        "/away" => to(format!("http://localhost:{port}/ok")),
        "/port" => to("http://127.0.0.1:1/ok".to_owned()),
        "/large" => format!("HTTP/1.1 200 OK\r\n{closing}content-length: 11\r\n\r\n0123456789a"),
        "/endless" => format!("HTTP/1.1 200 OK\r\n{closing}\r\n{}", "x".repeat(1 << 20)),
        "/cut" => format!("HTTP/1.1 200 OK\r\n{closing}content-length: 9\r\n\r\nhalf"),
        "/busy" => status("503 Service Unavailable"),
        "/often" => status("429 Too Many Requests"),
        "/part" => status("206 Partial Content"),
        _ => status("404 Not Found"),
    }
}

#[tokio::test]
async fn only_what_was_asked_for_is_fetched_and_no_more_than_fits() {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let tasks = TaskTracker::new();
    let port = server(&tasks).await;
    let web = Web::new().unwrap();
    let hosts = [format!("127.0.0.1:{port}")];
    let hosts = Hosts::parse(hosts.iter().map(String::as_str)).unwrap();
    for (path, expected) in [
        ("/ok", Ok(b"data".to_vec())),
        ("/moved", Ok(b"data".to_vec())),
        ("/round", Err(FetchError::Elsewhere)),
        ("/away", Err(FetchError::Elsewhere)),
        ("/port", Err(FetchError::Elsewhere)),
        ("/large", Err(FetchError::TooLarge)),
        ("/endless", Err(FetchError::TooLarge)),
        ("/cut", Err(FetchError::Unreachable)),
        ("/busy", Err(FetchError::Unreachable)),
        ("/often", Err(FetchError::Unreachable)),
        ("/part", Err(FetchError::Refused)),
        ("/gone", Err(FetchError::Refused)),
    ] {
        let place = hosts.place(&format!("http://127.0.0.1:{port}{path}")).unwrap();
        let fetched = tokio::time::timeout(Duration::from_secs(10), web.fetch(&place, 10));
        assert_eq!(fetched.await.unwrap(), expected, "{path}");
    }
}

#[tokio::test]
async fn a_name_that_leads_into_ones_own_network_is_not_asked() {
    let _installed = rustls::crypto::ring::default_provider().install_default();
    let web = Web::new().unwrap();
    let url = "https://localhost:9/".parse().unwrap();
    let place = Place { url, is_loopback: false };
    assert_eq!(web.fetch(&place, 10).await, Err(FetchError::Private));
    let url = "http://files.example/".parse().unwrap();
    let place = Place { url, is_loopback: false };
    assert_eq!(web.fetch(&place, 10).await, Err(FetchError::Unreachable));
}
