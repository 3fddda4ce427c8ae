//! Logins that end, are refused or may no longer do what they did: each has a clear end, and says what
//! to do.

use std::time::Duration;

use threadbridge_core::adapter::{AdapterError, Verdict};
use threadbridge_core::model::outgoing::{Outgoing, ReplyTo, Say};
use threadbridge_core::model::time::Timestamp;
use threadbridge_devnet::lens::{LensSettings, Permissions, SignIns, TEST_APP};
use threadbridge_kit::contract::{AdapterWorld, Desk};
use threadbridge_kit::deadline::soon;
use threadbridge_lens::{Lens, ReportedRole};

use super::world::{World, quick};

fn say(text: &str) -> Outgoing {
    Outgoing::Say(Say {
        text: text.to_owned(),
        mentions: Vec::new(),
        embeds: Vec::new(),
        reply_to: ReplyTo::Conversation,
        sent_at: Timestamp::from_secs(1_700_000_000),
        expires: None,
        mark: None,
    })
}

async fn refused(desk: &mut Desk, text: &str) -> (Verdict, String) {
    let sealed = desk.seal(&say(text)).await;
    let AdapterError { verdict, source } = desk.send(&sealed).await.unwrap_err();
    let mut told = source.to_string();
    let mut cause = source.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    (verdict, told)
}

/// How listening ends that cannot go on.
async fn ended(world: &World) -> Verdict {
    let adapter = world.connect().await;
    let desk = Desk::new(world).await;
    let (inbound, _outlet) = desk.door();
    soon("listening to end", adapter.listen(inbound)).await.unwrap_err().verdict
}

#[tokio::test]
async fn tokens_are_renewed_before_they_end_and_after_they_were_revoked() {
    let settings = LensSettings { access_for: Duration::from_secs(1), ..quick() };
    let world = World::feed_of(settings).await;
    let mut desk = Desk::new(&world).await;
    for n in 0..4 {
        desk.does(&say(&format!("no {n}"))).await;
        if n == 1 {
            world.lens.revoke(world.bridge.account());
        }
    }
    assert_eq!(world.peer_sees().await.len(), 4);
}

#[tokio::test]
async fn a_manager_that_was_removed_is_told_how_to_come_back() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    desk.does(&say("before")).await;
    world.bridge.remove_manager(&world.lens, world.manager.address());
    world.lens.revoke(world.bridge.account());
    let (verdict, told) = refused(&mut desk, "after").await;
    assert_eq!(verdict, Verdict::Suspend, "{told}");
    assert!(told.contains("manager"), "{told}");
    assert_eq!(ended(&world).await, Verdict::Suspend);
    world.bridge.add_manager(&world.lens, world.manager.address(), Permissions::SPEAK).unwrap();
    desk.does(&say("again")).await;
    assert_eq!(world.peer_sees().await.len(), 2);
}

#[tokio::test]
async fn an_app_that_lets_nobody_in_suspends_the_account_with_its_reason() {
    let world = World::feed().await;
    world.lens.forbid(TEST_APP, Some("closed for tea"));
    let mut desk = Desk::new(&world).await;
    let (verdict, told) = refused(&mut desk, "hi").await;
    assert_eq!(verdict, Verdict::Suspend, "{told}");
    assert!(told.contains("closed for tea"), "{told}");
    assert_eq!(ended(&world).await, Verdict::Suspend);
}

#[tokio::test]
async fn without_signless_the_conversation_waits_and_says_what_to_switch_on() {
    let world = World::feed().await;
    world.bridge.set_signless(&world.lens, false);
    let mut desk = Desk::new(&world).await;
    let (verdict, told) = refused(&mut desk, "hi").await;
    assert_eq!(verdict, Verdict::SuspendLeg, "{told}");
    assert!(told.contains("enableSignless"), "{told}");
    assert_eq!(world.peer_sees().await.len(), 0);
}

