//! A wallet whose holder signs the bridge's challenge is theirs, and whoever signs anything else is
//! nobody. The wallets are viem's.

mod assemble;
mod chains;
mod contract;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::client::{Client, folder, install};
use crate::process::Place;

/// A wallet that obeys.
async fn wallet() -> Client {
    let folder = folder("ethereum");
    install(&folder);
    let mut wallet = Client::spawns("wallet", Command::new("node").arg(folder.join("wallet.mjs")));
    wallet.is_ready().await;
    wallet
}

fn key(number: u8) -> String {
    format!("0x{}", format!("{number:02x}").repeat(32))
}

/// The text that is to be signed.
fn challenge(place: &Place, who: &str, wallet: &str) -> String {
    let (code, out, err) = place.run(&["person", "verify", who, wallet, "--json"]);
    assert_eq!(code, 0, "{err}");
    let shown: Value = serde_json::from_str(&out).unwrap();
    shown["text"].as_str().unwrap().to_owned()
}

async fn signs(wallet: &mut Client, key: &str, text: &str) -> String {
    let signed = wallet.does(json!({ "do": "sign", "key": key, "text": text })).await;
    signed["signature"].as_str().unwrap().to_owned()
}

fn joined(place: &Place, who: &str) -> Vec<String> {
    let shown: Value = serde_json::from_str(&place.run(&["person", who, "--json"]).1).unwrap();
    let identities = shown["identities"].as_array().unwrap().iter();
    identities.map(|it| it.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_signs_the_challenge_makes_one_person_with_and_without_a_daemon() {
    let (place, mut viem) = (Place::new(), wallet().await);
    let told = viem.does(json!({ "do": "address", "key": key(1) })).await;
    let address = told["address"].as_str().unwrap().to_owned();
    let identity = format!("ethereum:{}", address.to_lowercase());
    let shown = place.run(&["person", "verify", "farcaster:7", &address]);
    let text = challenge(&place, "farcaster:7", &address);
    assert!(shown.0 == 0 && shown.1.contains(&text), "{}", shown.1);
    assert!(shown.1.contains("--signature"), "{}", shown.1);
    assert_eq!(joined(&place, "farcaster:7"), ["farcaster:7"]);

    let signature = signs(&mut viem, &key(1), &text).await;
    let verify = |who: &str, signature: &str| {
        place.run(&["person", "verify", who, &address, "--signature", signature])
    };
    // Somebody else's signature, and hers for somebody else.
    let other = signs(&mut viem, &key(2), &text).await;
    for (who, signature) in [("farcaster:7", other.as_str()), ("farcaster:8", signature.as_str())] {
        let (code, _, err) = verify(who, signature);
        assert!(code == 1 && err.contains("not the wallet's signature"), "{code} {err}");
    }
    let (code, out, err) = verify("farcaster:7", &signature);
    assert!(code == 0 && out.starts_with("they are one person"), "{out}{err}");
    assert_eq!(joined(&place, "farcaster:7"), [identity.clone(), "farcaster:7".to_owned()]);
    let shown = place.run(&["person", "farcaster:7"]).1;
    assert!(shown.contains("by a wallet's signature for you (checked "), "{shown}");

    // The daemon does the same, and the owner takes it back and lets it hold again.
    let daemon = place.daemon();
    let text = challenge(&place, "lens:0xa1", &address);
    let signature = signs(&mut viem, &key(1), &text).await;
    let (code, _, err) = verify("lens:0xa1", &signature);
    assert_eq!(code, 0, "{err}");
    assert_eq!(joined(&place, "lens:0xa1").len(), 3);
    assert_eq!(place.run(&["person", "separate", "lens:0xa1"]).0, 0);
    assert_eq!(joined(&place, "lens:0xa1"), ["lens:0xa1"]);
    let (_, out, _) = verify("lens:0xa1", &signature);
    assert!(out.contains("you separated"), "{out}");
    assert_eq!(place.run(&["person", "restore", "lens:0xa1"]).0, 0);
    assert_eq!(joined(&place, "lens:0xa1").len(), 3);
    assert_eq!(daemon.stops(), 0);
    assert_eq!(place.run(&["fsck"]).0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_verified_is_said_before_anything_is_asked() {
    let place = Place::new();
    let address = format!("0x{}", "a1".repeat(20));
    let wrong = format!("0x{}", "aB".repeat(20));
    for (who, wallet, code, why) in [
        ("ethereum:0xa1", address.as_str(), 2, "is a wallet itself"),
        ("farcaster:7", "0x12", 2, "an address is 0x and 40"),
        ("farcaster:7", wrong.as_str(), 2, "typing error"),
        ("Ann", address.as_str(), 1, "nobody called `Ann`"),
    ] {
        let (exit, _, err) = place.run(&["person", "verify", who, wallet]);
        assert!(exit == code && err.contains(why), "{who} {wallet}: {exit} {err}");
    }
    let (exit, _, err) = place.run(&["person", "verify", "farcaster:7"]);
    assert!(exit == 2 && err.contains("which wallet"), "{exit} {err}");
}
