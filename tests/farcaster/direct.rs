//! Direct casts: sent once, within their bounds, only where they are wanted.

use std::collections::BTreeMap;
use std::sync::Arc;

use threadbridge_core::adapter::Adapter;
use threadbridge_core::model::id::{AccountName, Network, RemoteAuthor, RemoteConversation};
use threadbridge_core::model::level::Level;
use threadbridge_core::model::link::{Direction, Downgrade, Link};
use threadbridge_core::pipeline::{Bridge, Setup};
use threadbridge_core::secret::Secret;
use threadbridge_core::view::{self, LineState};
use threadbridge_devnet::farcaster::direct_cast::DirectCasts as Server;
use threadbridge_devnet::farcaster::faults::{Fault, Scope, When};
use threadbridge_devnet::farcaster::hub::HubSettings;
use threadbridge_farcaster::{Config, DirectCasts, Farcaster};
use threadbridge_kit::deadline::until;
use threadbridge_loopback::Loopback;
use threadbridge_loopback::network::{LoopbackNetwork, Rules, Secrecy};

use super::den::{Den, connected, dead_letters, outbox, told_to_wait, waits};
use super::world::leg;

const KEY: &str = "wc_secret_1";

/// A hub, the direct cast API, and a bridge.
async fn scene(to: &[&str]) -> (Den, Server, Bridge) {
    let den = Den::new(HubSettings::default(), 50).await;
    let server = Server::start(0, KEY).await.unwrap();
    let bridge = den.bridge(Den::setup(&config(&den, &server), to)).await;
    (den, server, bridge)
}

fn config(den: &Den, server: &Server) -> Config {
    let api = format!("http://{}", server.addr()).parse().unwrap();
    let direct_casts = Some(DirectCasts { key: Secret::new(KEY), api });
    Config { direct_casts, ..den.over_grpc() }
}

async fn end((den, server, bridge): (Den, Server, Bridge)) {
    bridge.stop().await.unwrap();
    server.stop().await;
    den.hub.stop().await;
}

/// Waits until so many were sent; whom to and what.
async fn sent(server: &Server, count: usize) -> Vec<(u64, String)> {
    let sent =
        until("direct casts", async || Some(server.sent()).filter(|it| it.len() >= count)).await;
    sent.into_iter().map(|it| (it.recipient_fid, it.message)).collect()
}

