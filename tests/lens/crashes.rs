//! The daemon is killed at any moment between Farcaster and Lens, and no message is lost, doubled or
//! put out of order.

use std::time::Duration;

use threadbridge_devnet::farcaster::faults as hub;
use threadbridge_devnet::lens::faults as lens;
use tokio::time::interval;

use super::chat::Chat;

/// How many kills and messages, where the environment does not say.
const KILLS: usize = 6;
const MESSAGES: usize = 60;
const FAULTY: f64 = 0.05;

fn told(name: &str, otherwise: usize) -> usize {
    std::env::var(name).ok().and_then(|it| it.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_moment_may_be_the_last_between_farcaster_and_lens() {
    let (kills, messages) = (told("LENS_KILLS", KILLS), told("LENS_MESSAGES", MESSAGES));
    let mut chat = Chat::begins().await;
    let home = chat.home();
    let mut daemon = home.starts();
    home.connects().await;
    make_faulty(&chat);
    let talk = chat.goes_on(Duration::from_millis(700));
    let mut ticks = interval(Duration::from_millis(100));
    for kill in 0..kills {
        // From 0.5 to 4 seconds, each moment as likely as another; later, if little was said yet.
        let least = messages * kill / kills;
        let mut passed = 0;
        while passed < 5 + (kill * 7919) % 36 || chat.said() < least {
            ticks.tick().await;
            passed += 1;
        }
        assert!(daemon.has_ended().is_none(), "{}", home.log());
        daemon.dies().await;
        daemon = home.starts();
    }
    while chat.said() < messages {
        ticks.tick().await;
    }
    chat.falls_silent(talk).await;
    let struck = [chat.hub.faults().struck(), chat.town.lens.faults().struck()];
    assert!(struck.iter().all(|it| it.len() > 3), "{struck:?}");
    chat.hub.faults().clear_all();
    chat.town.lens.faults().clear_all();
    chat.settles(&home).await;
    println!("{kills} kills: {}; faults {struck:?}", chat.figures());
    daemon.stops().await;
    chat.ends().await;
}

/// Everything that can go wrong and heals does so one time out of twenty.
fn make_faulty(chat: &Chat) {
    for (fault, scope) in [
        (hub::Fault::Delay { ms: 40 }, hub::Scope::Any),
        (hub::Fault::Unavailable, hub::Scope::Any),
        (hub::Fault::RateLimited { retry_after_s: 1 }, hub::Scope::Any),
        (hub::Fault::AnswerLost, hub::Scope::Any),
        (hub::Fault::DropLive, hub::Scope::Streams),
        (hub::Fault::Duplicate, hub::Scope::Streams),
        (hub::Fault::Reorder, hub::Scope::Streams),
        (hub::Fault::CutStream, hub::Scope::Streams),
    ] {
        chat.hub.faults().set(fault, scope, hub::When::Chance(FAULTY));
    }
    for (fault, scope) in [
        (lens::Fault::Delay { ms: 40 }, lens::Scope::Any),
        (lens::Fault::Unavailable, lens::Scope::Any),
        (lens::Fault::RateLimited { retry_after_s: 1 }, lens::Scope::Reads),
        (lens::Fault::AnswerLost, lens::Scope::Writes),
        (lens::Fault::HtmlForJson, lens::Scope::Reads),
        (lens::Fault::DuplicateItem, lens::Scope::Reads),
        (lens::Fault::ExpiredCursor, lens::Scope::Reads),
    ] {
        chat.town.lens.faults().set(fault, scope, lens::When::Chance(FAULTY));
    }
}
