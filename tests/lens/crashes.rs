//! The daemon is killed at any moment between Farcaster and Lens, and no message is lost, doubled or
//! put out of order.

use crate::chat::{Casts, Chat, Kills, Posts};

/// How many kills and messages, where the environment does not say.
const KILLS: usize = 6;
const MESSAGES: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn any_moment_may_be_the_last_between_farcaster_and_lens() {
    let chat = Chat::between([
        Casts::channel("left", &[(101, "alice"), (102, "anna")]).await,
        Posts::feed("right", &["bob", "ben"]).await,
    ]);
    Kills::of(("LENS_KILLS", KILLS), ("LENS_MESSAGES", MESSAGES)).come(chat).await;
}
