//! The official clients, from login to logout, under the eyes of the true schema.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use threadbridge_devnet::lens::{Address, Lens, LensSettings, Permissions};

use super::script::run;
use super::standard::{APP, Checker, Reference};

const FEED: &str = "0xfefefefefefefefefefefefefefefefefefefefe";
const GROUP: &str = "0xfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfcfc";
const GROUP_FEED: &str = "0xfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfdfd";
const ANN: &str = "0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const ANNS_OTHER: &str = "0xcccccccccccccccccccccccccccccccccccccccc";
const BOB: &str = "0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const NOBODY: &str = "0x9999999999999999999999999999999999999999";
/// Private keys and their addresses.
const ANNS_KEY: [&str; 2] = [
    "0x0101010101010101010101010101010101010101010101010101010101010101",
    "0x1a642f0e3c3af545e7acbd38b07251b3990914f1",
];
const BOBS_KEY: [&str; 2] = [
    "0x0202020202020202020202020202020202020202020202020202020202020202",
    "0x5050a4f4b3f9338c3472dcc01a87c76a144b3c9c",
];

/// The world as the conformance script wants to know it.
fn world(api: &str, unchecked: &str, grove: &str) -> Value {
    json!({
        "api": api, "unchecked": unchecked, "grove": grove, "app": APP,
        "origin": "http://localhost", "feed": FEED,
        "group": { "address": GROUP, "feed": GROUP_FEED },
        "people": [
            { "name": "ann", "account": ANN, "key": ANNS_KEY[0] },
            { "name": "ann's other", "account": ANNS_OTHER, "key": ANNS_KEY[0] },
            { "name": "bob", "account": BOB, "key": BOBS_KEY[0], "manager": true },
        ],
    })
}

/// The same people on our own network.
fn devnet_world(lens: &Lens, api: &str) -> Value {
    let hex = |address: Address| format!("{address:#x}");
    let [ann, other, bob] = ["ann", "ann2", "bob"].map(|name| lens.make_account(name));
    let manager = lens.make_wallet("bob's manager");
    bob.add_manager(lens, manager.address(), Permissions::SPEAK).unwrap();
    other.add_manager(lens, ann.wallet().address(), Permissions::SPEAK).unwrap();
    let group = lens.make_group("g", &bob);
    let mut world = world(api, &lens.api_url(), &lens.grove_url());
    world["feed"] = json!(hex(lens.make_feed("books")));
    world["group"] = json!({ "address": hex(group.group), "feed": hex(group.feed) });
    world["people"] = json!([
        { "name": "ann", "account": hex(ann.account()), "key": ann.wallet().secret() },
        { "name": "ann's other", "account": hex(other.account()), "key": ann.wallet().secret() },
        { "name": "bob", "account": hex(bob.account()), "key": manager.secret(), "manager": true },
    ]);
    world
}

/// Runs the conformance script in this world; says whether it was content, and what it said.
async fn conforms(world: &Value, parts: &[&str]) -> (bool, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("world.json");
    fs::write(&file, world.to_string()).unwrap();
    let parts = parts.join(",");
    let mut args = vec!["--world", file.to_str().unwrap()];
    if !parts.is_empty() {
        args.extend(["--parts", &parts]);
    }
    run("conformance.mjs", &args, "").await
}

async fn reference(flags: &[&str]) -> Reference {
    let mut reference = Reference::starts(&[&["--overlapping"], flags].concat()).await;
    reference.knows("ann", ANN, ANNS_KEY[1], "").await;
    reference.knows("ann2", ANNS_OTHER, ANNS_KEY[1], "").await;
    reference.knows("bob", BOB, NOBODY, BOBS_KEY[1]).await;
    reference.0.does(json!({ "do": "feed", "feed": FEED })).await;
    let group = json!({ "do": "group", "address": GROUP, "feed": GROUP_FEED, "name": "g" });
    reference.0.does(group).await;
    reference
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_clients_and_a_strict_server_understand_each_other() {
    let reference = reference(&[]).await;
    let checker = Checker::before(&reference.api(), &[]).await;
    let world = world(&checker.url(), &reference.api(), &reference.grove());
    let (is_well, said) = conforms(&world, &[]).await;
    assert!(is_well, "{said}");
    assert!(said.contains("78 passed, 0 failed"), "{said}");
    checker.finds_all_well(200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_refreshes_what_a_strict_server_lets_expire() {
    let reference = reference(&["--ttl", "2"]).await;
    let checker = Checker::before(&reference.api(), &[]).await;
    let world = world(&checker.url(), &reference.api(), &reference.grove());
    let (is_well, said) = conforms(&world, &["refreshes"]).await;
    assert!(is_well, "{said}");
    checker.finds_all_well(6).await;
    reference.finds_all_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_clients_find_our_network_as_lens_documents_it() {
    let lens = Lens::start(LensSettings::default()).await.unwrap();
    let checker = Checker::before(&lens.api_url(), &[]).await;
    let (is_well, said) = conforms(&devnet_world(&lens, &checker.url()), &[]).await;
    assert!(is_well, "{said}");
    assert!(said.contains("78 passed, 0 failed"), "{said}");
    checker.finds_all_well(200).await;
    lens.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_is_served_whatever_our_network_serves() {
    let lens = Lens::start(LensSettings::default()).await.unwrap();
    let checker = Checker::before(&lens.api_url(), &[]).await;
    let (is_well, said) = conforms(&devnet_world(&lens, &checker.url()), &["society"]).await;
    assert!(is_well, "{said}");
    checker.finds_all_well(60).await;
    lens.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_official_client_refreshes_what_our_network_lets_expire() {
    let settings = LensSettings { access_for: Duration::from_secs(5), ..LensSettings::default() };
    let lens = Lens::start(settings).await.unwrap();
    let checker = Checker::before(&lens.api_url(), &[]).await;
    let (is_well, said) = conforms(&devnet_world(&lens, &checker.url()), &["refreshes"]).await;
    assert!(is_well, "{said}");
    checker.finds_all_well(6).await;
    lens.stop().await;
}
