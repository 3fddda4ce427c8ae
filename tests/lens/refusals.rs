//! Every way in which Lens refuses anything has a clear end: it is given up with its reason, or waits
//! for the owner and says what to do, or is found to be done already.

use serde_json::{Value, json};
use threadbridge_core::model::id::RemoteId;
use threadbridge_kit::deadline::until;

use super::crossing::{Crossing, EVE, OWN, books};
use super::strict::{opens, suspended};

/// What needs a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    Say,
    Edit,
    Delete,
    Share,
}

/// What a deed is about: a message in the room, and the post on Lens that it is.
struct Target {
    message: RemoteId,
    post: String,
}

const DEEDS: [Deed; 4] = [Deed::Say, Deed::Edit, Deed::Delete, Deed::Share];
const FINAL: [&str; 3] =
    ["TransactionWillFail", "PostOperationValidationFailed", "FailedTransactionStatus"];
const WALLET: [&str; 2] = ["SponsoredTransactionRequest", "SelfFundedTransactionRequest"];

impl Deed {
    /// Whether the schema has that end for it.
    fn may_end_in(self, kind: &str) -> bool {
        self != Self::Delete || kind != "PostOperationValidationFailed"
    }

    async fn target(self, crossing: &mut Crossing, name: &str) -> Target {
        match self {
            Self::Say | Self::Share => {
                let post = crossing.posts(EVE, name, json!({})).await;
                Target { message: crossing.zoe_hears(name).await.id, post }
            }
            Self::Edit | Self::Delete => {
                let message = crossing.zoe_says(name);
                let copy = crossing.reads(&format!("zoe: {name}")).await;
                Target { message, post: copy["id"].as_str().unwrap().to_owned() }
            }
        }
    }

    fn is_begun(self, crossing: &Crossing, target: &Target, name: &str) {
        let (zoe, message) = (&crossing.zoe, &target.message);
        match self {
            Self::Say => zoe.replies(&books(), message, &format!("re {name}")).unwrap(),
            Self::Edit => zoe.edits(&books(), message, &format!("better {name}")).unwrap(),
            Self::Delete => zoe.deletes(&books(), message).unwrap(),
            Self::Share => zoe.reacts(&books(), message, "🔁").unwrap(),
        };
    }

    async fn is_done(self, crossing: &mut Crossing, target: &Target, name: &str) -> bool {
        let is_it = |it: &Value| it["id"] == *target.post;
        let shows = |it: &Value| match self {
            Self::Say => it["on"] == *target.post && it["text"] == format!("zoe: re {name}"),
            Self::Edit => is_it(it) && it["text"] == format!("zoe: better {name}"),
            Self::Delete => is_it(it) && it["deleted"] == true,
            Self::Share => it["type"] == "Repost" && it["of"] == *target.post && it["by"] == OWN,
        };
        crossing.on_lens().await.iter().filter(|it| shows(it)).count() == 1
    }
}

async fn is_fated(crossing: &mut Crossing, kind: &str, reason: &str, is_done: bool) {
    let fates = json!([{ "kind": kind, "reason": reason, "isDone": is_done }]);
    crossing.reference.0.does(json!({ "do": "fate", "fates": fates })).await;
}

