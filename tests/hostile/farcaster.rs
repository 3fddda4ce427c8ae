//! What a hub can hand over, one thing after the other, each with what must become of it.

use std::collections::BTreeMap;
use std::path::Path;

use prost::Message as _;
use threadbridge_devnet::farcaster::person::registration;
use threadbridge_devnet::farcaster::wire::on_chain_event::Body as Fact;
use threadbridge_devnet::farcaster::wire::{
    MessageType, SignerEventType, SignersByFidRequest, SignersByFidResponse,
};
use threadbridge_kit::deadline::until;

use super::cases::{Case, Expected, REMOVED, SCOPED, cases};
use super::forge::POISON;
use super::stage::{Stage, arrives};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_hub_hands_over_is_refused_with_a_reason_or_does_no_harm() {
    let stage = Stage::start().await.settled().await;
    with_keys_that_may_not_sign(&stage).await;
    let cases = cases();
    assert!(cases.len() >= 50, "{} cases", cases.len());
    for case in cases {
        let (refused, shown) = (stage.refusals(), texts(&stage).await);
        let events = (case.says)(&stage);
        stage.hears(events).await;
        check(&stage, &case, &refused, shown).await;
    }
    stage.den_goes_on().await;
    assert_eq!(stage.likes().await, 1);
    assert!(stored_bytes(stage.folder.path()) < 8_000_000);
    assert!(texts(&stage).await.iter().any(|text| text == "eve: well known"));
    stage.end().await;
}

/// Somebody whose key was removed, and somebody whose key may only like.
async fn with_keys_that_may_not_sign(stage: &Stage) {
    arrives(&stage.evil, SCOPED, "scoped").await;
    let removed = arrives(&stage.evil, REMOVED, "removed").await;
    let [_, _, mut fact] = registration(REMOVED, &removed.signer(), 1);
    let Some(Fact::SignerEventBody(signer)) = &mut fact.body else { panic!("a signer's event") };
    signer.event_type = SignerEventType::Remove.into();
    fact.transaction_hash = vec![9; 32];
    stage.evil.submit_onchain_event(fact);
    stage.liar.answer("GetSignersByFid", |asked, answer| {
        let mut answer = SignersByFidResponse::decode(answer.as_slice()).unwrap();
        if SignersByFidRequest::decode(asked).unwrap().fid == SCOPED {
            for signer in &mut answer.signers {
                signer.scopes =
                    vec![MessageType::ReactionAdd.into(), MessageType::UserDataAdd.into()];
            }
        }
        answer.encode_to_vec()
    });
}

/// How much there is in a folder.
fn stored_bytes(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

async fn texts(stage: &Stage) -> Vec<String> {
    stage.shown().await.into_iter().map(|cast| cast.text).collect()
}

async fn check(stage: &Stage, case: &Case, before: &BTreeMap<String, u64>, shown: Vec<String>) {
    let name = case.name;
    let reason = match case.expected {
        Expected::Refused(reason) | Expected::Both(reason, _) => Some(reason),
        Expected::Nothing | Expected::Crosses(_) => None,
    };
    let is_right = match case.expected {
        Expected::Crosses(is_right) | Expected::Both(_, is_right) => Some(is_right),
        Expected::Refused(_) | Expected::Nothing => None,
    };
    // Whose key nobody knows yet is asked for first.
    let refused = until(&format!("{name}: the refusal"), async || {
        let refused = refused_since(stage, before);
        (!refused.is_empty() || reason.is_none()).then_some(refused)
    })
    .await;
    assert_eq!(refused.values().sum::<u64>(), u64::from(reason.is_some()), "{name}: {refused:?}");
    for refused in refused.keys() {
        assert!(refused.contains(reason.unwrap()), "{name}: {refused}");
        assert!(
            !["mallory", "eve", "666", POISON].iter().any(|it| refused.contains(it)),
            "{refused}"
        );
    }
    let mut new = texts(stage).await;
    for text in shown {
        let at = new.iter().position(|it| *it == text);
        new.remove(at.unwrap_or_else(|| panic!("{name}: «{text}» is gone")));
    }
    assert!(new.iter().all(|text| !text.contains(POISON)), "{name}: {new:?} crossed");
    new.retain(|text| !text.starts_with("alice: honest") && !text.contains("behind"));
    match is_right {
        Some(is_right) => assert!(new.len() == 1 && is_right(&new[0]), "{name}: {new:?}"),
        None => assert!(new.is_empty(), "{name}: {new:?}"),
    }
}

fn refused_since(stage: &Stage, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut now = stage.refusals();
    for (reason, count) in before {
        *now.get_mut(reason).unwrap() -= count;
    }
    now.retain(|_, count| *count > 0);
    now
}
