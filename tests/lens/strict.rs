//! Our adapter before a strict server that was written from the schema alone: no misreading can
//! hide in both.

use serde_json::json;
use threadbridge_core::model::health::Health;
use threadbridge_kit::deadline::until;

use super::crossing::{Crossing, EVE, MANAGER, OWN, books, town};
use super::standard::Checker;

/// A bridge before a strict server, with every request and reply checked in between.
pub(super) async fn opens(flags: &[&str]) -> (Crossing, Checker) {
    let town = town(flags).await;
    let checker = Checker::before(&town.api(), &["--strict"]).await;
    let api = checker.url();
    (Crossing::opens(town, &api).await.listens().await, checker)
}

#[tokio::test(flavor = "multi_thread")]
async fn posts_comments_and_quotes_cross_both_ways() {
    let (mut crossing, checker) = opens(&[]).await;
    let post = crossing.posts(EVE, "what do you read?", json!({})).await;
    let heard = crossing.zoe_hears("what do you read?").await;
    crossing.zoe.replies(&books(), &heard.id, "the trial").unwrap();
    let answer = crossing.reads("zoe: the trial").await;
    assert_eq!(answer["on"], post, "a comment on eve's post");
    let id = answer["id"].clone();
    crossing.posts(EVE, "by whom?", json!({ "on": id })).await;
    let asked = crossing.zoe_hears("by whom?").await;
    let trial = crossing.heard_of("the trial");
    assert_eq!(asked.reply_to.as_ref(), Some(&trial[0].id), "an answer to what zoe said");
    crossing.posts(EVE, "listen to this", json!({ "of": id })).await;
    crossing.zoe_hears("listen to this").await;
    assert_eq!(crossing.heard_of("the trial").len(), 1, "nothing returned");
    crossing.ends().await;
    checker.finds_all_well(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_deletes_and_reactions_cross_both_ways() {
    let (mut crossing, checker) = opens(&[]).await;
    let post = crossing.posts(EVE, "first words", json!({})).await;
    let heard = crossing.zoe_hears("first words").await;
    let said = crossing.zoe_says("zoe's words");
    let copy = crossing.reads("zoe: zoe's words").await["id"].clone();

    crossing.zoe.edits(&books(), &said, "better words").unwrap();
    let edited = crossing.reads("zoe: better words").await;
    assert_eq!((&edited["id"], &edited["edited"]), (&copy, &json!(true)));
    let metadata = json!({
        "$schema": "https://json-schemas.lens.dev/posts/text-only/3.0.0.json",
        "lens": {
            "id": "edit", "locale": "en", "mainContentFocus": "TEXT_ONLY", "content": "second words",
        },
    });
    let edit = json!({ "do": "edit", "post": post, "metadata": metadata });
    crossing.reference.0.does(edit).await;
    assert_eq!(crossing.zoe_hears("second words").await.id, heard.id, "the same message");

    crossing.zoe.reacts(&books(), &heard.id, "❤️").unwrap();
    let liked = |post: &serde_json::Value| {
        post["reactions"] == json!([{ "by": OWN, "reaction": "UPVOTE" }])
    };
    wait(&mut crossing, "eve's post is liked", &post, &liked).await;
    crossing.zoe.unreacts(&books(), &heard.id, "❤️").unwrap();
    wait(&mut crossing, "it is liked no more", &post, &|it| it["reactions"] == json!([])).await;
    crossing.reference.0.does(json!({ "do": "react", "post": copy, "by": EVE })).await;
    until("zoe sees eve's upvote", async || {
        let heard = crossing.heard_of("better words");
        heard.first().is_some_and(|it| it.reactions.len() == 1).then_some(())
    })
    .await;
    crossing.reference.0.does(json!({ "do": "unreact", "post": copy, "by": EVE })).await;
    until("zoe sees it go", async || {
        let heard = crossing.heard_of("better words");
        heard.first().is_some_and(|it| it.reactions.is_empty()).then_some(())
    })
    .await;

    crossing.zoe.deletes(&books(), &said).unwrap();
    let copy = copy.as_str().unwrap().to_owned();
    wait(&mut crossing, "the copy is deleted", &copy, &|it| it["deleted"] == true).await;
    crossing.reference.0.does(json!({ "do": "delete", "post": post })).await;
    until("zoe sees the post go", async || {
        crossing.heard_of("second words").is_empty().then_some(())
    })
    .await;
    crossing.ends().await;
    checker.finds_all_well(20).await;
}

/// Waits until the post on Lens is as it should be.
async fn wait(
    crossing: &mut Crossing,
    what: &str,
    post: &str,
    is: &dyn Fn(&serde_json::Value) -> bool,
) {
    let what = format!("{what}; {}", crossing.state());
    until(&what, async || {
        let posts = crossing.on_lens().await;
        posts.iter().any(|it| it["id"] == post && is(it)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_live_for_seconds_are_refreshed_in_time() {
    let (mut crossing, checker) = opens(&["--ttl", "3"]).await;
    for round in 0..4 {
        crossing.zoe_says(&format!("round {round}"));
        crossing.reads(&format!("zoe: round {round}")).await;
        let until = tokio::time::Instant::now() + std::time::Duration::from_millis(1500);
        tokio::time::sleep_until(until).await;
    }
    let asked = crossing.reference.0.does(json!({ "do": "asked" })).await;
    assert!(asked["refreshes"].as_u64().unwrap() >= 1, "{asked}");
    assert_eq!(crossing.health(), Health::Connected);
    crossing.ends().await;
    checker.finds_all_well(20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_revoked_is_begun_again() {
    let (mut crossing, checker) = opens(&[]).await;
    crossing.zoe_says("before");
    crossing.reads("zoe: before").await;
    crossing.reference.0.does(json!({ "do": "revoke" })).await;
    crossing.zoe_says("after");
    crossing.reads("zoe: after").await;
    crossing.posts(EVE, "still here?", json!({})).await;
    crossing.zoe_hears("still here?").await;
    crossing.ends().await;
    checker.finds_all_well(10).await;
}

/// Waits until the account is suspended, and returns why it says it is.
pub(super) async fn suspended(crossing: &Crossing) -> String {
    until("the account is suspended", async || {
        let Health::Suspended(reason) = crossing.health() else { return None };
        Some(reason)
    })
    .await
}

/// Waits until what was said is on its way; who listens may have found the account suspended first.
async fn is_kept(crossing: &Crossing) {
    let is_kept = async || (crossing.on_their_way() == 1).then_some(());
    until("what was said to be kept", is_kept).await;
    assert_eq!(crossing.dead_letters(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_lets_the_account_in_no_more_suspends_it_and_nothing_is_lost() {
    let (mut crossing, checker) = opens(&[]).await;
    let refuse = json!({ "do": "refuse", "account": OWN, "reason": "the app is closed to bots" });
    crossing.reference.0.does(refuse).await;
    crossing.reference.0.does(json!({ "do": "revoke" })).await;
    crossing.zoe_says("kept for later");
    let reason = suspended(&crossing).await;
    assert!(reason.contains("the app is closed to bots"), "{reason}");
    is_kept(&crossing).await;
    crossing.reference.0.does(json!({ "do": "refuse", "account": OWN })).await;
    crossing.stops().await;
    crossing.starts().await;
    crossing.reads("zoe: kept for later").await;
    crossing.ends().await;
    checker.finds_all_well(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_who_was_removed_is_suspended_and_nothing_is_lost() {
    let (mut crossing, checker) = opens(&[]).await;
    let dismiss = json!({ "do": "dismiss", "account": OWN, "manager": MANAGER });
    crossing.reference.0.does(dismiss).await;
    crossing.zoe_says("kept for later");
    let reason = suspended(&crossing).await;
    assert!(reason.contains("manager"), "{reason}");
    is_kept(&crossing).await;
    crossing.reference.knows("bridge", OWN, OWN, MANAGER).await;
    crossing.stops().await;
    crossing.starts().await;
    crossing.reads("zoe: kept for later").await;
    crossing.ends().await;
    checker.finds_all_well(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_fails_after_its_hash_was_given_ends_in_a_clear_state() {
    let (mut crossing, checker) = opens(&[]).await;
    let reason = "Transaction reverted on chain";
    let fates = json!([{ "kind": "FailedTransactionStatus", "reason": reason }]);
    crossing.reference.0.does(json!({ "do": "fate", "fates": fates })).await;
    crossing.zoe_says("ill-fated");
    crossing.zoe_says("well-fated");
    crossing.reads("zoe: well-fated").await;
    // Either it was said again, or its owner is told why it never will be; not both, nor neither.
    until("the end of what was ill-fated", async || {
        let said = crossing.on_lens().await;
        let said = said.iter().filter(|it| it["text"] == "zoe: ill-fated").count();
        let ends = said + crossing.dead_letters();
        (ends > 0 && crossing.on_their_way() == 0).then_some(())
    })
    .await;
    let said = crossing.on_lens().await;
    let said = said.iter().filter(|it| it["text"] == "zoe: ill-fated").count();
    assert_eq!(said + crossing.dead_letters(), 1, "{said} said; {}", crossing.state());
    for told in crossing.reasons() {
        assert!(told.contains(reason) && told.contains("may be sent again"), "{told}");
    }
    crossing.ends().await;
    checker.finds_all_well(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_network_will_not_do_is_a_dead_letter_with_its_reason() {
    let (mut crossing, checker) = opens(&[]).await;
    for kind in ["TransactionWillFail", "PostOperationValidationFailed"] {
        let fates = json!([{ "kind": kind, "reason": format!("{kind} said so") }]);
        crossing.reference.0.does(json!({ "do": "fate", "fates": fates })).await;
        let before = crossing.dead_letters();
        crossing.zoe_says(kind);
        until("a dead letter", async || (crossing.dead_letters() > before).then_some(())).await;
    }
    crossing.zoe_says("and on");
    crossing.reads("zoe: and on").await;
    crossing.ends().await;
    checker.finds_all_well(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_the_owners_wallet_says_so_and_waits() {
    for kind in ["SponsoredTransactionRequest", "SelfFundedTransactionRequest"] {
        let (mut crossing, checker) = opens(&[]).await;
        let fates = json!([{ "kind": kind, "reason": "sign it yourself" }]);
        crossing.reference.0.does(json!({ "do": "fate", "fates": fates })).await;
        crossing.zoe_says("waits for a signature");
        let reason = until("the leg to be suspended", async || crossing.last_error()).await;
        assert!(reason.contains("sign it yourself"), "{reason}");
        assert!(reason.contains("enableSignless"), "what to do: {reason}");
        assert_eq!((crossing.on_their_way(), crossing.dead_letters()), (1, 0));
        crossing.stops().await;
        crossing.starts().await;
        crossing.reads("zoe: waits for a signature").await;
        crossing.ends().await;
        checker.finds_all_well(5).await;
    }
}