/// Waits until something was given up, with this reason.
async fn is_given_up(crossing: &Crossing, reason: &str) {
    let what = format!("«{reason}» to be given up; {}", crossing.state());
    until(&what, async || {
        let told = crossing.reasons();
        told.iter().any(|it| it.contains(reason)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_lens_will_not_do_is_given_up_with_its_reason() {
    let (mut crossing, checker) = opens(&[]).await;
    let mut given_up = 0;
    for deed in DEEDS {
        for kind in FINAL.into_iter().filter(|kind| deed.may_end_in(kind)) {
            let name = format!("{deed:?} {kind}");
            let target = deed.target(&mut crossing, &name).await;
            is_fated(&mut crossing, kind, &name, false).await;
            deed.is_begun(&crossing, &target, &name);
            is_given_up(&crossing, &name).await;
            assert!(!deed.is_done(&mut crossing, &target, &name).await, "{name}");
            given_up += 1;
        }
    }
    assert_eq!((given_up, crossing.dead_letters()), (11, 11));
    crossing.zoe_says("and on");
    crossing.reads("zoe: and on").await;
    crossing.ends().await;
    checker.finds_all_well(50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_needs_the_owners_wallet_waits_and_says_what_to_switch_on() {
    let (mut crossing, checker) = opens(&[]).await;
    for deed in DEEDS {
        for kind in WALLET {
            let name = format!("{deed:?} {kind}");
            let target = deed.target(&mut crossing, &name).await;
            is_fated(&mut crossing, kind, &name, false).await;
            deed.is_begun(&crossing, &target, &name);
            let reason = until(&format!("«{name}» to wait"), async || {
                crossing.last_error().filter(|reason| reason.contains(&name))
            })
            .await;
            assert!(reason.contains("enableSignless"), "what to do: {reason}");
            assert_eq!((crossing.on_their_way(), crossing.dead_letters()), (1, 0), "{name}");
            crossing.stops().await;
            crossing.starts().await;
            until(&format!("«{name}»"), async || {
                deed.is_done(&mut crossing, &target, &name).await.then_some(())
            })
            .await;
        }
    }
    crossing.ends().await;
    checker.finds_all_well(50).await;
}

/// What stands to a post on Lens.
async fn votes(crossing: &mut Crossing, post: &str) -> usize {
    let posts = crossing.on_lens().await;
    let post = posts.iter().find(|it| it["id"] == post).unwrap();
    post["reactions"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_that_is_refused_is_given_up_unless_it_is_so_already() {
    let (mut crossing, checker) = opens(&[]).await;
    for (is_done, stand) in [(false, [0, 1]), (true, [1, 0])] {
        for (kind, stands) in ["AddReactionFailure", "UndoReactionFailure"].into_iter().zip(stand) {
            let name = format!("{kind} {is_done}");
            let target = Deed::Share.target(&mut crossing, &name).await;
            let (zoe, post) = (&crossing.zoe, target.post.clone());
            let is_undone = kind == "UndoReactionFailure";
            if is_undone {
                zoe.reacts(&books(), &target.message, "❤️").unwrap();
                until("an upvote", async || (votes(&mut crossing, &post).await == 1).then_some(()))
                    .await;
            }
            is_fated(&mut crossing, kind, &name, is_done).await;
            let zoe = &crossing.zoe;
            if is_undone {
                zoe.unreacts(&books(), &target.message, "❤️").unwrap();
            } else {
                zoe.reacts(&books(), &target.message, "❤️").unwrap();
            }
            if is_done {
                let what = format!("«{name}» to be taken for done; {}", crossing.state());
                until(&what, async || {
                    let is_so = votes(&mut crossing, &post).await == stands;
                    (is_so && crossing.on_their_way() == 0).then_some(())
                })
                .await;
                assert!(!crossing.reasons().iter().any(|it| it.contains(&name)), "{name}");
            } else {
                is_given_up(&crossing, &name).await;
                assert_eq!(votes(&mut crossing, &post).await, stands, "{name}");
            }
        }
    }
    crossing.ends().await;
    checker.finds_all_well(20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_took_too_long_is_begun_anew() {
    let (mut crossing, checker) = opens(&[]).await;
    for _time in 0..3 {
        is_fated(&mut crossing, "ExpiredChallengeError", "too late", false).await;
    }
    crossing.reference.0.does(json!({ "do": "revoke" })).await;
    crossing.zoe_says("at last");
    crossing.reads("zoe: at last").await;
    let asked = crossing.reference.0.does(json!({ "do": "asked" })).await;
    assert_eq!(asked["operations"]["Challenge"], 5, "{asked}");
    crossing.ends().await;
    checker.finds_all_well(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_not_log_in_is_told_to_its_owner() {
    let (mut crossing, checker) = opens(&[]).await;
    is_fated(&mut crossing, "WrongSignerError", "who is that", false).await;
    crossing.reference.0.does(json!({ "do": "revoke" })).await;
    crossing.zoe_says("kept");
    let reason = suspended(&crossing).await;
    assert!(reason.contains("who is that") && reason.contains("set `manager`"), "{reason}");
    crossing.stops().await;
    crossing.starts().await;
    crossing.reads("zoe: kept").await;
    crossing.ends().await;
    checker.finds_all_well(10).await;
}
