//! Two bridges and two official clients, one of each version, in one group, where all of them commit
//! at the same moment, over and over.

use std::time::Duration;

use serde_json::json;
use threadbridge_core::model::time::Clock;
use threadbridge_devnet::xmtp::make::{Act, Installation, Signer, update};
use threadbridge_devnet::xmtp::wire::identity::PublishIdentityUpdateRequest;
use threadbridge_devnet::xmtp::wire::identity::identity_api_client::IdentityApiClient;
use threadbridge_devnet::xmtp::{Node, NodeSettings};
use tokio::time::{Instant, sleep};

use super::person::{Person, Sdk, wallet};
use super::side::Side;

/// How often everybody commits at the same moment.
const ROUNDS: usize = 50;
/// After this long what has not been heard is taken to be lost.
const WITHIN: Duration = Duration::from_secs(180);
/// So much of an authenticator the official client shows.
const SHOWN_DIGITS: usize = 6;
/// More than logs of members count as known for.
const LATER: Duration = Duration::from_secs(6);

/// Another installation is in the log of somebody's inbox, which is why whoever speaks next commits.
async fn another_installation(node: &Node, of: &str, inbox: &str, nth: usize) {
    let wallet = wallet(of);
    let installation = Installation::of(&format!("{of}'s app {nth}"));
    let by = Signer::Wallet(&wallet);
    let at = 2_000_000_000_000_000_000 + u64::try_from(nth).unwrap();
    let update = update(inbox, at, &[Act::Add(by, Signer::Installation(&installation))]);
    let mut client = IdentityApiClient::connect(node.url()).await.unwrap();
    let request = PublishIdentityUpdateRequest { identity_update: Some(update) };
    client.publish_identity_update(request).await.unwrap();
}

/// Everything that was said in a group, as an official client has it.
async fn said(person: &mut Person, group: &str) -> Vec<String> {
    let texts = person.texts(group).await;
    let bare = |text: String| text.rsplit(": ").next().unwrap_or_default().to_owned();
    texts.into_iter().map(bare).filter(|text| text.starts_with("round ")).collect()
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.retain(|text| text.starts_with("round "));
    texts.sort();
    texts
}

/// The epoch in which an official client stands, and how its authenticator begins.
async fn stands(person: &mut Person, group: &str) -> (u64, String) {
    person.does(json!({ "do": "sync" })).await;
    let state = person.does(json!({ "do": "inspect", "conversation": group })).await;
    assert_eq!(state["forked"], false, "{state}");
    let epoch = &state["epoch"];
    let epoch = epoch.as_str().map_or_else(|| epoch.as_u64().unwrap(), |it| it.parse().unwrap());
    let log = state["log"].as_str().unwrap();
    let (_, last) = log.rsplit_once("applied_epoch_authenticator: \"").unwrap();
    (epoch, last[..SHOWN_DIGITS].to_owned())
}

/// Waits until nobody lacks anything of what was said.
async fn everybody_has(people: &mut [Person], sides: &[Side], group: &str, expected: &[String]) {
    let began = Instant::now();
    loop {
        let mut seen = Vec::new();
        for person in people.iter_mut() {
            seen.push(said(person, group).await);
        }
        seen.extend(sides.iter().map(Side::heard));
        let lacks = |seen: &Vec<String>| -> Vec<String> {
            expected.iter().filter(|text| !seen.contains(text)).cloned().collect()
        };
        let missing: Vec<_> = seen.iter().map(lacks).collect();
        if missing.iter().all(Vec::is_empty) {
            break;
        }
        let state = || sides.iter().map(Side::state).collect::<String>();
        assert!(began.elapsed() < WITHIN, "somebody lacks {missing:#?}\n{}", state());
        sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_bridges_and_two_clients_that_commit_at_once_stay_together() {
    let node = Node::start(NodeSettings::default()).await.unwrap();
    let clock = Clock::manual(Clock::System.now());
    let mut sides = ["zoe", "yan"].map(|name| Side::stands(name, &clock));
    let mut people = [
        Person::joins(&node, "ann", Sdk::Five).await,
        Person::joins(&node, "ben", Sdk::newest()).await,
    ];
    let eve = Person::joins(&node, "eve", Sdk::Five).await;
    for side in &mut sides {
        side.starts(&node, &format!("dm/{}", people[0].address())).await;
    }
    let members = [sides[0].address(), sides[1].address(), people[1].address(), eve.address()];
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let group = people[0].makes_group("books", &members).await;
    let group = group.as_str();
    assert!(node.pointers() > 3, "so many are welcomed by pointers");
    for side in &mut sides {
        side.stops().await;
        side.starts(&node, &format!("group/{group}")).await;
    }
    let mut expected = Vec::new();
    for round in 0..ROUNDS {
        clock.advance(LATER);
        another_installation(&node, "eve", &eve.inbox(), round).await;
        for (n, side) in sides.iter().enumerate() {
            expected.push(format!("round {round} side {n}"));
            side.says(&format!("round {round} side {n}"));
        }
        let acts = people.iter_mut().enumerate().map(async |(n, person)| {
            let text = format!("round {round} person {n}");
            // Who loses too often gives up the name, and goes on trying to say what was said.
            person.tries(json!({ "do": "rename", "conversation": group, "name": text })).await;
            person.tries(json!({ "do": "say", "conversation": group, "text": text })).await;
            text
        });
        expected.extend(futures::future::join_all(acts).await);
        for side in &sides {
            side.rests().await;
        }
    }
    expected.sort();

    everybody_has(&mut people, &sides, group, &expected).await;
    let order = said(&mut people[0], group).await;
    assert_eq!(said(&mut people[1], group).await, order);
    assert_eq!(sorted(order), expected);
    for side in &sides {
        assert_eq!(sorted(side.heard()), expected, "{}", side.state());
    }
    let commits = node.messages(group).len() - expected.len();
    let (epoch, authenticator) = stands(&mut people[0], group).await;
    assert_eq!(stands(&mut people[1], group).await, (epoch, authenticator.clone()));
    for side in &sides {
        let standing = side.standing(group);
        let shown = standing.authenticator.unwrap()[..SHOWN_DIGITS].to_owned();
        assert_eq!((standing.epoch, shown), (epoch, authenticator.clone()));
        assert!(!standing.is_left_behind);
    }
    println!("{ROUNDS} rounds: {commits} commits tried, epoch {epoch}");
    for side in &mut sides {
        side.stops().await;
    }
    let [ann, ben] = people;
    for person in [ann, ben, eve] {
        person.leaves().await;
    }
    node.stop().await;
}
