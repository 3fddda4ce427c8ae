//! The daemon is killed at any moment between Farcaster's official client and XMTP's, and no message
//! is lost, doubled or put out of order.

use crate::chat::{Casts, Chat, Kills, Messages, every_step};

/// How many kills and messages, where the environment does not say.
const KILLS: usize = 6;
const MESSAGES: usize = 40;

async fn chat() -> Chat {
    Chat::between([
        Casts::channel("casts", &[(101, "alice"), (102, "anna")]).await,
        Messages::group("dm", &["cyd", "dot"]).await,
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_may_be_the_last_between_farcaster_and_xmtp() {
    every_step(chat().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_moment_may_be_the_last_between_farcaster_and_xmtp() {
    Kills::of(("XMTP_KILLS", KILLS), ("XMTP_MESSAGES", MESSAGES)).come(chat().await).await;
}
