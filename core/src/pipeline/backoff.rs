//! How long to wait before trying again.

use std::time::Duration;

/// Doubling waits with a random fifth added or taken away, so that many who failed together do not
/// come back together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure.
    pub first: Duration,
    /// No wait is longer, but for the random fifth.
    pub longest: Duration,
}

/// What went well for this long has recovered from whatever failed before.
const RECOVERED_AFTER: Duration = Duration::from_secs(60);

impl Default for Backoff {
    fn default() -> Self {
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(300) }
    }
}

impl Backoff {
    /// The wait after `failures` failures beyond the first.
    #[must_use]
    pub fn after(&self, failures: u32) -> Duration {
        let doubled = self.first.saturating_mul(2_u32.saturating_pow(failures.min(30)));
        let wait = doubled.min(self.longest);
        wait.mul_f64(0.8 + 0.4 * random_unit())
    }
}

/// Waits between attempts at something that, once it works, goes on for long.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Patience {
    failures: u32,
    waited: Duration,
}

impl Patience {
    /// The wait after an attempt that went well for `lasted`. Whatever lasts longer than the wait
    /// before it has recovered; otherwise a network that breaks off now and then would be left
    /// alone for longer each time.
    pub(super) fn after(&mut self, backoff: Backoff, lasted: Duration) -> Duration {
        if lasted >= self.waited.min(RECOVERED_AFTER) {
            self.failures = 0;
        }
        self.waited = backoff.after(self.failures);
        self.failures = self.failures.saturating_add(1);
        self.waited
    }
}

/// A random number from 0 to 1. Only for waiting: nothing depends on it being unguessable.
fn random_unit() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(60) };
        for (failures, seconds) in [(0, 1.0), (1, 2.0), (5, 32.0), (6, 60.0), (u32::MAX, 60.0)] {
            let wait = backoff.after(failures).as_secs_f64();
            assert!((seconds * 0.79..seconds * 1.21).contains(&wait), "{failures}: {wait}");
        }
    }

    #[test]
    fn what_goes_well_for_a_while_is_not_held_against_the_next_failure() {
        let backoff = Backoff { first: Duration::from_secs(1), longest: Duration::from_secs(600) };
        let mut patience = Patience::default();
        for _ in 0..5 {
            patience.after(backoff, Duration::ZERO);
        }
        assert!(patience.after(backoff, Duration::from_secs(3)) > Duration::from_secs(20));
        assert!(patience.after(backoff, Duration::from_secs(50)) < Duration::from_secs(2));
        for _ in 0..10 {
            assert!(patience.after(backoff, Duration::from_secs(50)) < Duration::from_secs(2));
        }
    }
}
