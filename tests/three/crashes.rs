//! The daemon is killed at any moment between the three, and everybody's official client sees the
//! whole thread once and in order.

use std::time::Duration;

use crate::chat::{Casts, Chat, Kills, Messages, Posts};

/// How many kills and messages, where the environment does not say.
const KILLS: usize = 6;
const MESSAGES: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn any_moment_may_be_the_last_of_a_thread_in_three_apps() {
    let chat = Chat::between([
        Casts::channel("casts", &[(101, "alice"), (102, "anna")]).await,
        Posts::feed("posts", &["bob", "ben"]).await,
        Messages::group("group", &["cyd", "dot"]).await,
    ]);
    let kills = Kills::of(("THREE_KILLS", KILLS), ("THREE_MESSAGES", MESSAGES));
    // All that four of them say is cast by one fid, which has one cast a second on average.
    Kills { pace: Duration::from_millis(1400), ..kills }.come(chat).await;
}