fn said(fid: u64, text: &str) -> (u64, String) {
    (fid, format!("alice: {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_becomes_of_the_answers_a_direct_cast_is_sent_once() {
    let (den, server, bridge) = scene(&["direct/6"]).await;
    server.faults().set(Fault::Unavailable, Scope::Writes, When::Next(1));
    server.faults().set(Fault::AnswerLost, Scope::Writes, When::Next(3));
    den.alice_says(&["one"]);
    until("the fourth attempt", async || (server.asked().len() >= 4).then_some(())).await;
    waits(&bridge, 0).await;
    let asked = server.asked();
    assert!(asked.iter().all(|it| *it == asked[0]), "{asked:?}");
    assert_eq!(asked[0].idempotency_key.len(), 32);
    den.alice_says(&["two"]);
    assert_eq!(sent(&server, 2).await, [said(6, "one"), said(6, "two")]);
    assert_ne!(server.sent()[0].idempotency_key, server.sent()[1].idempotency_key);
    waits(&bridge, 0).await;
    end((den, server, bridge)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_direct_cast_holds_1024_characters_and_the_rest_goes_into_another() {
    let (den, server, bridge) = scene(&["direct/6"]).await;
    let (two_bytes_each, long) = ("é".repeat(512), "x ".repeat(511));
    den.alice_says(&[&two_bytes_each, &long]);
    let sent = sent(&server, 3).await;
    assert_eq!(sent[0], said(6, &two_bytes_each));
    assert!(sent.iter().all(|(_, text)| text.chars().count() <= 1024));
    let count = |(_, text): &(u64, String)| text.chars().filter(|c| *c == 'x').count();
    assert_eq!(sent.iter().map(count).sum::<usize>(), 511);
    waits(&bridge, 0).await;
    assert_eq!(server.sent().len(), 3, "{sent:?}");
    end((den, server, bridge)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_kept_to_and_spends_no_attempt() {
    let (den, server, bridge) = scene(&["direct/6", "channel/den"]).await;
    let limited = Fault::RateLimited { retry_after_s: u64::MAX };
    server.faults().set(limited, Scope::Writes, When::Next(1));
    den.alice_says(&["one", "two"]);
    // The other leg is not held up.
    den.den_hears(&["one", "two"]).await;
    let reason = told_to_wait(&bridge, 2).await;
    assert!(reason.contains("too many direct casts"), "{reason}");
    assert_eq!(server.asked().len(), 1);
    bridge.hurry().await;
    assert_eq!(sent(&server, 2).await, [said(6, "one"), said(6, "two")]);
    assert_eq!(server.asked()[0], server.sent()[0]);
    waits(&bridge, 0).await;
    // Five a minute: the sixth waits, though the server does not say for how long.
    den.alice_says(&["three", "four", "five", "six"]);
    sent(&server, 5).await;
    told_to_wait(&bridge, 1).await;
    assert_eq!(server.sent().len(), 5);
    assert!(dead_letters(&bridge).is_empty());
    end((den, server, bridge)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_direct_casts_gets_none_until_they_do() {
    let (den, server, bridge) = scene(&["direct/6", "direct/8"]).await;
    server.close(6);
    den.alice_says(&["one"]);
    assert_eq!(sent(&server, 1).await, [said(8, "one")]);
    until("a dead letter", async || (dead_letters(&bridge).len() == 1).then_some(())).await;
    waits(&bridge, 0).await;
    let letters = dead_letters(&bridge);
    assert_eq!(letters[0].row.leg, leg("casts", "direct/6"));
    let reason = &letters[0].reason;
    assert!(
        reason.contains("ask them to allow it in their app's settings, then replay"),
        "{reason}"
    );
    server.reopen(6);
    bridge.replay(None).await.unwrap();
    assert_eq!(sent(&server, 2).await, [said(8, "one"), said(6, "one")]);
    waits(&bridge, 0).await;
    let to_six: Vec<_> = server.asked().into_iter().filter(|it| it.recipient_fid == 6).collect();
    assert_eq!(to_six.len(), 2);
    assert_eq!(to_six[0], to_six[1]);
    end((den, server, bridge)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_withdrawn_suspends_direct_casts_and_nothing_else() {
    let (den, server, bridge) = scene(&["direct/6", "channel/den"]).await;
    server.change_key("another");
    den.alice_says(&["one"]);
    den.den_hears(&["one"]).await;
    let reason = told_to_wait(&bridge, 1).await;
    assert!(reason.contains("set `direct_casts.key` to one that is"), "{reason}");
    assert!(!reason.contains(KEY));
    den.alice_says(&["two"]);
    den.den_hears(&["one", "two"]).await;
    told_to_wait(&bridge, 2).await;
    connected(&bridge).await;
    server.change_key(KEY);
    bridge.hurry().await;
    assert_eq!(sent(&server, 2).await, [said(6, "one"), said(6, "two")]);
    waits(&bridge, 0).await;
    end((den, server, bridge)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_direct_casts_in_the_settings_nothing_is_sent() {
    let den = Den::new(HubSettings::default(), 50).await;
    let server = Server::start(0, KEY).await.unwrap();
    let to = ["direct/6", "channel/den"];
    let bridge = den.bridge(Den::setup(&den.over_grpc(), &to)).await;
    den.alice_says(&["one"]);
    den.den_hears(&["one"]).await;
    until("a dead letter", async || (dead_letters(&bridge).len() == 1).then_some(())).await;
    let reason = dead_letters(&bridge)[0].reason.clone();
    assert!(reason.contains("set `direct_casts` in the account, then replay"), "{reason}");
    assert!(server.asked().is_empty());
    bridge.apply(Den::setup(&config(&den, &server), &to)).await.unwrap();
    bridge.replay(None).await.unwrap();
    assert_eq!(sent(&server, 1).await, [said(6, "one")]);
    end((den, server, bridge)).await;
}

/// From an encrypted room to a direct cast.
fn from_a_secret_room(config: &Config, network: &LoopbackNetwork, downgrade: Downgrade) -> Setup {
    let room = RemoteConversation::parse("room/books").unwrap();
    let who = RemoteAuthor::parse("bridge").unwrap();
    network.person("bridge").joins(&room);
    let secret: Arc<dyn Adapter> =
        Arc::new(Loopback::connect(network, who, threadbridge_loopback::Config::default()));
    let casts: Arc<dyn Adapter> = Arc::new(Farcaster::connect(config).unwrap());
    let name = |name: &str| AccountName::parse(name).unwrap();
    let link = Link {
        name: "books".to_owned(),
        legs: BTreeMap::from([
            (leg("secret", "room/books"), Direction::From),
            (leg("casts", "direct/6"), Direction::To),
        ]),
        downgrade,
        attribution: "{name}: ".to_owned(),
    };
    Setup {
        accounts: BTreeMap::from([(name("secret"), secret), (name("casts"), casts)]),
        links: vec![link],
        ..Setup::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_better_protected_becomes_no_direct_cast_unless_the_link_says_so() {
    let den = Den::new(HubSettings::default(), 50).await;
    let server = Server::start(0, KEY).await.unwrap();
    let secrecy = Secrecy::Encrypted { past_epochs: 2 };
    let rules = Rules { secrecy, ..Rules::default() };
    let network = LoopbackNetwork::new(Network::parse("secret").unwrap(), rules);
    let room = RemoteConversation::parse("room/books").unwrap();
    let carol = network.person("carol");
    carol.joins(&room);
    let setup = |downgrade| from_a_secret_room(&config(&den, &server), &network, downgrade);
    let bridge = den.bridge(setup(Downgrade::Refuse)).await;
    carol.says(&room, "between us").unwrap();
    let direct = leg("casts", "direct/6");
    let (level, why) = until("the refusal", async || {
        let snapshot = bridge.store().snapshot().unwrap();
        let conversation = view::threads(&snapshot).unwrap().first()?.conversation.id;
        let line = view::thread(&snapshot, conversation, 1).unwrap().pop()?;
        let (_, state) = line.legs.into_iter().find(|(leg, _)| *leg == direct)?;
        let LineState::Noted(why) = state else { return None };
        Some((line.level, why))
    })
    .await;
    assert_eq!(level, Level::EndToEnd);
    assert!(why.contains("L3") && why.contains("L1"), "{why}");
    assert!(why.contains("allow it with `downgrade = \"allow\"` on the link"), "{why}");
    assert!(outbox(&bridge).is_empty() && server.asked().is_empty());
    bridge.apply(setup(Downgrade::Allow)).await.unwrap();
    carol.says(&room, "you may tell").unwrap();
    let sent = sent(&server, 1).await;
    assert_eq!(sent, [(6, "[L3] carol: you may tell".to_owned())]);
    end((den, server, bridge)).await;
}
