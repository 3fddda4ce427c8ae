//! A node that asks who writes to it: the account is suspended until its credentials are right.

use threadbridge_core::secret::Secret;
use threadbridge_devnet::farcaster::hub::HubSettings;
use threadbridge_farcaster::Credentials;

use super::den::{Den, connected, dead_letters, suspended, waits};

fn basic(password: &str) -> Credentials {
    Credentials::Basic { user: "alice".to_owned(), password: Secret::new(password) }
}

fn api_key(key: &str) -> Credentials {
    Credentials::ApiKey(Secret::new(key))
}

/// Without credentials, with wrong ones, and with the right ones.
async fn lets_in(settings: HubSettings, scheme: &str, wrong: Credentials, right: Credentials) {
    let den = Den::new(settings, 50).await;
    let addr = if scheme == "grpc" { den.hub.grpc_addr() } else { den.hub.http_addr() };
    let setup = |credentials| {
        Den::setup(&den.config(format!("{scheme}://{addr}"), credentials), &["channel/den"])
    };
    let bridge = den.bridge(setup(Credentials::None)).await;
    den.alice_says(&["one", "two"]);
    let reason = suspended(&bridge).await;
    let advice = "expected the endpoint's `user` and `password`, or its `api_key`";
    assert!(reason.contains(advice), "{reason}");
    waits(&bridge, 2).await;

    bridge.apply(setup(wrong)).await.unwrap();
    den.alice_says(&["three"]);
    waits(&bridge, 3).await;
    let reason = suspended(&bridge).await;
    assert!(reason.contains(advice) && !reason.contains("guess"), "{reason}");
    assert!(den.den().await.is_empty());

    bridge.apply(setup(right)).await.unwrap();
    den.alice_says(&["four"]);
    den.den_hears(&["one", "two", "three", "four"]).await;
    connected(&bridge).await;
    waits(&bridge, 0).await;
    assert!(dead_letters(&bridge).is_empty());
    bridge.stop().await.unwrap();
    den.hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_password_let_in_over_grpc_and_http() {
    for scheme in ["grpc", "http"] {
        let write_auth = Some("alice:open sesame".to_owned());
        let settings = HubSettings { write_auth, ..HubSettings::default() };
        lets_in(settings, scheme, basic("a guess"), basic("open sesame")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_lets_in_over_grpc_and_http() {
    for scheme in ["grpc", "http"] {
        let write_key = Some("7f3a".to_owned());
        let settings = HubSettings { write_key, ..HubSettings::default() };
        lets_in(settings, scheme, api_key("a guess"), api_key("7f3a")).await;
    }
}
