//! How much an account may send: buckets of tokens that fill at the network's rates.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::capabilities::Rate;

/// A bucket for each of the network's rates; a token of each is an envelope.
#[derive(Debug)]
pub(super) struct Budget {
    rates: Vec<Rate>,
    buckets: Vec<Bucket>,
    filled_at: Instant,
}

#[derive(Debug)]
struct Bucket {
    per_second: f64,
    size: f64,
    tokens: f64,
}

impl Budget {
    /// Full buckets.
    pub(super) fn new(rates: &[Rate]) -> Self {
        let buckets = rates
            .iter()
            .filter(|rate| !rate.per.is_zero() && rate.messages > 0)
            .map(|rate| {
                let size = f64::from(rate.messages);
                Bucket { per_second: size / rate.per.as_secs_f64(), size, tokens: size }
            })
            .collect();
        Self { rates: rates.to_vec(), buckets, filled_at: Instant::now() }
    }

    /// Keeps to these rates from now on; an adapter may learn them only when it is connected.
    pub(super) fn follow(&mut self, rates: &[Rate]) {
        if self.rates != rates {
            *self = Self::new(rates);
        }
    }

    /// Takes up to `wanted` tokens; fewer, even none, if there are fewer.
    pub(super) fn take(&mut self, wanted: usize) -> usize {
        let now = Instant::now();
        let since = now.duration_since(self.filled_at).as_secs_f64();
        self.filled_at = now;
        for bucket in &mut self.buckets {
            bucket.tokens = (bucket.tokens + since * bucket.per_second).min(bucket.size);
        }
        let mut taken = 0;
        while taken < wanted && self.buckets.iter().all(|it| it.tokens >= 1.0) {
            self.buckets.iter_mut().for_each(|it| it.tokens -= 1.0);
            taken += 1;
        }
        taken
    }

    /// Puts back what was not used.
    pub(super) fn give_back(&mut self, count: usize) {
        for _ in 0..count {
            self.buckets.iter_mut().for_each(|it| it.tokens = (it.tokens + 1.0).min(it.size));
        }
    }

    /// How long until there is a token again.
    pub(super) fn next_after(&self) -> Duration {
        let waits = self.buckets.iter().map(|it| (1.0 - it.tokens).max(0.0) / it.per_second);
        Duration::from_secs_f64(waits.fold(0.0, f64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_bucket_gives_no_more_than_its_rate() {
        let mut budget = Budget::new(&[Rate { messages: 10, per: Duration::from_secs(1) }]);
        assert_eq!(budget.take(32), 10);
        assert_eq!(budget.take(1), 0);
        assert!(budget.next_after() > Duration::from_millis(90));
        tokio::time::advance(Duration::from_millis(500)).await;
        assert_eq!(budget.take(32), 5);
        budget.give_back(2);
        assert_eq!(budget.take(32), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn rates_that_are_learnt_later_count_from_then_on() {
        let mut budget = Budget::new(&[]);
        assert_eq!(budget.take(1000), 1000);
        let rates = [Rate { messages: 10, per: Duration::from_secs(1) }];
        budget.follow(&rates);
        assert_eq!(budget.take(32), 10);
        budget.follow(&rates);
        assert_eq!(budget.take(32), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_everything_may_go() {
        assert_eq!(Budget::new(&[]).take(1000), 1000);
    }
}