#[tokio::test]
async fn what_the_account_may_do_is_told_to_its_owner() {
    let world = World::feed().await;
    let lens = Lens::connect(&world.config()).unwrap();
    lens.reaches().await.unwrap();
    let report = lens.account_report().await.unwrap().unwrap();
    assert_eq!(report.role, ReportedRole::Manager { can_post: true, can_spend: false });
    assert!(report.is_signless && report.is_for_app);
}

/// Alice says something, and the bridge hears everything up to it.
async fn hears(world: &World, desk: &mut Desk, text: &str) {
    world.peer_does(&say(text)).await;
    desk.hear(desk.events.len() + 1).await;
}

fn doors(world: &World) -> (u64, u64) {
    let SignIns { challenges, refreshes } = world.lens.sign_ins();
    (challenges, refreshes)
}

/// The login as it is kept.
fn kept(desk: &Desk) -> Option<Vec<u8>> {
    desk.cursors().into_iter().find(|it| it.stream == "login").map(|it| it.position)
}

/// Listens until another login is kept than this.
async fn keeps(desk: &mut Desk, before: Option<Vec<u8>>) {
    desk.listen_until("the login to be kept", |desk| kept(desk) != before).await;
}

#[tokio::test]
async fn the_next_process_goes_on_with_the_login_of_the_last() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    hears(&world, &mut desk, "one").await;
    desk.does(&say("two")).await;
    keeps(&mut desk, None).await;
    assert_eq!(doors(&world), (1, 0));
    desk.restart(&world).await;
    hears(&world, &mut desk, "three").await;
    desk.does(&say("four")).await;
    assert_eq!(doors(&world), (1, 0), "nobody had to log in");

    // It is renewed, and what comes of it is kept as a whole.
    let before = kept(&desk);
    world.lens.expire(world.bridge.account());
    desk.restart(&world).await;
    hears(&world, &mut desk, "five").await;
    desk.does(&say("six")).await;
    keeps(&mut desk, before).await;
    assert_eq!(doors(&world), (1, 1));
    desk.restart(&world).await;
    hears(&world, &mut desk, "seven").await;
    desk.does(&say("eight")).await;
    assert_eq!(doors(&world), (1, 1), "the tokens that were renewed are those that were kept");
    assert_eq!(world.peer_sees().await.len(), 8);
}

#[tokio::test]
async fn a_process_that_dies_before_its_tokens_are_kept_is_followed_by_one_that_logs_in() {
    let world = World::feed().await;
    let mut desk = Desk::new(&world).await;
    hears(&world, &mut desk, "one").await;
    keeps(&mut desk, None).await;
    let before = kept(&desk);
    world.lens.expire(world.bridge.account());
    // Nobody listens, so that the refresh token is used up and its successor is kept nowhere.
    desk.does(&say("two")).await;
    assert_eq!((doors(&world), kept(&desk)), ((1, 1), before.clone()));
    world.lens.expire(world.bridge.account());
    desk.restart(&world).await;
    hears(&world, &mut desk, "three").await;
    desk.does(&say("four")).await;
    assert_eq!(doors(&world), (2, 1), "the key logged in");
    keeps(&mut desk, before).await;
    desk.restart(&world).await;
    hears(&world, &mut desk, "five").await;
    desk.does(&say("six")).await;
    assert_eq!(doors(&world), (2, 1), "and that login was kept");
    assert_eq!(world.peer_sees().await.len(), 6);
}

/// How often somebody asks at the same time.
const AT_ONCE: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_at_once_shares_one_login_and_one_renewal() {
    let world = World::feed().await;
    let lens = Lens::connect(&world.config()).unwrap();
    let all_ask = async || {
        let reports = (0..AT_ONCE).map(|_| lens.account_report());
        for report in futures::future::join_all(reports).await {
            assert!(report.unwrap().is_some());
        }
        let SignIns { challenges, refreshes } = world.lens.sign_ins();
        (challenges, refreshes)
    };
    assert_eq!(all_ask().await, (1, 0));
    world.lens.expire(world.bridge.account());
    assert_eq!(all_ask().await, (1, 1), "the session went on");
    world.lens.revoke(world.bridge.account());
    assert_eq!(all_ask().await, (2, 1), "the session was begun again");
}
