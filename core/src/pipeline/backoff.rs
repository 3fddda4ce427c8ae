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
}
