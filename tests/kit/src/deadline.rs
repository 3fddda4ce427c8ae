//! Waiting for states, never for times.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval, timeout};

/// After this long a state is taken never to come.
const DEADLINE: Duration = Duration::from_secs(60);
/// How often a state is looked at that nobody tells of.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What the future comes to, if it comes to anything in time.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(DEADLINE, future).await {
        Ok(done) => done,
        Err(_) => panic!("waited in vain for {what}"),
    }
}

/// What `look` finds, as soon as it finds anything.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut ticks = interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    soon(what, async {
        loop {
            ticks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    })
    .await
}
