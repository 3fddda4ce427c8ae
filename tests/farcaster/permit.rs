//! The life of the account's key: asked for, added, shown and taken away by the command line; what the
//! wallet does, a wallet's own library does.

use serde_json::{Value, json};

use super::daemon::Home;
use super::person::Person;
use super::world::hub;

const FID: u64 = 909;
const KEY: [u8; 32] = [99; 32];

/// The wallet's signatures of what a request asks for: of the request itself, and of the addition.
async fn signed(person: &mut Person, wallet: u32, request: &Value) -> [String; 2] {
    let mut signatures = Vec::new();
    for (typed, kind) in
        request["sign"].as_array().unwrap().iter().zip(["SignedKeyRequest", "KeyAdd"])
    {
        assert_eq!(typed["primaryType"], kind);
        let answer = person.does(json!({ "do": "sign", "wallet": wallet, "typed": typed })).await;
        signatures.push(answer["signature"].as_str().unwrap().to_owned());
    }
    signatures.try_into().unwrap()
}

fn add(home: &Home, [request, addition]: &[String; 2]) -> String {
    let signatures = ["--signed-key-request", request, "--key-add", addition];
    home.asks(&[&["signer", "add", "casts", "request.json"][..], &signatures[..]].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_added_by_what_a_wallet_signed_and_takes_itself_away() {
    let hub = hub().await;
    let mut owner = Person::looks_in(hub.grpc_addr(), FID);
    owner.does(json!({ "do": "register", "units": 1, "wallet": 22 })).await;
    let home = Home::new().with_fid("casts", &hub, (FID, KEY));
    home.writes_settings();
    let shows = || home.asks(&["signer", "show", "casts"]);
    assert!(shows().contains("the fid does not have the account's key"), "{}", shows());

    let text = home.asks(&["signer", "request", "casts", "--days", "30"]);
    let request: Value = serde_json::from_str(&text).expect(&text);
    home.writes("request.json", &text);
    let signatures = signed(&mut owner, 22, &request).await;
    let [first, second] = signatures.clone();
    let others = signed(&mut owner, 33, &request).await;
    let mixed = add(&home, &[first.clone(), others[1].clone()]);
    assert!(mixed.contains("not of the same wallet"), "{mixed}");
    let swapped = add(&home, &[second, first]);
    assert!(swapped.contains("not of the same wallet"), "{swapped}");
    // The hub knows whose wallet it has to be.
    let foreign = add(&home, &others);
    assert!(foreign.contains("custody address"), "{foreign}");
    let added = add(&home, &signatures);
    assert!(added.contains("the network has the key"), "{added}");

    let signers = owner.does(json!({ "do": "signers" })).await;
    let key = signers["signers"].as_array().unwrap().iter().find(|it| it["requestFid"] == FID);
    let key = key.unwrap();
    assert_eq!((&key["scopes"], &key["ttl"]), (&json!([1, 2, 3, 4]), &json!(30 * 86_400)));
    let shown = shows();
    let scopes = "cast add, cast remove, reaction add, reaction remove";
    assert!(shown.contains(&format!("may sign: {scopes}; until 20")), "{shown}");
    let doctor = home.asks(&["doctor"]);
    assert!(doctor.contains(scopes) && doctor.contains(" days"), "{doctor}");

    let status = home.asks(&["status", "--keys"]);
    assert!(
        status.contains(&format!("casts: the account's key may sign: {scopes}; until 20")),
        "{status}"
    );

    let revoked = home.asks(&["signer", "revoke", "casts"]);
    assert!(revoked.contains("taken away"), "{revoked}");
    assert!(shows().contains("the fid does not have the account's key"), "{}", shows());
    let again = home.asks(&["signer", "revoke", "casts"]);
    assert!(again.contains("the fid does not have this key"), "{again}");
    hub.stop().await;
}
