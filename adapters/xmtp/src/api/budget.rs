//! How often the servers are asked: the network allows a client so many calls a minute, and a client
//! that keeps below is never turned away.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The network's own clients keep to as many calls a minute (libxmtp 1.10.0).
const CALLS: u32 = 5000;
const PER: Duration = Duration::from_secs(60);

/// A budget of calls that fills up evenly.
#[derive(Debug)]
pub(crate) struct Budget {
    /// When it would be full, if nothing more were taken.
    full_at: Mutex<Option<Instant>>,
}

impl Budget {
    pub(crate) const fn new() -> Self {
        Self { full_at: Mutex::new(None) }
    }

    /// Waits until one more call may be made.
    pub(crate) async fn take(&self) {
        let wait = self.reserve(Instant::now());
        if !wait.is_zero() {
            tracing::debug!(?wait, "the calls of this minute are used up");
            tokio::time::sleep(wait).await;
        }
    }

    /// How many calls may be made at once, of how many.
    pub(crate) fn left(&self) -> (u32, u32) {
        let full_at = *self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let owed =
            full_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()));
        let spent = owed.as_nanos() / (PER / CALLS).as_nanos().max(1);
        (CALLS.saturating_sub(u32::try_from(spent).unwrap_or(CALLS)), CALLS)
    }

    /// Takes one call; how long to wait before it is made.
    fn reserve(&self, now: Instant) -> Duration {
        let one = PER / CALLS;
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let after = full_at.filter(|at| *at > now).unwrap_or(now) + one;
        *full_at = Some(after);
        after.saturating_duration_since(now).saturating_sub(PER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_minutes_calls_are_made_at_once_and_the_next_ones_evenly() {
        let budget = Budget::new();
        let began = Instant::now();
        for _ in 0..CALLS {
            budget.take().await;
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        for _ in 0..100 {
            budget.take().await;
        }
        assert!(budget.left().0 <= 1);
        tokio::time::advance(PER / 2).await;
        assert!((CALLS / 2 - 1..=CALLS / 2 + 1).contains(&budget.left().0));
        let spent = began.elapsed() - PER / 2;
        assert!(spent >= PER / CALLS * 99 && spent <= PER / CALLS * 200, "{spent:?}");
    }
}
